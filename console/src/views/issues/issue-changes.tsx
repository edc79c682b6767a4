// Changes the state of one or several issues: acknowledge, resolve, ignore, snooze and reopen. A change can be undone.

import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { AnswerOf } from '../../api/operations.ts'
import type { Issue } from '../../api/types.ts'
import { queries } from '../../api/use-query.ts'
import { time } from '../../parts/format.ts'
import { Outcome } from '../../parts/forms.tsx'

export interface IssueChange {
  readonly status?: string
  readonly until?: string
  readonly note?: string
  readonly assignee?: string | null
}

const HOUR_MS = 3_600_000

export interface Action {
  readonly key: string
  readonly label: string
  readonly done: string
  /** The state it leads to; an issue that has it is not offered the action. Null: a longer time is another state. */
  readonly status: string | null
  readonly change: () => IssueChange
}

const snooze = (hours: number) => (): IssueChange => ({
  status: 'snoozed',
  until: new Date(Date.now() + hours * HOUR_MS).toISOString(),
})

export const ACTIONS: readonly Action[] = [
  {
    key: 'a',
    label: 'Acknowledge',
    done: 'acknowledged',
    status: 'acknowledged',
    change: () => ({ status: 'acknowledged' }),
  },
  {
    key: 'e',
    label: 'Resolve',
    done: 'resolved',
    status: 'resolved',
    change: () => ({ status: 'resolved' }),
  },
  { key: 'h', label: 'Snooze a day', done: 'snoozed', status: null, change: snooze(24) },
  {
    key: 'i',
    label: 'Ignore',
    done: 'ignored',
    status: 'ignored',
    change: () => ({ status: 'ignored' }),
  },
  {
    key: 'o',
    label: 'Open again',
    done: 'opened',
    status: 'open',
    change: () => ({ status: 'open' }),
  },
]

export interface Changes {
  readonly isBusy: boolean
  readonly error: Error | null
  readonly message: string | null
  readonly run: (issues: readonly Seen[], action: Action) => void
}

/** An issue as it was looked at. */
export type Seen = Pick<Issue, 'issue_id' | 'status_at'>

type Result = AnswerOf<'POST /api/v1/issues/bulk'>

export function useIssueChanges(onDone: () => void = () => {}): Changes {
  const [state, setState] = useState<Omit<Changes, 'run'>>({
    isBusy: false,
    error: null,
    message: null,
  })
  // Since when each issue has the state that it was given here: a list that was read before may come later.
  const own = useRef(new Map<string, string>())
  const newest = ({ issue_id, status_at }: Seen): string => {
    const given = own.current.get(issue_id)
    return given !== undefined && Date.parse(given) > Date.parse(status_at) ? given : status_at
  }
  const run = async (issues: readonly Seen[], action: Action): Promise<void> => {
    if (issues.length === 0) return
    setState({ isBusy: true, error: null, message: null })
    try {
      const body = {
        issue_ids: issues.map((seen) => seen.issue_id),
        expected_status_at: Object.fromEntries(issues.map((seen) => [seen.issue_id, newest(seen)])),
        ...action.change(),
      }
      const result = await call<Result>('/api/v1/issues/bulk', { method: 'POST', body })
      for (const [id, at] of Object.entries(result.status_at)) own.current.set(id, at)
      await queries.invalidateQueries()
      const error = result.conflicts.length === 0 ? null : new Error(conflictOf(result))
      setState({ isBusy: false, error, message: doneOf(result, action) })
      onDone()
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      setState({ isBusy: false, error, message: null })
    }
  }
  // One after the other, in the order of the keys.
  const queue = useRef(Promise.resolve())
  const enqueue = (issues: readonly Seen[], action: Action): void => {
    queue.current = queue.current.then(async () => await run(issues, action))
  }
  return { ...state, run: enqueue }
}

function doneOf({ changed }: Result, { done }: Action): string | null {
  if (changed === 0) return null
  return `${changed === 1 ? 'One issue' : `${changed} issues`} ${done}.`
}

/** What stands there now is shown by the lists, which were asked for again. */
function conflictOf({ conflicts }: Result): string {
  const [first] = conflicts
  if (first !== undefined && conflicts.length === 1)
    return `Not changed: somebody was faster. The issue is ${first.status} since ${time(first.status_at)}.`
  return `${conflicts.length} issues were not changed: somebody was faster. They are shown as they are now.`
}

/** How the last change went. */
export function ChangeState({ of }: { readonly of: Changes }): JSX.Element {
  return (
    <>
      <span role="status" class="muted">
        {of.message ?? ''}
      </span>
      <Outcome of={of} />
    </>
  )
}

export function ActionButtons({
  issues,
  changes,
}: {
  /** A state that all of them already have is not offered. */
  readonly issues: readonly Issue[]
  readonly changes: Changes
}): JSX.Element {
  return (
    <span class="row-actions">
      {ACTIONS.filter(
        (action) => issues.length === 0 || issues.some(({ status }) => status !== action.status),
      ).map((action) => (
        <button
          type="button"
          class="button small"
          key={action.key}
          disabled={issues.length === 0}
          title={`key ${action.key}`}
          onClick={() => changes.run(issues, action)}
        >
          {action.label}
        </button>
      ))}
    </span>
  )
}
