// Two API keys: one sends much more than the instance can process, the other a little. Prints the responses to both, the
// latency of the second alone and beside the first, and the memory of the instance. These figures are not judged; the drill
// fails only if data is lost.

import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { keyForTests } from '../../../collector/extensions/keys/testing/key-for-tests.ts'
import { Instance } from '../../instance.ts'
import { Books, requestOf } from '../books.ts'
import { fromFile } from '../destinations.ts'
import { type Drill, nothingMissing, type Report, type Round, reportOf } from '../drill.ts'

/** Number of concurrent requests of the flood. A worker processes one at a time. */
const FLOOD = 48
const FLOOD_PADDING = 4000
const POLITE_EVERY_MS = 50
const POLITE_REQUESTS = 40
const CLIENT_TIMEOUT_MS = 10_000
const PENDING_MIB = 32

const flooding = keyForTests('sk', { tenant: 'flooding' })
const polite = keyForTests('sk', { tenant: 'polite' })
const config = `
auth: keys
extensions: { keys: { keys: ${JSON.stringify([flooding.row, polite.row])} } }
service: { extensions: [api, keys] }
exporters: { file: { rotation: { size: 16MiB } } }
workers: { count: 1 }
limits: { max_pending_bytes: ${PENDING_MIB}MiB }
`

class Client {
  readonly answers: Record<string, number> = {}
  readonly waitsMs: number[] = []
  readonly #name: string
  readonly #key: string
  readonly #padding: number

  constructor(name: string, key: string, padding: number) {
    this.#name = name
    this.#key = key
    this.#padding = padding
  }

  async send(instance: Instance, books: Books): Promise<void> {
    const first = books.next()
    const startedAt = performance.now()
    const res = await fetch(instance.url('/v1/traces'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#key}` },
      body: requestOf(first, this.#padding),
      signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS),
    }).catch((error: Error) => error)
    const isTimeout = res instanceof Error && res.name === 'TimeoutError'
    const answer = res instanceof Error ? (isTimeout ? 'timeout' : 'cut') : String(res.status)
    this.#count(answer)
    if (!(res instanceof Response)) return
    await res.arrayBuffer()
    this.waitsMs.push(performance.now() - startedAt)
    if (res.status === 200) books.acknowledge(first)
  }

  #count(answer: string): void {
    const row = `${this.#name}_answers_${answer}`
    this.answers[row] = (this.answers[row] ?? 0) + 1
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
}

async function overload(round: Round): Promise<Report> {
  const instance = await Instance.start({ config })
  const books = new Books()
  const pinned = pin(instance)
  const flood = new Client('flood', flooding.key, FLOOD_PADDING)
  const alone = new Client('polite_alone', polite.key, 0)
  const beside = new Client('polite_beside', polite.key, 0)
  let cycles = 0
  let rssMiB = 0
  try {
    for (; cycles < round.cycles && !round.isOver(); cycles++) {
      await politely(alone, instance, books)
      let isFlooding = true
      const senders = Array.from({ length: FLOOD }, async () => {
        while (isFlooding) await flood.send(instance, books)
      })
      await politely(beside, instance, books)
      rssMiB = Math.max(rssMiB, await instance.rssMiB())
      isFlooding = false
      await Promise.all(senders)
      round.progress(`${cycles + 1} floods, ${books.acknowledged} spans acknowledged`)
    }
    await instance.drained()
    const findings = books.check(await fromFile(instance))
    return reportOf(books, findings, cycles, {
      ...flood.answers,
      ...alone.answers,
      ...beside.answers,
      polite_alone_p50_ms: `${percentile(alone.waitsMs, 0.5)}`,
      polite_alone_p99_ms: `${percentile(alone.waitsMs, 0.99)}`,
      polite_beside_p50_ms: `${percentile(beside.waitsMs, 0.5)}`,
      polite_beside_p99_ms: `${percentile(beside.waitsMs, 0.99)}`,
      rss_mib: `${Math.round(rssMiB)} (512 and max_pending_bytes: ${512 + PENDING_MIB})`,
      cores: pinned,
    })
  } finally {
    await instance.kill()
    await rm(instance.dir, { recursive: true, force: true })
  }
}

/**
 * Sends a request at a fixed interval whether or not the last one was answered, because a slow server must not slow down its
 * own measurement.
 */
async function politely(client: Client, instance: Instance, books: Books): Promise<void> {
  const sent: Promise<void>[] = []
  for (let i = 0; i < POLITE_REQUESTS; i++) {
    sent.push(client.send(instance, books))
    await delay(POLITE_EVERY_MS)
  }
  await Promise.all(sent)
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

export const overloadDrill: Drill = {
  name: 'overload',
  about:
    'one key floods, another sends a little: refusals, waits and memory. Figures, no verdict by time',
  cycle: `${POLITE_REQUESTS} polite requests alone, then as many beside a flood`,
  cycles: 3,
  roundCycles: 20,
  missing: nothingMissing,
  run: overload,
}
