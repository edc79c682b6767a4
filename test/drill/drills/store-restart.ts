// kill -9 for the embedded Postgres and ClickHouse under load. The instance restarts both and keeps accepting requests;
// nothing may be lost or stored twice in either.

import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../../instance.ts'
import { type Drill, nothingMissing, type Report, type Round } from '../drill.ts'
import { clickHousePid, endPostgres, postgresPid } from '../processes.ts'
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

export const storeRestartDrill: Drill = {
  name: 'store-restart',
  about: 'kill -9 for the embedded ClickHouse and Postgres in turn, under load',
  cycle: 'one store killed and back',
  cycles: 4,
  roundCycles: 20,
  missing: () => (process.platform === 'linux' ? nothingMissing() : 'needs Linux'),
  run: storeRestart,
}
