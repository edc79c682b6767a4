// Checks twice a minute which budgets have reached 80, 95 and 100 %. For 80 and 95 % the targets that want notices are
// notified. 100 % is a signal `budget_exceeded` with an issue, about which targets are notified like about any other. Notices
// of quotas are sent here too.

import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { fingerprintOf } from '../../core/identity/fingerprint.ts'
import { signalId } from '../../core/identity/identity.ts'
import { defineJobKind, type JobHandler } from '../../jobs/job-kind.ts'
import {
  addBudgetNotice,
  allBudgets,
  type BudgetRow,
  dropOldBudgetNotices,
  firstProject,
  type QuotaNoticeRow,
  raiseBudgetSignal,
  type Spent,
  spentOf,
  takeQuotaNotices,
} from '../../storage/control/budgets.ts'
import { type DeliveryReason, insertDelivery } from '../../storage/control/deliveries.ts'
import { targetsOf } from '../../storage/control/notification-targets.ts'
import type { Statements } from '../../storage/postgres/connection.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { withinAs, withRole } from '../../storage/postgres/roles.ts'
import type { Notice } from '../message.ts'
import { targetOf } from '../target.ts'
import { BUDGETS_AT_ONCE } from './budgets.ts'

const BUDGET_NOTICES = defineJobKind({
  name: 'budgets.notices',
  payload: z.object({}),
  concurrency: 1,
  everySeconds: 30,
})

const PERCENTS = [80, 95, 100] as const
/** Largest number of users, agents or models of one budget that are processed in one round. */
const SUBJECTS_MAX = 1000

export function budgetNotices(pool: PostgresPool): JobHandler<object> {
  return {
    kind: BUDGET_NOTICES,
    run: async ({ signal, log }) => {
      const budgets = await withRole(
        pool,
        'observa_control',
        (c) => allBudgets(c, BUDGETS_AT_ONCE),
        { readOnly: true, signal },
      )
      for (const budget of budgets) {
        signal.throwIfAborted()
        const noted = await withRole(pool, 'observa_control', (client) => look(client, budget), {
          signal,
        })
        if (noted > 0)
          log.info({ budget: budget.budget_id, noted }, 'a budget is nearly spent, or spent')
      }
      await withRole(pool, 'observa_control', async (client) => {
        const quotas = await withinAs(client, 'observa_exporter', () => takeQuotaNotices(client))
        for (const q of quotas)
          await tell(client, q.tenant_id, q.project_id, 'quota', `quota=${q.quota}`, quotaNotice(q))
        await dropOldBudgetNotices(client)
      })
    },
  }
}

/** Records in one transaction which thresholds were reached, and makes the notices about them. */
async function look(client: Statements, budget: BudgetRow): Promise<number> {
  const least = (budget.amount * PERCENTS[0]) / 100
  const spent = await withinAs(client, 'observa_exporter', () =>
    spentOf(client, budget, { least, limit: SUBJECTS_MAX }),
  )
  let noted = 0
  for (const s of spent)
    for (const percent of PERCENTS) {
      if (s.used < (budget.amount * percent) / 100) continue
      const { tenant_id, budget_id, amount } = budget
      const { subject, window_start, used } = s
      if (
        !(await addBudgetNotice(client, {
          tenant_id,
          budget_id,
          subject,
          window_start,
          percent,
          used,
          amount,
        }))
      )
        continue
      noted++
      if (percent === 100) await exceed(client, budget, s)
      // If several thresholds are reached at once, there is one notice, about the greatest.
      else if (s.used < (budget.amount * nextOf(percent)) / 100)
        await tell(
          client,
          tenant_id,
          budget.project_id,
          'budget',
          `budget=${budget_id}`,
          budgetNotice(budget, s, percent),
        )
    }
  return noted
}

const nextOf = (percent: number): number =>
  PERCENTS.find((p) => p > percent) ?? Number.POSITIVE_INFINITY

async function exceed(client: Statements, b: BudgetRow, s: Spent): Promise<void> {
  // A budget over several projects has no project of its own, so its issues are stored with the first one.
  const project = b.project_id ?? (await firstProject(client, b.tenant_id)) ?? 'default'
  const dimensions = ['budget', b.budget_id, s.subject]
  const start = s.window_start.toISOString().slice(0, 10)
  await withinAs(client, 'observa_exporter', () =>
    raiseBudgetSignal(client, {
      tenant: b.tenant_id,
      project,
      signalId: signalId(
        [b.tenant_id, b.budget_id, s.subject, start].join('\0'),
        'budget@1:budget_exceeded',
      ),
      fingerprint: fingerprintOf(b.tenant_id, project, 'budget_exceeded', dimensions),
      title: `The budget ${b.name} is spent: ${amountOf(b, s.used)} of ${amountOf(b, b.amount)} a ${b.per}${ofSubject(b, s)}`,
      value: s.used,
      threshold: b.amount,
      evidence: {
        unit: b.unit === 'usd' ? 'USD' : 'tokens',
        of: b.scope,
        id: s.subject,
        window: b.per,
        since: start,
        budget_id: b.budget_id,
      },
      rule: 'budget@1',
    }),
  )
}

const amountOf = (b: BudgetRow, amount: number): string =>
  b.unit === 'usd' ? `${amount.toFixed(2)} USD` : `${Math.round(amount)} tokens`

const ofSubject = (b: BudgetRow, s: Spent): string =>
  b.scope === 'tenant' || s.subject === '' ? '' : `, ${b.scope} ${s.subject}`

const budgetNotice = (b: BudgetRow, s: Spent, percent: number): Notice => ({
  title: `${percent} % of the budget ${b.name} is spent${ofSubject(b, s)}`,
  text: `${amountOf(b, s.used)} of ${amountOf(b, b.amount)} a ${b.per}; it begins anew at ${s.resets_at.toISOString()}.`,
  severity: percent >= 95 ? 'medium' : 'low',
  details: {
    budget_id: b.budget_id,
    scope: b.scope,
    subject: s.subject,
    used: s.used,
    amount: b.amount,
    percent,
  },
})

const quotaNotice = (q: QuotaNoticeRow): Notice => ({
  title: `${q.percent} % of the quota of ${q.quota} of the project ${q.project_id} is used`,
  text: `${q.used} of ${q.limit} in ${q.month.slice(0, 7)}.${q.percent >= 100 ? ' Requests are answered 429 until the next month.' : ''}`,
  severity: q.percent >= 100 ? 'high' : q.percent >= 95 ? 'medium' : 'low',
  details: {
    project_id: q.project_id,
    quota: q.quota,
    used: q.used,
    limit: q.limit,
    percent: q.percent,
  },
})

async function tell(
  client: Statements,
  tenantId: string,
  projectId: string | null,
  reason: DeliveryReason,
  groupKey: string,
  notice: Notice,
): Promise<void> {
  for (const row of await targetsOf(client, [tenantId])) {
    const target = targetOf(row)
    if (target === null || !target.filter.notices) continue
    if (target.projectId !== null && target.projectId !== projectId) continue
    await insertDelivery(client, {
      tenant_id: tenantId,
      delivery_id: randomUUID(),
      target_id: target.targetId,
      project_id: projectId,
      group_key: groupKey,
      labels: {},
      reason,
      issues: [],
      notice: { ...notice },
    })
  }
}
