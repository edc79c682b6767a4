// The view of one issue: its description, evidence, signals with their spans, history and comments.

import type { ComponentChildren, JSX } from 'preact'
import type { Issue, IssueEntry, Page, Signal } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Ago, CopyButton, Link, Severity, Time } from '../../parts/basics.tsx'
import { Evidence } from '../../parts/evidence.tsx'
import { count, money, oneLine, words } from '../../parts/format.ts'
import { Outcome, TextField } from '../../parts/forms.tsx'
import { LongText } from '../../parts/json-view.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import { SecretsOf } from '../../parts/secrets.tsx'
import { Answered, Loading } from '../../parts/states.tsx'
import { useDraft } from '../../state/draft.ts'
import { useKeys } from '../../state/keyboard.ts'
import { useTitle } from '../../state/title.ts'
import { useChange } from '../account/use-change.ts'
import { usePages } from '../traces/use-pages.ts'
import { ACTIONS, ActionButtons, ChangeState, useIssueChanges } from './issue-changes.tsx'
import { IssueState } from './issue-columns.tsx'
import { MuteIssue } from './mute-issue.tsx'
import { SignalView } from './signal-view.tsx'
import { SignalsTable } from './signals-list.tsx'
import { useIssuesRoute } from './use-issues-route.ts'
import { whereFound } from './where-found.ts'

const PAGE = 50

/** On instances that do not group signals into issues, the id is the id of a signal. */
export function IssueView({ id }: { readonly id: string }): JSX.Element {
  const hasIssues = useIssuesRoute()
  if (hasIssues === null) return <Loading />
  return hasIssues ? <GroupedIssue id={id} /> : <SignalView id={id} />
}

function GroupedIssue({ id }: { readonly id: string }): JSX.Element {
  const path = `/api/v1/issues/${encodeURIComponent(id)}`
  const answer = useApi<Issue>(path, {}, { keepsPrevious: false })
  const signals = usePages<Signal>(`${path}/signals`, [], () => ({ limit: PAGE }))
  const changes = useIssueChanges()
  useTitle(answer.data?.title ?? null)
  useKeys(
    ACTIONS.map((action) => ({
      keys: action.key,
      says: action.label,
      run: () => changes.run(answer.data === undefined ? [] : [answer.data], action),
    })),
  )
  return (
    <Answered of={answer}>
      {(issue) => (
        <>
          <header class="view-head">
            <h1>
              <Severity of={issue.severity} /> {oneLine(issue.title, 160)}
            </h1>
            <div class="view-actions">
              <CopyButton label="JSON" text={() => JSON.stringify(issue, null, 2)} />
            </div>
          </header>
          <div class="bulk" role="group" aria-label="What to do">
            <IssueState issue={issue} />
            <ActionButtons issues={[issue]} changes={changes} />
            <ChangeState of={changes} />
          </div>
          <Figures issue={issue} newest={signals.rows[0] ?? null} />
          <section class="panel">
            <h2>Evidence of the newest occurrence</h2>
            {signals.rows[0] === undefined ? null : <SecretsOf signal={signals.rows[0]} />}
            <Evidence signal={signals.rows[0] ?? issue} />
          </section>
          <section class="panel">
            <h2>Occurrences</h2>
            <Answered of={signals.answer}>
              {() => (
                <>
                  <SignalsTable rows={signals.rows} />
                  <ListEnd pages={signals} noun="occurrences" />
                </>
              )}
            </Answered>
          </section>
          <MuteIssue issue={issue} />
          <Comments path={path} />
          <History path={path} />
        </>
      )}
    </Answered>
  )
}

function Figures({
  issue,
  newest,
}: {
  readonly issue: Issue
  /** Null until it is there. */
  readonly newest: Signal | null
}): JSX.Element {
  // The two are asked for one after another: an occurrence that came in between may be of another trace.
  const found = newest !== null && newest.trace_id === issue.trace_id ? whereFound(newest) : {}
  const fact = (label: string, value: ComponentChildren): JSX.Element => (
    <div class="fact">
      <span class="fact-label">{label}</span>
      <span class="fact-value">{value}</span>
    </div>
  )
  return (
    <>
      <div class="numbers">
        {fact('Times', count(issue.count))}
        {fact('Traces', count(issue.traces))}
        {fact('Users', count(issue.users))}
        {issue.cost_usd > 0 ? fact('Cost', money(issue.cost_usd)) : null}
        {fact('Last seen', <Ago at={issue.last_seen} />)}
        {fact('First seen', <Ago at={issue.first_seen} />)}
      </div>
      <p class="facts">
        <span>
          <span class="muted">type</span> {words(issue.type)}
        </span>
        <span>
          <span class="muted">rule</span> <code>{issue.rule}</code>
        </span>
        {issue.environment === null ? null : (
          <span>
            <span class="muted">environment</span> {oneLine(issue.environment, 60)}
          </span>
        )}
        {issue.trace_id === null ? null : (
          <Link to={`/traces/${issue.trace_id}`} params={found} row>
            newest trace
          </Link>
        )}
      </p>
    </>
  )
}

function Comments({ path }: { readonly path: string }): JSX.Element {
  const comments = useApi<Pick<Page<IssueEntry>, 'data'>>(`${path}/comments`)
  const change = useChange()
  const [note, setNote] = useDraft(`comment ${path}`, '')
  const say = async (): Promise<void> => {
    const done = await change.run(`${path}/comments`, {
      method: 'POST',
      body: { note: note.trim() },
    })
    if (done !== null) setNote('')
  }
  return (
    <section class="panel">
      <h2>Comments</h2>
      <Answered of={comments} lines={2}>
        {({ data }) => (
          <ul class="plain">
            {data.map((entry) => (
              <li key={`${entry.at} ${entry.actor}`}>
                <p class="muted">
                  {oneLine(entry.actor, 60)} · <Time at={entry.at} />
                </p>
                <p class="message-text">
                  <LongText text={entry.note ?? ''} />
                </p>
              </li>
            ))}
          </ul>
        )}
      </Answered>
      <form
        class="form-row"
        onSubmit={(event) => {
          event.preventDefault()
          void say()
        }}
      >
        <TextField
          label="Say something"
          required
          maxLength={10_000}
          value={note}
          onText={setNote}
        />
        <button type="submit" class="button" disabled={change.isBusy}>
          Comment
        </button>
      </form>
      <Outcome of={change} />
    </section>
  )
}

function History({ path }: { readonly path: string }): JSX.Element {
  const history = useApi<Pick<Page<IssueEntry>, 'data'>>(`${path}/history`)
  return (
    <section class="panel">
      <h2>History</h2>
      <Answered of={history} lines={2}>
        {({ data }) =>
          data.length === 0 ? (
            <p class="muted">Nobody did anything about it yet.</p>
          ) : (
            <ol class="plain">
              {data.map((entry, i) => (
                <li key={i}>
                  <Time at={entry.at} /> · {oneLine(entry.actor, 60)} · {words(entry.action)}
                  {entry.after === null
                    ? ''
                    : `: ${oneLine(`${entry.before ?? ''} → ${entry.after}`, 120)}`}
                </li>
              ))}
            </ol>
          )
        }
      </Answered>
    </section>
  )
}
