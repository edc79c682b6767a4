// Mutes what an issue belongs to: nobody is told of it for a time, or in hours of each day. The issue itself goes on.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Issue } from '../../api/types.ts'
import { Choice, Outcome } from '../../parts/forms.tsx'
import { useChange } from '../account/use-change.ts'

const HOUR_MS = 3_600_000
const LENGTHS = [
  ['1', 'an hour'],
  ['8', '8 hours'],
  ['24', 'a day'],
  ['168', 'a week'],
  ['window', 'hours of each day'],
] as const
const WHAT = [
  ['issue', 'this issue'],
  ['type', 'all of its type'],
  ['rule', 'all of its rule'],
] as const

export function MuteIssue({ issue }: { readonly issue: Issue }): JSX.Element {
  const [what, setWhat] = useState<string>('issue')
  const [length, setLength] = useState<string>('24')
  const [from, setFrom] = useState('22:00')
  const [to, setTo] = useState('06:00')
  const [reason, setReason] = useState('')
  const [isDone, setDone] = useState(false)
  const change = useChange()
  const mute = async (event: Event): Promise<void> => {
    event.preventDefault()
    const body = {
      matchers: matchersOf(issue, what),
      reason: reason.trim(),
      ...(length === 'window'
        ? { windows: [{ from, to }], time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone }
        : { ends_at: new Date(Date.now() + Number(length) * HOUR_MS).toISOString() }),
    }
    setDone((await change.run('/api/v1/mutes', { method: 'POST', body })) !== null)
  }
  return (
    <section class="panel">
      <h2>Mute</h2>
      <p class="muted">Nobody is told while it is muted; it goes on being counted.</p>
      <form class="form-row" onSubmit={(event) => void mute(event)}>
        <Choice label="What" values={WHAT} value={what} onChange={setWhat} />
        <Choice label="For" values={LENGTHS} value={length} onChange={setLength} />
        {length === 'window' ? (
          <>
            <Hour label="From" value={from} onChange={setFrom} />
            <Hour label="To" value={to} onChange={setTo} />
          </>
        ) : null}
        <label class="stacked">
          <span>Reason</span>
          <input
            value={reason}
            required
            maxLength={1000}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="button" disabled={change.isBusy}>
          Mute
        </button>
        {isDone ? <span role="status">Muted. Mutes are listed under Notifications.</span> : null}
      </form>
      <Outcome of={change} />
    </section>
  )
}

function matchersOf(issue: Issue, what: string): Readonly<Record<string, readonly string[]>> {
  if (what === 'type') return { type: [issue.type] }
  return what === 'rule' ? { rule: [issue.rule] } : { issue_id: [issue.issue_id] }
}

function Hour({
  label,
  value,
  onChange,
}: {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}): JSX.Element {
  return (
    <label class="stacked">
      <span>{label}</span>
      <input
        type="time"
        value={value}
        required
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  )
}
