// Previews, display names, guardrails and errors of the Logfire integrations.

import { R } from '../../../../core/fields.ts'
import { key } from '../../../../core/keys.ts'
import { isRecord, plainText } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** logfire exports a preview of a span when it starts. */
const pending: Transform = (w, attr) => {
  if (w.text(attr) === 'pending_span') w.isVirtual = true
  return true
}

/** Human text in place of a span name that is a template. */
const displayName: Transform = (w, attr) => {
  if (w.fieldText(R.name)?.includes('{') === true) w.setText(attr, R.name)
  return true
}

/** Openai-agents under logfire: a guardrail's span calls itself only `name`. */
const guardrailType: Transform = (w, attr) => {
  if (w.text(attr) !== 'guardrail') return false
  if (w.kind === '') w.kind = 'guardrail'
  const name = w.batch.findAttr(w.span, NAME)
  if (name >= 0) w.setText(name, R.guardrail_name)
  return true
}

const NAME = key('name')

/** An error that says {message, type} in JSON, or is plain text. */
const errorJson: Transform = (w, attr) => {
  if (w.isNull(attr)) return false
  const value = w.value(attr)
  w.isFailed = true
  if (!isRecord(value)) w.offerText(R.error_message, plainText(value))
  else {
    const type = value['type'] ?? value['name']
    w.offerText(R.error_message, value['message'])
    w.offerText(R.error_type, type)
    // Whatever else it holds stays as it is.
    return typeof value['message'] === 'string' || typeof type === 'string'
  }
  return true
}

export const transforms = {
  pending: { fills: 'flag', read: pending },
  'display-name': { fills: 'flag', read: displayName },
  'guardrail-type': { fills: 'text', read: guardrailType },
  'error-json': { fills: 'text', read: errorJson },
} as const satisfies Readonly<Record<string, OwnTransform>>
