// Raw inserts over HTTP: the bytes of the parts go to the socket one after another, without being joined
// or looked at. The client library is for everything else (it takes rows or streams of them).

import { lookup as dnsLookup } from 'node:dns'
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { type AgentOptions, Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { isLinkLocalHost } from '../../core/config/config-types.ts'
import { type Failure, failureOf } from './classify.ts'

export interface Target {
  /** Scheme, host and port; no credentials. */
  readonly url: string
  readonly username: string
  readonly password: string
  readonly database: string
}

export interface PosterOptions {
  readonly target: Target
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

/** An error text is read this far; the rest is cut off with the connection. */
const ANSWER_BYTES_MAX = 64 * 1024

/** Keep-alive connections. `guarded`: a name that resolves to a link-local address is refused at connect. */
export function makeAgent(
  url: string,
  options: { readonly connections: number; readonly guarded: boolean; readonly tls: TlsFiles },
): HttpAgent | HttpsAgent {
  const base: AgentOptions = {
    keepAlive: true,
    maxSockets: options.connections,
    // Below the three seconds after which a ClickHouse server closes an idle connection by default.
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

const guardedLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0)
    if (addresses.some((a) => isLinkLocalHost(a.address))) {
      const refusal: NodeJS.ErrnoException = new Error('a link-local address')
      refusal.code = 'LINK_LOCAL_ADDRESS'
      return callback(refusal, '', 0)
    }
    const first = addresses[0]
    if (options.all === true) return callback(null, addresses)
    return first === undefined
      ? callback(new Error('no address'), '', 0)
      : callback(null, first.address, first.family)
  })
}

/** Null: inserted. A `Failure`: the server said no. Throws when no answer came. */
export async function postRows(
  options: PosterOptions,
  insert: {
    readonly query: string
    readonly token: string
    readonly bodies: readonly Uint8Array[]
  },
  signal: AbortSignal,
): Promise<Failure | null> {
  const { target } = options
  const url = new URL('/', target.url)
  const p = url.searchParams
  p.set('query', insert.query)
  p.set('database', target.database)
  // A synchronous insert: the answer comes when the rows are in the table, and the token counts.
  p.set('async_insert', '0')
  p.set('wait_end_of_query', '1')
  p.set('insert_deduplication_token', insert.token)
  // A try that reached the events and not the tables beside them: the next one fills those. Not the default of
  // every server.
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
    // Stays: whatever the socket says later, the answer or its lack is what counts.
    req.on('error', reject)
    // A connection that was switched to another protocol (101) ends without an answer and without an error.
    req.on('close', () => reject(new Error('the connection was closed without an answer')))
  })
  // The server may refuse before it has read the body; what matters then is its answer.
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

/** Room in the buffer, or an end: a destroyed request never drains. */
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
  // A server that fails after it has begun to answer has sent 200 already: the text tells.
  const isSuccess = status === 200 && code === undefined && !/Code: \d+\. DB::Exception/.test(text)
  return isSuccess ? null : failureOf(status, code, text)
}

function asText(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  return String(value)
}
