// CPU time of `canonicalize` and `cost` together, in µs a span: on generated traffic by dialect, on requests recorded from
// real clients, and on one sample of each dialect. Each batch is decoded once and processed many times, so that only the two
// processors are measured. `node bench/canonicalize.bench.ts [name...] [--rounds N]`

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SPAN, SPAN_STRIDE, type SpanBatch } from '../core/batch.ts'
import { EventTable } from '../core/event.ts'
import { key } from '../core/keys.ts'
import {
  context,
  decodeBatch,
  makeProcessor,
  otlpJsonOf,
  sampleSpan,
  type TestRequest,
} from '../processors/canonicalize/testing/run-batch.ts'
import { sampleFiles } from '../processors/canonicalize/testing/samples.ts'
import { cost } from '../processors/cost/index.ts'
import { DIALECT_MIX } from './traffic/dialect.ts'
import { generateRequests } from './traffic/generate.ts'
import type { Dialect } from './traffic/operation.ts'

/** A recording is copied until it has about as many spans as a busy worker gets in one task. */
const SPANS = 1000
const GENERATED_REQUESTS = 10
/**
 * Number of measured rounds, of which the fastest counts, after as many unmeasured ones. By then V8 has optimised the code,
 * and the fastest round has the least noise from other processes.
 */
const ROUNDS = 60

const CAPTURES = fileURLToPath(new URL('../test/captures/', import.meta.url))
const RESPONSE_IDS = ['gen_ai.response.id', 'ai.response.id'].map(key)

interface Subject {
  readonly name: string
  readonly batch: SpanBatch
}

const args = process.argv.slice(2)
const roundsAt = args.indexOf('--rounds')
const rounds = roundsAt < 0 ? ROUNDS : Number(args[roundsAt + 1])
const only = roundsAt < 0 ? args : args.toSpliced(roundsAt, 2)

const canonicalizer = makeProcessor()
const pricer = cost.create(await settingsOfCost())
const subjects = [...generated(), ...recorded(), ...sampled()].filter(
  (s) => only.length === 0 || only.some((name) => s.name.startsWith(name)),
)
measure(subjects)

async function settingsOfCost(): Promise<Parameters<typeof cost.create>[0]> {
  const readFile = (path: string): Promise<string> => Promise.reject(new Error(`no ${path}`))
  const config = cost.schema.parse({})
  if (cost.prepare === undefined) throw new Error('cost prepares its table')
  return await cost.prepare(config, { readFile })
}

function generated(): Subject[] {
  const dialects: readonly (Dialect | undefined)[] = [
    undefined,
    ...(Object.keys(DIALECT_MIX) as Dialect[]),
  ]
  return dialects.map((dialect) => {
    const requests = generateRequests({
      seed: 1,
      requests: dialect === undefined ? GENERATED_REQUESTS * 4 : GENERATED_REQUESTS,
      spansPerRequest: 100,
      ...(dialect === undefined ? {} : { dialect }),
    })
    const bodies = requests.map(
      ({ protobuf }): TestRequest => ({ format: 'otlp-proto', body: protobuf }),
    )
    return { name: `traffic: ${dialect ?? 'mix'}`, batch: decodeBatch(bodies) }
  })
}

function recorded(): Subject[] {
  return readdirSync(CAPTURES)
    .filter((name) => existsSync(`${CAPTURES}${name}/truth.json`))
    .map((name) => {
      const requests = requestsOf(`${CAPTURES}${name}/`)
      const one = decodeBatch(requests).spanCount
      const copies = Math.ceil(SPANS / one)
      const batch = decodeBatch(Array.from({ length: copies }, () => requests).flat())
      giveOwnIds(batch, one)
      return { name: `recorded: ${name}`, batch }
    })
}

/** One sample span of each dialect, repeated with different ids. Shows the cost of the dialect, not of typical traffic. */
function sampled(): Subject[] {
  return sampleFiles<{ span?: unknown }>().flatMap(({ name, sample: { span } }) => {
    if (span === undefined) return []
    const spans = Array.from({ length: SPANS }, () => sampleSpan(span))
    const batch = decodeBatch([{ format: 'otlp-json', body: otlpJsonOf(...spans) }])
    giveOwnIds(batch, 1)
    return [{ name: `sample: ${name}`, batch }]
  })
}

function requestsOf(dir: string): TestRequest[] {
  return readdirSync(dir)
    .filter((f) => /\.(?:traces|logs)\.pb$/.test(f))
    .sort()
    .map((f) => ({
      format: 'otlp-proto',
      telemetry: f.includes('.logs') ? 'logs' : 'traces',
      body: readFileSync(dir + f),
    }))
}

/** Gives every copy its own span ids and response ids; otherwise the copies would be re-sends and duplicate reports. */
function giveOwnIds(batch: SpanBatch, perCopy: number): void {
  const { arena } = batch
  for (let span = 0; span < batch.spanCount; span++) {
    const row = span * SPAN_STRIDE
    const traceId = batch.spans[row + SPAN.TRACE_ID] as number
    if ((batch.spans[row + SPAN.SPAN_ID] as number) < 0) continue
    const trace = arena.reserve(24)
    arena.bytes.copyWithin(trace, traceId, traceId + 16)
    arena.view.setUint32(trace, Math.floor(span / perCopy))
    arena.view.setFloat64(trace + 16, span + 1)
    batch.spans[row + SPAN.TRACE_ID] = trace
    batch.spans[row + SPAN.SPAN_ID] = trace + 16
    for (const id of RESPONSE_IDS) {
      const attr = batch.findAttr(span, id)
      if (attr >= 0) batch.setAttrText(attr, `chatcmpl-${String(span).padStart(16, '0')}`)
    }
  }
}

/** Measures all subjects in turn, round after round, so that the code stays as polymorphic as in a real worker. */
function measure(all: readonly Subject[]): void {
  const tables = all.map(({ batch }) => ({
    batch,
    events: new EventTable(batch),
    top: batch.arena.top,
  }))
  const best = tables.map(() => Number.POSITIVE_INFINITY)
  const ctx = context(new Map(), false)
  for (let round = 0; round < rounds * 2; round++)
    for (const [i, { batch, events, top }] of tables.entries()) {
      batch.arena.top = top
      events.reset()
      const before = process.cpuUsage()
      canonicalizer.process(batch, events, ctx)
      pricer.process(batch, events, ctx)
      const used = process.cpuUsage(before)
      if (round >= rounds)
        best[i] = Math.min(best[i] as number, (used.user + used.system) / batch.spanCount)
    }
  console.log(`canonicalize and cost, µs CPU a span, least of ${rounds} rounds, one thread`)
  for (const [i, { name, batch }] of all.entries())
    console.log(
      `${name.padEnd(30)} ${(best[i] as number).toFixed(2).padStart(6)} µs/span ${bytesOf(batch).toFixed(0).padStart(6)} B/span ${batch.spanCount} spans`,
    )
}

function bytesOf(batch: SpanBatch): number {
  let size = 0
  for (let span = 0; span < batch.spanCount; span++)
    size += batch.spans[span * SPAN_STRIDE + SPAN.MSG_LEN] as number
  return size / batch.spanCount
}
