// The name of what ran, which depends on what kind it is.

import { R } from '../../../../core/fields.ts'
import { lookup } from '../../json/values.ts'
import type { OwnTransform, Transform } from '../../rules/dialect.ts'
import { MODEL_PREFIXES } from '../../vocabulary/providers.ts'

/** Genkit: the model id on model spans, the tool's name on tool spans, else the component's name. */
const genkitName: Transform = (w, attr) => {
  if (w.isNull(attr)) return false
  const name = w.text(attr)
  if (w.kind === 'llm' || w.kind === 'embedding') {
    const slash = name.indexOf('/')
    const prefix = slash > 0 ? name.slice(0, slash) : ''
    w.offerText(R.request_model, slash > 0 ? name.slice(slash + 1) : name)
    if (prefix !== '' && w.modelProvider === '')
      w.modelProvider = lookup(MODEL_PREFIXES, prefix) ?? w.providers.of(prefix) ?? ''
  } else if (w.kind === 'tool') w.offerText(R.tool_name, name)
  else if (w.kind === 'agent') w.offerText(R.agent_name, name)
  w.setString(R.name, name)
  return true
}

export const transforms = {
  'genkit-name': { fills: 'flag', read: genkitName },
} as const satisfies Readonly<Record<string, OwnTransform>>
