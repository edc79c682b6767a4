// Reads the names of the instrumentations' spans: `{vendor}.{operation}`.

import { lookup } from '../../json/values.ts'
import type { Hooks } from '../../rules/dialect.ts'
import type { CurrentSpan } from '../../span/current-span.ts'

const VENDOR = /^[a-z_]+\.(chat|completion|embeddings|converse)$/

const VENDOR_OPERATIONS: Readonly<Record<string, string>> = {
  chat: 'chat',
  converse: 'chat',
  completion: 'text_completion',
  embeddings: 'embeddings',
}

function readOtherName(span: CurrentSpan, name: string): void {
  if (span.operation !== '') return
  const operation = lookup(VENDOR_OPERATIONS, VENDOR.exec(name)?.[1] ?? '')
  if (operation === undefined) return
  span.setOperation(operation)
  if (span.kind === '') span.setKind(operation === 'embeddings' ? 'embedding' : 'llm')
}

export const hooks: Hooks = { readOtherName }
