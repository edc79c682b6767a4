// A request that cannot be decoded as a whole. Thrown inside `proto/` only: every entry point turns it
// into a verdict, so nothing of it leaves this folder.

export type RefusalCode = 'malformed' | 'too_large' | 'unsupported' | 'forbidden'

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
  return withoutStack('malformed', message, field)
}

export function tooLarge(message: string, field = ''): Refusal {
  return withoutStack('too_large', message, field)
}

/** The sender may not write where the request says. */
export function forbidden(message: string, field: string): Refusal {
  return withoutStack('forbidden', message, field)
}

/** Nobody reads the stack of a refusal, and a body can have a hundred thousand bad lines. */
function withoutStack(code: RefusalCode, message: string, field: string): Refusal {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const refusal = new Refusal(code, message, field)
  Error.stackTraceLimit = limit
  return refusal
}
