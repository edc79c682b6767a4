// The job `judges.ask` asks a judge one question about one stored call. The ids of all rows that it writes are derived from the call and
// the rubric, so a killed run can be repeated without duplicates.

import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import { labelValue, type Metrics } from '../../core/metrics.ts'
import {
  defineJobKind,
  type JobHandler,
  type JobKind,
  PermanentJobError,
} from '../../jobs/job-kind.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { deriveSignals, deriveSpans } from '../../storage/semantic/derived-signals.ts'
import { endRequest, isWaiting, type RequestState } from '../../storage/semantic/judgements.ts'
import { type Score, showScores, storeScores } from '../../storage/semantic/scores.ts'
import { type ExchangeRow, exchangesOf } from '../../storage/semantic/stored-exchanges.ts'
import { EndpointError } from '../endpoint/endpoint-client.ts'
import type { Exchange } from '../quality/exchange.ts'
import { completeExchanges } from '../quality/score-hour.ts'
import { JUDGED } from '../semantic-metrics.ts'
import type { Judge, Judgement } from './ask-judge.ts'
import { judgedText } from './prompt.ts'
import { callSpan, type Judged, scoreOf, signalOf } from './results.ts'
import type { Rubric } from './rubric.ts'

const payload = z.object({
  tenant_id: z.string(),
  project_id: z.string(),
  event_id: z.string(),
  trace_id: z.string(),
  rubric: z.string(),
  rubric_version: z.number(),
  reason: z.string(),
  priority: z.number(),
})
export type JudgeQuestion = z.output<typeof payload>

export function askJudgeKind(concurrency: number): JobKind<JudgeQuestion> {
  return defineJobKind({ name: 'judges.ask', payload, concurrency, timeoutMs: 300_000 })
}

export interface JudgeDeps {
  readonly pool: PostgresPool
  readonly clickhouse: ClickHouseClient
  readonly clock: Clock
  readonly metrics: Metrics
  readonly judge: Judge
  readonly rubrics: readonly Rubric[]
}

export function askJudge(kind: JobKind<JudgeQuestion>, deps: JudgeDeps): JobHandler<JudgeQuestion> {
  return {
    kind,
    run: async ({ payload: question, attempt, signal }) => {
      if (!(await isWaiting(deps.pool, question))) return
      const found = await findJudgedCall(deps, question)
      if ('skip' in found) return await end(deps, question, 'skipped', found.skip)
      const { rubric, row, exchange } = found
      const scope = { tenantId: question.tenant_id, projectId: question.project_id }
      const judgement = await asked(deps, question, attempt > 1, () =>
        deps.judge.ask(
          { ...scope, eventId: row.event_id, traceId: row.trace_id },
          rubric,
          judgedText(exchange),
          signal,
        ),
      )
      await settleQuestion(deps, question, judgement, { ...scope, rubric, row })
    },
  }
}

interface JudgedCall {
  readonly rubric: Rubric
  readonly row: ExchangeRow
  readonly exchange: Exchange
}

async function findJudgedCall(
  { clickhouse, rubrics }: JudgeDeps,
  question: JudgeQuestion,
): Promise<JudgedCall | { readonly skip: string }> {
  const rubric = rubrics.find((r) => r.name === question.rubric)
  if (rubric === undefined || rubric.version !== question.rubric_version)
    return { skip: 'no such rubric' }
  const scope = { tenantId: question.tenant_id, projectId: question.project_id }
  const rows = await exchangesOf(clickhouse, scope, [
    { event: question.event_id, trace: question.trace_id },
  ])
  const [row] = rows
  const exchange = row && (await completeExchanges(clickhouse, scope, rows)).get(row.event_id)
  if (row === undefined || exchange === undefined) return { skip: 'the call is not stored' }
  if (exchange.answer === '') return { skip: 'no answer' }
  const has = exchange.documents.length > 0
  if (rubric.context === 'documents' && !has) return { skip: 'nothing was retrieved' }
  if (rubric.context === 'none' && has) return { skip: 'judged by what was retrieved' }
  return { rubric, row, exchange }
}

/**
 * Asks the judge. A question that the endpoint refuses has failed. So has one whose calls got no answer when its job was retried, because
 * each of them may have been charged for. After other failures nothing was charged: the job is retried, and the question waits.
 */
async function asked(
  deps: JudgeDeps,
  question: JudgeQuestion,
  isRetry: boolean,
  ask: () => Promise<Judgement>,
): Promise<Judgement> {
  try {
    return await ask()
  } catch (thrown) {
    if (!(thrown instanceof EndpointError)) throw thrown
    const isUnanswered = isRetry && thrown.kind === 'no_answer'
    if (thrown.kind !== 'refused' && !isUnanswered) throw thrown
    await end(deps, question, 'failed', isUnanswered ? 'no answer' : thrown.message)
    throw new PermanentJobError(
      isUnanswered ? 'OBS_JUDGE_NO_ANSWER' : 'OBS_JUDGE_REFUSED',
      thrown.message,
    )
  }
}

async function settleQuestion(
  deps: JudgeDeps,
  question: JudgeQuestion,
  judgement: Judgement,
  subject: Pick<Judged, 'tenantId' | 'projectId' | 'rubric' | 'row'>,
): Promise<void> {
  const about = { traceId: question.trace_id, purpose: `judge ${question.rubric}` }
  const now = deps.clock.nowMs()
  const spans = judgement.calls.map((call) => callSpan(question.tenant_id, about, call, now))
  const isJudged = judgement.kind === 'judged'
  const judged: Judged | null = isJudged
    ? { ...subject, reason: question.reason, verdict: judgement.verdict, usage: judgement.usage }
    : null
  const scores: readonly Score[] = judged === null ? [] : [scoreOf(judged)]
  const signal = judged === null ? null : signalOf(judged)
  const word = isJudged ? judgement.verdict.verdict : judgement.kind
  await storeScores(deps.clickhouse, scores)
  await withRole(deps.pool, 'observa_exporter', async (client) => {
    await showScores(client, scores)
    await deriveSignals(client, signal === null ? [] : [signal])
    await deriveSpans(client, spans)
    await endRequest(client, question, stateOf(judgement), word)
  })
  deps.metrics.add(JUDGED, `rubric="${labelValue(question.rubric)}",verdict="${word}"`)
}

function stateOf(judgement: Judgement): RequestState {
  if (judgement.kind === 'judged') return 'done'
  return judgement.kind === 'over_budget' ? 'skipped' : 'failed'
}

async function end(
  { pool }: JudgeDeps,
  question: JudgeQuestion,
  state: RequestState,
  outcome: string,
): Promise<void> {
  await withRole(pool, 'observa_exporter', (client) => endRequest(client, question, state, outcome))
}
