// The reason why a change of the control plane is refused. The API turns it into a status, the command line into an
// exit code.

import { RolledBackError } from '../storage/postgres/pool.ts'

export type ControlErrorCode = 'INVALID' | 'FORBIDDEN' | 'NOT_FOUND' | 'CONFLICT'

export class ControlError extends RolledBackError {
  readonly code: ControlErrorCode
  /** A hint what to do instead; it may be empty. */
  readonly hint: string

  constructor(code: ControlErrorCode, message: string, hint = '') {
    super(message)
    this.name = 'ControlError'
    this.code = code
    this.hint = hint
  }
}
