// Tasks that finish at the same moment, tasks that others overtake, and what a restart remembers: with the real
// worker pool, ledger and log.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import type { TaskRequest } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { silentLog } from '../../storage/testing/stores.ts'
import { UsageLedger } from '../ledger/ledger.ts'
import type { CommitOutcome } from '../ledger/pending-commits.ts'
import { DurableLog, type LogOptions } from '../log/log.ts'
import { buildChain } from '../worker/build-chain.ts'
import { WorkerPool } from '../worker/pool.ts'
import { canonicalizeOnly, FILE_ENCODER } from '../worker/testing/pipeline-spec.ts'
import { Pipeline } from './pipeline.ts'

const NOW = { decodedBytes: 1000, isGone: () => false }

const quiet = { info: () => {}, warn: () => {}, error: () => {} }
const spec = canonicalizeOnly([FILE_ENCODER])
const chain = buildChain(spec)

interface Running {
  readonly pipeline: Pipeline
  readonly log: DurableLog
  readonly metrics: Metrics
  readonly stop: () => Promise<void>
}

async function running(
  dir: string,
  more: Partial<LogOptions> = {},
  ledger = new UsageLedger(),
): Promise<Running> {
  const metrics = new Metrics()
  const log = await DurableLog.open({
    dir,
    clock: systemClock,
    metrics,
    log: quiet,
    freeBytesMin: 0,
    ...more,
  })
  await ledger.rebuild(log)
  const pipeline = new Pipeline({
    id: 'traces',
    index: 0,
    log,
    ledger,
    metrics,
    clock: systemClock,
    jsonExporter: 'file',
  })
  const settings = {
    workers: 2,
    taskBytesMax: 1 << 20,
    taskRequestsMax: 1,
    taskTimeoutMs: 60_000,
    heapMiB: 128,
  }
  const finish: ConstructorParameters<typeof WorkerPool>[2] = (_, task) => pipeline.finish(task)
  const pool = new WorkerPool(settings, { pipelines: [spec] }, finish, metrics, silentLog)
  pipeline.pool = pool
  const stop = async (): Promise<void> => {
    await pool.close()
    await log.close()
  }
  return { pipeline, log, metrics, stop }
}

