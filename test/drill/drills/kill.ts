// SIGKILL under load, again and again, on the same data directory. In every other cycle each request is sent twice at once,
// and earlier ones again. `kill` uses the file exporter, `kill-stores` the embedded ClickHouse and Postgres.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeDataDirectory } from '../../../storage/postgres/engine/data-directory.ts'
import { Instance, type InstanceOptions, until } from '../../instance.ts'
import { Books, type Findings } from '../books.ts'
import { Clients, type Target } from '../client.ts'
import { fromClickHouse, fromFile, fromPostgres } from '../destinations.ts'
import { type Drill, nothingMissing, type Report, type Round, reportOf } from '../drill.ts'

const CLIENTS = 6
/**
 * The process is killed after a random number of responses up to this. Counting responses, not time, means that there is load
 * before each kill even on a busy machine.
 */
const ANSWERS_MAX = 60

export const STORES_CONFIG = `
workers: { count: 2 }
exporters:
  clickhouse: { embedded: true, memory: 1GiB, batch: { delay: 100ms } }
  postgres: { embedded: true, batch: { delay: 100ms } }
service:
  pipelines:
    traces: { exporters: [clickhouse, postgres] }
    logs: { exporters: [clickhouse, postgres] }
`

/** A process that can be killed and started again on the same directory. */
export interface Killable extends Target {
  kill(signal: NodeJS.Signals): Promise<number | null>
  /** Resolves when everything is delivered. */
  drained(): Promise<void>
}

interface Killed<T extends Killable> {
  readonly books: Books
  readonly cycles: number
  /** The running process, after everything was delivered. */
  readonly last: T
}

/** Kills the process, starts it once more, checks that a request succeeds, and waits until everything is delivered. */
export async function killAgain<T extends Killable>(
  round: Round,
  start: (cycle: number) => Promise<T>,
): Promise<Killed<T>> {
  const books = new Books()
  const clients = new Clients(books)
  let cycles = 0
  for (; cycles < round.cycles && !round.isOver(); cycles++) {
    const running = await start(cycles)
    const options = { copies: cycles % 2 === 1, random: round.random, isOver: () => false }
    const answers = (): number => clients.answers.get('200') ?? 0
    const wanted = answers() + Math.floor(round.random() * ANSWERS_MAX)
    const load = clients.run(running, CLIENTS, options)
    await until(() => answers() >= wanted, 'loaded')
    await running.kill('SIGKILL')
    await load
    round.progress(`killed ${cycles + 1} times, ${books.acknowledged} spans acknowledged`)
  }
  const last = await start(cycles)
  await clients.once(last)
  await last.drained()
  return { books, cycles, last }
}

/** Starts instances on one directory, one after another. */
function onOneDirectory(
  optionsOf: (start: number) => InstanceOptions,
): (cycle: number) => Promise<Instance> {
  let dir: string | undefined
  return async (cycle) => {
    const options = { ...optionsOf(cycle), ...(dir === undefined ? {} : { dir }) }
    const instance = await Instance.start(options)
    dir = instance.dir
    return instance
  }
}

export async function killWithFile(
  round: Round,
  optionsOf: (start: number) => InstanceOptions = () => ({ config: 'workers: { count: 2 }' }),
): Promise<Report> {
  const { books, cycles, last } = await killAgain(round, onOneDirectory(optionsOf))
  const findings = books.check(await fromFile(last))
  await last.kill('SIGTERM')
  await rm(last.dir, { recursive: true, force: true })
  return reportOf(books, findings, cycles)
}

async function killWithStores(round: Round): Promise<Report> {
  const { books, cycles, last } = await killAgain(
    round,
    onOneDirectory(() => ({ config: STORES_CONFIG })),
  )
  const stores = await checkStores(last, books)
  return reportOf(books, stores.findings, cycles, stores.notes)
}

export interface StoreFindings {
  readonly findings: Findings
  readonly notes: Report['notes']
}

/** Stops the instance, reads both stores and removes them. A span that either store lacks or has twice is a finding. */
export async function checkStores(instance: Instance, books: Books): Promise<StoreFindings> {
  await instance.kill('SIGTERM')
  const dataDir = join(instance.dir, 'data')
  const found = await compareStores(dataDir, books)
  removeDataDirectory(join(dataDir, 'postgres'))
  await rm(instance.dir, { recursive: true, force: true })
  return found
}

/** Compares both stores of an instance that has ended. */
export async function compareStores(dataDir: string, books: Books): Promise<StoreFindings> {
  const { arrivals, rawRows } = await fromClickHouse(dataDir)
  const clickhouse = books.check(arrivals)
  const postgres = books.check(await fromPostgres(dataDir, books.issued))
  return {
    findings: {
      delivered: Math.min(clickhouse.delivered, postgres.delivered),
      deadLettered: clickhouse.deadLettered + postgres.deadLettered,
      lost: clickhouse.lost + postgres.lost,
      doubled: clickhouse.doubled + postgres.doubled,
      corrupt: clickhouse.corrupt + postgres.corrupt,
    },
    notes: {
      clickhouse_delivered: clickhouse.delivered,
      clickhouse_doubled: clickhouse.doubled,
      clickhouse_rows_before_collapse: rawRows,
      postgres_delivered: postgres.delivered,
      postgres_doubled: postgres.doubled,
    },
  }
}

export const kill: Drill = {
  name: 'kill',
  about: 'SIGKILL under load with the file exporter; copies are sent in every other cycle',
  cycle: 'a start, load, and a kill at a random moment',
  cycles: 20,
  roundCycles: 20,
  missing: nothingMissing,
  run: (round) => killWithFile(round),
}

export const killStores: Drill = {
  name: 'kill-stores',
  about: 'the same with the embedded ClickHouse and Postgres, both read afterwards',
  cycle: 'a start, load, and a kill at a random moment',
  cycles: 6,
  roundCycles: 10,
  missing: nothingMissing,
  run: killWithStores,
}
