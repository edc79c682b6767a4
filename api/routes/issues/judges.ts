// Judges: the rubrics with the state of their questions, and runs of a rubric over stored calls, which begin with an
// estimate.

import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { ServiceView } from '../../../core/component.ts'
import type { JudgeOffer } from '../../../core/operations.ts'
import { withTenant } from '../../../storage/postgres/roles.ts'
import { spendOfTenant } from '../../../storage/semantic/daily-cap.ts'
import { answersOfRange } from '../../../storage/semantic/judge-runs.ts'
import { askJudges, questionsByRubric } from '../../../storage/semantic/judgements.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { timeRange } from '../query-parameters.ts'

const CALLS_MAX = 10_000

const rubricSchema = z.object({
  judge_id: z.string().describe('Name of the rubric.'),
  version: z.int(),
  model: z.string(),
  waiting: z.int(),
  done: z.int(),
  skipped: z.int(),
  failed: z.int(),
})

const todaySchema = z
  .object({
    spent_usd: z.number().describe('Of the tenant, since midnight UTC.'),
    reserved_usd: z.number().describe('Worst cases of the calls under way.'),
    calls: z.number(),
    lost: z.number().describe('Calls whose end nobody saw; they count at their worst case.'),
    usd_per_day: z.number().describe('The caps of a day.'),
    calls_per_day: z.number(),
  })
  .nullable()
  .describe('Null without an endpoint.')

const bodySchema = z.strictObject({
  from: timeRange.from,
  to: timeRange.to,
  model: z.string().max(255).optional(),
  route: z.string().max(255).optional(),
  environment: z.string().max(255).optional(),
  limit: z.int().min(1).max(CALLS_MAX).default(1000).describe('Most calls, the newest first.'),
  dry_run: z.boolean().default(false).describe('Only the estimate; nothing is asked.'),
})

const runSchema = z.object({
  run_id: z
    .string()
    .nullable()
    .describe('Null for a dry run. The reason of its verdicts is run: and this.'),
  calls: z.int().describe('Stored calls that the filter finds.'),
  asked: z
    .int()
    .describe(
      'Questions that wait now; a call that this version of the rubric was asked about is left out.',
    ),
  usual_usd: z.number().describe('What calls of this length usually cost.'),
  worst_usd: z
    .number()
    .describe(
      'What they cost at most if no call is repeated. The cap of the day holds whatever this says.',
    ),
})

export function judgeRoutes(app: Api, stores: Stores, service: Pick<ServiceView, 'judges'>): void {
  listRoute(app, stores, service)
  runRoute(app, stores, service)
}

function offered({ judges }: Pick<ServiceView, 'judges'>): JudgeOffer {
  if (judges === undefined)
    throw new ApiError(503, 'NO_JUDGES', 'semantic.judges names no endpoint')
  return judges
}

function listRoute(app: Api, stores: Stores, service: Pick<ServiceView, 'judges'>): void {
  app.get(
    '/api/v1/judges',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['judges'],
        summary: 'Rubrics of judges, and what became of their questions; none without an endpoint',
        response: { 200: z.object({ data: z.array(rubricSchema), today: todaySchema }) },
      },
    },
    async (req) => {
      const { judges } = service
      if (judges === undefined) return { data: [], today: null }
      const scope = tenantOf(req)
      const day = new Date().toISOString().slice(0, 10)
      const [counts, spend] = await Promise.all([
        questionsByRubric(stores.postgres, scope),
        spendOfTenant(stores.postgres, { tenantId: scope.tenantId, budget: 'judge', day }),
      ])
      const of = (rubric: string, state: string): number =>
        counts.find((c) => c.rubric === rubric && c.state === state)?.n ?? 0
      return {
        data: judges.rubrics.map(({ name, version }) => ({
          judge_id: name,
          version,
          model: judges.model,
          waiting: of(name, 'waiting'),
          done: of(name, 'done'),
          skipped: of(name, 'skipped'),
          failed: of(name, 'failed'),
        })),
        today: {
          spent_usd: spend?.settled_usd ?? 0,
          reserved_usd: spend?.reserved_usd ?? 0,
          calls: spend?.calls ?? 0,
          lost: spend?.lost ?? 0,
          usd_per_day: judges.usdPerDay,
          calls_per_day: judges.callsPerDay,
        },
      }
    },
  )
}

function runRoute(app: Api, stores: Stores, service: Pick<ServiceView, 'judges'>): void {
  app.post(
    '/api/v1/judges/:id/runs',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['judges'],
        summary: 'Ask a judge about stored calls, with an estimate of the cost',
        params: z.object({ id: z.string().max(64) }),
        body: bodySchema,
        response: { 200: runSchema },
      },
    },
    async (req) => {
      const judges = offered(service)
      const rubric = judges.rubrics.find((r) => r.name === req.params.id)
      if (rubric === undefined) throw new ApiError(404, 'NOT_FOUND', 'no such judge')
      const { from, to, model, route, environment, limit, dry_run: isDry } = req.body
      const scope = tenantOf(req)
      const filter = { fromMs: from, toMs: to, model, route, environment, limit }
      const calls = await answersOfRange(stores.clickhouse, scope, filter)
      const costs = calls.map((call) => judges.estimateUsd(call.bytes))
      const estimate = {
        calls: calls.length,
        usual_usd: costs.reduce((sum, cost) => sum + cost.usual, 0),
        worst_usd: costs.reduce((sum, cost) => sum + cost.worst, 0),
      }
      if (isDry) return { run_id: null, asked: 0, ...estimate }
      const runId = randomUUID()
      const requests = calls.map(({ event, trace }) => ({
        tenant_id: scope.tenantId,
        project_id: scope.projectId,
        event_id: event,
        trace_id: trace,
        rubric: rubric.name,
        rubric_version: rubric.version,
        reason: `run:${runId}`,
        priority: 0,
      }))
      const asked = await withTenant(
        stores.postgres,
        scope.tenantId,
        (client) => askJudges(client, requests),
        { readOnly: false },
      )
      return { run_id: runId, asked, ...estimate }
    },
  )
}
