// Errors that a user may see: each has a stable code, a sentence and a hint. Any other error is a bug and is thrown as
// a plain `Error`.

export class ObservaError extends Error {
  readonly code: string
  /** What to do about it, or an empty string. */
  readonly hint: string

  constructor(code: `OBS_${string}`, message: string, hint = '', options?: ErrorOptions) {
    super(message, options)
    this.name = 'ObservaError'
    this.code = code
    this.hint = hint
  }

  /** `CODE: sentence. Hint` as one line, for terminals and logs. */
  line(): string {
    return this.hint === ''
      ? `${this.code}: ${this.message}`
      : `${this.code}: ${this.message} ${this.hint}`
  }
}

/** The message of whatever was thrown, which need not be an `Error`. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** The code of an error, such as `ENOENT`; null for an error without one. */
export function codeOf(thrown: unknown): string | null {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return null
  return typeof thrown.code === 'string' ? thrown.code : null
}
