// A name in a text whose value does not follow it in a form of an assignment, and what is around it.

import { latinText } from '../../value/bytes.ts'
import type { ScannedValue } from '../scanned-value.ts'

/** Does a value look like a secret without any help? */
export type ValueCheck = (text: string, s: ScannedValue, from: number, to: number) => boolean

/** What a value is reported as. */
export interface Reported {
  readonly type: number
  readonly rank: number
}

export const SPACE = 0x20
export const SLASH = 0x2f
/** How much of a tag or object is looked at. */
export const TAG_MAX = 400
/** Of a string in code, escaped or not. */
export const Q = String.raw`\\*["'${'`'}]`

/** A name and the text around it, of which no more is read than a form needs. */
export class Place {
  readonly s: ScannedValue
  readonly active: Reported
  readonly check: ValueCheck
  /** The name. */
  readonly from: number
  readonly to: number

  constructor(
    s: ScannedValue,
    name: { readonly from: number; readonly to: number },
    active: Reported,
    check: ValueCheck,
  ) {
    this.s = s
    this.active = active
    this.check = check
    this.from = name.from
    this.to = name.to
  }

  /** So many bytes before the name. */
  before(bytes: number): string {
    const low = Math.max(this.s.from, this.from - bytes)
    this.s.spend(this.from - low)
    return latinText(this.s.b, low, this.from)
  }

  /** So many bytes behind it. */
  behind(bytes: number): string {
    const high = Math.min(this.s.to, this.to + bytes)
    this.s.spend(high - this.to)
    return latinText(this.s.b, this.to, high)
  }
}

/** A key that is pressed behind the value: `V{enter}`. */
const PRESSED = /(?:\{[A-Za-z+]{2,12}\}){1,3}$/

export function report({ s, active, check }: Place, from: number, text: string): boolean {
  const value = text.replace(PRESSED, '')
  if (!check(value, s, from, from + value.length)) return false
  s.found(active.type, from, from + value.length, active.rank)
  return true
}
