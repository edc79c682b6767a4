// A request that cannot be decoded as a whole. Thrown inside `proto/` only: every entry point turns it
// into a verdict, so nothing of it leaves this folder.

export type RefusalCode = 'malformed' | 'too_large' | 'unsupported'

/** Sentences never hold payload text: they go back to the client and into logs. */
export class Refusal extends Error {
  readonly code: RefusalCode
  /** Path of the offending field, for BadRequest details; may be empty. */
  readonly field: string

  constructor(code: RefusalCode, message: string, field = '') {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.field = field
  }
}

export function malformed(message: string, field = ''): Refusal {
  return new Refusal('malformed', message, field)
}

export function tooLarge(message: string, field = ''): Refusal {
  return new Refusal('too_large', message, field)
}
