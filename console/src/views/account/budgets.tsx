// The budgets of the tenant: what each may cost in a day, week or month, and what is left of it now.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { BodyOf, RowOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { Badge, ShareBar, Time } from '../../parts/basics.tsx'
import { count, money, oneLine } from '../../parts/format.ts'
import { Choice, Outcome } from '../../parts/forms.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { usePages } from '../traces/use-pages.ts'
import { RowButton } from './row-button.tsx'
import { useChange } from './use-change.ts'

type Budget = RowOf<'GET /api/v1/budgets'>
type Remaining = RowOf<'GET /api/v1/budgets/remaining'>
type NewBudget = NonNullable<BodyOf<'POST /api/v1/budgets'>>

const PATH = '/api/v1/budgets'
const EVERY_MS = 15_000

const amountOf = (unit: Budget['unit'], amount: number): string =>
  unit === 'usd' ? money(amount) : `${count(amount)} tokens`

export function Budgets(): JSX.Element {
  const pages = usePages<Budget>(PATH, [], () => ({ limit: 100 }))
  const remaining = useApi<{ readonly data: readonly Remaining[] }>(
    `${PATH}/remaining`,
    {},
    { everyMs: EVERY_MS },
  )
  return (
    <>
      <AddBudget />
      <section class="panel">
        <h2>Budgets</h2>
        <p class="muted">A budget tells people; a quota refuses what comes.</p>
        <Answered of={pages.answer}>
          {() =>
            pages.rows.length === 0 ? (
              <Empty title="No budgets yet">
                With one, people are told before the money is gone.
              </Empty>
            ) : (
              <>
                <BudgetsTable rows={pages.rows} remaining={remaining.data?.data ?? []} />
                <ListEnd pages={pages} noun="budgets" />
              </>
            )
          }
        </Answered>
      </section>
    </>
  )
}

function BudgetsTable({
  rows,
  remaining,
}: {
  readonly rows: readonly Budget[]
  readonly remaining: readonly Remaining[]
}): JSX.Element {
  const change = useChange()
  const left = Map.groupBy(remaining, (row) => row.budget_id)
  return (
    <>
      <Outcome of={change} />
      <div class="scroll-x" tabIndex={0} role="region" aria-label="Budgets">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Budget</th>
              <th scope="col">Of</th>
              <th scope="col" class="number">
                Amount
              </th>
              <th scope="col" class="number">
                Used
              </th>
              <th scope="col" class="number">
                Remaining
              </th>
              <th scope="col">Begins anew</th>
              <th scope="col">What to do</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((budget) => (
              <tr key={budget.budget_id}>
                <th scope="row">{oneLine(budget.name, 60)}</th>
                <td>
                  {budget.scope} <span class="muted">{subjectOf(budget)}</span>
                </td>
                <td class="number">
                  {amountOf(budget.unit, budget.amount)} a {budget.per}
                </td>
                <Left rows={left.get(budget.budget_id) ?? []} budget={budget} />
                <td>
                  <RowButton
                    label="Remove"
                    sure="Remove for good"
                    isBusy={change.isBusy}
                    onClick={() =>
                      void change.run(`${PATH}/${encodeURIComponent(budget.budget_id)}`, {
                        method: 'DELETE',
                      })
                    }
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function subjectOf(budget: Budget): string {
  if (budget.subject !== null) return oneLine(budget.subject, 40)
  return budget.scope === 'tenant' || budget.scope === 'project' ? '' : 'each'
}

/** Shows of a budget that each user, agent or model has the one of whom the least is left. */
function Left({
  rows,
  budget,
}: {
  readonly rows: readonly Remaining[]
  readonly budget: Budget
}): JSX.Element {
  const least = rows.toSorted((a, b) => a.remaining - b.remaining)[0]
  if (least === undefined)
    return (
      <>
        <td class="number muted">nothing yet</td>
        <td class="number">{amountOf(budget.unit, budget.amount)}</td>
        <td />
      </>
    )
  const tone = least.exceeded ? 'bad' : least.percent >= 80 ? 'warn' : 'neutral'
  return (
    <>
      <td class="number">
        <ShareBar part={least.used} total={least.amount} />{' '}
        <Badge tone={tone}>{Math.round(least.percent)} %</Badge> {amountOf(budget.unit, least.used)}
      </td>
      <td class="number">{amountOf(budget.unit, Math.max(0, least.remaining))}</td>
      <td>{least.resets_at === null ? '' : <Time at={least.resets_at} />}</td>
    </>
  )
}

const SCOPES = ['tenant', 'project', 'user', 'agent', 'model'] as const
const PERIODS = ['day', 'week', 'month'] as const
const UNITS = [
  ['usd', 'USD'],
  ['tokens', 'tokens'],
] as const

function AddBudget(): JSX.Element {
  const [name, setName] = useState('')
  const [amount, setAmount] = useState('')
  const [scope, setScope] = useState<NewBudget['scope']>('tenant')
  const [per, setPer] = useState<(typeof PERIODS)[number]>('month')
  const [unit, setUnit] = useState<(typeof UNITS)[number][0]>('usd')
  const change = useChange()
  const add = async (event: Event): Promise<void> => {
    event.preventDefault()
    const body: NewBudget = { name: name.trim(), scope, unit, amount: Number(amount), per }
    if ((await change.run(PATH, { method: 'POST', body })) === null) return
    setName('')
    setAmount('')
  }
  return (
    <form class="panel form-row" onSubmit={(event) => void add(event)}>
      <label class="stacked">
        <span>Name</span>
        <input
          value={name}
          required
          maxLength={200}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <Choice
        label="Of"
        values={SCOPES.map((s) => [s, s === 'tenant' || s === 'project' ? s : `each ${s}`])}
        value={scope}
        onChange={(value) => setScope(SCOPES.find((s) => s === value) ?? 'tenant')}
      />
      <label class="stacked">
        <span>Amount</span>
        <input
          type="number"
          min="0"
          step="any"
          required
          value={amount}
          onInput={(event) => setAmount(event.currentTarget.value)}
        />
      </label>
      <Choice
        label="Unit"
        values={UNITS}
        value={unit}
        onChange={(value) => setUnit(value === 'tokens' ? 'tokens' : 'usd')}
      />
      <Choice
        label="A"
        values={PERIODS.map((p) => [p, p])}
        value={per}
        onChange={(value) => setPer(PERIODS.find((p) => p === value) ?? 'month')}
      />
      <button type="submit" class="button primary" disabled={change.isBusy}>
        Add a budget
      </button>
      <Outcome of={change} />
    </form>
  )
}
