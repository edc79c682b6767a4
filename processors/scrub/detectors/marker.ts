// The marker that stands for a secret, and how one is told from a forged one: only a complete marker of a
// known type counts, and it excuses exactly itself. Everything else in the text is scanned as ever.

/** Type of a value that was masked whole because a detector failed on it. */
export const FAILED_TYPE = 'scrub_failed'

const FORM =
  /^\[REDACTED(?::([a-z0-9_]{1,64})(?::(?:[a-z0-9]{1,8}:[a-z2-7]{16}|\*[^\]:\s]{1,4}))?)?\]?$/

/** True when `text` is exactly a marker of one of the types (its closing bracket may have been taken for punctuation). */
export function isMarker(text: string, types: ReadonlySet<string>): boolean {
  const m = FORM.exec(text)
  return m !== null && (m[1] === undefined || types.has(m[1]))
}
