// A request that cannot be decoded as a whole. It is thrown inside `proto/` only: every entry point turns it into a
// verdict.

export type RefusalCode = 'malformed' | 'too_large' | 'unsupported' | 'forbidden'

/** The message never contains payload text, because it is sent to the client and written into logs. */
export class Refusal extends Error {
  readonly code: RefusalCode
  /** The path of the offending field, for BadRequest details. It may be empty. */
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

/** The sender may not write to the place that the request names. */
export function forbidden(message: string, field: string): Refusal {
  return withoutStack('forbidden', message, field)
}

/** Makes a refusal without a stack. Nobody reads it, and a body can have a hundred thousand bad lines. */
function withoutStack(code: RefusalCode, message: string, field: string): Refusal {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const refusal = new Refusal(code, message, field)
  Error.stackTraceLimit = limit
  return refusal
}
