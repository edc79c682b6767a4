// The judges: what became of their questions, what they may still cost today, and runs over stored calls with an estimate first.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ask } from '../../api/client.ts'
import type { AnswerOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { Badge, Link, ShareBar } from '../../parts/basics.tsx'
import { exact, many, money, oneLine } from '../../parts/format.ts'
import { FormError } from '../../parts/forms.tsx'
import { Answered, Empty } from '../../parts/states.tsx'

type Answer = AnswerOf<'GET /api/v1/judges'>
type Judge = Answer['data'][number]
type Run = AnswerOf<'POST /api/v1/judges/{id}/runs'>

const EVERY_MS = 5000

export function Judges(): JSX.Element {
  const answer = useApi<Answer>('/api/v1/judges', {}, { everyMs: EVERY_MS })
  return (
    <Answered of={answer}>
      {({ data, today }) => (
        <>
          {today === null ? null : <Today of={today} />}
          <section class="panel">
            <h2>Judges</h2>
            {data.length === 0 ? (
              <Empty title="No judges">
                <p>
                  They are off until an endpoint is named:{' '}
                  <code>semantic: {'{ judges: { url: …, model: … } }'}</code>.
                </p>
                <Link to="/search">Scores and search by meaning work without</Link>
              </Empty>
            ) : (
              <JudgesTable rows={data} />
            )}
          </section>
          {data.length === 0 ? null : <NewRun judges={data} />}
        </>
      )}
    </Answered>
  )
}

function Today({ of }: { readonly of: NonNullable<Answer['today']> }): JSX.Element {
  const used = of.spent_usd + of.reserved_usd
  return (
    <div class="numbers panel">
      <div class="fact">
        <span class="fact-label">Spent today, UTC</span>
        <span class="fact-value">{money(of.spent_usd)}</span>
      </div>
      <div class="fact">
        <span class="fact-label">Held for calls under way</span>
        <span class="fact-value">{money(of.reserved_usd)}</span>
      </div>
      <div class="fact">
        <span class="fact-label">Cap of a day</span>
        <span class="fact-value">
          {money(of.usd_per_day)} <ShareBar part={used} total={of.usd_per_day} />
        </span>
      </div>
      <div class="fact">
        <span class="fact-label">Calls today</span>
        <span class="fact-value">
          {exact(of.calls)} <span class="muted">of {exact(of.calls_per_day)}</span>
        </span>
      </div>
    </div>
  )
}

function JudgesTable({ rows }: { readonly rows: readonly Judge[] }): JSX.Element {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Judges">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Rubric</th>
            <th scope="col">Model</th>
            {['Version', 'Waiting', 'Answered', 'Skipped', 'Failed'].map((label) => (
              <th scope="col" class="number" key={label}>
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((judge) => (
            <tr key={judge.judge_id}>
              <th scope="row">{oneLine(judge.judge_id, 60)}</th>
              <td>{oneLine(judge.model, 60)}</td>
              <td class="number">{judge.version}</td>
              <td class="number">{exact(judge.waiting)}</td>
              <td class="number">{exact(judge.done)}</td>
              <td class="number">{exact(judge.skipped)}</td>
              <td class="number">
                {judge.failed === 0 ? '0' : <Badge tone="bad">{exact(judge.failed)}</Badge>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const DAY_MS = 86_400_000

function NewRun({ judges }: { readonly judges: readonly Judge[] }): JSX.Element {
  const [judge, setJudge] = useState(judges[0]?.judge_id ?? '')
  const [days, setDays] = useState('1')
  const [limit, setLimit] = useState('100')
  const [run, setRun] = useState<Run | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const start = async (isDry: boolean): Promise<void> => {
    setBusy(true)
    setError(null)
    try {
      const from = new Date(Date.now() - Number(days) * DAY_MS).toISOString()
      const body = { from, limit: Number(limit), dry_run: isDry }
      setRun(await ask('POST /api/v1/judges/{id}/runs', { path: { id: judge }, body }))
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown.message : String(thrown))
    } finally {
      setBusy(false)
    }
  }
  return (
    <section class="panel">
      <h2>Ask about stored calls</h2>
      <form
        class="form-row"
        onSubmit={(event) => {
          event.preventDefault()
          void start(true)
        }}
      >
        <label class="stacked">
          <span>Rubric</span>
          <select value={judge} onChange={(event) => setJudge(event.currentTarget.value)}>
            {judges.map((j) => (
              <option value={j.judge_id} key={j.judge_id}>
                {j.judge_id}
              </option>
            ))}
          </select>
        </label>
        <label class="stacked">
          <span>Of the last days</span>
          <input
            type="number"
            min="1"
            max="90"
            value={days}
            onInput={(event) => setDays(event.currentTarget.value)}
          />
        </label>
        <label class="stacked">
          <span>Calls at most</span>
          <input
            type="number"
            min="1"
            max="10000"
            value={limit}
            onInput={(event) => setLimit(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button primary" disabled={isBusy}>
          Estimate the cost
        </button>
        {run === null || run.run_id !== null || run.calls === 0 ? null : (
          <button type="button" class="button" disabled={isBusy} onClick={() => void start(false)}>
            Ask about {many(run.calls, 'call')}
          </button>
        )}
      </form>
      <FormError message={error} />
      {run === null ? null : (
        <p role="status">
          {run.run_id === null
            ? `${many(run.calls, 'call')} would be asked about: usually ${money(run.usual_usd)}, at most ${money(run.worst_usd)}. The cap of the day holds.`
            : `${many(run.asked, 'question')} wait now; those that were asked before are left out.`}
        </p>
      )}
    </section>
  )
}
