// Remembers valid sessions for five minutes, because a page sends many requests at once. Everything is forgotten when
// the control plane changes, so that an ended session is refused within seconds on every instance.

import type { Clock } from '../core/clock.ts'
import { findSession, type SessionRow } from '../storage/control/sessions.ts'
import type { PostgresPool } from '../storage/postgres/pool.ts'
import { withRole } from '../storage/postgres/roles.ts'
import { tokenHashOf } from './sign-in.ts'

const VALID_MS = 300_000
/** Unknown tokens are remembered too, but for less time. */
const UNKNOWN_MS = 5000
const SESSIONS_MAX = 20_000

interface Remembered {
  readonly session: SessionRow | null
  readonly untilMs: number
}

export class SessionCache {
  readonly #clock: Clock
  readonly #remembered = new Map<string, Remembered>()
  /**
   * The number of times that everything was forgotten. The result of a query that was running at that moment is not
   * remembered.
   */
  #generation = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#remembered.size
  }

  forget(): void {
    this.#generation++
    this.#remembered.clear()
  }

  /** Returns the session of a token, or null. */
  async find(pool: PostgresPool, token: string): Promise<SessionRow | null> {
    const tokenHash = tokenHashOf(token)
    const name = tokenHash.toString('latin1')
    const known = this.#remembered.get(name)
    if (known !== undefined && this.#clock.monotonicMs() < known.untilMs) {
      const { session } = known
      return session !== null && session.expires_at.getTime() <= this.#clock.nowMs()
        ? null
        : session
    }
    const generation = this.#generation
    const session = await withRole(
      pool,
      'observa_control',
      (client) => findSession(client, tokenHash),
      { readOnly: true },
    )
    if (generation === this.#generation) this.#remember(name, session)
    return session
  }

  #remember(name: string, session: SessionRow | null): void {
    if (this.#remembered.size >= SESSIONS_MAX) this.#remembered.clear()
    const forMs = session === null ? UNKNOWN_MS : VALID_MS
    this.#remembered.set(name, { session, untilMs: this.#clock.monotonicMs() + forMs })
  }
}
