// Budgets of a tenant, a project, users, agents and models: their settings, and what is left of them. A budget notifies; a
// quota refuses.

import { randomUUID } from 'node:crypto'
import { type Change, nameOf, record } from '../../accounts/audited-change.ts'
import { ControlError } from '../../accounts/control-error.ts'
import { projectOf } from '../../accounts/tenants.ts'
import {
  allBudgets,
  type BudgetRow,
  type BudgetScope,
  type BudgetUnit,
  type BudgetWindow,
  countBudgets,
  deleteBudget,
  findBudget,
  spentOf,
  writeBudget,
} from '../../storage/control/budgets.ts'
import type { Statements } from '../../storage/postgres/connection.ts'

const BUDGETS_MAX = 200
/** Largest number of budgets of all tenants that are checked in one round. */
export const BUDGETS_AT_ONCE = 10_000

export interface NewBudget {
  readonly name: string
  readonly scope: BudgetScope
  readonly projectId: string | null
  readonly subject: string | null
  readonly unit: BudgetUnit
  readonly amount: number
  readonly per: BudgetWindow
}

export async function createBudget(change: Change, b: NewBudget): Promise<BudgetRow> {
  const { client, tenantId, actor } = change
  if ((await countBudgets(client, tenantId)) >= BUDGETS_MAX)
    throw new ControlError(
      'CONFLICT',
      `A tenant has at most ${BUDGETS_MAX} budgets.`,
      'Delete one.',
    )
  if (b.scope === 'project' && b.projectId === null)
    throw new ControlError(
      'INVALID',
      'A budget of a project needs the project.',
      'Give project_id.',
    )
  if ((b.scope === 'tenant' || b.scope === 'project') && b.subject !== null)
    throw new ControlError('INVALID', `A budget of a ${b.scope} has no subject.`, '')
  if (b.projectId !== null) await projectOf(change, b.projectId)
  const budget_id = randomUUID()
  await writeBudget(client, {
    tenant_id: tenantId,
    budget_id,
    name: b.name,
    scope: b.scope,
    project_id: b.projectId,
    subject: b.subject,
    unit: b.unit,
    amount: b.amount,
    per: b.per,
    created_by: nameOf(actor),
  })
  const { name, scope, unit, amount, per } = b
  await record(change, {
    action: 'budget.create',
    resource: budget_id,
    metadata: { name, scope, unit, amount, per },
  })
  return await budgetNamed(change, budget_id)
}

export async function changeBudget(
  change: Change,
  budgetId: string,
  to: { readonly name?: string | undefined; readonly amount?: number | undefined },
): Promise<BudgetRow> {
  const before = await budgetNamed(change, budgetId)
  const name = to.name ?? before.name
  const amount = to.amount ?? before.amount
  await writeBudget(change.client, { ...before, name, amount })
  const metadata = { before: { name: before.name, amount: before.amount }, after: { name, amount } }
  await record(change, { action: 'budget.update', resource: budgetId, metadata })
  return await budgetNamed(change, budgetId)
}

export async function removeBudget(change: Change, budgetId: string): Promise<void> {
  const { name } = await budgetNamed(change, budgetId)
  await deleteBudget(change.client, change.tenantId, budgetId)
  await record(change, { action: 'budget.delete', resource: budgetId, metadata: { name } })
}

export async function budgetNamed(
  { client, tenantId }: Pick<Change, 'client' | 'tenantId'>,
  budgetId: string,
): Promise<BudgetRow> {
  const found = await findBudget(client, tenantId, budgetId)
  if (found === null) throw new ControlError('NOT_FOUND', `There is no budget ${budgetId}.`, '')
  return found
}

export interface Remaining {
  readonly budget: BudgetRow
  /** The user, agent, model or project; '' for the tenant. */
  readonly subject: string
  readonly used: number
  readonly remaining: number
  readonly percent: number
  readonly resets_at: Date | null
}

/** The call for which budgets are asked. The user is given in all forms in which the id may be stored. */
export interface Asked {
  readonly projectId: string | undefined
  readonly user: readonly string[] | undefined
  readonly agent: string | undefined
  readonly model: string | undefined
}

/** Returns what is left of every budget from which a call of this project, user, agent and model would spend. */
export async function remainingOf(
  client: Statements,
  tenantId: string,
  asked: Asked,
): Promise<readonly Remaining[]> {
  const budgets = (await allBudgets(client, BUDGETS_AT_ONCE)).filter(
    (b) => b.tenant_id === tenantId,
  )
  const out: Remaining[] = []
  for (const budget of budgets) {
    const subjects = subjectsOf(budget, asked)
    if (subjects === null) continue
    const rows = await spentOf(client, budget, {
      least: 0,
      limit: 100,
      ...(subjects.length === 0 ? {} : { subjects }),
    })
    const used = rows.reduce((sum, row) => sum + row.used, 0)
    out.push({
      budget,
      subject: subjects[0] ?? budget.project_id ?? '',
      used,
      remaining: Math.max(0, budget.amount - used),
      percent: Math.round((used / budget.amount) * 1000) / 10,
      resets_at: rows[0]?.resets_at ?? null,
    })
  }
  return out
}

/**
 * The subjects of a budget to which the question applies; empty if the budget has no subjects, null if it is about others.
 */
function subjectsOf(b: BudgetRow, asked: Asked): readonly string[] | null {
  if (b.project_id !== null && asked.projectId !== undefined && b.project_id !== asked.projectId)
    return null
  if (b.scope === 'tenant' || b.scope === 'project') return []
  const wanted = { user: asked.user, agent: one(asked.agent), model: one(asked.model) }[b.scope]
  if (b.subject === null) return wanted ?? null
  if (wanted === undefined) return [b.subject]
  return wanted.includes(b.subject) ? [b.subject] : null
}

const one = (text: string | undefined): readonly string[] | undefined =>
  text === undefined ? undefined : [text]
