// `observa queue` and `observa dlq`: read the log and the dead letters of a data directory. Reading works while an
// instance runs. `dlq retry` appends to the log, so the instance must be stopped.

import { join } from 'node:path'
import type { ObservaConfig } from '../../config/root.ts'
import { systemClock } from '../../core/clock.ts'
import { ObservaError } from '../../core/errors.ts'
import { Metrics } from '../../core/metrics.ts'
import { DurableLog } from '../log/log.ts'
import { queueDump, queueStats, queueVerify } from '../log/queue-commands.ts'
import {
  dlqDrop,
  dlqExporters,
  dlqList,
  dlqRetry,
  dlqShow,
} from '../sender/dead-letter-commands.ts'
import { makeLogger } from '../service/logger.ts'
import { CONFIG_OPTIONS, parse } from './args.ts'
import type { Io } from './io.ts'
import { loadOrExplain } from './load.ts'

/** The queue's directory for this configuration. */
function queueDir(config: ObservaConfig): string {
  return config.queue.dir ?? join(config.data_dir, 'queue')
}

function unknown(command: string, given: string | undefined, known: readonly string[]): never {
  const what = given === undefined ? 'needs a word' : `does not know "${given}"`
  throw new ObservaError(
    'OBS_CLI_ARGS',
    `observa ${command} ${what}.`,
    `One of: ${known.join(', ')}.`,
  )
}

export async function queue(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('queue', args, {
    ...CONFIG_OPTIONS,
    json: { type: 'boolean', default: false },
    from: { type: 'string' },
    limit: { type: 'string' },
    exporter: { type: 'string' },
    payload: { type: 'boolean', default: false },
  })
  const config = await loadOrExplain(values, io, true)
  if (config === null) return 1
  const dir = queueDir(config)
  const out = (text: string): void => io.out(text)
  switch (positionals[0]) {
    case 'stats':
      await queueStats(dir, out, { json: values.json })
      return 0
    case 'verify': {
      const report = await queueVerify(dir, out)
      return report.damagedHeaders + report.damagedParts + report.missingRecords > 0 ? 1 : 0
    }
    case 'dump':
      await queueDump(dir, out, {
        payload: values.payload,
        ...(values.from === undefined ? {} : { from: BigInt(values.from) }),
        ...(values.limit === undefined ? {} : { limit: Number(values.limit) }),
        ...(values.exporter === undefined ? {} : { exporter: values.exporter }),
      })
      return 0
    default:
      return unknown('queue', positionals[0], ['stats', 'verify', 'dump'])
  }
}

export async function dlq(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('dlq', args, {
    ...CONFIG_OPTIONS,
    all: { type: 'boolean', default: false },
  })
  const config = await loadOrExplain(values, io, true)
  if (config === null) return 1
  const dir = queueDir(config)
  const out = (text: string): void => io.out(text)
  const [command, exporter, ...ids] = positionals
  if (exporter !== undefined) await assertExporter(exporter, config, dir)
  if (command === 'list') {
    const listed = await dlqList(dir, out, exporter ?? null)
    if (listed === 0) io.err('there are no dead letters\n')
    return 0
  }
  if (command !== 'show' && command !== 'retry' && command !== 'drop')
    return unknown('dlq', command, ['list', 'show', 'retry', 'drop'])
  if (exporter === undefined || (ids.length === 0 && !values.all))
    throw new ObservaError(
      'OBS_CLI_ARGS',
      `observa dlq ${command} needs an exporter and ids (or --all).`,
      `Exporters with dead letters: ${(await dlqExporters(dir)).join(', ') || 'none'}.`,
    )
  if (command === 'show' && ids.length === 0)
    throw new ObservaError('OBS_CLI_ARGS', 'observa dlq show needs ids.', 'See: observa dlq list')
  const which = values.all ? 'all' : ids
  if (command === 'show') for (const id of ids) await dlqShow(dir, exporter, id, out)
  else {
    const done = await (command === 'drop'
      ? dlqDrop(dir, exporter, which, out)
      : retry(dir, exporter, which, out, config))
    if (done === 0) io.err(`no dead letters of ${exporter} were ${PAST[command]}\n`)
  }
  return 0
}

const PAST = { drop: 'dropped', retry: 'appended' } as const

/** A name that is mistyped would otherwise read as an exporter without dead letters. */
async function assertExporter(
  exporter: string,
  { exporters }: ObservaConfig,
  dir: string,
): Promise<void> {
  // Letters may be left of an exporter that the configuration no longer has.
  const known = new Set([...exporters.keys(), ...(await dlqExporters(dir))])
  if (known.has(exporter)) return
  throw new ObservaError(
    'OBS_CLI_ARGS',
    `There is no exporter ${exporter}.`,
    `There are: ${[...known].join(', ')}.`,
  )
}

async function retry(
  dir: string,
  exporter: string,
  which: readonly string[] | 'all',
  out: (text: string) => void,
  config: ObservaConfig,
): Promise<number> {
  const log = await DurableLog.open({
    dir,
    clock: systemClock,
    metrics: new Metrics(),
    log: makeLogger({ ...config.telemetry.logs, level: 'error' }),
  })
  try {
    return await dlqRetry(dir, exporter, which, log, out, Date.now())
  } finally {
    await log.close()
  }
}
