// The client of the REST API: all requests go through it. It adds the base path and the credential, and turns error responses into an
// error with a code. The browser sends the session cookie by itself; a pasted API key is kept for this tab only.

import { BASE, locationNow } from '../state/location.ts'
import { ANSWER_MS_MAX, Deadline } from './deadline.ts'
import { type AnswerOf, type Asked, addressOfOperation, type OperationName } from './operations.ts'

export type Parameters = Readonly<Record<string, string | number | boolean | null | undefined>>

const KEY = 'observa.key'

/** The error of a request as the API reports it. `status` is 0 if there was no response. */
export class ApiFault extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string | null

  constructor(status: number, code: string, message: string, requestId: string | null) {
    super(message)
    this.status = status
    this.code = code
    this.requestId = requestId
  }
}

/** Whether an answer is refused because of who asks, not because something failed. */
export const isForbidden = (error: Error | null): boolean =>
  error instanceof ApiFault && error.status === 403

export function keyNow(): string | null {
  try {
    return window.sessionStorage.getItem(KEY)
  } catch {
    // The browser has no storage. The session cookie still works.
    return null
  }
}

export function setKey(key: string | null): void {
  if (key === null) window.sessionStorage.removeItem(KEY)
  else window.sessionStorage.setItem(KEY, key)
}

/** Returns the URL of a route such as `/api/v1/traces`, with the base path of the console. */
export function apiAddress(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters))
    if (value !== null && value !== undefined && value !== '') query.set(name, String(value))
  const text = query.toString()
  return `${BASE}${path.replace(/^\//, '')}${text === '' ? '' : `?${text}`}`
}

export function credentialHeaders(): Record<string, string> {
  const key = keyNow()
  const project = locationNow().query.get('project')
  return {
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(project === null || key !== null ? {} : { 'x-project-id': project }),
  }
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly parameters?: Parameters
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/** No answer within the time, which is not asked for again and again. */
export const TIMED_OUT = 'TIMED_OUT'

/** Runs a request to its end, within the time that an answer may take. */
async function inTime<T>(
  given: AbortSignal | undefined,
  run: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(given)
  try {
    return await run(deadline)
  } catch (thrown) {
    if (!deadline.isOver) throw thrown
    const message = `No answer came within ${ANSWER_MS_MAX / 1000} seconds.`
    throw new ApiFault(0, TIMED_OUT, message, null)
  } finally {
    deadline.end()
  }
}

/** The answer of a request that was taken; a refusal is thrown. */
async function answered(path: string, options: Call, { signal }: Deadline): Promise<Response> {
  const { method = 'GET', parameters = {}, body } = options
  const init: RequestInit = {
    method,
    headers: {
      accept: 'application/json',
      ...credentialHeaders(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  }
  const res = await fetch(apiAddress(path, parameters), init).catch((thrown: unknown) => {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown
    throw new ApiFault(0, 'UNREACHABLE', 'Observa does not answer at this address.', null)
  })
  if (!res.ok) throw faultOf(res, await res.json().catch(() => null))
  return res
}

/** The answer as JSON, of the type that the caller knows from the API's document. */
export async function call<T>(path: string, options: Call = {}): Promise<T> {
  return await inTime(options.signal, async (deadline) => {
    const res = await answered(path, options, deadline)
    if (res.status === 204) return undefined as T
    const answer: unknown = await res.json().catch(throwBroken)
    // Every answer is an object.
    if (typeof answer !== 'object' || answer === null) throw BROKEN
    // The document of the API says the shape, and tests of the console hold both against each other.
    return answer as T
  })
}

/** Whether a route answers with a redirection. */
export async function isRedirected(
  path: string,
  parameters: Parameters,
  signal: AbortSignal,
): Promise<boolean> {
  return await inTime(signal, async (deadline) => {
    const init = { headers: credentialHeaders(), signal: deadline.signal }
    const res = await fetch(apiAddress(path, parameters), { ...init, redirect: 'manual' })
    // A body that nobody reads would hold one of the browser's few connections.
    await res.body?.cancel()
    return res.type === 'opaqueredirect'
  })
}

/** An answer that breaks off, or the page of a proxy, must not look like an empty list. */
const BROKEN = new ApiFault(
  0,
  'BROKEN_ANSWER',
  'The answer broke off, or something between this page and Observa answered in its place: a proxy that wants you to sign in, for example.',
  null,
)

function throwBroken(thrown: unknown): never {
  if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown
  throw BROKEN
}

function parsedRow(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw BROKEN
  }
}

/** The page waits for keys and drawing at least so often while rows are read. */
const READ_MS_MAX = 12

export interface Lines {
  readonly nextCursor: string | null
}

/**
 * Reads a list as NDJSON while it comes. Rows are handed on one by one and never in one long task: a parser of one large
 * JSON would hold up the page for as long as it takes.
 */
export async function readLines<Row>(
  path: string,
  { parameters = {}, signal }: Pick<Call, 'parameters' | 'signal'>,
  onRow: (row: Row) => void,
): Promise<Lines> {
  return await inTime(signal, async (deadline) => {
    const options = { parameters: { ...parameters, format: 'ndjson' } }
    const res = await answered(path, options, deadline)
    const reader = res.body?.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    let since = performance.now()
    for (;;) {
      deadline.extend()
      const { done = true, value = '' } = (await reader?.read().catch(throwBroken)) ?? {}
      const lines = (rest + value).split('\n')
      rest = done ? '' : (lines.pop() ?? '')
      for (const line of lines) {
        if (line === '') continue
        // The OpenAPI document defines the type of the row, as for `call`.
        onRow(parsedRow(line) as Row)
        if (performance.now() - since < READ_MS_MAX) continue
        await afterDrawing()
        since = performance.now()
      }
      if (done) return { nextCursor: res.headers.get('x-next-cursor') }
    }
  })
}

/** Lets the page draw and take keys. */
export const afterDrawing = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })

/** Asks an operation of the API, with the types that were made from its document. */
export async function ask<Name extends OperationName>(
  name: Name,
  asked: Asked<Name>,
  signal?: AbortSignal,
): Promise<AnswerOf<Name>> {
  const { method, path } = addressOfOperation(name, asked)
  return await call<AnswerOf<Name>>(path, {
    // The OpenAPI document contains only these methods.
    method: method as NonNullable<Call['method']>,
    ...(asked.body === undefined ? {} : { body: asked.body }),
    ...(signal === undefined ? {} : { signal }),
  })
}

interface ErrorAnswer {
  readonly error?: {
    readonly code?: string
    readonly message?: string
    readonly details?: readonly { readonly field?: string; readonly message?: string }[]
  }
}

function faultOf(res: Response, answer: unknown): ApiFault {
  const error = (answer as ErrorAnswer | null)?.error
  const details = Array.isArray(error?.details)
    ? error.details.map((d) => `${d.field ?? ''} ${d.message ?? ''}`.trim()).join('; ')
    : ''
  const message = error?.message ?? `the answer was ${res.status}`
  return new ApiFault(
    res.status,
    error?.code ?? 'UNKNOWN',
    details === '' ? message : `${message}: ${details}`,
    res.headers.get('x-request-id'),
  )
}
