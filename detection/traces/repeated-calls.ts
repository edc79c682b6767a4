// Rules about repeated calls in a trace: loops, retry storms and polling. They count equal calls that followed each other. A span
// that arrives later can only raise the count, so a finding is certain at once, whatever the order of arrival.

import type { DetectionSettings } from '../settings.ts'
import { inOrder, isFailed, type TraceSpan, type TraceView } from './trace.ts'
import type { TraceFinding } from './trace-finding.ts'

/** Kinds of groups: calls that failed, whose results are unknown, that had the same result; and searches that share a word and a result. */
export const GROUP_KINDS = { failed: 0, unknown: 1, same: 2, similar: 3 } as const
export type GroupKind = keyof typeof GROUP_KINDS

/** Calls of one agent to one tool or model that asked for the same. `result` and `word` are those of kinds that need them. */
export interface Group {
  readonly kind: GroupKind
  readonly agent: string
  readonly subject: string
  readonly key: number
  readonly result: number
  readonly word: number
}

/** Most calls of a group that are judged. */
export const CALLS_MAX = 200
/** Calls whose results were not recorded. Whether their repetition was useless is unknown. */
const UNKNOWN_EXTRA = 2
/** Searches with different words and the same result. */
const SIMILAR_EXTRA = 2
/** The growth from one gap to the next that is a backoff. */
const BACKOFF_FACTOR = 1.5
const STORM_CALLS = 5
const STORM_MS = 60_000

export const isCallKind = (kind: string): boolean =>
  kind === 'tool' || kind === 'llm' || kind === 'mcp'

/** Names a group; what stands before the first colon is its kind. */
export function groupName({ kind, agent, subject, key, result, word }: Group): string {
  const whose = `${kind}:${agent}\0${subject}\0`
  if (kind === 'same') return `${whose}${key} ${result}`
  return kind === 'similar' ? `${whose}${word} ${result}` : `${whose}${key}`
}

/** Adds a call to its groups. */
export function addToGroups(
  calls: Map<string, TraceSpan[]>,
  span: TraceSpan,
  groups: readonly Group[],
): void {
  for (const group of groups) {
    const name = groupName(group)
    const known = calls.get(name)
    if (known === undefined) calls.set(name, [span])
    else if (known.length < CALLS_MAX) known.push(span)
  }
}

/** With fewer calls a group is nothing. */
export function leastCalls(
  kind: GroupKind,
  settings: Pick<DetectionSettings, 'loop_repeats' | 'retry_errors'>,
): number {
  if (kind === 'failed') return settings.retry_errors
  if (kind === 'same') return settings.loop_repeats
  return settings.loop_repeats + (kind === 'unknown' ? UNKNOWN_EXTRA : SIMILAR_EXTRA)
}

/** The finding of a group of calls, or null. */
export function findingOf(
  name: string,
  spans: readonly TraceSpan[],
  settings: DetectionSettings,
): TraceFinding | null {
  // `groupName` began it with the kind.
  const kind = name.slice(0, name.indexOf(':')) as GroupKind
  const least = leastCalls(kind, settings)
  if (kind === 'failed') return retryStorm(spans, least)
  return loop(spans, least, HOW[kind])
}

const HOW = {
  same: 'the same call, the same result',
  unknown: 'the same call; results are not recorded',
  similar: 'searches in other words, the same result',
} as const

/** The longest sequence of calls of which each began after the previous one had ended. */
function oneAfterTheOther(spans: readonly TraceSpan[]): TraceSpan[] {
  const byEnd = [...spans].toSorted((a, b) => a.endMs - b.endMs || (a.event < b.event ? -1 : 1))
  const out: TraceSpan[] = []
  let end = Number.NEGATIVE_INFINITY
  let start = Number.NEGATIVE_INFINITY
  for (const span of byEnd) {
    // Calls without a duration follow each other when they begin at different times.
    if (span.startMs < end || span.startMs === start) continue
    out.push(span)
    end = span.endMs
    start = span.startMs
  }
  return out
}

function loop(spans: readonly TraceSpan[], repeats: number, how: string): TraceFinding | null {
  if (spans.length < repeats) return null
  const calls = oneAfterTheOther(spans)
  if (calls.length < repeats) return null
  const deciding = calls[repeats - 1] as TraceSpan
  return {
    type: 'loop_detected',
    rule: 'trace.loop@2',
    severity: 'high',
    identity: [deciding.agent, subjectOf(deciding)],
    dimensions: [deciding.service, deciding.agent, subjectOf(deciding)],
    deciding,
    value: calls.length,
    threshold: repeats,
    evidence: {
      ...namesOf(deciding),
      how,
      calls: calls.length,
      seconds: seconds(calls),
      unit: 'equal calls',
    },
    costUsd: calls.slice(1).reduce((sum, c) => sum + c.costUsd, 0),
  }
}

