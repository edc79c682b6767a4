// ClickHouse's HTTP protocol in front of the embedded engine, so that the rest of the program has one way to use
// ClickHouse. Each request has its own connection of the engine, because settings and parameters belong to a
// connection. `statement.ts` separates SQL from data, `insert-files.ts` stores the data.

import { randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Engine, EngineConnection, EngineResult } from './chdb-binding.ts'
import { type Call, contentType, headerText, send, summary } from './http-response.ts'
import { codeOf, httpStatusOf } from './http-status.ts'
import { BodyTooLarge, type InsertFiles } from './insert-files.ts'
import { type Lane, QuerySlots, type SlotLimits } from './query-slots.ts'
import { parseStatement, type Statement } from './statement.ts'

export interface HttpFrontSettings {
  readonly username: string
  readonly password: string
  readonly slots: SlotLimits
  /** The memory limit of one query. */
  readonly queryMemoryMaxBytes: number
  readonly resultMaxBytes: number
  /** The longest SQL text, and the longest INSERT with its data in the same text. */
  readonly sqlMaxBytes: number
  /** The time limit of a query that names none, and the highest one that a query may ask for. */
  readonly executionTimeS: number
  readonly executionTimeMaxS: number
}

/** An error response. */
class Refusal extends Error {
  readonly status: number
  readonly code: number
  constructor(status: number, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** URL parameters of the protocol itself. All others are settings. */
const NOT_SETTINGS = new Set(
  'query database default_format query_id user password quota_key compress decompress enable_http_compression buffer_size wait_end_of_query send_progress_in_http_headers http_headers_progress_interval_ms role max_execution_time log_comment client_protocol_version'.split(
    ' ',
  ),
)

export class HttpFront {
  readonly #engine: Engine
  readonly #insertFiles: InsertFiles
  readonly #settings: HttpFrontSettings
  readonly #slots: QuerySlots
  readonly #onFatal: (message: string) => void
  readonly #expected: Buffer

  constructor(
    engine: Engine,
    insertFiles: InsertFiles,
    settings: HttpFrontSettings,
    onFatal: (message: string) => void,
  ) {
    this.#engine = engine
    this.#insertFiles = insertFiles
    this.#settings = settings
    this.#slots = new QuerySlots(settings.slots)
    this.#onFatal = onFatal
    this.#expected = Buffer.from(`${settings.username}:${settings.password}`)
  }

  get running(): number {
    return this.#slots.running
  }

  readonly handle = (req: IncomingMessage, res: ServerResponse): void => {
    const url = new URL(req.url ?? '/', 'http://engine')
    if (req.method === 'GET' && (url.pathname === '/ping' || url.pathname === '/replicas_status')) {
      res.writeHead(200, { 'content-type': 'text/html; charset=UTF-8' }).end('Ok.\n')
      return
    }
    const call: Call = { req, res, url, mark: randomUUID(), isAbandoned: false }
    res.on('close', () => {
      if (!res.writableEnded) call.isAbandoned = true
    })
    this.#answer(call).catch((error: unknown) => this.#refuse(call, error))
  }

  async #answer(call: Call): Promise<void> {
    this.#authenticate(call)
    if (call.req.method !== 'GET' && call.req.method !== 'POST')
      throw new Refusal(501, 48, `Method ${call.req.method} is not supported (NOT_IMPLEMENTED)`)
    if (call.url.searchParams.has('session_id'))
      throw new Refusal(
        501,
        48,
        'Sessions are not supported by the embedded engine (NOT_IMPLEMENTED)',
      )
    if (call.url.searchParams.get('decompress') === '1')
      throw new Refusal(
        501,
        48,
        'Native compression is not supported; use Content-Encoding: gzip (NOT_IMPLEMENTED)',
      )
    const free = await this.#slot(laneOf(call.url))
    try {
      if (call.isAbandoned) return
      await this.#execute(call)
    } finally {
      free()
    }
  }

  #slot(lane: Lane): Promise<() => void> {
    const taken = this.#slots.take(lane)
    if (taken === null)
      throw new Refusal(503, 202, 'Too many simultaneous queries (TOO_MANY_SIMULTANEOUS_QUERIES)')
    return taken
  }

