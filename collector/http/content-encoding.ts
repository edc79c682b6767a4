// Recognises the content coding of a request body by its name.

import type { ContentEncoding } from '../../core/task.ts'

/** The names of RFC 9110, 8.4.1. `x-gzip` is the old name of `gzip`. */
const CODINGS: ReadonlyMap<string, ContentEncoding> = new Map([
  ['identity', 'identity'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['zstd', 'zstd'],
])

/** Returns null for an unknown coding and for several codings. */
export function contentEncodingOf(headers: {
  readonly 'content-encoding'?: string | undefined
}): ContentEncoding | null {
  const name = (headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  return CODINGS.get(name) ?? null
}
