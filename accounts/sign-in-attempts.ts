// Limits requests to the routes of accounts by address, and wrong passwords by address and account. The wait after
// wrong passwords applies to that address only, so that nobody can lock out another person.

import type { Clock } from '../core/clock.ts'

const WINDOW_MS = 15 * 60_000
const REQUESTS_MAX = 100
/** How many wrong passwords are free of a wait, and the longest wait. */
const FREE_FAILURES = 5
const WAIT_MS_MAX = 60_000
const ENTRIES_MAX = 50_000

interface Counted {
  count: number
  /** When the entry is forgotten, in ms of the monotonic clock. */
  untilMs: number
  /** The next attempt is allowed at this time. */
  againMs: number
}

export interface Allowance {
  readonly limit: number
  readonly remaining: number
  readonly resetS: number
  /** The time to wait before the next request, in seconds; null if the request may be served. */
  readonly retryAfterS: number | null
}

export class SignInAttempts {
  readonly #clock: Clock
  readonly #requests = new Map<string, Counted>()
  readonly #failures = new Map<string, Counted>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a request of an address. */
  request(address: string): Allowance {
    const now = this.#clock.monotonicMs()
    const counted = this.#entry(this.#requests, address, now)
    counted.count++
    const resetS = Math.ceil((counted.untilMs - now) / 1000)
    const isOver = counted.count > REQUESTS_MAX
    return {
      limit: REQUESTS_MAX,
      remaining: Math.max(0, REQUESTS_MAX - counted.count),
      resetS,
      retryAfterS: isOver ? resetS : null,
    }
  }

  /** How long this address has to wait before it may try this account again, in seconds. 0 means no wait. */
  waitS(address: string, account: string): number {
    const counted = this.#failures.get(nameOf(address, account))
    if (counted === undefined) return 0
    return Math.max(0, Math.ceil((counted.againMs - this.#clock.monotonicMs()) / 1000))
  }

  failed(address: string, account: string): void {
    const now = this.#clock.monotonicMs()
    const counted = this.#entry(this.#failures, nameOf(address, account), now)
    counted.count++
    const over = counted.count - FREE_FAILURES
    if (over >= 0) counted.againMs = now + Math.min(WAIT_MS_MAX, 1000 * 2 ** over)
    counted.untilMs = now + WINDOW_MS
  }

  succeeded(address: string, account: string): void {
    this.#failures.delete(nameOf(address, account))
  }

  #entry(map: Map<string, Counted>, name: string, now: number): Counted {
    const known = map.get(name)
    if (known !== undefined && known.untilMs > now) return known
    if (map.size >= ENTRIES_MAX) forgetOldest(map, now)
    const fresh = { count: 0, untilMs: now + WINDOW_MS, againMs: 0 }
    map.delete(name)
    map.set(name, fresh)
    return fresh
  }
}

const nameOf = (address: string, account: string): string => `${address} ${account.toLowerCase()}`

/** Removes expired entries and then, if the map is still full, the oldest tenth. */
function forgetOldest(map: Map<string, Counted>, now: number): void {
  for (const [name, counted] of map) if (counted.untilMs <= now) map.delete(name)
  let spare = map.size - ENTRIES_MAX * 0.9
  for (const name of map.keys()) {
    if (spare-- <= 0) return
    map.delete(name)
  }
}
