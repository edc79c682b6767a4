// Wakes the readers that wait for the next record.

import { ObservaError } from '../../core/errors.ts'

export class AppendNotifier {
  readonly #waiters = new Set<() => void>()
  #isClosed = false

  /** Resolves at the next `announce`. Rejects with the signal's reason, or when the log is closed. */
  next(signal: AbortSignal | undefined): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError())
    return new Promise((resolve, reject) => {
      const done = (): void => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }
      const stop = (): void => {
        this.#waiters.delete(done)
        reject(signal?.reason)
      }
      this.#waiters.add(done)
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  announce(): void {
    const waiting = [...this.#waiters]
    this.#waiters.clear()
    for (const resolve of waiting) resolve()
  }

  /** Wakes all readers for a last look. Readers that wait again get an error. */
  close(): void {
    this.#isClosed = true
    this.announce()
  }
}

export function closedError(): ObservaError {
  return new ObservaError('OBS_LOG_CLOSED', 'The log is closed.')
}
