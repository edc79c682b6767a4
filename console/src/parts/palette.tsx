// The command palette: users type the name of a view, or the id of a trace, conversation, session or user, to open it.

import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { addressOf, go, type Params } from '../state/location.ts'
import { Dialog } from './dialog.tsx'

interface Target {
  readonly label: string
  readonly path: string
  readonly params?: Params
}

const TRACE = /^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function targetsOf(text: string, destinations: readonly Target[]): readonly Target[] {
  const words = text.trim()
  const found = destinations.filter((p) => p.label.toLowerCase().includes(words.toLowerCase()))
  if (words === '') return found
  const id = encodeURIComponent(words)
  const things: readonly Target[] = [
    ...(TRACE.test(words)
      ? [{ label: `Trace ${words}`, path: `/traces/${words.replaceAll('-', '').toLowerCase()}` }]
      : []),
    { label: `Traces named “${words}”`, path: '/traces', params: { name: words } },
    { label: `User ${words}`, path: `/users/${id}` },
    { label: `Session ${words}`, path: `/sessions/${id}` },
    { label: `Conversation ${words}`, path: `/conversations/${id}` },
  ]
  return [...found, ...things]
}

export function Palette({
  destinations,
  onClose,
}: {
  readonly destinations: readonly Target[]
  readonly onClose: () => void
}): JSX.Element {
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus(), [])
  const targets = targetsOf(text, destinations)
  const open = (target: Target | undefined): void => {
    if (target === undefined) return
    onClose()
    go(addressOf(target.path, target.params))
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(at + 1, targets.length - 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0))
    else if (event.key === 'Enter') open(targets[at])
    else return
    event.preventDefault()
  }
  return (
    <Dialog title="Go anywhere" onClose={onClose}>
      <input
        ref={input}
        class="palette-input"
        role="combobox"
        aria-label="A view, or the id of a trace, user, session or conversation"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={targets.length === 0 ? undefined : `palette-${at}`}
        placeholder="A view, a trace id, a user, a session …"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={onKey}
      />
      <ul id="palette-list" class="palette" role="listbox" aria-label="Where to go">
        {targets.map((target, i) => (
          <li
            id={`palette-${i}`}
            key={target.label}
            role="option"
            aria-selected={i === at}
            onClick={() => open(target)}
          >
            {target.label}
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
