// Example payloads in three formats.

interface Example {
  readonly label: string
  readonly text: string
}

const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
})

const SPAN = {
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  name: 'chat gpt-4o',
  kind: 3,
  startTimeUnixNano: '1790000000000000000',
  endTimeUnixNano: '1790000007000000000',
  attributes: [
    attribute('gen_ai.operation.name', 'chat'),
    attribute('gen_ai.provider.name', 'openai'),
    attribute('gen_ai.request.model', 'gpt-4o'),
    attribute('gen_ai.usage.input_tokens', 1200),
    attribute('gen_ai.usage.output_tokens', 80),
    attribute(
      'gen_ai.input.messages',
      '[{"role":"user","parts":[{"type":"text","content":"Write to jane.doe@mail.com, please."}]}]',
    ),
  ],
}

const OTLP = {
  resourceSpans: [
    {
      resource: { attributes: [attribute('service.name', 'shop')] },
      scopeSpans: [{ scope: { name: 'example' }, spans: [SPAN] }],
    },
  ],
}

const LEGACY = {
  event_type: 'llm_call',
  trace_id: '0b7e6f0a-6f2b-4d39-9c43-0f4c5a8f3b51',
  span_id: 'c2d1e6a0-9a55-4f0e-8f5b-4b1b2a5d9f10',
  timestamp: '2026-11-29T12:00:00.000Z',
  attributes: {
    llm_call: { model: 'gpt-4o', input: 'hello', output: 'hi', input_tokens: 3, output_tokens: 1 },
  },
}

export const EXAMPLES: readonly Example[] = [
  { label: 'OTLP', text: JSON.stringify(OTLP, null, 2) },
  { label: 'NDJSON', text: JSON.stringify(LEGACY) },
  { label: 'a mistake', text: '{"resourceSpans": [' },
]
