// What somebody has typed and not sent yet. It outlives a look at another view and a reload, for this tab only: a text may hold what
// nobody wants to find in the browser's storage tomorrow.

import { useState } from 'preact/hooks'

const PREFIX = 'observa.draft.'
/** A longer text is kept until the page is closed. */
const STORED_CHARACTERS_MAX = 500_000

const drafts = new Map<string, string>()

function read(key: string): string | null {
  const kept = drafts.get(key)
  if (kept !== undefined) return kept
  try {
    return window.sessionStorage.getItem(PREFIX + key)
  } catch {
    // The browser has no storage.
    return null
  }
}

function write(key: string, text: string | null): void {
  if (text === null) drafts.delete(key)
  else drafts.set(key, text)
  try {
    if (text === null || text.length > STORED_CHARACTERS_MAX)
      window.sessionStorage.removeItem(PREFIX + key)
    else window.sessionStorage.setItem(PREFIX + key, text)
  } catch {
    // The storage is full or disabled. The draft then lasts until the page is closed.
  }
}

/** Forgets all drafts, because the next person in this tab is another. */
export function forgetDrafts(): void {
  drafts.clear()
  try {
    for (const key of Object.keys(window.sessionStorage))
      if (key.startsWith(PREFIX)) window.sessionStorage.removeItem(key)
  } catch {
    // The browser has no storage.
  }
}

/** A text that is kept until it is again what it was at first. */
export function useDraft(
  key: string,
  initial: string,
): readonly [text: string, setText: (text: string) => void, isDraft: boolean] {
  const [state, setState] = useState({ key, text: read(key) })
  // Another key, such as that of the next issue, has a draft of its own.
  const kept = state.key === key ? state.text : read(key)
  const text = kept ?? initial
  const setText = (next: string): void => {
    const draft = next === initial ? null : next
    write(key, draft)
    setState({ key, text: draft })
  }
  return [text, setText, text !== initial]
}
