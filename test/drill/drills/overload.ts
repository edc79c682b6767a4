// Two API keys: one sends three times as much as the instance can process, the other a little. What the other one waits, alone
// and beside the first, the answers to both and the memory of the instance are compared with limits, which are printed and do
// not affect the exit code, because they depend on the machine.

import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { keyForTests } from '../../../collector/extensions/keys/testing/key-for-tests.ts'
import { Instance } from '../../instance.ts'
import { Books, requestOf } from '../books.ts'
import { fromFile } from '../destinations.ts'
import {
  type Drill,
  listOf,
  median,
  nothingMissing,
  type Report,
  type Round,
  reportOf,
} from '../drill.ts'
import { type FloodResult, flood } from '../flood.ts'

/** The flood sends so many times what the instance was found to process. */
const TIMES = 3
/** Concurrent requests with which that is found out. */
const CALIBRATION_REQUESTS = 16
/** The duration of each part of a pair, in ms. */
export interface Phases {
  readonly warmUpMs: number
  readonly calibrationMs: number
  readonly aloneMs: number
  readonly floodMs: number
}

const PHASES: Phases = {
  warmUpMs: 5000,
  calibrationMs: 8000,
  aloneMs: 15_000,
  floodMs: 60_000,
}
/** A number of requests that a flood without a rate cannot reach. */
const CLOSED_MAX = 50_000
const FLOOD_PADDING = 4000
const POLITE_EVERY_MS = 50
const CLIENT_TIMEOUT_MS = 10_000
const PENDING_MIB = 64
/** The memory that an instance may use besides the request bodies that it holds. */
const BASE_MIB = 512

const flooding = keyForTests('sk', { tenant: 'flooding' })
const polite = keyForTests('sk', { tenant: 'polite' })
const config = `
auth: keys
extensions: { keys: { keys: ${JSON.stringify([flooding.row, polite.row])} } }
service: { extensions: [api, keys] }
exporters: { file: { rotation: { size: 64MiB } } }
workers: { count: 1 }
limits: { max_pending_bytes: ${PENDING_MIB}MiB }
`

/** The key that sends a request at a fixed interval. */
class Polite {
  readonly #instance: Instance
  readonly #books: Books
  readonly answers: Record<string, number> = {}
  withoutRetryAfter = 0

  constructor(instance: Instance, books: Books) {
    this.#instance = instance
    this.#books = books
  }

  /** Returns the time until each answer, ms. A slow answer does not delay the requests behind it. */
  async send(durationMs: number): Promise<number[]> {
    const waitsMs: number[] = []
    const sent: Promise<void>[] = []
    const endMs = performance.now() + durationMs
    while (performance.now() < endMs) {
      sent.push(this.#one(waitsMs))
      await delay(POLITE_EVERY_MS)
    }
    await Promise.all(sent)
    return waitsMs
  }

  async #one(waitsMs: number[]): Promise<void> {
    const first = this.#books.next()
    const body = requestOf(first)
    const startedAt = performance.now()
    const res = await fetch(this.#instance.url('/v1/traces'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${polite.key}` },
      body,
      signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS),
    }).catch((error: Error) => error)
    await (res instanceof Response ? res.arrayBuffer() : null)
    waitsMs.push(performance.now() - startedAt)
    const answer = res instanceof Response ? String(res.status) : brokenBy(res)
    this.answers[answer] = (this.answers[answer] ?? 0) + 1
    if (!(res instanceof Response)) return
    if (res.status === 200) this.#books.acknowledge(first)
    else if (!res.headers.has('retry-after')) this.withoutRetryAfter++
  }
}

const brokenBy = (error: Error): string => (error.name === 'TimeoutError' ? 'timeout' : 'cut')

class Pair {
  readonly #instance: Instance
  readonly #round: Round
  readonly #phases: Phases
  readonly #books = new Books()
  #rssMiB = 0

  constructor(instance: Instance, round: Round, phases: Phases) {
    this.#instance = instance
    this.#round = round
    this.#phases = phases
  }

