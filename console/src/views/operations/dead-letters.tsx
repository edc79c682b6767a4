// Lists dead letters with the reason and the scrubbed content. They can be retried or dropped.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AnswerOf, RowOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { Time } from '../../parts/basics.tsx'
import { exact, oneLine, visible } from '../../parts/format.ts'
import { Outcome } from '../../parts/forms.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { useChange } from '../account/use-change.ts'
import { usePages } from '../traces/use-pages.ts'

type Letter = RowOf<'GET /api/v1/dead-letters'>
type Content = AnswerOf<'GET /api/v1/dead-letters/{id}'>

const PAGE = 100
const EVERY_MS = 5000
const COLUMNS = ['Letter', 'Exporter', 'Items', 'Since', 'Reason', 'What to do'] as const

export function DeadLetters(): JSX.Element {
  const parameters = () => ({ limit: PAGE })
  const pages = usePages<Letter>('/api/v1/dead-letters', [], parameters, { everyMs: EVERY_MS })
  const [open, setOpen] = useState<string | null>(null)
  const change = useChange()
  return (
    <section class="panel">
      <h2>Dead letters</h2>
      <Outcome of={change} />
      <Answered of={pages.answer}>
        {() =>
          pages.rows.length === 0 ? (
            <Empty title="No dead letters">No destination has refused anything for good.</Empty>
          ) : (
            <>
              <div class="scroll-x" tabIndex={0} role="region" aria-label="Dead letters">
                <table class="table">
                  <thead>
                    <tr>
                      {COLUMNS.map((label) => (
                        <th scope="col" class={label === 'Items' ? 'number' : ''} key={label}>
                          {label}
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {pages.rows.map((letter) => (
                      <LetterRow
                        letter={letter}
                        isOpen={open === letter.id}
                        isBusy={change.isBusy}
                        onOpen={() => setOpen(open === letter.id ? null : letter.id)}
                        onRetry={() => void change.run(`${pathOf(letter)}/retry`, POST)}
                        onDrop={() => void change.run(pathOf(letter), { method: 'DELETE' })}
                        key={letter.id}
                      />
                    ))}
                  </tbody>
                </table>
              </div>
              <ListEnd pages={pages} noun="letters" />
            </>
          )
        }
      </Answered>
    </section>
  )
}

const POST = { method: 'POST', body: {} } as const
const pathOf = (letter: Letter): string => `/api/v1/dead-letters/${encodeURIComponent(letter.id)}`

interface LetterProps {
  readonly letter: Letter
  readonly isOpen: boolean
  readonly isBusy: boolean
  readonly onOpen: () => void
  readonly onRetry: () => void
  readonly onDrop: () => void
}

function LetterRow({ letter, isOpen, isBusy, onOpen, onRetry, onDrop }: LetterProps): JSX.Element {
  const [isSure, setSure] = useState(false)
  return (
    <>
      <tr>
        <th scope="row">
          <button type="button" class="link" aria-expanded={isOpen} onClick={onOpen}>
            {oneLine(letter.id.slice(letter.id.lastIndexOf(':') + 1), 40)}
          </button>
        </th>
        <td>{oneLine(letter.exporter, 40)}</td>
        <td class="number">{exact(letter.items)}</td>
        <td>
          <Time at={letter.first_at} />
        </td>
        <td class="wide">
          <code>{letter.code}</code> {oneLine(letter.message, 160)}
        </td>
        <td class="form-row">
          <button
            type="button"
            class="button small"
            disabled={isBusy || !letter.can_retry}
            title={letter.can_retry ? 'Send it again' : 'Nothing of it was kept'}
            onClick={onRetry}
          >
            Retry
          </button>
          {isSure ? (
            <button type="button" class="button small danger" disabled={isBusy} onClick={onDrop}>
              Drop for good
            </button>
          ) : (
            <button type="button" class="button small" onClick={() => setSure(true)}>
              Drop
            </button>
          )}
        </td>
      </tr>
      {isOpen ? (
        <tr>
          <td colSpan={COLUMNS.length}>
            <Inside letter={letter} />
          </td>
        </tr>
      ) : null}
    </>
  )
}

const SHOWN_MAX = 20_000

function Inside({ letter }: { readonly letter: Letter }): JSX.Element {
  const answer = useApi<Content>(pathOf(letter))
  return (
    <Answered of={answer} lines={3}>
      {(content) => (
        <pre class="letter" tabIndex={0}>
          {content.encoding === 'base64' ? 'base64: ' : ''}
          {visible(content.content.slice(0, SHOWN_MAX))}
          {content.content.length > SHOWN_MAX ? ' …' : ''}
        </pre>
      )}
    </Answered>
  )
}
