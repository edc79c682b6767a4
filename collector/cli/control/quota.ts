// `observa quota`: what projects may use in a month, and what they have used.

import { z } from 'zod'
import { ControlError } from '../../../accounts/control-error.ts'
import { type QuotaState, quotaState, setQuota } from '../../../accounts/quotas.ts'
import { listProjects } from '../../../storage/control/tenants.ts'
import { withinAs } from '../../../storage/postgres/roles.ts'
import { parse } from '../args.ts'
import type { Io } from '../io.ts'
import { CONTROL_OPTIONS, type ControlSession, withControl } from './database.ts'
import { allPages, checked, type Line, printRow, printRows, usageOf } from './print.ts'

const LIMITS = {
  events: 'events_per_month',
  bytes: 'bytes_per_month',
  usd: 'usd_per_month',
  rate: 'events_per_second',
} as const

const OPTIONS = {
  ...CONTROL_OPTIONS,
  events: { type: 'string' },
  bytes: { type: 'string' },
  usd: { type: 'string' },
  rate: { type: 'string' },
} as const

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values']

export async function quotaVerb(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('quota', args, OPTIONS)
  const [action, project = ''] = positionals
  const run = (work: (s: ControlSession) => Promise<void>): Promise<number> =>
    withControl('quota', values, io, work)
  switch (`${action} ${positionals.length}`) {
    case 'list 1':
      return await run(async (s) => {
        const { tenantId } = s.change()
        const filter = { tenantId, hasArchived: false }
        const rows = await allPages(values.limit, (w) =>
          listProjects(s.client, { ...filter, ...w }),
        )
        const states: QuotaState[] = []
        for (const row of rows) states.push(await stateOf(s, row.project_id))
        printRows(io, states, values.json, quotaLine)
      })
    case 'show 2':
      return await run(async (s) => {
        printRow(io, await stateOf(s, project), values.json, quotaLine)
      })
    case 'set 2':
      return await run(async (s) => {
        await setQuota(s.change(), project, limitsOf(values))
        printRow(io, await stateOf(s, project), values.json, quotaLine)
      })
    default:
      return usageOf(
        'quota',
        'list | show PROJECT | set PROJECT [--events N|none] [--bytes N|none] [--usd N|none] [--rate N|none]  [--tenant T]',
        io,
      )()
  }
}

const stateOf = (s: ControlSession, projectId: string): Promise<QuotaState> =>
  quotaState(s.change(), projectId, (work) =>
    withinAs(s.client, 'observa_exporter', () => work(s.client)),
  )

function limitsOf(values: Values): Record<string, number | null> {
  const limits: Record<string, number | null> = {}
  for (const [option, name] of Object.entries(LIMITS)) {
    const text = values[option as keyof typeof LIMITS]
    if (text !== undefined) limits[name] = text === 'none' ? null : limitOf(option, text)
  }
  if (Object.keys(limits).length === 0)
    throw new ControlError('INVALID', 'Nothing to set.', 'Give --events, --bytes, --usd or --rate.')
  return limits
}

function limitOf(option: string, text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  const least = option === 'rate' ? 1 : 0
  const schema =
    option === 'usd' ? z.number().min(0).max(1e12) : z.int().min(least).max(Number.MAX_SAFE_INTEGER)
  return checked(schema, number, `--${option}`)
}

const of = (used: number, limit: number | null): string =>
  limit === null ? `${used}` : `${used} of ${limit}`

const quotaLine = (q: QuotaState): Line => ({
  PROJECT: q.project_id,
  EVENTS: of(q.used.events, q.events_per_month),
  BYTES: of(q.used.bytes, q.bytes_per_month),
  USD: of(Number(q.used.cost_usd.toFixed(4)), q.usd_per_month),
  'EVENTS/S': q.events_per_second === null ? '' : String(q.events_per_second),
  'HELD EVENTS': String(q.held.events),
  RESETS: q.resets_at.toISOString().slice(0, 10),
})
