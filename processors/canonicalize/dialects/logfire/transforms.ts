// Previews, display names, guardrails and errors of the Logfire integrations.

import { R } from '../../../../core/fields.ts'
import { key } from '../../../../core/keys.ts'
import { isRecord, plainText } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'

/** Logfire exports a preview of a span when the span starts. */
const pending: Transform = (span, attr) => {
  if (span.text(attr) === 'pending_span') span.markVirtual()
  return true
}

/** A readable text instead of a span name that is a template. */
const displayName: Transform = (span, attr) => {
  if (span.fieldText(R.name)?.includes('{') === true) span.setText(attr, R.name)
  return true
}

/** With openai-agents, the span of a guardrail has only a `name`. */
const guardrailType: Transform = (span, attr) => {
  if (span.text(attr) !== 'guardrail') return false
  if (span.kind === '') span.setKind('guardrail')
  const name = span.batch.findAttr(span.index, NAME)
  if (name >= 0) span.setText(name, R.guardrail_name)
  return true
}

const NAME = key('name')

/** An error as {message, type} in JSON, or as plain text. */
const errorJson: Transform = (span, attr) => {
  if (span.isNull(attr)) return false
  const value = span.value(attr)
  span.status.fail()
  if (!isRecord(value)) span.offerText(R.error_message, plainText(value))
  else {
    const type = value['type'] ?? value['name']
    span.offerText(R.error_message, value['message'])
    span.offerText(R.error_type, type)
    // Other members stay unchanged.
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
