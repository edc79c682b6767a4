// What the name of a field says about its value. Which name says what is known in `detectors/key-names.ts`.

/** What the name of the field says about its value, as bits. */
export const FIELD_HINT = {
  SSN: 1,
  CARD: 2,
  PHONE: 4,
  ITIN: 8,
  PASSPORT: 16,
  AZURE_OPENAI: 32,
  /** An id, a counter, a size: its digits are no card number, whatever their checksum says. */
  IDENTIFIER: 64,
  /** Names somebody or something: what is secret or personal in the value stays distinct, as a pseudonym. */
  IDENTITY: 128,
} as const

/**
 * - `whole`: the value is a secret whatever it looks like (header names, passwords, client secrets)
 * - `weak`: it may be one; the value must look random
 */
export interface KeyMeaning {
  readonly kind: 'none' | 'password' | 'secret' | 'token' | 'header' | 'cookie'
  readonly strength: 'whole' | 'weak'
  /** `FIELD_HINT` bits for the value rules. */
  readonly hints: number
  /** A word such as Schlüssel: only with API, secret and the like beside it. */
  readonly needsQualifier?: true
}

/** The name says nothing, or there is none. */
export const NO_MEANING: KeyMeaning = { kind: 'none', strength: 'weak', hints: 0 }
