// Turns a verdict into a score of the event, into a signal if the verdict is negative and has a quote, and into a span of the call.

import { createHash } from 'node:crypto'
import type { Signal } from '../../core/signals/signal.ts'
import type { Score } from '../../storage/semantic/scores.ts'
import { type ExchangeRow, OWN_PROJECT } from '../../storage/semantic/stored-exchanges.ts'
import { derivedSignal } from '../results/derived-signal.ts'
import type { MadeCall, Usage } from './ask-judge.ts'
import { PROMPT_VERSION } from './prompt.ts'
import type { Rubric } from './rubric.ts'
import type { Verdict } from './verdict.ts'

const QUOTES_MAX = 3

export interface Judged {
  readonly tenantId: string
  readonly projectId: string
  readonly row: ExchangeRow
  readonly rubric: Rubric
  /** The reason why the call was selected for judging. */
  readonly reason: string
  readonly verdict: Verdict
  readonly usage: Usage
}

const round = (n: number): number => Math.round(n * 1e4) / 1e4
export const evaluatorOf = (rubric: Rubric): string => `judge-${rubric.name}@${rubric.version}`

export function scoreOf({
  tenantId,
  projectId,
  row,
  rubric,
  reason,
  verdict,
  usage,
}: Judged): Score {
  return {
    tenantId,
    projectId,
    environment: row.environment,
    traceId: row.trace_id,
    spanId: row.span_id,
    eventId: row.event_id,
    at: row.at,
    name: rubric.name,
    value: round(verdict.score),
    label: verdict.verdict,
    evidence: {
      reason: verdict.reason,
      asked_because: reason,
      claims: verdict.claims,
      judge: usage.model,
      prompt_version: PROMPT_VERSION,
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cost_usd: usage.costUsd,
    },
    source: 'judge',
    evaluator: evaluatorOf(rubric),
    model: usage.model,
  }
}

/** Returns the signal of a verdict; null unless the verdict is negative and one of its quotes occurs in the text. */
export function signalOf({
  tenantId,
  projectId,
  row,
  rubric,
  reason,
  verdict,
  usage,
}: Judged): Signal | null {
  if (verdict.verdict !== 'fail') return null
  const bad = verdict.claims.filter((c) => c.isQuoted && rubric.bad.includes(c.verdict))
  const quotes = bad.slice(0, QUOTES_MAX).map((c) => `${c.verdict}: ${c.quote}`)
  return derivedSignal(
    {
      tenantId,
      projectId,
      traceId: row.trace_id,
      spanId: row.span_id,
      eventId: row.event_id,
      at: row.at,
      context: {
        environment: row.environment === '' ? null : row.environment,
        conversation_id: row.conversation_id,
        session_id: row.session_id,
        user_id: row.user_id,
        cost_usd: row.cost_usd,
      },
    },
    {
      type: rubric.type,
      severity: bad.some((c) => rubric.fatal.includes(c.verdict)) ? 'high' : 'medium',
      rule: evaluatorOf(rubric),
      identity: [rubric.name],
      dimensions: [rubric.name, row.route, row.model],
      value: round(verdict.score),
      threshold: rubric.threshold,
      evidence: {
        quotes: Object.fromEntries(quotes.map((quote, i) => [String(i + 1), quote])),
        reason: verdict.reason,
        claims: verdict.claims.length,
        judge: usage.model,
        prompt_version: PROMPT_VERSION,
        asked_because: reason,
        series: { model: row.model, route: row.route },
      },
    },
  )
}

export interface CallSpan {
  readonly tenantId: string
  readonly projectId: typeof OWN_PROJECT
  readonly spanId: string
  /** The span as OTLP JSON. */
  readonly span: object
}

/** Returns a span of the judge's call in the form that any client would send. It does not contain the prompt. */
export function callSpan(
  tenantId: string,
  about: { readonly traceId: string; readonly purpose: string },
  call: MadeCall,
  nowMs: number,
): CallSpan {
  const digest = createHash('sha256').update(`${tenantId} ${call.question} ${nowMs}`).digest('hex')
  const ns = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n)
  const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
  const int = (key: string, n: number): object => ({
    key,
    value: { intValue: String(Math.round(n)) },
  })
  return {
    tenantId,
    projectId: OWN_PROJECT,
    spanId: digest.slice(32, 48),
    span: {
      traceId: digest.slice(0, 32),
      spanId: digest.slice(32, 48),
      name: `chat ${call.model}`,
      kind: 3,
      startTimeUnixNano: ns(nowMs - call.ms),
      endTimeUnixNano: ns(nowMs),
      status: { code: 1 },
      attributes: [
        text('gen_ai.operation.name', 'chat'),
        text('gen_ai.request.model', call.model.split(' ')[0] ?? ''),
        text('gen_ai.response.model', call.model.split(' ')[0] ?? ''),
        int('gen_ai.usage.input_tokens', call.inputTokens),
        int('gen_ai.usage.output_tokens', call.outputTokens),
        text('observa.purpose', about.purpose),
        text('observa.about_trace', about.traceId),
      ],
    },
  }
}
