// The time to decode a span in µs, compared with protobufjs in one run and alternating. `node proto/decode.bench.ts
// [rounds]`

import { Arena } from '../core/arena.ts'
import { SpanBatch } from '../core/batch.ts'
import { DEFAULT_TENANT } from '../core/tenant.ts'
import { DEFAULT_LIMITS, decodeInto } from './decode.ts'
import { oracleEncode, oracleType } from './testing/oracle.ts'

const SPANS = 100
const ATTRIBUTES = 26
const CALLS = 40

const rounds = Number(process.argv[2] ?? 15)
const type = oracleType('ExportTraceServiceRequest')
const payload = realisticRequest()
const json = Buffer.from(JSON.stringify(jsonForm(payload)))
const batch = new SpanBatch(new Arena())
const ways: Record<string, () => void> = {
  'observa protobuf': () => decode('otlp-proto', payload),
  'observa JSON': () => decode('otlp-json', json),
  'JSON.parse alone': () => void JSON.parse(json.toString('utf8')),
  'protobufjs reflection': () => void type.decode(payload),
}

const times: Record<string, number[]> = {}
for (let round = 0; round < rounds + 3; round++)
  for (const [name, run] of Object.entries(ways)) {
    const t0 = process.hrtime.bigint()
    for (let i = 0; i < CALLS; i++) run()
    const us = Number(process.hrtime.bigint() - t0) / 1e3 / CALLS / SPANS
    // The first rounds warm up the code.
    if (round >= 3) (times[name] ??= []).push(us)
  }
process.stdout.write(
  `${SPANS} spans, ${ATTRIBUTES} attributes each, ${payload.length} bytes protobuf, ${json.length} bytes JSON; median of ${rounds} rounds, node ${process.version}\n`,
)
for (const [name, us] of Object.entries(times)) {
  us.sort((a, b) => a - b)
  const at = (q: number): string => (us[Math.floor((us.length - 1) * q)] as number).toFixed(2)
  process.stdout.write(`${name.padEnd(24)} ${at(0.5)} µs/span  (${at(0)} .. ${at(1)})\n`)
}

function decode(format: 'otlp-proto' | 'otlp-json', body: Uint8Array): void {
  batch.reset()
  const outcome = decodeInto(
    batch,
    {
      payload: body,
      encoding: 'identity',
      format,
      telemetry: 'traces',
      tenant: DEFAULT_TENANT,
      receivedAtMs: 0,
    },
    DEFAULT_LIMITS,
  )
  if (outcome.kind !== 'ok' || outcome.items !== SPANS)
    throw new Error('the benchmark input was refused')
}

/** Spans in the form of GenAI instrumentations: a dozen short strings, counts, two long texts. */
function realisticRequest(): Uint8Array<ArrayBuffer> {
  const spans = Array.from({ length: SPANS }, (_, i) => ({
    traceId: Buffer.from(`${i}`.padStart(32, 'a1'), 'hex'),
    spanId: Buffer.from(`${i}`.padStart(16, 'b2'), 'hex'),
    parentSpanId: Buffer.from(`${i}`.padStart(16, 'c3'), 'hex'),
    name: 'chat gpt-4o-mini',
    kind: 3,
    startTimeUnixNano: '1790000000000000000',
    endTimeUnixNano: '1790000001000000000',
    attributes: attributes(i),
    status: { code: 1 },
  }))
  return oracleEncode('ExportTraceServiceRequest', {
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'bench' } }] },
        scopeSpans: [{ scope: { name: 'bench', version: '1' }, spans }],
      },
    ],
  })
}

function attributes(i: number): object[] {
  const prompt = `Summarise the following document, number ${i}. `.repeat(20)
  const answer =
    i % 3 === 0
      ? 'Voilà le résumé demandé. '.repeat(20)
      : 'Here is the summary you asked for. '.repeat(18)
  const out: object[] = [
    { key: 'gen_ai.prompt.0.content', value: { stringValue: prompt } },
    { key: 'gen_ai.completion.0.content', value: { stringValue: answer } },
    { key: 'gen_ai.usage.input_tokens', value: { intValue: 1200 + i } },
    { key: 'gen_ai.usage.output_tokens', value: { intValue: 300 + i } },
    { key: 'gen_ai.request.temperature', value: { doubleValue: 0.7 } },
    { key: 'llm.is_streaming', value: { boolValue: true } },
    {
      key: 'gen_ai.response.finish_reasons',
      value: { arrayValue: { values: [{ stringValue: 'stop' }] } },
    },
  ]
  for (let k = out.length; k < ATTRIBUTES; k++)
    out.push({ key: `gen_ai.some.attribute_${k}`, value: { stringValue: `value ${k} of ${i}` } })
  return out
}

function jsonForm(bytes: Uint8Array): unknown {
  const plain = type.toObject(type.decode(bytes), { longs: String }) as {
    resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[]
  }
  for (const span of plain.resourceSpans[0]?.scopeSpans[0]?.spans ?? [])
    for (const name of ['traceId', 'spanId', 'parentSpanId'])
      span[name] = Buffer.from(span[name] as Uint8Array).toString('hex')
  return plain
}
