// Changes the state of one or several issues: acknowledge, resolve, ignore, snooze and reopen. A change can be undone.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import { queries } from '../../api/use-query.ts'

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
  readonly message: string | null
  readonly isError: boolean
  readonly run: (ids: readonly string[], action: Action) => void
}

export function useIssueChanges(onDone: () => void = () => {}): Changes {
  const [state, setState] = useState({
    isBusy: false,
    message: null as string | null,
    isError: false,
  })
  const run = async (ids: readonly string[], action: Action): Promise<void> => {
    if (ids.length === 0) return
    setState({ isBusy: true, message: null, isError: false })
    try {
      const body = { issue_ids: ids, ...action.change() }
      await call('/api/v1/issues/bulk', { method: 'POST', body })
      await queries.invalidateQueries()
      const what = ids.length === 1 ? 'One issue' : `${ids.length} issues`
      setState({ isBusy: false, message: `${what} ${action.done}.`, isError: false })
      onDone()
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      setState({ isBusy: false, message, isError: true })
    }
  }
  return { ...state, run: (ids, action) => void run(ids, action) }
}

export function ActionButtons({
  ids,
  states,
  changes,
}: {
  readonly ids: readonly string[]
  /** The states of the issues. A state that all of them already have is not offered. */
  readonly states: readonly string[]
  readonly changes: Changes
}): JSX.Element {
  return (
    <span class="row-actions">
      {ACTIONS.filter(
        (action) => states.length === 0 || states.some((state) => state !== action.status),
      ).map((action) => (
        <button
          type="button"
          class="button small"
          key={action.key}
          disabled={changes.isBusy || ids.length === 0}
          title={`key ${action.key}`}
          onClick={() => changes.run(ids, action)}
        >
          {action.label}
        </button>
      ))}
    </span>
  )
}
