// Errors a user may see: a stable code, a sentence, a hint. Everything else is a bug and throws plainly.

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

  /** `CODE: sentence. Hint` on one line, for terminals and logs. */
  line(): string {
    return this.hint === ''
      ? `${this.code}: ${this.message}`
      : `${this.code}: ${this.message} ${this.hint}`
  }
}

/** The error's message, whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
