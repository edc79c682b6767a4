// The mutes that are in force or will be. They are made where an issue is.

import type { JSX } from 'preact'
import type { RowOf } from '../../api/operations.ts'
import { Time } from '../../parts/basics.tsx'
import { oneLine } from '../../parts/format.ts'
import { Outcome } from '../../parts/forms.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered } from '../../parts/states.tsx'
import { usePages } from '../traces/use-pages.ts'
import { RowButton } from './row-button.tsx'
import { useChange } from './use-change.ts'

type Mute = RowOf<'GET /api/v1/mutes'>

const PATH = '/api/v1/mutes'

export function Mutes(): JSX.Element {
  const pages = usePages<Mute>(PATH, [], () => ({ limit: 100 }))
  const change = useChange()
  return (
    <section class="panel">
      <h2>Mutes</h2>
      <Outcome of={change} />
      <Answered of={pages.answer} lines={2}>
        {() =>
          pages.rows.length === 0 ? (
            <p class="muted">Nothing is muted. An issue has a form for it.</p>
          ) : (
            <>
              <div class="scroll-x" tabIndex={0} role="region" aria-label="Mutes">
                <table class="table">
                  <thead>
                    <tr>
                      <th scope="col">What</th>
                      <th scope="col">Reason</th>
                      <th scope="col">Until</th>
                      <th scope="col">By</th>
                      <th scope="col">What to do</th>
                    </tr>
                  </thead>
                  <tbody>
                    {pages.rows.map((mute) => (
                      <tr key={mute.mute_id}>
                        <th scope="row">{matchersText(mute)}</th>
                        <td class="wide">{oneLine(mute.reason, 200)}</td>
                        <td>
                          <Until mute={mute} />
                        </td>
                        <td>{oneLine(mute.created_by, 40)}</td>
                        <td>
                          <RowButton
                            label="End"
                            sure="End it now"
                            isBusy={change.isBusy}
                            onClick={() =>
                              void change.run(`${PATH}/${encodeURIComponent(mute.mute_id)}`, {
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
              <ListEnd pages={pages} noun="mutes" />
            </>
          )
        }
      </Answered>
    </section>
  )
}

const matchersText = (mute: Mute): string =>
  oneLine(
    Object.entries(mute.matchers)
      .map(([label, values]) => `${label}: ${values.join(', ')}`)
      .join('; '),
    160,
  )

function Until({ mute }: { readonly mute: Mute }): JSX.Element {
  if (mute.windows !== null)
    return (
      <>
        <code>{oneLine(JSON.stringify(mute.windows), 80)}</code> {mute.time_zone}
      </>
    )
  return mute.ends_at === null ? <>it is ended</> : <Time at={mute.ends_at} />
}
