// Deletions: start one, see how far each store is, and read the proof of what was counted before and after.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { RowOf } from '../../api/operations.ts'
import { Badge, CopyButton, Time } from '../../parts/basics.tsx'
import { exact, NONE, oneLine } from '../../parts/format.ts'
import { Outcome } from '../../parts/forms.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { usePages } from '../traces/use-pages.ts'
import { useChange } from './use-change.ts'

type Deletion = RowOf<'GET /api/v1/deletions'>

const PATH = '/api/v1/deletions'
const EVERY_MS = 3000
const SUBJECTS = [
  ['user_id', 'User'],
  ['session_id', 'Session'],
  ['conversation_id', 'Conversation'],
  ['trace_id', 'Trace'],
] as const

export function Deletions(): JSX.Element {
  const pages = usePages<Deletion>(PATH, [], () => ({ limit: 50 }), { everyMs: EVERY_MS })
  return (
    <>
      <NewDeletion />
      <section class="panel">
        <h2>Deletions</h2>
        <Answered of={pages.answer}>
          {() =>
            pages.rows.length === 0 ? (
              <Empty title="Nothing was deleted yet">
                What is deleted here goes from every store, from files and from the queue.
              </Empty>
            ) : (
              <>
                <ul class="plain">
                  {pages.rows.map((row) => (
                    <One key={row.deletion_id} row={row} />
                  ))}
                </ul>
                <ListEnd pages={pages} noun="deletions" />
              </>
            )
          }
        </Answered>
      </section>
    </>
  )
}

const toneOf = (state: Deletion['state']): 'good' | 'bad' | 'info' =>
  state === 'done' ? 'good' : state === 'failed' ? 'bad' : 'info'

function One({ row }: { readonly row: Deletion }): JSX.Element {
  return (
    <li class="signal-card">
      <p class="facts">
        <Badge tone={toneOf(row.state)}>{row.state}</Badge>
        <strong>
          {row.subject_kind} {row.subject_id === null ? '' : oneLine(row.subject_id, 60)}
        </strong>
        <span class="muted">
          asked for by {oneLine(row.requested_by, 60)}, <Time at={row.requested_at} />
        </span>
        <span class="muted">
          what comes is kept out until <Time at={row.keeps_out_until} />
        </span>
        {row.error_code === null ? null : <Badge tone="bad">{row.error_code}</Badge>}
      </p>
      <div class="scroll-x" tabIndex={0} role="region" aria-label="Stores">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Store</th>
              <th scope="col">State</th>
              <th scope="col" class="number">
                Rows before
              </th>
              <th scope="col" class="number">
                Rows after
              </th>
              <th scope="col">What it says</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(row.stores).map(([name, store]) => (
              <tr key={name}>
                <th scope="row">{oneLine(name, 60)}</th>
                <td>{store.state}</td>
                <td class="number">{store.before === undefined ? NONE : exact(store.before)}</td>
                <td class="number">{store.after === undefined ? NONE : exact(store.after)}</td>
                <td class="wide">{oneLine(store.detail ?? '', 200)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {row.proof === null ? null : (
        <details>
          <summary>Proof</summary>
          <p class="facts">
            <span>
              <span class="muted">sha256</span> <code>{row.proof.sha256}</code>
            </span>
            {row.proof.hmac === null ? null : (
              <span>
                <span class="muted">hmac</span> <code>{row.proof.hmac}</code>
              </span>
            )}
            <CopyButton label="Proof" text={JSON.stringify(row.proof, null, 2)} />
          </p>
          <pre class="code-block">{row.proof.text}</pre>
        </details>
      )}
    </li>
  )
}

function NewDeletion(): JSX.Element {
  const [kind, setKind] = useState<(typeof SUBJECTS)[number][0]>('user_id')
  const [id, setId] = useState('')
  const [again, setAgain] = useState('')
  const change = useChange()
  const isSure = id.trim() !== '' && again === id
  const start = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (!isSure) return
    const body = { [kind]: id.trim() }
    if ((await change.run(PATH, { method: 'POST', body })) === null) return
    setId('')
    setAgain('')
  }
  return (
    <form class="panel form-row" onSubmit={(event) => void start(event)}>
      <label class="stacked">
        <span>What</span>
        <select
          value={kind}
          onChange={(event) =>
            setKind(SUBJECTS.find(([name]) => name === event.currentTarget.value)?.[0] ?? 'user_id')
          }
        >
          {SUBJECTS.map(([name, label]) => (
            <option value={name} key={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="stacked">
        <span>Id, as you know it</span>
        <input
          value={id}
          required
          maxLength={1000}
          autoComplete="off"
          onInput={(event) => setId(event.currentTarget.value)}
        />
      </label>
      <label class="stacked">
        <span>The same again</span>
        <input
          value={again}
          required
          maxLength={1000}
          autoComplete="off"
          onInput={(event) => setAgain(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button danger" disabled={change.isBusy || !isSure}>
        Delete for good
      </button>
      <Outcome of={change} />
    </form>
  )
}
