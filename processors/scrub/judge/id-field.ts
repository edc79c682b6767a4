// Whether a secret stands in a field that names somebody or something: as the value of such an attribute, or as a member of
// JSON inside another (`metadata: {"user_id": ".."}`). There it becomes a pseudonym, so that ids stay apart.

import { keyMeaning } from '../detectors/key-names.ts'
import { latinText } from '../value/bytes.ts'
import type { Finding } from '../value/finding.ts'
import { FIELD_HINT } from '../value/key-meaning.ts'
import type { ValueRange } from '../value/value-range.ts'

/** No id is longer; a longer value is a text or a document that stands under the name. */
const ID_MAX = 512
/** What is looked at before a finding for the name of its member. */
const LOOK_BACK = 256

/** The member of an object that ends in the value at hand, also of JSON inside JSON; one number or one string without quotes in it. */
const MEMBER = /\\*"([^"\\]{1,80})\\*"\s{0,8}:\s{0,8}(?:\\*"[^"\\]{0,128})?$/

export function isInIdField(value: ValueRange, f: Finding): boolean {
  const { bytes: b, from, to, meaning } = value
  const first = b[from]
  const isDocument = first === 0x7b || first === 0x5b
  if ((meaning.hints & FIELD_HINT.IDENTITY) !== 0 && to - from <= ID_MAX && !isDocument) return true
  if (f.start === from) return false
  const name = MEMBER.exec(latinText(b, Math.max(from, f.start - LOOK_BACK), f.start))?.[1]
  return name !== undefined && (keyMeaning(name).hints & FIELD_HINT.IDENTITY) !== 0
}
