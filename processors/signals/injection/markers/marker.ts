// An injection marker is a row of the tables in this folder.

export type Family =
  | 'override'
  | 'persona'
  | 'exfiltration'
  | 'delimiter'
  | 'indirect'
  | 'obfuscation'

export interface Marker {
  readonly name: string
  readonly family: Family
  /** The weight in a message of a user. 2 is enough for a signal. */
  readonly weight: number
  /** The weight in a tool's result or a retrieved text. */
  readonly brought: number
  /** Literals without which the phrase cannot match, at least six bytes long; ASCII letters in any case. */
  readonly anchors: readonly string[]
  /** Over normalized text. Every quantifier is bounded. */
  readonly phrase: RegExp
  /** True when the phrase begins with its anchor, or a few characters before it: then it is not looked for elsewhere. */
  readonly opens?: boolean
}

/** The most characters by which a phrase that opens with its anchor begins before it. */
export const OPENING_CHARS_MAX = 24
