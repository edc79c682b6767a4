// Why a change of the control plane is refused, in words for whoever asked; the API makes a status of it, the command line
// an exit code.

import { RolledBackError } from '../storage/postgres/pool.ts'

export type ControlErrorCode = 'INVALID' | 'FORBIDDEN' | 'NOT_FOUND' | 'CONFLICT'

export class ControlError extends RolledBackError {
  readonly code: ControlErrorCode
  /** What to do instead, or an empty text. */
  readonly hint: string

  constructor(code: ControlErrorCode, message: string, hint = '') {
    super(message)
    this.name = 'ControlError'
    this.code = code
    this.hint = hint
  }
}
