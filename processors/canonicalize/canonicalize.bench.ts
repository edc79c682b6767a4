// CPU of canonicalize, µs a span, by recorded client: `node processors/canonicalize/canonicalize.bench.ts [name]`.
// Each recording is multiplied to about 2000 spans with ids of their own, decoded once and processed again
// and again, so that the figure holds the processor alone.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SPAN, SPAN_STRIDE, type SpanBatch } from '../../core/batch.ts'
import { EventTable } from '../../core/event.ts'
import { key } from '../../core/keys.ts'
import { context, decodeBatch, makeProcessor, type TestRequest } from './testing.ts'

const SPANS = 2000
const ROUNDS = 30

const root = ['../../test/captures/', '../../../shared/captures/']
  .map((x) => fileURLToPath(new URL(x, import.meta.url)))
  .find((x) => existsSync(x))
if (root === undefined) throw new Error('no captures to measure with')
const RESPONSE_IDS = ['gen_ai.response.id', 'ai.response.id'].map(key)
const only = process.argv[2]
const processor = makeProcessor()

for (const name of readdirSync(root)) {
  if ((only !== undefined && name !== only) || !existsSync(`${root}${name}/truth.json`)) continue
  const requests = requestsOf(`${root}${name}/`)
  const one = decodeBatch(requests).spanCount
  const copies = Math.ceil(SPANS / one)
  const batch = decodeBatch(Array.from({ length: copies }, () => requests).flat())
  giveOwnIds(batch, one)
  const { us, bytes } = measure(batch)
  console.log(
    `${name.padEnd(20)} ${us.toFixed(2).padStart(6)} µs/span   ${bytes.toFixed(0).padStart(5)} B/span   ${batch.spanCount} spans`,
  )
}

function requestsOf(dir: string): TestRequest[] {
  return readdirSync(dir)
    .filter((f) => /\.(?:traces|logs)\.pb$/.test(f))
    .sort()
    .map((f) => ({
      format: 'otlp-proto',
      signals: f.includes('.logs') ? 'logs' : 'traces',
      body: readFileSync(dir + f),
    }))
}

/** Copies would be re-sent spans and their calls double reports: other ids, other response ids by span. */
function giveOwnIds(batch: SpanBatch, perCopy: number): void {
  for (let span = 0; span < batch.spanCount; span++) {
    const row = span * SPAN_STRIDE
    if ((batch.spans[row + SPAN.SPAN_ID] as number) < 0) continue
    const trace = batch.arena.reserve(24)
    batch.arena.bytes.copyWithin(
      trace,
      batch.spans[row + SPAN.TRACE_ID] as number,
      (batch.spans[row + SPAN.TRACE_ID] as number) + 16,
    )
    batch.arena.view.setUint32(trace, Math.floor(span / perCopy))
    batch.arena.view.setFloat64(trace + 16, span + 1)
    batch.spans[row + SPAN.TRACE_ID] = trace
    batch.spans[row + SPAN.SPAN_ID] = trace + 16
    for (const id of RESPONSE_IDS) {
      const attr = batch.findAttr(span, id)
      if (attr >= 0) batch.setAttrText(attr, `chatcmpl-${String(span).padStart(16, '0')}`)
    }
  }
}

function measure(batch: SpanBatch): { readonly us: number; readonly bytes: number } {
  const events = new EventTable(batch)
  const ctx = context(new Map(), false)
  const top = batch.arena.top
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    batch.arena.top = top
    events.reset()
    const before = process.cpuUsage()
    processor.process(batch, events, ctx)
    const used = process.cpuUsage(before)
    best = Math.min(best, (used.user + used.system) / batch.spanCount)
  }
  let size = 0
  for (let span = 0; span < batch.spanCount; span++)
    size += batch.spans[span * SPAN_STRIDE + SPAN.MSG_LEN] as number
  return { us: best, bytes: size / batch.spanCount }
}
