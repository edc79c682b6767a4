// kill -9 for the embedded Postgres and ClickHouse under load. The instance restarts both and keeps accepting requests;
// nothing may be lost or stored twice in either.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openDataDirectory } from '../../../storage/postgres/engine/data-directory.ts'
import { serverUser } from '../../../storage/postgres/engine/server-user.ts'
import { type Instance, until } from '../../instance.ts'
import { type Drill, nothingMissing, type Report, type Round } from '../drill.ts'
import { type LoadedInstance, newDirectory, underLoad } from '../under-load.ts'
import { checkStores, STORES_CONFIG } from './kill.ts'

const LOAD_MS_SPREAD = 1500

async function storeRestart(round: Round): Promise<Report> {
  const kills = { clickhouse: 0, postgres: 0 }
  const dir = await newDirectory()
  return underLoad(round, {
    dir,
    cleanUp: () => endPostgres(dir),
    options: { config: STORES_CONFIG },
    cycle: async (loaded, cycle) => {
      const { instance } = loaded
      await delay(round.random() * LOAD_MS_SPREAD)
      const store = cycle % 2 === 0 ? 'clickhouse' : 'postgres'
      const pidOf = store === 'clickhouse' ? clickHousePid : postgresPid
      const before = pidOf(instance)
      if (before === null) throw new Error(`no process of ${store} was found`)
      process.kill(before, 'SIGKILL')
      kills[store]++
      const isBack = (): boolean => ![before, null].includes(pidOf(instance))
      await until(isBack, `a new ${store}`)
      await delivers(loaded)
    },
    notes: () => ({ clickhouse_kills: kills.clickhouse, postgres_kills: kills.postgres }),
    check: ({ instance, books }) => checkStores(instance, books),
  })
}

/** Waits until both stores have received further items. */
async function delivers({ instance }: LoadedInstance): Promise<void> {
  const sent = (): Promise<number> => instance.metric('otelcol_exporter_sent_spans')
  const before = await sent()
  await until(async () => (await sent()) > before, 'delivered again')
}

/** Process id of Postgres. Its files may be outside the data directory; the file named here says where. */
function postgresPid({ dir }: { readonly dir: string }): number | null {
  const dataDir = join(dir, 'data/postgres')
  if (!existsSync(dataDir)) return null
  const file = join(openDataDirectory(dataDir, serverUser()).cluster, 'postmaster.pid')
  if (!existsSync(file)) return null
  const pid = Number(readFileSync(file, 'utf8').split('\n', 1)[0])
  return commandOf(pid).includes('postgres') ? pid : null
}

/** Ends Postgres, which outlives its instance and would be left behind when a drill is interrupted. */
function endPostgres(dir: string): void {
  const pid = postgresPid({ dir })
  if (pid !== null) process.kill(pid, 'SIGKILL')
}

/** Process id of the ClickHouse engine, which is a child process of the instance. */
function clickHousePid(instance: Instance): number | null {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const engine = pids.find(
    (pid) => parentOf(pid) === instance.process.pid && commandOf(pid).includes('clickhouse/engine'),
  )
  return engine === undefined ? null : Number(engine)
}

function parentOf(pid: string): number | null {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    // The process has ended in the meantime.
    return null
  }
}

function commandOf(pid: number | string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // The process has ended in the meantime.
    return ''
  }
}

export const storeRestartDrill: Drill = {
  name: 'store-restart',
  about: 'kill -9 for the embedded ClickHouse and Postgres in turn, under load',
  cycle: 'one store killed and back',
  cycles: 4,
  roundCycles: 20,
  missing: () => (process.platform === 'linux' ? nothingMissing() : 'needs Linux'),
  run: storeRestart,
}
