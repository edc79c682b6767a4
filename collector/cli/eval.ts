// `observa eval`: how far checks of quality and judges agree with a person's labels.

import { systemClock } from '../../core/clock.ts'
import { nearest } from '../../core/config/nearest.ts'
import { ObservaError } from '../../core/errors.ts'
import { EndpointClient } from '../../semantic/endpoint/endpoint-client.ts'
import { type Evaluated, evaluate, type LiveJudge } from '../../semantic/eval/evaluate.ts'
import { labelsIn, type UserLabel } from '../../semantic/eval/labels-file.ts'
import { BUILTIN_RUBRICS } from '../../semantic/judges/rubric.ts'
import { QUALITY_CHECKS } from '../../semantic/quality/checks.ts'
import { labelsOf } from '../../semantic/quality/labelled/measure.ts'
import { judgeSettingsOf } from '../jobs/judge-settings.ts'
import { CONFIG_OPTIONS, parse, readNamed } from './args.ts'
import type { Io } from './io.ts'
import { loadOrExplain } from './load.ts'

export async function evalCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('eval', args, {
    ...CONFIG_OPTIONS,
    ask: { type: 'boolean' },
    usd: { type: 'string', default: '1' },
    json: { type: 'boolean' },
  })
  const usdMax = Number(values.usd)
  if (!(usdMax >= 0)) throw misuse(`--usd is "${values.usd}", which is no amount.`)
  const config = await loadOrExplain(values, io, true)
  if (config === null) return 1
  const settings = judgeSettingsOf(config.semantic)
  if (values.ask === true && settings === null)
    throw misuse('--ask needs semantic.judges in the configuration.')
  const live: LiveJudge | null =
    values.ask === true && settings !== null
      ? { settings, usdMax, client: new EndpointClient(settings.endpoint, systemClock) }
      : null
  const labels = positionals.length === 0 ? heldOut() : await labelsOfFiles(positionals)
  const rubrics = settings?.rubrics ?? BUILTIN_RUBRICS
  refuseUnknown(labels, [...QUALITY_CHECKS, ...rubrics])
  const rows = await evaluate(labels, rubrics, live, new AbortController().signal)
  for (const row of rows) io.out(values.json === true ? `${JSON.stringify(row)}\n` : lineOf(row))
  return 0
}

/** A misspelt name would measure nothing, and look like success. */
function refuseUnknown(
  labels: readonly UserLabel[],
  measured: readonly { readonly name: string }[],
): void {
  const names = measured.map(({ name }) => name)
  const unknown = labels.find(({ name }) => !names.includes(name))
  if (unknown === undefined) return
  const near = nearest(unknown.name, names)
  throw new ObservaError(
    'OBS_EVAL_LABELS',
    `no check or rubric has the name ${JSON.stringify(unknown.name.slice(0, 100))}.`,
    near === null ? `Names: ${names.join(', ')}.` : `Did you mean "${near}"?`,
  )
}

/** The labels that come with this version and that nobody worked with. */
function heldOut(): readonly UserLabel[] {
  return QUALITY_CHECKS.flatMap(({ name }) =>
    labelsOf(name, 'held_out').map(({ isFault, exchange }) => ({
      name,
      isFault,
      exchange,
      recorded: null,
    })),
  )
}

async function labelsOfFiles(files: readonly string[]): Promise<readonly UserLabel[]> {
  const labels: UserLabel[] = []
  for (const file of files) labels.push(...labelsIn(String(await readNamed(file)), file))
  return labels
}

function lineOf(row: Evaluated): string {
  const share = (value: number | null, interval: readonly [number, number] | null): string =>
    value === null ? '-' : `${value} [${interval?.join(', ') ?? ''}]`
  const left = row.left_out === 0 ? '' : `, ${row.left_out} left out`
  const cost = row.cost_usd === 0 ? '' : `, ${row.cost_usd.toFixed(4)} USD`
  return `${row.name.padEnd(20)} ${row.kind.padEnd(6)} precision ${share(row.precision, row.precision_interval)}  recall ${share(row.recall, row.recall_interval)}  agreement ${row.agreement}  kappa ${row.kappa ?? '-'}  of ${row.labels} labels${left}${cost}\n`
}

const misuse = (message: string): ObservaError =>
  new ObservaError('OBS_CLI_ARGS', message, 'observa eval --help')
