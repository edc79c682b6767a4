// The coding of a request body, by the name that the client gave it.

import type { ContentEncoding } from '../../core/task.ts'

/** Names of RFC 9110, 8.4.1; `x-gzip` is the old name of `gzip`. */
const CODINGS: ReadonlyMap<string, ContentEncoding> = new Map([
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['zstd', 'zstd'],
])

/** Null for a coding that is not known here, and for several of them. */
export function contentEncodingOf(headers: {
  readonly 'content-encoding'?: string | undefined
}): ContentEncoding | null {
  const name = (headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  return CODINGS.get(name) ?? null
}
