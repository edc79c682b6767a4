// A loopback server with the interface of the OpenAI API (chat completions, streaming, embeddings, Responses). It records
// what it answered, so that tests can check token sums.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Usage of one answer. Cached tokens are included in the input, reasoning tokens in the output. */
export interface Answer {
  readonly id: string
  readonly path: string
  readonly model: string
  readonly input: number
  readonly cached: number
  readonly output: number
  readonly reasoning: number
}

interface Request {
  readonly model: string
  readonly stream?: boolean
  readonly stream_options?: { readonly include_usage?: boolean }
  readonly tools?: readonly unknown[]
  readonly messages?: readonly { readonly role: string }[]
  readonly input?: unknown
}

/** Every call to this model is refused with 429. */
export const FAILING_MODEL = 'gpt-4o-overloaded'
export const ANSWER_TEXT = 'It is 21 degrees in Lisbon.'
const TOOL_ARGUMENTS = '{"city":"Lisbon"}'
/** Counted over all servers, because an instance counts a response id only once, whichever app it comes from. */
let answerCount = 0

export class FakeLlm {
  /** Successful answers in order. */
  readonly answers: Answer[] = []
  refused = 0
  readonly #server: Server

  private constructor() {
    this.#server = createServer((req, res) => {
      this.#answer(req, res).catch((error: unknown) => res.destroy(error as Error))
    })
  }

  static async start(): Promise<FakeLlm> {
    const fake = new FakeLlm()
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve))
    return fake
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Request
    if (body.model === FAILING_MODEL) {
      this.refused++
      const error = { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' }
      return json(res, 429, { error })
    }
    const path = (req.url ?? '').replace('/v1/', '')
    const answer = this.#count(path, body.model)
    if (path === 'embeddings') return json(res, 200, embedding(answer, body))
    if (path.startsWith('messages')) return json(res, 200, anthropicMessage(answer))
    if (path === 'responses') {
      const events = responseEvents(answer, wantsTool(body))
      return body.stream === true
        ? sse(res, events)
        : json(res, 200, response(answer, wantsTool(body)))
    }
    if (body.stream === true) return sse(res, chatChunks(answer, body), true)
    return json(res, 200, chat(answer, wantsTool(body)))
  }

  /** No two answers have the same usage, so that a wrong sum cannot be right by accident. */
  #count(path: string, model: string): Answer {
    const n = this.answers.length + 1
    const isEmbedding = path === 'embeddings'
    const answer = {
      id: `${path === 'responses' ? 'resp' : 'chatcmpl'}_${model}_${++answerCount}`,
      path,
      model,
      input: 100 + n * n,
      cached: isEmbedding ? 0 : 32 + n,
      output: isEmbedding ? 0 : 20 + 3 * n,
      reasoning: isEmbedding || path.startsWith('messages') ? 0 : 5 + n,
    }
    this.answers.push(answer)
    return answer
  }
}

/** Whether the model asks for a tool, which it does until it gets a result. */
function wantsTool(body: Request): boolean {
  if (body.tools === undefined || body.tools.length === 0) return false
  const text = JSON.stringify(body.messages ?? body.input ?? null)
  return !text.includes('"role":"tool"') && !text.includes('function_call_output')
}

const chatUsage = (answer: Answer): object => ({
  prompt_tokens: answer.input,
  completion_tokens: answer.output,
  total_tokens: answer.input + answer.output,
  prompt_tokens_details: { cached_tokens: answer.cached },
  completion_tokens_details: { reasoning_tokens: answer.reasoning },
})

const toolCall = (answer: Answer): object => ({
  id: `call_${answer.id}`,
  type: 'function',
  function: { name: 'weather', arguments: TOOL_ARGUMENTS },
})

