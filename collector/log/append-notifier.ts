// Readers that wait for the next record, and the moment they are told.

import { ObservaError } from '../../core/errors.ts'

export class AppendNotifier {
  readonly #waiters = new Set<() => void>()
  #isClosed = false

  /** Resolves at the next `announce`; rejects with the signal's reason, or when the log is closed. */
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

  /** Lets everybody look once more; whoever waits again is refused. */
  close(): void {
    this.#isClosed = true
    this.announce()
  }
}

export function closedError(): ObservaError {
  return new ObservaError('OBS_LOG_CLOSED', 'The log is closed.')
}
