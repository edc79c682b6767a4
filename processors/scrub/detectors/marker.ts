// The marker that stands for a secret, and how one is told from a forged one: only a complete marker of a
// known type counts, and it excuses exactly itself. Everything else in the text is scanned as ever.

import { readPseudonym } from '../../../core/identity/pseudonym.ts'

/** Type of a value that was masked whole because a detector failed on it. */
export const FAILED_TYPE = 'scrub_failed'

const FORM =
  /^\[REDACTED(?::([a-z0-9_]{1,64})(?::(?:[a-z0-9]{1,8}:[a-z2-7]{16}|\*[^\]:\s]{1,4}))?)?\]?$/

/** How the key of pseudonyms stands in the set of what is known, beside the names of types. */
export function keyMark(fingerprint: string): string {
  return `#${fingerprint}`
}

/**
 * True when `text` is exactly a marker of one of the types, or a pseudonym of one that was made with a key of ours (its
 * closing bracket may have been taken for punctuation).
 */
export function isMarker(text: string, known: ReadonlySet<string>): boolean {
  const m = FORM.exec(text)
  if (m !== null) return m[1] === undefined || known.has(m[1])
  const p = readPseudonym(text)
  return p !== null && known.has(p.type) && known.has(keyMark(p.fingerprint))
}
