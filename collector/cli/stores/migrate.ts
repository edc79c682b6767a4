// `observa migrate`: brings the schemas of the configured stores up to date, by starting their exporters.

import { systemClock } from '../../../core/clock.ts'
import { Metrics } from '../../../core/metrics.ts'
import { openDataDir } from '../../service/data-dir.ts'
import { makeLogger } from '../../service/logger.ts'
import { CONFIG_OPTIONS, parse } from '../args.ts'
import type { Io } from '../io.ts'
import { loadOrExplain } from '../load.ts'

const STORES = new Set(['clickhouse', 'postgres'])

export async function migrate(args: readonly string[], io: Io): Promise<number> {
  const { values } = parse('migrate', args, CONFIG_OPTIONS)
  const config = await loadOrExplain(values, io, false, true)
  if (config === null) return 1
  const log = makeLogger(config.telemetry.logs)
  const dataDir = await openDataDir(config.data_dir)
  let stores = 0
  for (const [id, { factory, config: own }] of config.exporters) {
    if (!STORES.has(factory.type)) continue
    const sender = await factory.createSender(own, {
      id,
      log,
      metrics: new Metrics(),
      clock: systemClock,
      random: Math.random,
      dataDir,
      progress: (text) => io.err(`  ${text}\n`),
    })
    try {
      await sender.start(AbortSignal.timeout(120_000))
    } finally {
      await sender.stop()
    }
    io.out(`${id}: schema is up to date\n`)
    stores++
  }
  if (stores === 0) io.err('the configuration names no clickhouse or postgres exporter\n')
  return stores === 0 ? 1 : 0
}
