// `observa retention`: how long data is kept.

import { z } from 'zod'
import { ControlError } from '../../../accounts/control-error.ts'
import * as input from '../../../accounts/input.ts'
import {
  type RetentionSetting,
  type RetentionState,
  retentionStates,
  setRetention,
} from '../../../accounts/retention.ts'
import {
  ARCHIVED_CLASSES,
  RETENTION_CLASSES,
  type RetentionDays,
} from '../../../core/deletion/retention.ts'
import { parse } from '../args.ts'
import type { Io } from '../io.ts'
import { CONTROL_OPTIONS, type ControlSession, withArguments, withControl } from './database.ts'
import { checked, type Line, printRows, usageOf } from './print.ts'

const OPTIONS = {
  ...CONTROL_OPTIONS,
  project: { type: 'string' },
  content: { type: 'string' },
  events: { type: 'string' },
  figures: { type: 'string' },
  signals: { type: 'string' },
  metrics: { type: 'string' },
  archive: { type: 'string' },
} as const

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values']

export async function retentionVerb(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('retention', args, OPTIONS)
  const action = positionals.join(' ')
  const print = async (s: ControlSession): Promise<void> =>
    printRows(io, await retentionStates(s.change()), values.json, retentionLine)
  if (action === 'list') return await withControl('retention', values, io, print)
  if (action === 'set')
    return await withArguments(
      'retention',
      io,
      () => wantedOf(values),
      ({ project, settings }) =>
        withControl('retention', values, io, async (s) => {
          await setRetention(s.change(), project, settings)
          await print(s)
        }),
    )
  return usageOf(
    'retention',
    'list | set [--tenant T] [--project P] [--content DAYS|none] [--events ..] [--figures ..] [--signals ..] [--metrics ..] [--archive content,events,signals|none]',
    io,
  )()
}

interface Wanted {
  readonly project: string | null
  readonly settings: Partial<RetentionSetting>
}

function wantedOf(values: Values): Wanted {
  const { project } = values
  return {
    project: project === undefined ? null : checked(input.anyId, project, '--project'),
    settings: settingsIn(values),
  }
}

function settingsIn(values: Values): Partial<RetentionSetting> {
  const out: { -readonly [Name in keyof RetentionSetting]?: RetentionSetting[Name] } = {}
  if (values.archive !== undefined)
    out.archive =
      values.archive === 'none'
        ? []
        : checked(
            z.array(z.enum(ARCHIVED_CLASSES)),
            values.archive.split(',').map((name) => name.trim()),
            '--archive',
          )
  for (const name of RETENTION_CLASSES) {
    const text = values[name]
    if (text === undefined) continue
    const schema = z.coerce.number().int().min(1).max(36_500)
    out[`${name}_days`] = text === 'none' ? null : checked(schema, text, `--${name}`)
  }
  if (Object.keys(out).length === 0)
    throw new ControlError(
      'INVALID',
      'Nothing to set.',
      'Give --content, --events, --figures, --signals, --metrics or --archive.',
    )
  return out
}

function retentionLine({ project_id, own, kept }: RetentionState): Line {
  const cell = (name: keyof RetentionDays): string =>
    kept[name] === null ? 'for ever' : `${kept[name]}${own[name] === null ? '' : ' (set)'}`
  return {
    PROJECT: project_id ?? '(tenant)',
    CONTENT: cell('content_days'),
    EVENTS: cell('events_days'),
    FIGURES: cell('figures_days'),
    SIGNALS: cell('signals_days'),
    METRICS: cell('metrics_days'),
    ARCHIVED: kept.archive.join(', '),
  }
}
