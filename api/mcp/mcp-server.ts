// The Model Context Protocol over the read operations of the REST API, without state: one message in, one response out. The
// transports (HTTP, standard input) are elsewhere. The part of the protocol that is needed is too small for a library to be
// worth its cost.

import { TOOLS, type Tool } from './tools.ts'

export interface ApiAnswer {
  readonly status: number
  readonly body: string
}

/** Reads a path of the REST API with the caller's credential. */
export type ReadApi = (path: string) => Promise<ApiAnswer>

/** Newest first. A client that asks for any other version gets the newest. */
export const PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26'] as const

/** Longest response, in characters. A longer one would fill the context of the model that asked. */
const ANSWER_MAX = 60_000

interface RpcError {
  readonly code: number
  readonly message: string
}

const PARSE_ERROR: RpcError = { code: -32_700, message: 'the message is no JSON' }
const INVALID_REQUEST: RpcError = { code: -32_600, message: 'the message is no JSON-RPC request' }

type Id = string | number | null

export interface Answer {
  readonly jsonrpc: '2.0'
  readonly id: Id
  readonly result?: unknown
  readonly error?: RpcError
}

const failed = (id: Id, error: RpcError): Answer => ({ jsonrpc: '2.0', id, error })

export class McpServer {
  readonly #version: string

  constructor(version: string) {
    this.#version = version
  }

  /** Returns null when the message gets no response, such as a notification. */
  async handleText(text: string, read: ReadApi): Promise<Answer | null> {
    let message: unknown
    try {
      message = JSON.parse(text)
    } catch {
      return failed(null, PARSE_ERROR)
    }
    return await this.handle(message, read)
  }

  async handle(message: unknown, read: ReadApi): Promise<Answer | null> {
    if (typeof message !== 'object' || message === null || Array.isArray(message))
      return failed(null, INVALID_REQUEST)
    const { jsonrpc, id, method, params } = message as Record<string, unknown>
    const isId = typeof id === 'string' || typeof id === 'number'
    if (jsonrpc !== '2.0' || (id !== undefined && id !== null && !isId))
      return failed(null, INVALID_REQUEST)
    // The message is a notification, or a response to a request that was never made.
    if (typeof method !== 'string') return isId ? null : failed(null, INVALID_REQUEST)
    if (!isId) return null
    const result = await this.#resultOf(method, Object(params) as Record<string, unknown>, read)
    return 'code' in result ? failed(id, result) : { jsonrpc: '2.0', id, result: result.result }
  }

  async #resultOf(
    method: string,
    params: Readonly<Record<string, unknown>>,
    read: ReadApi,
  ): Promise<{ readonly result: unknown } | RpcError> {
    switch (method) {
      case 'initialize':
        return { result: this.#initialized(params['protocolVersion']) }
      case 'ping':
        return { result: {} }
      case 'tools/list':
        return { result: { tools: TOOLS.map(described) } }
      case 'tools/call':
        return await call(params, read)
      default:
        return { code: -32_601, message: 'there is no such method' }
    }
  }

  #initialized(asked: unknown): object {
    const known = PROTOCOL_VERSIONS.find((version) => version === asked)
    return {
      protocolVersion: known ?? PROTOCOL_VERSIONS[0],
      capabilities: { tools: { listChanged: false } },
      serverInfo: { name: 'observa', version: this.#version },
      instructions:
        'Telemetry of LLM applications, read only: list_signals for what went wrong, get_trace for one trace, cost_by for what it cost, search for words in prompts and answers.',
    }
  }
}

const described = ({ name, description, inputSchema }: Tool): object => ({
  name,
  description,
  inputSchema,
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
})

async function call(
  params: Readonly<Record<string, unknown>>,
  read: ReadApi,
): Promise<{ readonly result: unknown } | RpcError> {
  const tool = TOOLS.find(({ name }) => name === params['name'])
  if (tool === undefined) return { code: -32_602, message: 'there is no such tool' }
  const args = Object(params['arguments']) as Record<string, unknown>
  const wrong = wrongArguments(tool, args)
  if (wrong !== null) return { result: said(wrong, true) }
  const { status, body } = await read(tool.path(args))
  if (status === 200) return { result: said(bounded(body), false) }
  return { result: said(messageOf(status, body), true) }
}

/** A mistake that the model can see and correct. */
function wrongArguments(
  { inputSchema }: Tool,
  args: Readonly<Record<string, unknown>>,
): string | null {
  const { properties, required = [] } = inputSchema
  for (const name of required)
    if (args[name] === undefined || args[name] === '') return `the argument "${name}" is missing`
  const unknown = Object.keys(args).find((name) => properties[name] === undefined)
  if (unknown === undefined) return null
  return `there is no argument "${unknown}"; there are ${Object.keys(properties).join(', ')}`
}

const said = (text: string, isError: boolean): object => ({
  content: [{ type: 'text', text }],
  isError,
})

function bounded(body: string): string {
  if (body.length <= ANSWER_MAX) return body
  return `${body.slice(0, ANSWER_MAX)}\n[cut after ${ANSWER_MAX} of ${body.length} characters: ask with a smaller limit]`
}

function messageOf(status: number, body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { message?: unknown; details?: unknown } }
    const details = error?.details === undefined ? '' : ` ${JSON.stringify(error.details)}`
    return `${status}: ${String(error?.message)}${details}`
  } catch {
    // The response does not come from this API, or a proxy changed it.
    return `${status}: the API did not answer as expected`
  }
}
