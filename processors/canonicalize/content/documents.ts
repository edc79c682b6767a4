// Converts retrieved documents to one form, from any spelling of vector stores and instrumentations.

import { parseLoose } from '../json/loose-json.ts'
import { isRecord, numberIn, plainText } from '../json/values.ts'
import type { Document } from './content-types.ts'

type Block = Record<string, unknown>

/** Documents `{id, score, content, metadata}` from any spelling, or null. */
export function documentsOf(value: unknown): Document[] | null {
  const list: unknown = isRecord(value)
    ? (value['documents'] ?? value['output'] ?? value['results'] ?? value['matches'])
    : value
  if (!Array.isArray(list)) return null
  const out: Document[] = []
  for (const item of list) {
    const parsed: unknown = typeof item === 'string' ? (parseLoose(item) ?? item) : item
    const inner: unknown =
      isRecord(parsed) && isRecord(parsed['document']) ? parsed['document'] : parsed
    if (typeof inner === 'string') out.push({ content: inner })
    else if (isRecord(inner)) {
      const doc = documentOf(inner)
      if (Object.keys(doc).length > 0) out.push(doc)
    }
  }
  return out.length === 0 ? null : out
}

function documentOf(raw: Block): Document {
  const out: Document = {}
  const metadata: unknown =
    typeof raw['metadata'] === 'string'
      ? (parseLoose(raw['metadata']) ?? raw['metadata'])
      : raw['metadata']
  const meta = isRecord(metadata) ? metadata : {}
  const id = raw['id'] ?? raw['document_id'] ?? meta['id']
  if (id !== undefined && id !== null) out.id = plainText(id)
  const score = numberIn(raw['score'] ?? raw['distance'] ?? meta['score'])
  if (Number.isFinite(score)) out.score = score
  const content = raw['content'] ?? raw['page_content'] ?? raw['text'] ?? raw['document']
  if (content !== undefined && content !== null) out.content = content
  if (
    metadata !== undefined &&
    metadata !== null &&
    !(isRecord(metadata) && Object.keys(metadata).length === 0)
  )
    out.metadata = metadata
  return out
}
