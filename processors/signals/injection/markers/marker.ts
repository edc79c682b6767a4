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
}
