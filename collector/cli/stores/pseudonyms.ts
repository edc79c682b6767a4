// `observa pseudonyms`: the keys with which ids are turned into pseudonyms. Prints the ids of keys, never a key.

import type { ObservaConfig } from '../../../config/root.ts'
import { systemClock } from '../../../core/clock.ts'
import type { Sender } from '../../../core/component.ts'
import { Metrics } from '../../../core/metrics.ts'
import type { KeyRow } from '../../../storage/queries/pseudonym-keys.ts'
import { openDataDir } from '../../service/data-dir.ts'
import { makeLogger } from '../../service/logger.ts'
import {
  dropPseudonymKey,
  type KeyPlace,
  listPseudonymKeys,
  rotatePseudonymKey,
} from '../../service/pseudonym-keys.ts'
import { configuredKey } from '../../service/secrets.ts'
import { CONFIG_OPTIONS, parse } from '../args.ts'
import type { Io } from '../io.ts'
import { loadOrExplain } from '../load.ts'

export async function pseudonyms(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('pseudonyms', args, {
    ...CONFIG_OPTIONS,
    json: { type: 'boolean', default: false },
  })
  const [action = 'list', id] = positionals
  const work = workOf(action, id)
  if (work === null) {
    io.err('expected one of: list, rotate, drop KEY_ID\n')
    return 2
  }
  const config = await loadOrExplain(values, io, true, true)
  if (config === null) return 1
  const rows = await withKeyPlace(config, io, work)
  if (values.json) io.out(`${JSON.stringify(rows.map(shown))}\n`)
  else for (const row of rows) io.out(`${lineOf(row)}\n`)
  if (action === 'rotate')
    io.err(
      'Instances use the new key after a restart or SIGHUP. The old one is kept for look-ups.\n',
    )
  return 0
}

type KeyOperation = (place: KeyPlace) => Promise<readonly KeyRow[]>

function workOf(action: string, id: string | undefined): KeyOperation | null {
  if (action === 'list') return listPseudonymKeys
  if (action === 'rotate') return rotatePseudonymKey
  return action === 'drop' && id !== undefined ? (place) => dropPseudonymKey(place, id) : null
}

/** Starts the Postgres exporter if there is one, because it knows the database's address and updates the schema. */
async function withKeyPlace(
  config: ObservaConfig,
  io: Io,
  work: KeyOperation,
): Promise<readonly KeyRow[]> {
  const dataDir = await openDataDir(config.data_dir)
  const exporter = [...config.exporters.values()].find((e) => e.factory.type === 'postgres')
  let sender: Sender | null = null
  try {
    if (exporter !== undefined) {
      const host = {
        id: exporter.id,
        log: makeLogger(config.telemetry.logs),
        metrics: new Metrics(),
        clock: systemClock,
        random: Math.random,
        dataDir,
        progress: (text: string) => io.err(`  ${text}\n`),
      }
      sender = await exporter.factory.createSender(exporter.config, host)
      await sender.start(AbortSignal.timeout(120_000))
    }
    const postgres = sender?.storeAddress?.() ?? null
    const configured = configuredKey(config)
    return await work({ dataDir, postgres, configured, nowMs: systemClock.nowMs() })
  } finally {
    await sender?.stop()
  }
}

function shown({ key_id, key, created_at, retired_at }: KeyRow): Record<string, unknown> {
  return { key_id, is_configured: key === null, created_at, retired_at }
}

function lineOf({ key_id, key, created_at, retired_at }: KeyRow): string {
  const state = retired_at === null ? 'in use' : `retired ${retired_at}`
  return [key_id, `made ${created_at}`, state, ...(key === null ? ['configured'] : [])].join('  ')
}