async function directory(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-pipeline-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

interface SpanFacts {
  readonly span: number
  readonly parent?: number
  readonly scope?: string
  readonly responseIds?: readonly string[]
}

const hex = (n: number): string => n.toString(16).padStart(16, '0')

function request({ span, parent, scope, responseIds }: SpanFacts): TaskRequest {
  const value = (v: string | number): object =>
    typeof v === 'string' ? { stringValue: v } : { intValue: v }
  const spans = (responseIds ?? [null]).map((id, i) => ({
    traceId: 'ab'.repeat(16),
    spanId: hex(span + i),
    parentSpanId: parent === undefined ? '' : hex(parent),
    name: 'chat',
    startTimeUnixNano: '1780000000000000000',
    endTimeUnixNano: '1780000001000000000',
    attributes: Object.entries({
      'gen_ai.operation.name': 'chat',
      'gen_ai.usage.input_tokens': 30,
      'gen_ai.usage.output_tokens': 4,
      ...(id === null ? {} : { 'gen_ai.response.id': id }),
    }).map(([key, v]) => ({ key, value: value(v) })),
  }))
  const body = { resourceSpans: [{ scopeSpans: [{ scope: { name: scope ?? 'sdk' }, spans }] }] }
  return {
    payload: Buffer.from(JSON.stringify(body)),
    encoding: 'identity',
    format: 'otlp-json',
    telemetry: 'traces',
    tenant: DEFAULT_TENANT,
    receivedAtMs: 1_780_000_100_000,
  }
}

/** Tasks whose workers all answered in one tick. */
function finishAtOnce(
  pipeline: Pipeline,
  requests: readonly TaskRequest[],
): Promise<CommitOutcome[]> {
  const tasks = requests.map((r) => {
    const result = chain.run({ requests: [r], corrections: [] })
    const parts = result.parts.map((p) => ({ ...p, bytes: p.bytes.slice() }))
    return { requests: [r], result: { ...result, parts } }
  })
  return Promise.all(tasks.map((task) => pipeline.finish(task)))
}

type Row = Readonly<Record<string, unknown>>

/** All lines of the log in order. */
async function linesOf(log: DurableLog): Promise<Row[]> {
  const reader = log.reader(0n)
  const lines: Row[] = []
  for (let r = await reader.poll(); r !== null; r = await reader.poll())
    for (const p of r.parts)
      for (const line of Buffer.from(p.bytes).toString().trimEnd().split('\n'))
        lines.push(JSON.parse(line) as Row)
  await reader.close()
  return lines
}

/** Events that count in the end: a line may be a revision of an earlier one. */
async function countedCalls(log: DurableLog): Promise<number> {
  const events = new Map((await linesOf(log)).map((event) => [event['event_id'], event]))
  return [...events.values()].filter((e) => e['usage_aggregate'] === false).length
}

test('two tasks that finish in one tick and report the same call count once', async (t) => {
  const { pipeline, log, stop } = await running(await directory(t))
  await finishAtOnce(pipeline, [
    request({ span: 1, responseIds: ['r'] }),
    request({ span: 2, responseIds: ['r'] }),
  ])
  assert.equal(await countedCalls(log), 1)
  await stop()
})

test('tasks that overtake each other again and again count each call once', async (t) => {
  const { pipeline, log, stop } = await running(await directory(t))
  const ids = Array.from({ length: 40 }, (_, i) => `r${i}`)
  // Each shares a call with every other, so each commit is news to all that are still being run again.
  const requests = ids.map((_, i) =>
    request({ span: 1000 * (i + 1), responseIds: ids.toSpliced(0, i).concat(ids.slice(0, i)) }),
  )
  await finishAtOnce(pipeline, requests)
  assert.equal(await countedCalls(log), ids.length)
  await stop()
})

test('after a restart a child of a report that was counted before repeats it', async (t) => {
  const dir = await directory(t)
  const before = await running(dir)
  await before.pipeline.accept(request({ span: 1, scope: 'framework' }), NOW)
  await before.stop()
  const after = await running(dir)
  await after.pipeline.accept(request({ span: 2, parent: 1 }), NOW)
  assert.equal(await countedCalls(after.log), 1)
  await after.stop()
})

test('a request sent again while it is being made durable is stored once', async (t) => {
  const { pipeline, log, stop } = await running(await directory(t))
  const same = request({ span: 1, responseIds: ['r'] })
  await finishAtOnce(pipeline, [same, same, same])
  assert.equal(await countedCalls(log), 1)
  await stop()
})

test('what repeats a request that the log does not take is not acknowledged for its sake', async (t) => {
  const { pipeline, log, stop } = await running(await directory(t), { recordBytesMax: 4000 })
  const ids = Array.from({ length: 20 }, (_, i) => `r${i}`)
  const [large, copy, small, repeated] = await finishAtOnce(pipeline, [
    request({ span: 1, responseIds: ids }),
    request({ span: 1, responseIds: ids }),
    request({ span: 1, responseIds: ['r0'] }),
    request({ span: 1, responseIds: ['r0'] }),
  ])
  assert.deepEqual([large?.ok, copy?.ok, small?.ok, repeated?.ok], [false, false, true, true])
  assert.equal(await countedCalls(log), 1)
  await stop()
})

test('a request whose record the log can never take is refused for good, and a smaller one is taken', async (t) => {
  const { pipeline, stop } = await running(await directory(t), { recordBytesMax: 4000 })
  const ids = Array.from({ length: 20 }, (_, i) => `r${i}`)
  const large = await pipeline.accept(request({ span: 1, responseIds: ids }), NOW)
  assert.equal(large.kind, 'refused')
  assert.match(JSON.stringify(large), /too_large.*send fewer items/)
  const half = await pipeline.accept(request({ span: 1, responseIds: ['r0'] }), NOW)
  assert.equal(half.kind, 'accepted')
  await stop()
})

/** A call of which a richer report, in another trace and another request, comes later. */
function reports(): readonly [TaskRequest, TaskRequest] {
  const say = (trace: string, scope: string, more: Readonly<Record<string, string | number>>) => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.response.id': 'r-1',
      'gen_ai.usage.input_tokens': 30,
      'gen_ai.usage.output_tokens': 4,
      ...more,
    }
    const span = {
      traceId: trace.repeat(16),
      spanId: hex(1),
      name: 'chat "in quotes" {',
      startTimeUnixNano: '1780000000000000001',
      endTimeUnixNano: '1780000001000000000',
      attributes: Object.entries(attributes).map(([key, v]) => ({
        key,
        value: typeof v === 'string' ? { stringValue: v } : { intValue: v },
      })),
    }
    const body = { resourceSpans: [{ scopeSpans: [{ scope: { name: scope }, spans: [span] }] }] }
    return { ...request({ span: 1 }), payload: Buffer.from(JSON.stringify(body)) }
  }
  return [
    say('aa', 'first', {
      'gen_ai.input.messages': '[{"role":"user","parts":[]}]',
      note: 'a "}" b',
    }),
    say('bb', 'second', { 'gen_ai.usage.cache_read.input_tokens': 20 }),
  ]
}

const isCounted = (metrics: Metrics, name: string): boolean =>
  metrics.render().includes(`observa_usage_revisions_${name}_total{`)

for (const [name, ledger] of [
  ['from memory', () => new UsageLedger()],
  // Room for less than the entries of one task.
  ['when memory holds nothing of it', () => new UsageLedger(undefined, undefined, 16)],
] as const)
  test(`a correction is the whole event again, with a higher revision, ${name} and after a restart`, async (t) => {
    const dir = await directory(t)
    const [poor, rich] = reports()
    const before = await running(dir, {}, ledger())
    await before.pipeline.accept(poor, NOW)
    const [first] = await linesOf(before.log)
    await before.stop()
    const after = await running(dir, {}, ledger())
    await after.pipeline.accept(rich, NOW)
    const lines = await linesOf(after.log)
    const again = lines.filter((line) => line['event_id'] === first?.['event_id']).at(-1)
    assert.deepEqual(again, {
      ...first,
      usage_aggregate: true,
      usage_duplicate_of: lines.find((line) => line['scope_name'] === 'second')?.['event_id'],
      // The number of reports that are known.
      revision: 2,
    })
    assert.equal(await countedCalls(after.log), 1)
    assert.equal(isCounted(after.metrics, 'lost'), false)
    assert.equal(isCounted(after.metrics, 'without_content'), false)
    await after.stop()
  })
