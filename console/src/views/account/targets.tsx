// Lists the targets of notifications, and sends a test notification to each.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { RowOf } from '../../api/operations.ts'
import { Badge, Time } from '../../parts/basics.tsx'
import { oneLine } from '../../parts/format.ts'
import { Outcome } from '../../parts/forms.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { usePages } from '../traces/use-pages.ts'
import { Deliveries } from './deliveries.tsx'
import { Mutes } from './mutes.tsx'
import { useChange } from './use-change.ts'

type Target = RowOf<'GET /api/v1/targets'>

const PATH = '/api/v1/targets'

export function Targets(): JSX.Element {
  const pages = usePages<Target>(PATH, [], () => ({ limit: 100 }))
  const change = useChange()
  const [tested, setTested] = useState<string | null>(null)
  const test = async (target: Target): Promise<void> => {
    const path = `${PATH}/${encodeURIComponent(target.target_id)}/test`
    const done = await change.run(path, { method: 'POST', body: {} })
    setTested(done === null ? null : target.target_id)
  }
  return (
    <>
      <NewTarget />
      <section class="panel">
        <h2>Targets</h2>
        <Outcome of={change} />
        <Answered of={pages.answer}>
          {() =>
            pages.rows.length === 0 ? (
              <Empty title="Nobody is told yet">Add an address, and issues are told there.</Empty>
            ) : (
              <>
                <Table label="Targets" columns={['Name', 'Kind', 'State', 'Made', 'What to do']}>
                  {pages.rows.map((target) => (
                    <tr key={target.target_id}>
                      <th scope="row">{oneLine(target.name, 60)}</th>
                      <td>{target.kind}</td>
                      <td>
                        <Badge tone={target.enabled ? 'good' : 'warn'}>
                          {target.enabled ? 'on' : oneLine(target.disabled_reason ?? 'off', 80)}
                        </Badge>
                      </td>
                      <td>
                        <Time at={target.created_at} />
                      </td>
                      <td>
                        <button
                          type="button"
                          class="button small"
                          disabled={change.isBusy}
                          onClick={() => void test(target)}
                        >
                          Send a test
                        </button>{' '}
                        {tested === target.target_id ? <span role="status">sent</span> : null}
                      </td>
                    </tr>
                  ))}
                </Table>
                <ListEnd pages={pages} noun="targets" />
              </>
            )
          }
        </Answered>
      </section>
      <Deliveries targets={pages.rows} />
      <Mutes />
    </>
  )
}

const KINDS = ['email', 'webhook', 'slack'] as const

function NewTarget(): JSX.Element {
  const [kind, setKind] = useState<(typeof KINDS)[number]>('email')
  const [name, setName] = useState('')
  const [to, setTo] = useState('')
  const change = useChange()
  const add = async (event: Event): Promise<void> => {
    event.preventDefault()
    const where = kind === 'email' ? { to: [to.trim()] } : { url: to.trim() }
    const body = { kind, name: name.trim(), ...where }
    if ((await change.run(PATH, { method: 'POST', body })) === null) return
    setName('')
    setTo('')
  }
  return (
    <form class="panel form-row" onSubmit={(event) => void add(event)}>
      <label class="stacked">
        <span>Kind</span>
        <select
          value={kind}
          onChange={(event) => {
            const chosen = KINDS.find((k) => k === event.currentTarget.value)
            if (chosen !== undefined) setKind(chosen)
          }}
        >
          {KINDS.map((k) => (
            <option value={k} key={k}>
              {k}
            </option>
          ))}
        </select>
      </label>
      <label class="stacked">
        <span>Name</span>
        <input
          value={name}
          maxLength={200}
          required
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label class="stacked">
        <span>{kind === 'email' ? 'E-mail address' : 'Address'}</span>
        <input
          inputMode={kind === 'email' ? 'email' : 'url'}
          value={to}
          required
          onInput={(event) => setTo(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button primary" disabled={change.isBusy}>
        Add a target
      </button>
      <Outcome of={change} />
    </form>
  )
}
