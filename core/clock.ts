// Time and randomness as parameters, so that a test or a simulation can control both.

export interface Clock {
  /** Wall-clock time in ms since the epoch. */
  nowMs(): number
  /** Monotonic time in ms, for durations and deadlines. */
  monotonicMs(): number
  /** Resolves after `ms`, or rejects with the reason of `signal` when that aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Returns a number in [0, 1). */
export type Random = () => number

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      signal?.addEventListener('abort', onAbort, { once: true })
    }),
}
