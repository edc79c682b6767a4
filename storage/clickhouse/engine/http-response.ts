// Sends a response of the embedded engine: with the headers of a ClickHouse server, and gzip on request.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzip } from 'node:zlib'
import type { EngineResult } from './chdb-binding.ts'

/** One request in progress. */
export interface Call {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly url: URL
  /** The id of the query in the engine, with which a second connection can kill it. */
  readonly mark: string
  /** True when the client has disconnected. */
  isAbandoned: boolean
}

export async function send(
  call: Call,
  status: number,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const all: Record<string, string> = {
    ...headers,
    'x-clickhouse-query-id':
      call.url.searchParams.get('query_id')?.replace(/[^\w.:-]/g, '') || call.mark,
    'x-clickhouse-server-display-name': 'observa-embedded',
    'x-clickhouse-timezone': 'UTC',
  }
  const accepts = headerText(call.req, 'accept-encoding') ?? ''
  let body = bytes
  if (/\bgzip\b/.test(accepts) && call.url.searchParams.get('enable_http_compression') === '1') {
    body = await gzipped(bytes)
    all['content-encoding'] = 'gzip'
  }
  all['content-length'] = String(body.length)
  call.res.writeHead(status, all).end(body)
}

function gzipped(bytes: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    gzip(bytes, { level: 1 }, (error, out) => (error === null ? resolve(out) : reject(error)))
  })
}

export function summary(result: EngineResult, isInsert: boolean): string {
  const read = String(result.rowsRead)
  const bytes = String(result.bytesRead)
  return JSON.stringify({
    read_rows: read,
    read_bytes: bytes,
    written_rows: isInsert ? read : '0',
    written_bytes: isInsert ? bytes : '0',
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: String(result.bytes.length),
    elapsed_ns: String(Math.round(result.elapsed * 1e9)),
  })
}

export function contentType(format: string): string {
  if (/^JSON.*EachRow/.test(format)) return 'application/x-ndjson; charset=UTF-8'
  if (format.startsWith('JSON')) return 'application/json; charset=UTF-8'
  if (format.startsWith('CSV')) return 'text/csv; charset=UTF-8'
  if (/^(TabSeparated|TSV)/.test(format)) return 'text/tab-separated-values; charset=UTF-8'
  return 'application/octet-stream'
}

export function headerText(req: IncomingMessage, name: string): string | null {
  const value = req.headers[name]
  return typeof value === 'string' ? value : null
}
