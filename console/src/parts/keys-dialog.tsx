// The dialog that lists the keyboard shortcuts of the current view.

import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { bindingsNow } from '../state/keyboard.ts'
import { setPreferences, usePreferences } from '../state/preferences.ts'
import { Dialog } from './dialog.tsx'

export function KeysDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const bindings = useMemo(bindingsNow, [])
  const { keys } = usePreferences()
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {bindings.map((binding) => (
          <div key={binding.keys}>
            <dt>
              {binding.keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{binding.says}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={keys}
          onChange={(event) => setPreferences({ keys: event.currentTarget.checked })}
        />
        Keys of a single letter
      </label>
    </Dialog>
  )
}
