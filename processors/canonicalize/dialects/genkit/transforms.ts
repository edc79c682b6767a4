// The name of what ran, which depends on what kind it is.

import { R } from '../../../../core/fields.ts'
import { lookup } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { MODEL_PREFIXES } from '../../vocabulary/providers.ts'

/** Genkit: the model id on model spans, the tool's name on tool spans, else the component's name. */
const genkitName: Transform = (span, attr) => {
  if (span.isNull(attr)) return false
  const name = span.text(attr)
  if (span.kind === 'llm' || span.kind === 'embedding') {
    const slash = name.indexOf('/')
    const prefix = slash > 0 ? name.slice(0, slash) : ''
    span.offerText(R.request_model, slash > 0 ? name.slice(slash + 1) : name)
    if (prefix !== '' && span.models.provider === '')
      span.models.offerProvider(lookup(MODEL_PREFIXES, prefix) ?? span.providers.of(prefix) ?? '')
  } else if (span.kind === 'tool') span.offerText(R.tool_name, name)
  else if (span.kind === 'agent') span.offerText(R.agent_name, name)
  span.setString(R.name, name)
  return true
}

export const transforms = {
  'genkit-name': { fills: 'flag', read: genkitName },
} as const satisfies Readonly<Record<string, OwnTransform>>
