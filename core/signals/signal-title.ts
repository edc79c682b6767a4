// The title of an issue, made from one of its signals: what happened, to what, and by how much.

import type { Evidence, Signal } from './signal.ts'

const CHARS_MAX = 200

export function titleOf(signal: Pick<Signal, 'type' | 'evidence' | 'value' | 'threshold'>): string {
  // A rule of the user's own has a title in the user's words, whatever its type is.
  const own = typeof signal.evidence['rule_id'] === 'string' ? TITLES.custom : undefined
  const text =
    (own ?? TITLES[signal.type])?.(signal.evidence, signal) ?? signal.type.replaceAll('_', ' ')
  return text.replace(/\s+/g, ' ').trim().slice(0, CHARS_MAX)
}

type Title = (e: Evidence, signal: Pick<Signal, 'value' | 'threshold'>) => string

const named = (e: Evidence, ...names: readonly string[]): string => {
  for (const name of names) {
    const value = e[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return 'a call'
}

const shown = (value: Evidence[string] | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

const inSeries = (e: Evidence): string => {
  const series = e['series']
  if (typeof series !== 'object' || series === null) return 'calls'
  return [series['tool'] ?? series['model'], series['route'], series['service']]
    .filter((x) => x !== undefined)
    .join(' · ')
}

const failed: Title = (e) => {
  const why = [e['error_type'], e['error_message']].filter((x) => typeof x === 'string').join(': ')
  return `${named(e, 'tool_name', 'model', 'agent_name', 'name')} failed${why === '' ? '' : `: ${why}`}`
}
const seconds = (ms: number | null): string => `${Math.round((ms ?? 0) / 100) / 10} s`
const slow: Title = (e, s) =>
  `${named(e, 'name', 'model')} took longer than ${seconds(s.threshold)}`
const moved =
  (what: string): Title =>
  (e) =>
    `${what} of ${inSeries(e)}: ${shown(e['now'])} instead of ${shown(e['usual'])}${'new_normal_from' in e ? ', the usual level now' : ''}`

const TITLES: Readonly<Partial<Record<Signal['type'], Title>>> = {
  high_latency: slow,
  medium_latency: slow,
  tool_error: failed,
  llm_error: failed,
  error: failed,
  tool_timeout: (e) => `${named(e, 'tool_name')} ran into its time limit`,
  cost_spike: (e, s) => `A call of ${named(e, 'model')} cost more than ${s.threshold} USD`,
  token_spike: (e, s) => `A call of ${named(e, 'model')} had more than ${s.threshold} tokens`,
  secret_detected: (e) => `Credentials in telemetry: ${Object.keys(e).toSorted().join(', ')}`,
  pii_detected: (e) => `Personal data in telemetry: ${Object.keys(e).toSorted().join(', ')}`,
  context_overflow: (e) => `The prompt did not fit into the context of ${named(e, 'model')}`,
  prompt_injection: (e) =>
    `Possible prompt injection (${shown(e['families'])}) in a ${shown(e['place'])}`,
  empty_output: (e) => `${named(e, 'model')} answered with nothing`,
  loop_detected: (e) =>
    `${named(e, 'tool_name', 'model')} is called again and again: ${shown(e['how'])}`,
  retry_storm: (e) => `${named(e, 'tool_name', 'model')} is repeated although it fails`,
  polling: (e) => `${named(e, 'tool_name')} is polled`,
  runaway: (e) => `A trace runs away: ${shown(e['how'])}`,
  waste: (e) => `Money spent in vain: ${shown(e['what'])}`,
  budget_exceeded: (e, s) =>
    `A ${shown(e['of'])} has more than ${s.threshold} ${shown(e['unit'])}${e['window'] === 'day' ? ' on a day' : ''}`,
  context_drop: (e) =>
    `A conversation with ${named(e, 'model')} lost ${shown(e['lost'])} of its context`,
  latency_anomaly: moved('Latency (ms)'),
  cost_anomaly: moved('Cost of a call (USD)'),
  token_anomaly: moved('Tokens of a call'),
  error_rate: moved('Error rate'),
  model_drift: moved('Answering model'),
  output_drift: moved('Output'),
  custom: (e) => shown(e['title']) || `Rule ${shown(e['rule_id'])}`,
}