  async run(cores: string): Promise<Report> {
    const { warmUpMs, calibrationMs, aloneMs, floodMs } = this.#phases
    await this.#flood(null, warmUpMs)
    const calibrated = await this.#flood(null, calibrationMs)
    const capacity = calibrated.acknowledged.length / (calibrationMs / 1000)
    this.#round.progress(`processes ${capacity.toFixed(0)} requests a second`)
    const client = new Polite(this.#instance, this.#books)
    const alone = await client.send(aloneMs)
    const watch = setInterval(() => void this.#watchMemory(), 500)
    const flooding = this.#flood(capacity * TIMES, floodMs)
    const beside = await client.send(floodMs)
    const result = await flooding
    clearInterval(watch)
    await this.#instance.drained()
    const findings = this.#books.check(await fromFile(this.#instance))
    const perSecond = (requests: number): number => requests / (floodMs / 1000)
    return reportOf(this.#books, findings, 1, {
      ...answersOf('flood', result.answers),
      ...answersOf('polite', client.answers),
      refused_without_retry_after: result.withoutRetryAfter + client.withoutRetryAfter,
      capacity_requests_per_second: [Math.round(capacity)],
      sent_of_capacity_percent: [percent(perSecond(result.sent), capacity)],
      accepted_of_capacity_percent: [
        percent(perSecond(result.acknowledged.length + beside.length), capacity),
      ],
      polite_alone_p50_ms: [percentile(alone, 0.5)],
      polite_alone_p99_ms: [percentile(alone, 0.99)],
      polite_beside_p50_ms: [percentile(beside, 0.5)],
      polite_beside_p99_ms: [percentile(beside, 0.99)],
      rss_mib: [Math.round(this.#rssMiB)],
      cores,
    })
  }

  async #flood(perSecond: number | null, durationMs: number): Promise<FloodResult> {
    const most = perSecond === null ? CLOSED_MAX : Math.ceil(perSecond * (durationMs / 1000)) + 1
    const result = await flood({
      port: this.#instance.ports.otlp,
      key: flooding.key,
      perSecond,
      inFlight: CALIBRATION_REQUESTS,
      durationMs,
      first: this.#books.reserve(most),
      padding: FLOOD_PADDING,
      timeoutMs: CLIENT_TIMEOUT_MS,
    })
    this.#books.unsent(most - result.sent)
    for (const first of result.acknowledged) this.#books.acknowledge(first)
    return result
  }

  async #watchMemory(): Promise<void> {
    this.#rssMiB = Math.max(this.#rssMiB, await this.#instance.rssMiB())
  }
}

function answersOf(who: string, answers: Readonly<Record<string, number>>): Report['notes'] {
  return Object.fromEntries(Object.entries(answers).map(([a, n]) => [`${who}_${a}`, n]))
}

const percent = (part: number, whole: number): number => Math.round((100 * part) / whole)

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}

/**
 * Pins the instance to one core and the clients to another, so that the load of the clients does not affect the measurement.
 */
function pin(instance: Instance): string {
  if (availableParallelism() < 2) return 'one core for all'
  const put = (core: number, pid: number | undefined): boolean =>
    spawnSync('taskset', ['-acp', String(core), String(pid)]).status === 0
  const isPinned = put(0, instance.process.pid) && put(1, process.pid)
  return isPinned ? 'instance on 0, clients on 1' : 'not pinned: there is no taskset'
}

/** The limits and whether they hold, a line each. */
function judged({ notes }: Report): string[] {
  const n = (name: string): number => Number(notes[name] ?? 0)
  const middle = (name: string): number => median(listOf(notes[name]))
  const starting = (prefix: string): string[] =>
    Object.keys(notes).filter((k) => k.startsWith(prefix))
  const sum = (names: readonly string[]): number => names.reduce((s, name) => s + n(name), 0)
  const all = sum([...starting('flood_'), ...starting('polite_').filter((k) => !k.endsWith('_ms'))])
  const timeouts = n('flood_timeout') + n('polite_timeout')
  const other = starting('flood_').filter((k) => !/_(?:200|429|503|timeout)$/.test(k))
  const [alone, beside] = [middle('polite_alone_p99_ms'), middle('polite_beside_p99_ms')]
  const allowed = Math.max(1.2 * alone, alone + 25)
  const rss = Math.max(...listOf(notes['rss_mib']))
  const rssMax = Math.round((BASE_MIB + PENDING_MIB) * 1.15)
  const line = (what: string, holds: boolean): string => `${holds ? 'holds' : 'FAILS'}: ${what}`
  return [
    line(
      `p99 of the polite key ${beside} ms, alone ${alone}, allowed ${Math.round(allowed)} (medians)`,
      beside <= allowed,
    ),
    line(`client timeouts ${timeouts} of ${all}, allowed 1 %`, timeouts <= all / 100),
    line(`answers other than 200, 429 and 503: ${sum(other)}`, sum(other) === 0),
    line(
      `refusals without Retry-After: ${n('refused_without_retry_after')}`,
      n('refused_without_retry_after') === 0,
    ),
    line(`memory ${rss} MiB, allowed ${rssMax}`, rss <= rssMax),
  ]
}

/** `npm run drill -- overload` measures for a minute; tests for some seconds. */
export function overloadFor(phases: Phases): Drill {
  return {
    name: 'overload',
    about:
      'one key sends three times what the instance can process, another a little. Times do not fail it',
    cycle: 'an instance, its capacity, the polite key alone for 15 s and beside the flood for 60 s',
    cycles: 5,
    roundCycles: 1,
    missing: nothingMissing,
    judged,
    run: async (round) => {
      const instance = await Instance.start({ config })
      try {
        return await new Pair(instance, round, phases).run(pin(instance))
      } finally {
        await instance.kill()
        await rm(instance.dir, { recursive: true, force: true })
      }
    },
  }
}

export const overloadDrill: Drill = overloadFor(PHASES)