function chat(answer: Answer, isTool: boolean): object {
  const message = isTool
    ? { role: 'assistant', content: null, tool_calls: [toolCall(answer)] }
    : { role: 'assistant', content: ANSWER_TEXT }
  return {
    id: answer.id,
    object: 'chat.completion',
    created: 1_700_000_000,
    model: answer.model,
    choices: [{ index: 0, message, finish_reason: isTool ? 'tool_calls' : 'stop' }],
    usage: chatUsage(answer),
  }
}

function chatChunks(answer: Answer, body: Request): object[] {
  const base = {
    id: answer.id,
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: answer.model,
  }
  const chunk = (delta: object, finish: string | null): object => ({
    ...base,
    choices: [{ index: 0, delta, finish_reason: finish }],
  })
  const half = ANSWER_TEXT.length / 2
  const chunks = wantsTool(body)
    ? [
        chunk({ role: 'assistant', tool_calls: [{ index: 0, ...toolCall(answer) }] }, null),
        chunk({}, 'tool_calls'),
      ]
    : [
        chunk({ role: 'assistant', content: ANSWER_TEXT.slice(0, half) }, null),
        chunk({ content: ANSWER_TEXT.slice(half) }, null),
        chunk({}, 'stop'),
      ]
  if (body.stream_options?.include_usage === true)
    chunks.push({ ...base, choices: [], usage: chatUsage(answer) })
  return chunks
}

/** The input count excludes cached tokens. */
function anthropicMessage(answer: Answer): object {
  return {
    id: answer.id,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: [{ type: 'text', text: ANSWER_TEXT }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: {
      input_tokens: answer.input - answer.cached,
      cache_read_input_tokens: answer.cached,
      cache_creation_input_tokens: 0,
      output_tokens: answer.output,
    },
  }
}

function embedding(answer: Answer, body: Request): object {
  const count = Array.isArray(body.input) ? body.input.length : 1
  return {
    object: 'list',
    model: answer.model,
    data: Array.from({ length: count }, (_, index) => ({
      object: 'embedding',
      index,
      embedding: [0.25, 0.5, 0.75],
    })),
    usage: { prompt_tokens: answer.input, total_tokens: answer.input },
  }
}

function responseItem(answer: Answer, isTool: boolean): object {
  if (isTool)
    return {
      type: 'function_call',
      id: `fc_${answer.id}`,
      call_id: `call_${answer.id}`,
      name: 'weather',
      arguments: TOOL_ARGUMENTS,
      status: 'completed',
    }
  return {
    type: 'message',
    id: `msg_${answer.id}`,
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text: ANSWER_TEXT, annotations: [] }],
  }
}

function response(answer: Answer, isTool: boolean): object {
  return {
    id: answer.id,
    object: 'response',
    created_at: 1_700_000_000,
    status: 'completed',
    model: answer.model,
    output: [responseItem(answer, isTool)],
    usage: {
      input_tokens: answer.input,
      input_tokens_details: { cached_tokens: answer.cached },
      output_tokens: answer.output,
      output_tokens_details: { reasoning_tokens: answer.reasoning },
      total_tokens: answer.input + answer.output,
    },
  }
}

function responseEvents(answer: Answer, isTool: boolean): object[] {
  const whole = response(answer, isTool)
  const item = responseItem(answer, isTool)
  return [
    {
      type: 'response.created',
      response: { ...whole, status: 'in_progress', output: [], usage: null },
    },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } },
    {
      type: 'response.output_text.delta',
      item_id: `msg_${answer.id}`,
      output_index: 0,
      content_index: 0,
      delta: ANSWER_TEXT,
    },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: whole },
  ].map((event, index) => ({ ...event, sequence_number: index }))
}

function json(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function sse(res: ServerResponse, events: readonly object[], isChat = false): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) {
    const type = (event as { type?: string }).type
    if (!isChat && type !== undefined) res.write(`event: ${type}\n`)
    res.write(`data: ${JSON.stringify(event)}\n\n`)
  }
  res.end(isChat ? 'data: [DONE]\n\n' : '')
}
