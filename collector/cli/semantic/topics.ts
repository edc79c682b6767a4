// `observa topics`: the topics of a running instance, their changes, and near duplicates.

import { z } from 'zod'
import { ObservaError } from '../../../core/errors.ts'
import { parse } from '../args.ts'
import { printRows } from '../control/print.ts'
import type { Io } from '../io.ts'
import { type Given, READ_OPTIONS, readApi } from './read-api.ts'

const OPTIONS = {
  ...READ_OPTIONS,
  'base-from': { type: 'string' },
  'base-to': { type: 'string' },
  seed: { type: 'string' },
} as const

const topic = z.object({
  topic_id: z.string().nullable(),
  name: z.string().nullable(),
  sampled: z.number(),
  traces: z.number(),
  share: z.number(),
  change: z.number().nullable(),
  cost_usd: z.number(),
  error_share: z.number(),
  trend: z.array(z.object({ traces: z.number() })),
})
const near = z.object({
  trace_id: z.string(),
  start_time: z.string(),
  snippet: z.string().nullable(),
})
const nearest = near.extend({ similarity: z.number() })
const shift = z.object({
  topic_id: z.string().nullable(),
  name: z.string().nullable(),
  share: z.number(),
  base_share: z.number(),
  is_significant: z.boolean(),
})
const drift = z.object({
  is_drift: z.boolean().nullable(),
  p_value: z.number().nullable(),
  effect: z.number().nullable(),
  drawn: z.number(),
  base_drawn: z.number(),
  topic_divergence: z.number(),
  topics: z.array(shift),
  typical: z.array(near),
  base_typical: z.array(near),
})
const duplicate = z.object({
  group_id: z.string(),
  sampled: z.number(),
  traces: z.number(),
  cost_usd: z.number(),
  least_similarity: z.number(),
  trace_ids: z.array(z.string()),
  snippet: z.string().nullable(),
})
const listOf = <T extends z.ZodType>(row: T) => z.object({ data: z.array(row) })

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`
const usd = (amount: number): string => amount.toFixed(4)
const nameOf = (t: { readonly topic_id: string | null; readonly name: string | null }): string =>
  t.name ?? (t.topic_id === null ? '(none)' : t.topic_id)
const TEXT_CHARS = 90
const textOf = (text: string | null): string =>
  (text ?? '').replace(/\s+/g, ' ').slice(0, TEXT_CHARS)

export async function topicsCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('topics', args, OPTIONS)
  const { url, json, limit, 'base-from': base_from, 'base-to': base_to, seed, ...filter } = values
  const [action = 'list', id, ...more] = positionals
  const read = (path: string, query: Given): Promise<unknown> =>
    readApi('topics', path, { ...filter, ...query }, url, io)
  if (more.length > 0 || (action !== 'show' && id !== undefined)) throw misuse(more[0] ?? id ?? '')
  switch (action) {
    case 'list':
      return listed(await read('topics', {}), json, io)
    case 'show':
      if (id === undefined)
        throw new ObservaError('OBS_CLI_ARGS', 'show needs the id of a topic.', HELP)
      return shown(await read(`topics/${encodeURIComponent(id)}`, { limit }), json, io)
    case 'drift':
      return drifted(await read('drift', { base_from, base_to, seed }), json, io)
    case 'duplicates':
      return repeated(await read('duplicates', { limit }), json, io)
    default:
      throw misuse(action)
  }
}

const HELP = 'See: observa topics --help'
const misuse = (word: string): ObservaError =>
  new ObservaError('OBS_CLI_ARGS', `"${word}" is none of list, show ID, drift, duplicates.`, HELP)

function listed(answer: unknown, isJson: boolean | undefined, io: Io): number {
  if (answer === null) return 1
  printRows(io, listOf(topic).parse(answer).data, isJson, (t) => ({
    ID: t.topic_id ?? '',
    TOPIC: nameOf(t),
    TRACES: String(Math.round(t.traces)),
    SHARE: percent(t.share),
    CHANGE: t.change === null ? 'new' : `${t.change >= 0 ? '+' : ''}${percent(t.change)}`,
    TREND: sparkline(t.trend.map((point) => point.traces)),
    USD: usd(t.cost_usd),
    ERRORS: percent(t.error_share),
  }))
  return 0
}

const LEVELS = '▁▂▃▄▅▆▇█'
const TREND_POINTS = 24

function sparkline(values: readonly number[]): string {
  const last = values.slice(-TREND_POINTS)
  const most = Math.max(...last)
  return last
    .map((v) => LEVELS[Math.min(LEVELS.length - 1, Math.floor((v / most) * LEVELS.length))])
    .join('')
}

function shown(answer: unknown, isJson: boolean | undefined, io: Io): number {
  if (answer === null) return 1
  printRows(io, listOf(nearest).parse(answer).data, isJson, (row) => ({
    TRACE: row.trace_id,
    TIME: row.start_time.slice(0, 19),
    NEARNESS: row.similarity.toFixed(2),
    QUESTION: textOf(row.snippet),
  }))
  return 0
}

function drifted(answer: unknown, isJson: boolean | undefined, io: Io): number {
  if (answer === null) return 1
  if (isJson === true) {
    io.out(`${JSON.stringify(answer, null, 2)}\n`)
    return 0
  }
  const d = drift.parse(answer)
  if (d.is_drift === null) {
    io.out(`drift: unknown, there are ${d.drawn} and ${d.base_drawn} embedded traces\n`)
    return 0
  }
  io.out(
    `drift: ${d.is_drift ? 'yes' : 'no'} (p ${d.p_value?.toFixed(3)}, effect ${d.effect?.toFixed(3)}, ${d.drawn} and ${d.base_drawn} traces)\n\n`,
  )
  printRows(io, d.topics, false, (t) => ({
    TOPIC: nameOf(t),
    BEFORE: percent(t.base_share),
    NOW: percent(t.share),
    CHANCE: t.is_significant ? 'no' : 'maybe',
  }))
  for (const [title, rows] of [
    ['typical now', d.typical],
    ['typical before', d.base_typical],
  ] as const) {
    io.out(`\n${title}:\n`)
    printRows(io, rows, false, (row) => ({ TRACE: row.trace_id, QUESTION: textOf(row.snippet) }))
  }
  return 0
}

function repeated(answer: unknown, isJson: boolean | undefined, io: Io): number {
  if (answer === null) return 1
  printRows(io, listOf(duplicate).parse(answer).data, isJson, (g) => ({
    TRACES: String(Math.round(g.traces)),
    USD: usd(g.cost_usd),
    NEARNESS: g.least_similarity.toFixed(3),
    NEWEST: g.trace_ids[0] ?? '',
    QUESTION: textOf(g.snippet),
  }))
  return 0
}
