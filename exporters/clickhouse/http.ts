// Inserts over plain HTTP. The bytes of the parts go to the socket one after another, without being joined or parsed. The
// client library, which takes only rows or streams of rows, is used for everything else.

import { readFileSync } from 'node:fs'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { type AgentOptions, Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { codeOf } from '../../core/errors.ts'
import { guardedLookup } from '../../core/http/guarded-lookup.ts'
import { type Failure, failureOf } from './error-verdict.ts'

export interface Destination {
  /** Scheme, host and port, without credentials. */
  readonly url: string
  readonly username: string
  readonly password: string
  readonly database: string
}

export interface PosterOptions {
  readonly target: Destination
  readonly agent: HttpAgent | HttpsAgent
  readonly gzip: boolean
  readonly timeoutMs: number
  readonly settings: Readonly<Record<string, string | number | boolean>>
}

export interface TlsFiles {
  readonly ca_file?: string | undefined
  readonly cert_file?: string | undefined
  readonly key_file?: string | undefined
  readonly insecure_skip_verify: boolean
}

/** At most this much of an error text is read; then the connection is closed. */
const ANSWER_BYTES_MAX = 64 * 1024

/**
 * Makes an agent with keep-alive connections. `guarded` refuses, when connecting, a host name that resolves to a link-local
 * address.
 */
export function makeAgent(
  url: string,
  options: { readonly connections: number; readonly guarded: boolean; readonly tls: TlsFiles },
): HttpAgent | HttpsAgent {
  const base: AgentOptions = {
    keepAlive: true,
    maxSockets: options.connections,
    // A ClickHouse server closes an idle connection after three seconds by default; this timeout is shorter, so that no
    // request is sent on a connection about to close.
    keepAliveMsecs: 1000,
    timeout: 2500,
  }
  if (options.guarded) base.lookup = guardedLookup
  if (!url.startsWith('https:')) return new HttpAgent(base)
  const { ca_file, cert_file, key_file, insecure_skip_verify } = options.tls
  return new HttpsAgent({
    ...base,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !insecure_skip_verify,
    ...(ca_file === undefined ? {} : { ca: readFileSync(ca_file) }),
    ...(cert_file === undefined ? {} : { cert: readFileSync(cert_file) }),
    ...(key_file === undefined ? {} : { key: readFileSync(key_file) }),
  })
}

export interface Insert {
  /** The SQL of the insert; null when it is part of the bodies. */
  readonly query: string | null
  /** Deduplication token; '' for a statement that may be repeated without harm. */
  readonly token: string
  readonly bodies: readonly Uint8Array[]
}

/** Returns null after a successful insert and a `Failure` when the server refused it. Throws when there was no response. */
export async function postRows(
  options: PosterOptions,
  insert: Insert,
  signal: AbortSignal,
): Promise<Failure | null> {
  const isReused = { value: false }
  try {
    return await postOnce(options, insert, signal, isReused)
  } catch (thrown) {
    // An idle connection may be closed in the moment in which it is used again. That says nothing about the server, and an
    // insert may be repeated: its token, or the statement itself, makes it harmless.
    const isClosed = codeOf(thrown) === 'ECONNRESET'
    if (!isClosed || !isReused.value || signal.aborted) throw thrown
    return await postOnce(options, insert, signal, isReused)
  }
}

/** Sets `isReused` when the request goes out on a connection that an earlier one has used. */
async function postOnce(
  options: PosterOptions,
  insert: Insert,
  signal: AbortSignal,
  isReused: { value: boolean },
): Promise<Failure | null> {
  const { target } = options
  const url = new URL('/', target.url)
  const p = url.searchParams
  if (insert.query !== null) p.set('query', insert.query)
  p.set('database', target.database)
  // A synchronous insert: the response comes when the rows are in the table, and the deduplication token is honoured.
  p.set('async_insert', '0')
  p.set('wait_end_of_query', '1')
  if (insert.token !== '') p.set('insert_deduplication_token', insert.token)
  // If an earlier attempt reached the events but not the tables filled by materialized views, this setting makes the retry
  // fill those. Not every server has it as the default.
  p.set('deduplicate_blocks_in_dependent_materialized_views', '1')
  p.set('max_execution_time', String(Math.ceil(options.timeoutMs / 1000)))
  for (const [name, value] of Object.entries(options.settings)) p.set(name, asText(value))
  const length = insert.bodies.reduce((sum, b) => sum + b.length, 0)
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const req = send(url, {
    method: 'POST',
    agent: options.agent,
    signal: AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs)]),
    headers: {
      'x-clickhouse-user': target.username,
      'x-clickhouse-key': target.password,
      'content-type': 'application/octet-stream',
      ...(options.gzip ? { 'content-encoding': 'gzip' } : { 'content-length': String(length) }),
    },
  })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    req.once('response', resolve)
    // Not removed after the response: a later error of the socket must not become an uncaught one.
    req.on('error', reject)
    // A connection that switched to another protocol (status 101) closes without a response and without an error.
    req.on('close', () => reject(new Error('the connection was closed without an answer')))
  })
  isReused.value = false
  req.once('socket', () => {
    isReused.value = req.reusedSocket
  })
  // The server may refuse before it has read the body; then its response counts, not the failed write.
  const written = writeBodies(options.gzip, insert.bodies, req).catch(() => undefined)
  const response = await answer
  const outcome = await readAnswer(response)
  await written
  return outcome
}

async function writeBodies(
  gzip: boolean,
  bodies: readonly Uint8Array[],
  req: ReturnType<typeof httpRequest>,
): Promise<void> {
  const out = gzip ? createGzip({ level: 1 }) : req
  if (out !== req) (out as ReturnType<typeof createGzip>).pipe(req)
  for (const body of bodies) {
    if (req.destroyed) return
    if (!out.write(body)) await drained(out, req)
  }
  out.end()
  await finished(req, { readable: false })
}

/** Resolves when the buffer has space again or the request has ended: a destroyed request emits no `drain`. */
function drained(out: NodeJS.WritableStream, req: ReturnType<typeof httpRequest>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      out.removeListener('drain', done)
      req.removeListener('close', done)
      resolve()
    }
    out.once('drain', done)
    req.once('close', done)
  })
}

async function readAnswer(response: IncomingMessage): Promise<Failure | null> {
  const header = response.headers['x-clickhouse-exception-code']
  const code = typeof header === 'string' ? header : undefined
  const status = response.statusCode ?? 0
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    const bytes = chunk as Buffer
    size += bytes.length
    chunks.push(bytes)
    if (size > ANSWER_BYTES_MAX) break
  }
  const text = Buffer.concat(chunks).toString('utf8')
  // A server that fails after beginning its response has already sent status 200, so the text decides.
  const isSuccess = status === 200 && code === undefined && !/Code: \d+\. DB::Exception/.test(text)
  return isSuccess ? null : failureOf(status, code, text)
}

function asText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  return String(value)
}
