// Short codes behind their labels: the forms are in `detectors/labelled-codes.ts`.

import { CODE_FORMS } from '../../detectors/labelled-codes.ts'
import { latinText } from '../../value/bytes.ts'
import type { ActiveDetector } from '../active-detector.ts'
import type { ScannedValue } from '../scanned-value.ts'

const LOOK_MAX = 400
/** As far as a label and one code reach. */
const LOOK_SHORT = 90
/** Nothing of a code stands further behind its label than this. */
const CODE_WITHIN = 56

export function matchLabelledCode(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  if (!holdsDigit(s, p + len)) return
  const anchor = Buffer.from(s.b.buffer, s.b.byteOffset + p, len)
    .toString('utf8')
    .toLowerCase()
  const known = CODE_FORMS.get(anchor)
  if (known === undefined) return
  const from = p + known.label
  for (const form of known.forms) {
    s.spend(LOOK_SHORT)
    const m = form.exec(latinText(s.b, from, Math.min(s.to, from + LOOK_MAX)))
    if (m === null || m[1] === undefined || !/\d/.test(m[1])) continue
    const end = from + m[0].length
    s.found(active.type, end - m[1].length, end, active.rank)
    return
  }
}

/** A digit stands within reach in the same line or the next. */
function holdsDigit(s: ScannedValue, from: number): boolean {
  const high = Math.min(s.to, from + CODE_WITHIN)
  for (let i = from; i < high; i++) {
    const c = s.b[i] as number
    if (c >= 48 && c <= 57) return true
  }
  return false
}
