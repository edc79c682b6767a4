// The traffic for tests of the console: an agent with a planted loop, hostile texts in every field, and a trace of ten thousand spans. It
// is sent as OTLP JSON, as an application would send it.

import { randomBytes } from 'node:crypto'

export interface PlantedSpan {
  readonly id: string
  readonly parent?: string
  readonly name: string
  /** ms after the start of the trace. */
  readonly at: number
  readonly ms: number
  readonly attributes?: Readonly<Record<string, string | number>>
  readonly isError?: boolean
}

export const spanId = (n: number): string => n.toString(16).padStart(16, '0')
export const newTraceId = (): string => randomBytes(16).toString('hex')

/** Body of `POST /v1/traces`. */
export function otlp(traceId: string, startMs: number, spans: readonly PlantedSpan[]): string {
  const ns = (ms: number): string => `${BigInt(Math.round((startMs + ms) * 1000)) * 1000n}`
  const attribute = ([key, value]: [string, string | number]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  })
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'planted' } }] }
  return JSON.stringify({
    resourceSpans: [
      {
        resource,
        scopeSpans: [
          {
            spans: spans.map((s) => ({
              traceId,
              spanId: s.id,
              ...(s.parent === undefined ? {} : { parentSpanId: s.parent }),
              name: s.name,
              startTimeUnixNano: ns(s.at),
              endTimeUnixNano: ns(s.at + s.ms),
              attributes: Object.entries(s.attributes ?? {}).map(attribute),
              status: s.isError === true ? { code: 2, message: 'it broke' } : {},
            })),
          },
        ],
      },
    ],
  })
}

const message = (role: string, text: string): string =>
  JSON.stringify([{ role, parts: [{ type: 'text', content: text }] }])

/** A conversation of two calls and a tool, with a user that is found nowhere else. */
export function conversation(): readonly PlantedSpan[] {
  const common = { 'user.id': 'planted-user', 'gen_ai.conversation.id': 'planted-talk' }
  const llm = (question: string, answer: string) => ({
    ...common,
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 120,
    'gen_ai.usage.output_tokens': 30,
    'gen_ai.input.messages': message('user', question),
    'gen_ai.output.messages': message('assistant', answer),
  })
  return [
    {
      id: spanId(1),
      name: 'planted agent',
      at: 0,
      ms: 900,
      attributes: {
        ...common,
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'planted',
      },
    },
    {
      id: spanId(2),
      parent: spanId(1),
      name: 'chat gpt-4o',
      at: 10,
      ms: 300,
      attributes: llm('Where is the blue whale?', 'I will look it up.'),
    },
    {
      id: spanId(3),
      parent: spanId(1),
      name: 'execute_tool atlas',
      at: 320,
      ms: 100,
      isError: true,
      attributes: {
        ...common,
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'atlas',
        'gen_ai.tool.call.arguments': '{"place":"sea"}',
      },
    },
    {
      id: spanId(4),
      parent: spanId(1),
      name: 'chat gpt-4o',
      at: 430,
      ms: 300,
      attributes: llm('And now?', 'In the Pacific.'),
    },
    {
      id: spanId(5),
      parent: spanId(1),
      name: 'chat unheard',
      at: 740,
      ms: 100,
      attributes: {
        ...llm('Hm?', 'Hm.'),
        'gen_ai.request.model': 'model-nobody-sells',
        'gen_ai.provider.name': 'acme',
      },
    },
  ]
}

/** Texts with markup and with characters that nobody sees, which the console must show as text everywhere. */
export const HOSTILE =
  '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>\u202Etxt.exe\u001b[31mred\u{e0041}\u{e0042}\u200c\u00ad\u034f\u115f\u3164\uffa0\u180e\u2062\ufe0f'

export function hostile(): readonly PlantedSpan[] {
  const long = `${'wide '.repeat(200_000)}end-of-the-long-line`
  return [
    {
      id: spanId(1),
      name: HOSTILE,
      at: 0,
      ms: 50,
      isError: true,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': HOSTILE,
        'gen_ai.request.model': HOSTILE,
        'user.id': HOSTILE,
        'session.id': HOSTILE,
        'gen_ai.conversation.id': HOSTILE,
        'gen_ai.usage.input_tokens': 5,
        'gen_ai.input.messages': JSON.stringify([
          {
            role: HOSTILE,
            parts: [
              { type: 'text', content: HOSTILE },
              { type: 'text', content: long },
              { type: 'image', uri: 'https://elsewhere.example/x.png' },
            ],
          },
        ]),
        'gen_ai.output.messages': message('assistant', `[link](javascript:alert(1)) ${HOSTILE}`),
        [`custom.${HOSTILE}`]: HOSTILE,
        'exception.message': HOSTILE,
      },
    },
  ]
}

/** Many small traces of other people, an hour or more ago: a hundred times what the demo sends. */
export function* crowd(traces = 900, perRequest = 100): Generator<string> {
  const body = (n: number): PlantedSpan => ({
    id: spanId(1),
    name: `chat of the crowd ${n}`,
    at: n * 1000,
    ms: 20 + (n % 97) * 11,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': `gpt-4o-mini`,
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 2,
      'user.id': `crowd-user-${n}`,
      'session.id': `crowd-session-${n}`,
      'gen_ai.conversation.id': `crowd-talk-${n}`,
    },
  })
  const startMs = Date.now() - 2 * 3_600_000
  for (let first = 0; first < traces; first += perRequest) {
    const requests = Array.from({ length: perRequest }, (_, i) =>
      JSON.parse(otlp(newTraceId(), startMs, [body(first + i)])),
    )
    yield JSON.stringify({ resourceSpans: requests.flatMap((r) => r.resourceSpans) })
  }
}

/** A root, a hundred groups, and what is in them: ten thousand spans. */
export function* large(perRequest = 2000): Generator<readonly PlantedSpan[]> {
  const total = 10_000
  let spans: PlantedSpan[] = [{ id: spanId(1), name: 'large root', at: 0, ms: total }]
  for (let n = 2; n <= total; n++) {
    const isGroup = n <= 101
    const parent = isGroup ? spanId(1) : spanId(2 + (n % 100))
    spans.push({ id: spanId(n), parent, name: isGroup ? `group ${n}` : `step ${n}`, at: n, ms: 1 })
    if (spans.length < perRequest) continue
    yield spans
    spans = []
  }
  if (spans.length > 0) yield spans
}