  async #execute(call: Call): Promise<void> {
    const inUrl = Buffer.from(call.url.searchParams.get('query') ?? '')
    let statement = inUrl.length > 0 ? parseStatement(inUrl) : null
    let text = inUrl
    if (statement === null || statement.kind !== 'insert') {
      const body = await readAll(bodyOf(call.req), this.#settings.sqlMaxBytes)
      text =
        inUrl.length > 0 && body.length > 0
          ? Buffer.concat([inUrl, Buffer.from('\n'), body])
          : Buffer.concat([inUrl, body])
      if (body.length > 0 || statement === null) statement = parseStatement(text)
    }
    if (statement.kind === 'refused')
      throw new Refusal(httpStatusOf(statement.code), statement.code, statement.message)
    if (statement.kind === 'plain') {
      await this.#respond(call, statement.sql, statement.format)
      return
    }
    const isBodyRead = text !== inUrl
    const rest = isBodyRead ? Readable.from([]) : bodyOf(call.req)
    await this.#insert(call, statement, text.subarray(statement.dataAt), rest)
  }

  async #insert(
    call: Call,
    statement: Extract<Statement, { kind: 'insert' }>,
    inline: Buffer,
    rest: Readable,
  ): Promise<void> {
    const path = await this.#insertFiles.write(rest, inline)
    try {
      if (call.isAbandoned) return
      const source = `FROM INFILE ${quoted(path)} COMPRESSION 'none'`
      const sql = `${statement.head} ${source} ${statement.tail} FORMAT ${statement.format}`
      await this.#respond(call, sql, null)
    } finally {
      this.#insertFiles.remove(path)
    }
  }

  async #respond(call: Call, sql: string, formatOfSql: string | null): Promise<void> {
    const { url, req } = call
    const header = req.headers['x-clickhouse-format']
    const fallback =
      url.searchParams.get('default_format') ??
      (typeof header === 'string' ? header : 'TabSeparated')
    if (!/^\w+$/.test(fallback)) throw new Refusal(404, 73, 'Unknown format (UNKNOWN_FORMAT)')
    const result = await this.#run(call, sql, fallback)
    if (call.isAbandoned) return
    const format = formatOfSql ?? fallback
    await send(call, 200, result.bytes, {
      'content-type': contentType(format),
      'x-clickhouse-format': format,
      'x-clickhouse-summary': summary(result, formatOfSql === null && /^\s*insert/i.test(sql)),
    })
  }

  /** Runs the query in its own connection. When the client disconnects, a second connection kills the query. */
  async #run(call: Call, sql: string, format: string): Promise<EngineResult> {
    const connection = this.#engine.connect()
    let isRunning = true
    const onClose = (): void => {
      if (isRunning && call.isAbandoned) void this.#kill(call.mark, () => isRunning)
    }
    call.res.on('close', onClose)
    try {
      await prepare(connection, this.#prologue(call))
      if (call.isAbandoned) throw new Refusal(499, 394, 'The client is gone (QUERY_WAS_CANCELLED)')
      return await connection.run(sql, format)
    } finally {
      isRunning = false
      call.res.off('close', onClose)
      connection.close()
    }
  }

  /** The SET and USE statements that come before the query: limits first, a read-only mode last. */
  #prologue(call: Call): string[] {
    const p = call.url.searchParams
    const limits = this.#settings
    const asked = Number(p.get('max_execution_time') ?? limits.executionTimeS)
    const isSane = asked > 0 && asked <= limits.executionTimeMaxS
    const sets = [
      `max_memory_usage=${limits.queryMemoryMaxBytes}`,
      `max_result_bytes=${limits.resultMaxBytes}`,
      `max_execution_time=${isSane ? asked : limits.executionTimeMaxS}`,
      `log_comment=${quoted(call.mark)}`,
    ]
    const params: string[] = []
    let readonly = call.req.method === 'GET' ? '2' : ''
    for (const [name, value] of p) {
      if (name.startsWith('param_')) params.push(`SET ${identifier(name)}=${quoted(value)}`)
      else if (name === 'readonly') readonly = value
      else if (!NOT_SETTINGS.has(name)) sets.push(`${identifier(name)}=${quoted(value)}`)
    }
    const out = [`SET ${sets.join(', ')}`, ...params]
    const database = p.get('database') ?? headerText(call.req, 'x-clickhouse-database')
    if (database !== null && database !== '') out.push(`USE \`${escaped(database, '`')}\``)
    if (readonly !== '') out.push(`SET readonly=${quoted(readonly)}`)
    return out
  }

  /**
   * Repeats the KILL until the query has ended, because right after the start the engine may not list it yet. The
   * time limit of the query is the last resort.
   */
  async #kill(mark: string, isRunning: () => boolean): Promise<void> {
    for (let attempt = 0; attempt < 100 && isRunning(); attempt++) {
      const connection = this.#engine.connect()
      try {
        await connection.run(
          `KILL QUERY WHERE Settings['log_comment'] = ${quoted(mark)} ASYNC`,
          'TabSeparated',
        )
      } catch {
        // The engine is ending, and the query with it.
        return
      } finally {
        connection.close()
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  #authenticate(call: Call): void {
    const { req, url } = call
    const given = credentials(req, url)
    const actual = Buffer.from(given)
    // Both sides are padded to one length, so that the time taken reveals neither length nor content.
    const a = Buffer.alloc(256)
    const b = Buffer.alloc(256)
    actual.copy(a)
    this.#expected.copy(b)
    const isSame = timingSafeEqual(a, b)
    if (!isSame || actual.length !== this.#expected.length)
      throw new Refusal(
        403,
        516,
        'Authentication failed: wrong user or password (AUTHENTICATION_FAILED)',
      )
  }

  #refuse(call: Call, error: unknown): void {
    const { status, code, text } = asRefusal(error, this.#engine.version)
    if (code === 236) this.#onFatal('the engine aborted')
    if (call.isAbandoned || call.res.headersSent) {
      call.res.destroy()
      return
    }
    // Nobody will read the rest of the body, so the connection is closed.
    if (!call.req.complete) call.res.setHeader('connection', 'close')
    send(call, status, Buffer.from(text), {
      'content-type': 'text/plain; charset=UTF-8',
      'x-clickhouse-exception-code': String(code),
    }).catch(() => call.res.destroy())
  }
}

/** Exporters send the statement of an INSERT in the URL, before its data. */
const laneOf = (url: URL): Lane =>
  /^\s*insert\b/i.test(url.searchParams.get('query') ?? '') ? 'write' : 'read'

async function prepare(connection: EngineConnection, statements: readonly string[]): Promise<void> {
  // All statements run in one call. Each is quoted by this file, and foreign text appears only inside literals.
  await connection.run(statements.join('; '), 'TabSeparated')
}

function asRefusal(
  error: unknown,
  version: string,
): { readonly status: number; readonly code: number; readonly text: string } {
  if (error instanceof Refusal) {
    const text = `Code: ${error.code}. DB::Exception: ${error.message} (version ${version})\n`
    return { status: error.status, code: error.code, text }
  }
  if (error instanceof BodyTooLarge)
    return {
      status: 413,
      code: 307,
      text: `Code: 307. DB::Exception: ${error.message} (TOO_MANY_BYTES)\n`,
    }
  const message = error instanceof Error ? error.message : String(error)
  const isEngine = /Code: \d+/.test(message)
  const code = isEngine ? codeOf(message) : 1001
  const once = message.replace(/^(Code: \d+\. DB::Exception: )(?=Code: \d+\. DB::Exception: )/, '')
  return {
    status: httpStatusOf(code),
    code,
    text: `${isEngine ? once : `Code: 1001. DB::Exception: ${message} (STD_EXCEPTION)`}\n`,
  }
}

function credentials(req: IncomingMessage, url: URL): string {
  const basic = /^Basic (\S+)$/i.exec(headerText(req, 'authorization') ?? '')
  if (basic !== null) return Buffer.from(basic[1] as string, 'base64').toString()
  const user = headerText(req, 'x-clickhouse-user') ?? url.searchParams.get('user') ?? 'default'
  const key = headerText(req, 'x-clickhouse-key') ?? url.searchParams.get('password') ?? ''
  return `${user}:${key}`
}

function bodyOf(req: IncomingMessage): Readable {
  const encoding = req.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity' || encoding === '') return req
  if (encoding !== 'gzip')
    throw new Refusal(
      501,
      48,
      `Content-Encoding ${encoding} is not supported; use gzip (NOT_IMPLEMENTED)`,
    )
  const gunzip = createGunzip()
  gunzip.on('error', () => {
    // The reader of the body handles this error. If the statement is refused before its data, there is no reader.
  })
  req.on('error', (error) => gunzip.destroy(error))
  req.on('aborted', () => gunzip.destroy(new Error('the client is gone')))
  return req.pipe(gunzip)
}

async function readAll(body: Readable, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    const bytes = chunk as Buffer
    size += bytes.length
    if (size > bytesMax) throw new BodyTooLarge('the query text is larger than this engine takes')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks, size)
}

/** A name that is valid in SQL without quotes. Anything else is refused. */
function identifier(name: string): string {
  if (!/^[A-Za-z_]\w{0,127}$/.test(name))
    throw new Refusal(404, 115, 'Unknown setting (UNKNOWN_SETTING)')
  return name
}

const escaped = (text: string, quote: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)
const quoted = (text: string): string => `'${escaped(text, "'")}'`
