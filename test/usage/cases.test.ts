// Small inputs through `observa pipe`, traces and logs together, in three orders, each twice: the sums are those of a bill.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { promisify } from 'node:util'
import { ARRIVALS, assertExpected, eventsByCase, readCases } from './cases.ts'

const MAIN = join(import.meta.dirname, '../../collector/main.ts')
const run = promisify(execFile)
type Row = Readonly<Record<string, unknown>>

let dir: string

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'observa-cases-'))
})

after(async () => {
  await rm(dir, { recursive: true, force: true })
})

let files = 0

async function fileOf(body: object): Promise<string> {
  const file = join(dir, `${files++}.json`)
  await writeFile(file, JSON.stringify(body))
  return file
}

async function piped(bodies: readonly object[]): Promise<Row[]> {
  const paths = await Promise.all(bodies.map(fileOf))
  const args = [MAIN, 'pipe', '--input', 'otlp-json', ...paths]
  const { stdout } = await run(process.execPath, args, { cwd: dir, maxBuffer: 1 << 28 })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

const isEvent = (record: Row): boolean => record['record'] === 'event'

for (const [order, arrive] of Object.entries(ARRIVALS))
  test(`calls, ${order}, twice: tokens, calls and costs of every case`, async () => {
    const cases = readCases('calls')
    assert.ok(cases.length > 100)
    const records = await piped(cases.flatMap((x) => arrive(x.requests).map((r) => r.body)))
    for (const [one, events] of eventsByCase(cases, records.filter(isEvent)))
      assertExpected(events, one.expect, `${one.name}, ${order}`)
  })

interface SumsCase {
  readonly name: string
  /** Needs a process of its own: ids of several cases would meet. */
  readonly alone: boolean
  readonly body: object
  readonly expect: Readonly<Record<string, unknown>>
}

const near = (a: number | null, b: number): boolean =>
  a !== null && Math.abs(a - b) <= Math.max(1e-9, Math.abs(b) * 1e-3)

/** Each expectation that does not hold, in words. */
function broken(records: readonly Row[], expect: SumsCase['expect']): string[] {
  const events = records.filter(isEvent)
  const counted = events.filter((e) => e['usage_aggregate'] === false)
  const hasUsage = (e: Row): boolean =>
    typeof e['input_tokens'] === 'number' || typeof e['output_tokens'] === 'number'
  const costs = counted.map((e) => e['cost_usd']).filter((n) => typeof n === 'number')
  const cost = costs.length === 0 ? null : costs.reduce((a, b) => a + b, 0)
  const sources = counted.filter(hasUsage).map((e) => e['cost_source'])
  const text = JSON.stringify(records)
  const isCost = (want: unknown): boolean => {
    if (want === null) return cost === null
    if (typeof want === 'number') return near(cost, want)
    const { usd, source } = want as { usd?: number; source?: string }
    return usd === undefined ? sources.includes(source) : near(cost, usd)
  }
  const different = (field: string): number =>
    new Set(events.map((e) => e[field]).filter((v) => typeof v === 'string')).size
  const holds: Record<string, (want: unknown) => boolean> = {
    counted_events: (want) => counted.filter(hasUsage).length === want,
    cost_usd: isCost,
    cost_any: (want) => (want as unknown[]).some(isCost),
    contains: (want) => (want as string[]).every((x) => text.includes(x)),
    absent: (want) => (want as string[]).every((x) => !text.includes(x)),
    usage_inconsistent: (want) =>
      events.filter((e) => e['usage_inconsistent'] === true).length === want,
    distinct_user_ids: (want) => different('user_id') === want,
    distinct_session_ids: (want) => different('session_id') === want,
    distinct_conversation_ids: (want) => different('conversation_id') === want,
  }
  const sum = (field: string): number => counted.reduce((n, e) => n + Number(e[field] ?? 0), 0)
  return Object.entries(expect)
    .filter(([name, want]) => !(holds[name]?.(want) ?? sum(name) === want))
    .map(([name, want]) => `${name} is not ${JSON.stringify(want)}`)
}

const traceOf = ({ body }: SumsCase): RegExpMatchArray[] => [
  ...JSON.stringify(body).matchAll(/"traceId":"([0-9a-f]{32})"/gi),
]

test('accounting cases: each sum, cost and identity is what it must be', async () => {
  const cases = readCases<SumsCase>('sums')
  assert.ok(cases.length > 50)
  const together = cases.filter((x) => !x.alone)
  const owners = new Map(
    together.flatMap((x) => traceOf(x).map((m) => [m[1]?.toLowerCase(), x.name] as const)),
  )
  const byCase = Map.groupBy(
    await piped(together.map((x) => x.body)),
    (r) => owners.get(String(r['trace_id'])) ?? '',
  )
  for (const one of cases) {
    const records = one.alone ? await piped([one.body]) : (byCase.get(one.name) ?? [])
    assert.deepEqual(broken(records, one.expect), [], one.name)
  }
})
