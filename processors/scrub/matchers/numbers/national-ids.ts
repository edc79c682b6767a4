// Numbers that states give to persons, behind their names: the forms are in `detectors/national-ids.ts`.

import { NATIONAL_FORMS } from '../../detectors/national-ids.ts'
import { isDigit, latinText } from '../../value/bytes.ts'
import type { ActiveDetector } from '../active-detector.ts'
import type { ScannedValue } from '../scanned-value.ts'

/** As far as a label and a number reach. */
const LOOK_MAX = 64
/** A digit stands no further behind a label than this. */
const DIGIT_WITHIN = 40

export function matchNationalId(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  let i = p
  const high = Math.min(s.to, p + len + DIGIT_WITHIN)
  while (i < high && !isDigit(s.b[i])) i++
  if (i >= high) return
  const anchor = Buffer.from(s.b.buffer, s.b.byteOffset + p, len)
    .toString('utf8')
    .toLowerCase()
  const known = NATIONAL_FORMS.get(anchor)
  const from = p + (known?.label ?? len)
  s.spend(LOOK_MAX)
  const m = known?.form.exec(latinText(s.b, from, Math.min(s.to, from + LOOK_MAX)))
  const value = m?.[1]
  if (known === undefined || m === undefined || m === null || value === undefined) return
  if (known.check?.(value.replace(/[^A-Za-z0-9]/g, '')) === false) return
  const end = from + m[0].length
  s.found(active.type, end - value.length, end, active.rank)
}
