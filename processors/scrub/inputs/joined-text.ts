// What is joined of the chunks of a stream: the chunk as it is, or the texts that it carries when it is JSON or an event
// of a server (`data: {"delta":{"content":".."}}`).

import { latinText } from '../value/bytes.ts'
import type { Range } from '../value/value-range.ts'

/** A range of a value that begins at `off`. */
export interface Chunk extends Range {
  readonly off: number
  /** It says itself that it is a part of a stream. */
  readonly isDelta: boolean
}

const CARRIED =
  /"(?:content|text|delta|partial_json|arguments|value|thinking|token|chunk)"\s{0,4}:\s{0,4}"((?:[^"\\]|\\.){0,8192})"/g
const LOOK_MAX = 65_536
const STREAMED = /^(?:data|event|id|retry):|"delta"|\.delta"|_delta"|"chunk"/

/** The texts that are joined, in order; the chunks themselves where none carries another text. */
export function carriedTexts(b: Uint8Array, chunks: readonly Chunk[]): readonly Chunk[] {
  if (!chunks.some((p) => isFramed(b, p))) return chunks
  return chunks.flatMap((p) => (isFramed(b, p) ? carriedText(b, p) : [p]))
}

/** The chunk may be JSON, or an event of a server. */
export function isFramed(b: Uint8Array, p: Range): boolean {
  const c = b[p.from]
  if (c === 0x7b || c === 0x5b) return true
  if (c !== 0x64 && c !== 0x65 && c !== 0x69 && c !== 0x72) return false
  return /^(?:data|event|id|retry):/.test(latinText(b, p.from, Math.min(p.to, p.from + 6)))
}

function carriedText(b: Uint8Array, p: Chunk): Chunk[] {
  const text = latinText(b, p.from, Math.min(p.to, p.from + LOOK_MAX))
  const out: Chunk[] = []
  let isDelta = false
  for (const m of text.matchAll(CARRIED)) {
    if (out.length === 0) isDelta = STREAMED.test(text)
    const to = p.from + m.index + m[0].length - 1
    out.push({ off: p.off, from: to - (m[1] ?? '').length, to, isDelta })
  }
  return out.length === 0 ? [p] : out
}
