// Types of output.

import type { OwnTransform, Transform } from '../../rules/dialect.ts'

const outputType: Transform = (w, attr, rule) => {
  const word = w.text(attr)
  w.param(rule.name, word.startsWith('json') ? '"json"' : JSON.stringify(word))
  return true
}

export const transforms = {
  'output-type': { fills: 'request_params', read: outputType },
} as const satisfies Readonly<Record<string, OwnTransform>>
