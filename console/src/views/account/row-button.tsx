// A button of a row for what cannot be undone: it asks once more in place, and forgets that when it loses the focus.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'

export function RowButton({
  label,
  sure,
  isBusy,
  onClick,
}: {
  readonly label: string
  readonly sure: string
  readonly isBusy: boolean
  readonly onClick: () => void
}): JSX.Element {
  const [isAsked, setAsked] = useState(false)
  return (
    <button
      type="button"
      class={`button small${isAsked ? ' danger' : ''}`}
      disabled={isBusy}
      onBlur={() => setAsked(false)}
      onClick={() => {
        if (isAsked) onClick()
        setAsked(!isAsked)
      }}
    >
      {isAsked ? sure : label}
    </button>
  )
}
