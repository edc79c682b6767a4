// The kind of a span of a dialect that nobody knows, from an attribute whose name says that it is the kind:
// `acme.span.type: "agent"`, `acme.observation_kind: "CHAIN"`.

import { VALUE } from '../../../core/batch.ts'
import { grownBytes } from '../../../core/grow.ts'
import { keyCount, keyName, UNKNOWN_KEY } from '../../../core/keys.ts'
import { lookup } from '../json/values.ts'
import type { CurrentSpan } from '../span/current-span.ts'

const KEY = /(?:span|observation|run|entity|node|step)[._]?(?:kind|type)$/i
const KEY_BYTES_MAX = 64
/** The longest word, in quotes. */
const WORD_BYTES_MAX = 24

const KINDS: Readonly<Record<string, string>> = {
  llm: 'llm',
  chat: 'llm',
  chat_model: 'llm',
  generation: 'llm',
  embedding: 'embedding',
  reranker: 'rerank',
  rerank: 'rerank',
  retriever: 'retrieval',
  retrieval: 'retrieval',
  tool: 'tool',
  agent: 'agent',
  workflow: 'workflow',
  chain: 'chain',
  task: 'chain',
  guardrail: 'guardrail',
  evaluator: 'evaluator',
}

/** The kind, or null when no attribute says it. */
export function statedKind(span: CurrentSpan): string | null {
  const { firstAttr, received } = span
  for (let attr = firstAttr; attr < firstAttr + received.attrCount; attr++) {
    if (span.type(attr) !== VALUE.STRING || span.len(attr) > WORD_BYTES_MAX) continue
    if (!isKindKey(span, attr)) continue
    const kind = lookup(KINDS, span.text(attr).replaceAll('"', '').toLowerCase())
    if (kind !== undefined) return kind
  }
  return null
}

/** By key id: 0 = not looked at yet, 1 = no, 2 = yes. */
let known = new Uint8Array(4096)

function isKindKey({ batch }: CurrentSpan, attr: number): boolean {
  const id = batch.attrKey(attr)
  if (id === UNKNOWN_KEY) return isKind(batch.attrKeyText(attr))
  if (id >= known.length) known = grownBytes(known, Math.max(id + 1, keyCount()))
  if (known[id] === 0) known[id] = isKind(keyName(id)) ? 2 : 1
  return known[id] === 2
}

const isKind = (key: string): boolean => key.length <= KEY_BYTES_MAX && KEY.test(key)
