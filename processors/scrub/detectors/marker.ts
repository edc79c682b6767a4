// The marker that stands for a secret, and how one is told from a forged one: only a complete marker of a
// known type counts, and it excuses exactly itself. Everything else in the text is scanned as ever.

import { DETECTOR_IDS } from './table.ts'

const types = new Set<string>([...DETECTOR_IDS, 'scrub_failed'])

/** Custom rules make further types. */
export function registerType(name: string): void {
  types.add(name)
}

const FORM =
  /^\[REDACTED(?::([a-z0-9_]{1,64})(?::(?:[a-z0-9]{1,8}:[a-z2-7]{16}|\*[^\]:\s]{1,4}))?)?\]?$/

/** True when `text` is exactly a marker (its closing bracket may have been taken for punctuation). */
export function isMarker(text: string): boolean {
  const m = FORM.exec(text)
  return m !== null && (m[1] === undefined || types.has(m[1]))
}
