// How long it takes from an acknowledged event to the issue, on a running instance with an embedded Postgres; and what a storm of equal faults
// becomes: `node bench/detection/delays.ts [faults of the storm]`.

import { setTimeout as delay } from 'node:timers/promises'
import { Instance } from '../../test/instance.ts'
import { randomOf, type ScenarioSpan } from './maker.ts'
import { requestOf } from './scenarios.ts'

const STORM = Number(process.argv[2] ?? 100_000)
const SPANS_AT_ONCE = 2000
const WAIT_MS = 60_000
const LOOK_MS = 20
const random = randomOf(1)
const hex = (digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')

const at = await Instance.start({
  config: `
exporters:
  postgres: { embedded: true }
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [postgres] }
`,
})

function call(
  service: string,
  startMs: number,
  ms: number,
  more: Partial<ScenarioSpan> = {},
): ScenarioSpan {
  const attributes = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'pay',
    'gen_ai.tool.call.arguments': '{"id":1}',
    'gen_ai.tool.call.result': '{"state":"open"}',
  }
  return { trace: hex(32), span: hex(16), name: 'pay', startMs, ms, service, attributes, ...more }
}

async function send(spans: readonly ScenarioSpan[]): Promise<void> {
  const body = Buffer.from(JSON.stringify(requestOf(spans)))
  const res = await at.post('/v1/traces', body, { 'content-type': 'application/json' })
  if (res.status !== 200) throw new Error(`answered ${res.status}`)
}

interface IssueRow {
  readonly count: number
  readonly title: string
  readonly evidence: { readonly service?: string }
}

async function issuesOf(type: string): Promise<readonly IssueRow[]> {
  const res = await fetch(at.url(`/api/v1/issues?type=${type}&limit=1000`, 'http'))
  const { data } = (await res.json()) as { data: IssueRow[] }
  return data
}

/** ms until there are so many issues of the type. */
async function until(
  type: string,
  isThere: (all: readonly IssueRow[]) => boolean,
): Promise<number> {
  const from = performance.now()
  while (!isThere(await issuesOf(type))) {
    if (performance.now() - from > WAIT_MS) throw new Error(`no ${type}`)
    await delay(LOOK_MS)
  }
  return performance.now() - from
}

const p95 = (all: readonly number[]): string => {
  const sorted = all.toSorted((a, b) => a - b)
  return `${Math.round(sorted[Math.floor((sorted.length - 1) * 0.95)] ?? 0)} ms of ${all.length}`
}
const print = (line: string): void => void process.stdout.write(`${line}\n`)

const perSpan: number[] = []
for (let n = 1; n <= 20; n++) {
  await send([
    call(`span-${n}`, Date.now() - 100, 100, { error: `fault ${'abcdefghijklmnopqrstuvwxyz'[n]}` }),
  ])
  perSpan.push(await until('tool_error', (all) => all.length === n))
}
print(`rules over events: p95 ${p95(perSpan)} (goal 2000)`)

const perTrace: number[] = []
for (let n = 1; n <= 10; n++) {
  const trace = hex(32)
  const from = Date.now() - 500
  for (let i = 0; i < 4; i++) await send([call(`loop-${n}`, from + i * 100, 50, { trace })])
  perTrace.push(await until('loop_detected', (all) => all.length === n))
}
print(`rules over traces: p95 ${p95(perTrace)} (goal 3000)`)

// Each call its own request: nothing of it is a loop.
const now = Date.now()
const history = (service: string): ScenarioSpan[] =>
  Array.from({ length: 2400 }, (_, n) => {
    const startMs = now - 3_600_000 + n * 1450
    return call(service, startMs, startMs > now - 300_000 ? 1500 : 100 + (n % 30))
  })
const services = ['trend-a', 'trend-b', 'trend-c']
for (const service of services) {
  const spans = history(service)
  for (let i = 0; i < spans.length; i += SPANS_AT_ONCE)
    await send(spans.slice(i, i + SPANS_AT_ONCE))
}
await send([call('closes-the-minutes', Date.now() - 10, 10)])
const trends = await until('latency_anomaly', (all) => all.length >= services.length)
print(
  `rules over time: ${Math.round(trends)} ms after the event that closes the window (goal 10000)`,
)

const before = performance.now()
for (let sent = 0; sent < STORM; sent += SPANS_AT_ONCE)
  await send(
    Array.from({ length: Math.min(SPANS_AT_ONCE, STORM - sent) }, () =>
      call('storm', Date.now() - 100, 100, { error: 'the card was declined' }),
    ),
  )
const sentMs = performance.now() - before
const after = await until('tool_error', (all) => all.some((i) => i.count === STORM))
const storms = (await issuesOf('tool_error')).filter((i) => i.count > 1)
print(
  `storm: ${STORM} faults sent in ${Math.round(sentMs)} ms are ${storms.length} issue, counted ${Math.round(after)} ms later`,
)
await at.stop()
