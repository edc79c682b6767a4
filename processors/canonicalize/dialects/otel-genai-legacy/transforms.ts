// Types of output.

import type { OwnTransform, Transform } from '../../rules/dialect.ts'

const outputType: Transform = (span, attr, rule) => {
  const word = span.text(attr)
  span.entries.addParam(rule.name, word.startsWith('json') ? '"json"' : JSON.stringify(word))
  return true
}

export const transforms = {
  'output-type': { fills: 'request_params', read: outputType },
} as const satisfies Readonly<Record<string, OwnTransform>>
