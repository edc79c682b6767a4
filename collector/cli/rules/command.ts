// `observa rules`: the rules of a configuration, and what they would have found in the stored events of a running instance.

import { messageOf, ObservaError } from '../../../core/errors.ts'
import type { RuleInfo } from '../../../core/operations.ts'
import { ruleNamed, rulesOf, signalsConfigOf } from '../../rules/rule-list.ts'
import { parse } from '../args.ts'
import type { Io } from '../io.ts'
import { loadOrExplain } from '../load.ts'
import { Waiting } from './waiting-replay.ts'

const OPTIONS = {
  config: { type: 'string', short: 'c', multiple: true },
  set: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  days: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  url: { type: 'string' },
} as const

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values']

const HELP = 'See: observa rules --help'

export async function rulesCommand(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('rules', args, OPTIONS)
  const [action, rule, ...more] = positionals
  if (more.length > 0)
    throw new ObservaError('OBS_CLI_ARGS', `too many arguments: ${more[0]}`, HELP)
  switch (action) {
    case 'list':
      return await listed(values, io, null)
    case 'describe':
      if (rule === undefined)
        throw new ObservaError('OBS_CLI_ARGS', 'describe needs the id of a rule.', HELP)
      return await listed(values, io, rule)
    case 'replay':
      return await replayed(values, io, rule ?? 'all')
    default:
      throw new ObservaError(
        'OBS_CLI_ARGS',
        `"${action ?? ''}" is none of list, describe, replay.`,
        HELP,
      )
  }
}

// ---------------------------------------------------------------- list and describe

async function listed(values: Values, io: Io, name: string | null): Promise<number> {
  const config = await loadOrExplain(values, io, true)
  if (config === null) return 1
  const settings = signalsConfigOf(config)
  const rules = settings === null ? [] : rulesOf(settings)
  if (settings === null) io.err('No pipeline has a `signals` processor.\n')
  if (name === null) {
    const width = Math.max(...rules.map((r) => r.id.length), 0)
    for (const r of rules) io.out(values.json ? `${JSON.stringify(r)}\n` : lineOf(r, width))
    return 0
  }
  const rule = ruleNamed(rules, name)
  if (rule === null)
    throw new ObservaError(
      'OBS_CLI_ARGS',
      `There is no rule "${name}".`,
      'observa rules list prints them all.',
    )
  io.out(values.json ? `${JSON.stringify(rule)}\n` : describedBy(rule))
  return 0
}

const lineOf = (r: RuleInfo, width: number): string =>
  `${r.id.padEnd(width)}  ${r.enabled ? 'on ' : 'off'}  ${r.severity.padEnd(12)}  ${r.types.join(', ')}: ${r.finds}\n`

function describedBy(r: RuleInfo): string {
  const limits = Object.entries(r.limits).map(
    ([name, value]) => `  ${name}: ${JSON.stringify(value)}\n`,
  )
  return `${r.id}
finds: ${r.finds}
signals: ${r.types.join(', ')} (${r.severity})
over: ${r.over}
enabled: ${r.enabled}
limits:${limits.length === 0 ? ' none' : `\n${limits.join('').trimEnd()}`}
`
}

// ---------------------------------------------------------------- replay

interface ReplayAnswer {
  readonly from: string
  readonly to: string
  readonly events: number
  readonly signals: number
  readonly rules: readonly {
    readonly rule: string
    readonly type: string
    readonly severity: string
    readonly signals: number
    readonly issues: number
  }[]
  readonly issues: readonly {
    readonly title: string
    readonly count: number
    readonly first_at: string
    readonly last_at: string
  }[]
}

async function replayed(values: Values, io: Io, rule: string): Promise<number> {
  const body = { ...timesIn(values), ...(await settingsIn(values, io)) }
  const base = values.url ?? io.env['OBSERVA_URL'] ?? 'http://127.0.0.1:3000'
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol))
    throw new ObservaError('OBS_CLI_ARGS', `"${base}" is no URL of an instance.`, HELP)
  const url = new URL(`/api/v1/rules/${encodeURIComponent(rule)}/replay`, base)
  const key = io.env['OBSERVA_API_KEY']
  const res = await fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/x-ndjson',
      'content-type': 'application/json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(body),
  }).catch((thrown: unknown) => {
    throw new ObservaError(
      'OBS_CLI_UNREACHABLE',
      `${url.origin} does not answer: ${messageOf(thrown)}`,
      'Does an instance run there?',
    )
  })
  if (!res.ok || res.body === null) {
    io.err(`rules replay: ${res.status} ${(await res.text()).slice(0, 1000)}\n`)
    return 1
  }
  const answer = await new Waiting(io).answerIn(res.body)
  if (answer === null) {
    io.err('rules replay: the instance ended before the replay did.\n')
    return 1
  }
  // The instance wrote it after its own contract.
  print(answer as unknown as ReplayAnswer, values.json === true, io)
  return 0
}

function print(answer: ReplayAnswer, isJson: boolean, io: Io): void {
  if (isJson) {
    io.out(`${JSON.stringify(answer)}\n`)
    return
  }
  io.out(
    `${of(answer.events, 'event')} from ${answer.from} to ${answer.to}: ${of(answer.signals, 'signal')}\n`,
  )
  for (const r of answer.rules)
    io.out(
      `${String(r.signals).padStart(8)}  ${r.severity.padEnd(6)}  ${r.type} (${r.rule}), ${of(r.issues, 'issue')}\n`,
    )
  if (answer.issues.length > 0) io.out('\nissues with most signals:\n')
  for (const i of answer.issues.slice(0, 20))
    io.out(`${String(i.count).padStart(8)}  ${i.first_at} - ${i.last_at}  ${i.title}\n`)
}

const of = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`

function timesIn({ days, from, to }: Values): Record<string, unknown> {
  const n = days === undefined ? undefined : Number(days)
  if (n !== undefined && !(n > 0))
    throw new ObservaError('OBS_CLI_ARGS', `--days ${days} is no number of days.`, HELP)
  for (const [name, time] of Object.entries({ from, to }))
    if (time !== undefined && Number.isNaN(Date.parse(time)))
      throw new ObservaError(
        'OBS_CLI_ARGS',
        `--${name} ${time} is no time.`,
        'Such as 2026-11-29T10:00:00Z',
      )
  return {
    ...(n === undefined ? {} : { days: n }),
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
  }
}

/** The options of the `signals` processor of a configuration that is tried. */
async function settingsIn(values: Values, io: Io): Promise<{ settings?: unknown }> {
  if (values.config === undefined && values.set === undefined) return {}
  const config = await loadOrExplain(values, io, true)
  if (config === null) throw new ObservaError('OBS_CLI_ARGS', 'The configuration is wrong.', HELP)
  for (const pipeline of config.service.pipelines.values())
    for (const id of pipeline.processors)
      if (config.processors.get(id)?.factory.type === 'signals')
        return { settings: writtenOf(config.printable, id) }
  throw new ObservaError(
    'OBS_CLI_ARGS',
    'No pipeline of the configuration has a `signals` processor.',
    HELP,
  )
}

function writtenOf(printable: unknown, id: string): unknown {
  const processors = memberOf(printable, 'processors')
  return memberOf(processors, id) ?? {}
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined
