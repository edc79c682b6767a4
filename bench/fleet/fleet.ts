// What a fleet of n cores costs for each span, and how long it takes to make up for a core that was away for a minute, with a real broker,
// an edge, and one ClickHouse and one Postgres, all on this machine: `node bench/fleet/fleet.ts 1 2 3`. The results are kept in
// `results.json`, from which the table of docs/scale-out.md is made. Cores share the processors of the machine with all the
// rest, so the figures say how cost and coordination grow with n, and not what n machines do.

import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Body, Fleet } from '../../test/fleet/fleet.ts'
import { Instance, until } from '../../test/instance.ts'
import { generateRequests } from '../traffic/generate.ts'
import { type FleetResult, keepResult } from './results.ts'

const SPANS = 60_000
/** The first of them are not counted: an instance that starts compiles its code meanwhile, which costs seconds. */
const WARM_SPANS = 15_000
const SPANS_PER_REQUEST = 50
const CLIENTS = 4
/** How long a core is away. */
const OUTAGE_S = 60
/** The load goes on for so long after the core is back. */
const AFTER_S = 30
const LAG_ZERO_MAX_S = 180
const LOOK_MS = 500

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const CPU = 'otelcol_process_cpu_seconds_total'
const TAKEN = 'otelcol_receiver_accepted_spans'

/** Requests with new ids; each is made when it is asked for. */
function* traffic(seed: number, spans: number): Generator<Body> {
  const requests = Math.ceil(spans / SPANS_PER_REQUEST)
  const baseTimeMs = Date.now() - 60_000
  const all = generateRequests({ seed, requests, spansPerRequest: SPANS_PER_REQUEST, baseTimeMs })
  for (const { protobuf } of all) yield { path: '/v1/traces', bytes: protobuf }
}

async function sumOf(instances: readonly Instance[], metric: string): Promise<number> {
  let sum = 0
  for (const instance of instances) if (instance.isAlive) sum += await instance.metric(metric)
  return sum
}

/** Sends as fast as the edge answers. */
async function sendAll(fleet: Fleet, bodies: Iterator<Body>, edge: Instance): Promise<void> {
  const client = async (): Promise<void> => {
    for (let next = bodies.next(); next.done !== true; next = bodies.next())
      await fleet.send(next.value, () => edge)
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
}

/** Sends at a rate, in spans a second, until it is stopped; resolves with the number of spans. */
function sendAtRate(fleet: Fleet, rate: number, edge: Instance): { stop(): Promise<number> } {
  let isStopped = false
  let sent = 0
  const everyMs = (SPANS_PER_REQUEST / rate) * 1000
  const running = (async () => {
    const startedAt = performance.now()
    for (const body of traffic(2, rate * (OUTAGE_S + AFTER_S) * 4)) {
      if (isStopped) break
      await sleep(Math.max(0, startedAt + (sent / SPANS_PER_REQUEST) * everyMs - performance.now()))
      await fleet.send(body, () => edge)
      sent += SPANS_PER_REQUEST
    }
    return sent
  })()
  return {
    stop: () => {
      isStopped = true
      return running
    },
  }
}

/** Messages in the topic that no core has committed, by the members of the group. */
const lagOf = (cores: readonly Instance[]): Promise<number> =>
  sumOf(cores, 'observa_kafka_receiver_lag')

async function measure(n: number, fleet: Fleet): Promise<FleetResult> {
  await fleet.withBroker()
  const edge = await fleet.instance('edge')
  await sendAll(fleet, traffic(1, WARM_SPANS), edge)
  await edge.drained()
  const edgeWarm = await edge.metric(CPU)
  await sendAll(fleet, traffic(3, SPANS - WARM_SPANS), edge)
  await edge.drained()
  const edgeCpu = (await edge.metric(CPU)) - edgeWarm
  say(`${n} cores: ${SPANS} spans are in the topic`)

  const cores = await Promise.all(Array.from({ length: n }, () => fleet.instance('core')))
  await until(async () => (await sumOf(cores, TAKEN)) >= WARM_SPANS, 'warm cores')
  const startedAt = performance.now()
  const before = await sumOf(cores, TAKEN)
  const coreWarm = await sumOf(cores, CPU)
  await until(async () => (await sumOf(cores, TAKEN)) >= SPANS, 'all spans at the cores')
  for (const core of cores) await core.drained()
  const drainS = (performance.now() - startedAt) / 1000
  const coreUsPerSpan = Math.round(
    (((await sumOf(cores, CPU)) - coreWarm) / (SPANS - before)) * 1e6,
  )
  const rate = (SPANS - before) / drainS
  say(`${n} cores: ${Math.round(rate)} spans/s, ${coreUsPerSpan} µs a span`)

  const load = sendAtRate(fleet, rate / 2, edge)
  await sleep(10_000)
  const killed = cores[0] as Instance
  await killed.kill('SIGKILL')
  const awayFrom = performance.now()
  let lagMax = 0
  while (performance.now() - awayFrom < OUTAGE_S * 1000) {
    await sleep(LOOK_MS)
    lagMax = Math.max(lagMax, await lagOf(cores))
  }
  cores[0] = await fleet.instance('core', killed)
  const backAt = performance.now()
  let zeroAt = Number.NaN
  // The lag is measured every 5 s, so the first look behind the start may be of before.
  await sleep(6000)
  while (performance.now() - backAt < LAG_ZERO_MAX_S * 1000) {
    const lag = await lagOf(cores)
    lagMax = Math.max(lagMax, lag)
    if (Number.isNaN(zeroAt) && lag < rate / SPANS_PER_REQUEST) zeroAt = performance.now()
    if (!Number.isNaN(zeroAt) && performance.now() - backAt > AFTER_S * 1000) break
    await sleep(LOOK_MS)
  }
  const sent = await load.stop()
  const replayed = await sumOf(cores, 'observa_kafka_receiver_messages_total')
  say(`${n} cores: ${sent} spans at half load, lag ${lagMax} at most`)
  return {
    cores: n,
    spansPerS: Math.round(rate),
    coreUsPerSpan,
    edgeUsPerSpan: Math.round((edgeCpu / (SPANS - WARM_SPANS)) * 1e6),
    halfLoadSpansPerS: Math.round(rate / 2),
    lagMessagesMax: lagMax,
    lagZeroS: Number.isNaN(zeroAt) ? null : Math.round((zeroAt - backAt) / 1000),
    messages: replayed,
    date: new Date().toISOString().slice(0, 10),
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  }
}

const wanted = process.argv.slice(2).map(Number)
for (const n of wanted.length === 0 ? [1, 2, 3] : wanted) {
  const ends: (() => unknown)[] = []
  const fleet = await Fleet.start({ after: (end) => void ends.push(end as () => unknown) })
  try {
    keepResult(await measure(n, fleet))
  } finally {
    for (const end of ends) await end()
    Instance.endAll()
  }
}
process.exit(0)
