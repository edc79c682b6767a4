// A substitute for a model, so that the examples need no account and no network. It serves the chat completions of the OpenAI
// API on a loopback address, answers by fixed rules, counts tokens by length, and calls each tool it is offered once before
// it answers. With OPENAI_BASE_URL and OPENAI_API_KEY the examples use a real model instead. To start it by hand: node
// examples/harness/offline-llm.ts 8089

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Message {
  readonly role: string
  readonly content?: unknown
  readonly tool_calls?: readonly unknown[]
}

interface Tool {
  readonly function: {
    readonly name: string
    readonly parameters?: { readonly properties?: Readonly<Record<string, { type?: string }>> }
  }
}

interface ChatRequest {
  readonly model: string
  readonly messages: readonly Message[]
  readonly tools?: readonly Tool[]
}

export interface OfflineLlm {
  /** The value for OPENAI_BASE_URL. */
  readonly url: string
  stop(): void
}

export async function startOfflineLlm(port = 0): Promise<OfflineLlm> {
  const server: Server = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => res.destroy(error as Error))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}/v1`,
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

let answers = 0

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  if (req.method !== 'POST' || req.url !== '/v1/chat/completions') {
    res.writeHead(404, { 'content-type': 'application/json' })
    res.end('{"error":{"message":"only /v1/chat/completions is here"}}')
    return
  }
  const request = JSON.parse(Buffer.concat(chunks).toString()) as ChatRequest
  const message = toolCall(request) ?? { role: 'assistant', content: textFor(request) }
  const input = tokens(request.messages) + tokens(request.tools ?? [])
  const output = tokens(message)
  res.writeHead(200, { 'content-type': 'application/json' })
  res.end(
    JSON.stringify({
      id: `chatcmpl-offline-${process.pid}-${++answers}`,
      object: 'chat.completion',
      created: Math.floor(Date.now() / 1000),
      model: request.model,
      choices: [
        { index: 0, message, finish_reason: 'tool_calls' in message ? 'tool_calls' : 'stop' },
      ],
      usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
    }),
  )
}

/** About four characters for each token, as in English. */
const tokens = (value: unknown): number => Math.ceil(JSON.stringify(value).length / 4)

/** A call of the first tool that has not yet been called in this conversation. */
function toolCall({ messages, tools = [] }: ChatRequest): Message | null {
  const called = messages.flatMap((m) => m.tool_calls ?? []).length
  const tool = tools[called]
  if (tool === undefined) return null
  const { name, parameters } = tool.function
  const question = lastText(messages, 'user')
  const values = Object.entries(parameters?.properties ?? {}).map(([key, { type }]) => {
    const found = type === 'number' ? Number(/\d+/.exec(question)?.[0] ?? 1) : subject(question)
    return [key, found] as const
  })
  const call = {
    id: `call_offline_${process.pid}_${answers + 1}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(Object.fromEntries(values)) },
  }
  return { role: 'assistant', content: null, tool_calls: [call] }
}

/** The subject of a question: an id such as A-1042, or else its last capitalised word. */
function subject(question: string): string {
  const id = /\b[A-Z]{1,4}-\d+\b/.exec(question)?.[0]
  return id ?? question.match(/\b[A-Z]\w+/g)?.at(-1) ?? question
}

function textFor({ messages }: ChatRequest): string {
  const last = messages.at(-1)
  if (last?.role === 'tool') return `This is what I found: ${lastText(messages, 'tool')}`
  return `You asked: "${lastText(messages, 'user')}". This answer comes from a stand-in, not from a model.`
}

function lastText(messages: readonly Message[], role: string): string {
  const content = messages.findLast((m) => m.role === role)?.content
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part: { readonly text?: string }) => part.text ?? '').join(' ')
}

if (import.meta.main) {
  const llm = await startOfflineLlm(Number(process.argv[2] ?? 8089))
  process.stdout.write(`OPENAI_BASE_URL=${llm.url}\n`)
}