function retryStorm(spans: readonly TraceSpan[], errors: number): TraceFinding | null {
  if (spans.length < errors) return null
  const calls = oneAfterTheOther(spans)
  if (calls.length < errors) return null
  const deciding = calls[errors - 1] as TraceSpan
  const isPatient = waitsLonger(calls) && !isStorm(calls)
  return {
    type: 'retry_storm',
    rule: 'trace.retries@1',
    severity: isPatient ? 'low' : 'high',
    identity: [deciding.agent, subjectOf(deciding)],
    dimensions: [deciding.service, deciding.agent, subjectOf(deciding), deciding.errorType],
    deciding,
    value: calls.length,
    threshold: errors,
    evidence: {
      ...namesOf(deciding),
      how: isPatient ? 'the same call failed; waits grew' : 'the same call failed again and again',
      error_type: deciding.errorType === '' ? null : deciding.errorType,
      error_message: deciding.errorMessage === '' ? null : deciding.errorMessage,
      calls: calls.length,
      seconds: seconds(calls),
      unit: 'failed calls',
    },
    costUsd: calls.reduce((sum, c) => sum + c.costUsd, 0),
  }
}

function waitsLonger(calls: readonly TraceSpan[]): boolean {
  let before = 0
  for (let i = 1; i < calls.length; i++) {
    const gap = (calls[i] as TraceSpan).startMs - (calls[i - 1] as TraceSpan).endMs
    if (gap < before * BACKOFF_FACTOR || gap <= 0) return false
    before = gap
  }
  return true
}

function isStorm(calls: readonly TraceSpan[]): boolean {
  const fifth = calls[STORM_CALLS - 1]
  const first = calls[0]
  return fifth !== undefined && first !== undefined && fifth.endMs - first.startMs < STORM_MS
}

/** Polling in a settled trace: many equal calls with changing results. Calls that are a loop or a retry storm are skipped. */
export function pollingIn(trace: TraceView, settings: DetectionSettings): TraceFinding[] {
  const byKey = new Map<string, TraceSpan[]>()
  for (const span of trace.spans) {
    if (span.kind !== 'tool' || span.key === 0) continue
    const name = `${span.agent}\0${span.tool}\0${span.key}`
    const group = byKey.get(name)
    if (group === undefined) byKey.set(name, [span])
    else group.push(span)
  }
  const out: TraceFinding[] = []
  for (const spans of byKey.values()) {
    const calls = oneAfterTheOther(spans)
    const deciding = calls[settings.polling_repeats - 1]
    if (deciding === undefined || new Set(calls.map((c) => c.result)).size < 2) continue
    if (isLoopToo(trace, deciding, settings)) continue
    out.push({
      type: 'polling',
      rule: 'trace.polling@1',
      severity: 'low',
      identity: [deciding.agent, deciding.tool],
      dimensions: [deciding.service, deciding.agent, deciding.tool],
      deciding,
      value: calls.length,
      threshold: settings.polling_repeats,
      evidence: {
        ...namesOf(deciding),
        how: 'the same call, changing results',
        calls: calls.length,
        seconds: seconds(calls),
        unit: 'equal calls',
      },
      costUsd: 0,
    })
  }
  return out
}

function isLoopToo(trace: TraceView, call: TraceSpan, settings: DetectionSettings): boolean {
  for (const [name, spans] of trace.calls)
    if (spans[0]?.tool === call.tool && spans[0].key === call.key)
      if (findingOf(name, spans, settings) !== null) return true
  return false
}

const PERIOD_MAX = 8
const CYCLE_REPEATS = 3

/** Cycles in a settled trace: a sequence of calls with equal results that is repeated, such as A, B, A, B, A, B. */
export function cycleIn(trace: TraceView): TraceFinding | null {
  const calls = inOrder(trace.spans).filter(
    (s) => s.kind === 'tool' && s.key !== 0 && s.result !== 0 && !isFailed(s),
  )
  const steps = calls.map((s) => `${s.agent}\0${s.tool}\0${s.key} ${s.result}`)
  for (let period = 2; period <= PERIOD_MAX; period++) {
    const needed = period * CYCLE_REPEATS
    let run = period
    for (let i = period; i < steps.length; i++) {
      run = steps[i] === steps[i - period] ? run + 1 : period
      if (run < needed) continue
      const cycle = calls.slice(i - needed + 1, i + 1)
      if (new Set(cycle.map((c) => c.tool)).size < 2) break
      return cycleFinding(cycle, period)
    }
  }
  return null
}

function cycleFinding(calls: readonly TraceSpan[], period: number): TraceFinding | null {
  if (oneAfterTheOther(calls).length < calls.length) return null
  const deciding = calls.at(-1) as TraceSpan
  const tools = [...new Set(calls.map((c) => c.tool))].toSorted().join(', ')
  return {
    type: 'loop_detected',
    rule: 'trace.cycle@1',
    severity: 'high',
    identity: [deciding.agent, tools],
    dimensions: [deciding.service, deciding.agent, tools],
    deciding,
    value: calls.length / period,
    threshold: CYCLE_REPEATS,
    evidence: {
      tool_name: tools,
      agent_name: deciding.agent === '' ? null : deciding.agent,
      how: `${period} calls in turn, without a new result`,
      calls: calls.length,
      seconds: seconds(calls),
      unit: 'repetitions',
    },
    costUsd: 0,
  }
}

const subjectOf = (span: TraceSpan): string => (span.tool === '' ? span.model : span.tool)

function namesOf(span: TraceSpan): Record<string, string | null> {
  return {
    tool_name: span.tool === '' ? null : span.tool,
    model: span.tool === '' ? span.model : null,
    agent_name: span.agent === '' ? null : span.agent,
  }
}

const seconds = (calls: readonly TraceSpan[]): number => {
  const first = calls[0]
  const last = calls.at(-1)
  if (first === undefined || last === undefined) return 0
  return Math.round((last.endMs - first.startMs) / 100) / 10
}
