// The time to write an event as JSON in µs, compared with JSON.stringify of a prepared object. `node
// proto/event-json.bench.ts [rounds]`

import { Arena } from '../core/arena.ts'
import { SpanBatch } from '../core/batch.ts'
import { EventTable } from '../core/event.ts'
import { N, R } from '../core/fields.ts'
import { ByteWriter } from './byte-writer.ts'
import { writeEventJson } from './event-json.ts'

const EVENTS = 100
const CALLS = 40
const rounds = Number(process.argv[2] ?? 15)
const events = new EventTable(new SpanBatch(new Arena()))
for (let i = 0; i < EVENTS; i++) fill(events.add(i), i)
const out = new ByteWriter(1 << 20)
const size = write() / EVENTS
const ready = Buffer.from(out.take())
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as object)

const ways: Record<string, () => void> = {
  writeEventJson: () => void write(),
  'JSON.stringify + Buffer': () => void Buffer.from(ready.map((e) => JSON.stringify(e)).join('\n')),
}
const times: Record<string, number[]> = {}
for (let round = 0; round < rounds + 3; round++)
  for (const [name, run] of Object.entries(ways)) {
    const t0 = process.hrtime.bigint()
    for (let i = 0; i < CALLS; i++) run()
    const us = Number(process.hrtime.bigint() - t0) / 1e3 / CALLS / EVENTS
    if (round >= 3) (times[name] ??= []).push(us)
  }
process.stdout.write(
  `${EVENTS} events of ${Math.round(size)} bytes; median of ${rounds} rounds, node ${process.version}\n`,
)
for (const [name, us] of Object.entries(times)) {
  us.sort((a, b) => a - b)
  const at = (q: number): string => (us[Math.floor((us.length - 1) * q)] as number).toFixed(2)
  process.stdout.write(`${name.padEnd(24)} ${at(0.5)} µs/event  (${at(0)} .. ${at(1)})\n`)
}

function write(): number {
  out.reset()
  for (let e = 0; e < EVENTS; e++) {
    writeEventJson(out, events, e)
    out.u8(0x0a)
  }
  return out.pos
}

/** An event as canonicalize makes it: ids, times, usage, two texts, twenty attributes. */
function fill(e: number, i: number): void {
  const { arena } = events
  const prompt = `Summarise the following document, number ${i}. `.repeat(20)
  const answer = i % 3 === 0 ? 'Voilà le résumé demandé. '.repeat(20) : 'Here is "it".\n'.repeat(40)
  for (const r of [R.event_id, R.trace_id])
    events.setRange(e, r, arena.append(Buffer.alloc(16, i + r)), 16)
  for (const r of [R.span_id, R.parent_span_id])
    events.setRange(e, r, arena.append(Buffer.alloc(8, i + r)), 8)
  const time = Buffer.alloc(8)
  time.writeBigUInt64LE(1_790_000_000_000_000_000n + BigInt(i))
  for (const r of [R.start_time, R.end_time]) events.setRange(e, r, arena.append(time), 8)
  for (const [r, text] of [
    [R.tenant_id, 'default'],
    [R.project_id, 'default'],
    [R.environment, 'prod'],
    [R.kind, 'llm'],
    [R.operation, 'chat'],
    [R.name, 'chat gpt-4o-mini'],
    [R.provider, 'openai'],
    [R.request_model, 'gpt-4o-mini'],
    [R.response_model, 'gpt-4o-mini-2024-07-18'],
    [
      R.input_messages,
      JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: prompt }] }]),
    ],
    [
      R.output_messages,
      JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: answer }] }]),
    ],
    [R.finish_reasons, '["stop"]'],
    [R.status, 'ok'],
    [R.service_name, 'bench'],
    [R.tags, '[]'],
  ] as const)
    events.setText(e, r, text)
  events.setNum(e, N.input_tokens, 1200 + i)
  events.setNum(e, N.output_tokens, 300 + i)
  events.setNum(e, N.cost_usd, 0.00042)
  events.setNum(e, N.duration_ms, 1234.567)
  for (let k = 0; k < 20; k++) {
    const key = arena.appendText(`gen_ai.some.attribute_${k}`)
    const keyLen = arena.lastLen
    const off = arena.appendText(`value ${k} of ${i}`)
    events.addAttribute(e, key, keyLen, off, arena.lastLen, false)
  }
}
