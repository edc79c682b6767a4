// Holds all keys of the control plane in memory, so that checking a request needs no database query. Changes arrive
// within milliseconds by notification. In case the notification connection is silently dead, changes are also read
// every second.

import type { Logger } from 'pino'
import type { Clock } from '../core/clock.ts'
import { counter, gauge, type Metrics } from '../core/metrics.ts'
import { type KeyChanges, readKeyChanges, writeLastUsed } from '../storage/control/keys.ts'
import { errorCodeOf, listen } from '../storage/postgres/connection.ts'
import { PostgresPool } from '../storage/postgres/pool.ts'
import { type KeySource, type KnownKey, knownKeyOf } from './known-key.ts'

export interface KeyDirectoryOptions {
  /** Contains the password: never log it. */
  readonly url: string
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Logger
  /** True if this instance has the pepper that hashes are made with. */
  readonly hasPepper: boolean
  /** The most keys that this instance knows. */
  readonly keysMax?: number
}

/** This many keys take about 120 MB of memory. */
const KEYS_MAX = 200_000
const LOOK_MS = 1000
const RETRY_MS = 250
/** A read that takes longer is cancelled, because a silent connection must not hide a revocation. */
const LOOK_MS_MAX = 1500
/** The shortest time between two reads that are caused by unknown keys. */
const GAP_MS = 50
/** After this time without a successful read, an unknown key may be one that other instances know. */
const STALE_MS = 10_000
const LAST_USED_MS = 60_000
const CHANNEL = 'observa_control'

const KNOWN = 'observa_control_keys'
const AGE = 'observa_control_sync_age_seconds'
const SYNCS = 'observa_control_syncs_total'
const LISTENING = 'observa_control_listening'

export const DIRECTORY_METRICS = [
  gauge(KNOWN, 'Keys of the control plane that are known; 200000 at most.'),
  gauge(
    AGE,
    'Since when nothing was heard of the control plane: revoked keys are known up to then.',
  ),
  counter(SYNCS, 'Looks for changes in the control plane, by outcome.', ['outcome']),
  gauge(
    LISTENING,
    '1 while notices of changes are listened for; without them a look every second finds them.',
  ),
]

export class KeyDirectory implements KeySource {
  readonly #options: KeyDirectoryOptions
  /**
   * Reads and writes have one connection each, so that a read never waits for a write or gets a second dead
   * connection.
   */
  readonly #looks: PostgresPool
  readonly #writes: PostgresPool
  readonly #stopping = new AbortController()
  readonly #keys = new Map<string, KnownKey>()
  #origins: ReadonlySet<string> | null = null
  readonly #used = new Map<string, number>()
  #revision: number | null = null
  #heardAtMs: number | null = null
  #beganAtMs = Number.NEGATIVE_INFINITY
  #writtenAtMs: number
  #isListening = false
  #hasFailed = false
  readonly #watchers: (() => void)[] = []
  #running: Promise<void> | null = null
  #next: Promise<void> | null = null
  #loops: Promise<unknown> = Promise.resolve()

  constructor(options: KeyDirectoryOptions) {
    this.#options = options
    this.#writtenAtMs = options.clock.monotonicMs()
    this.#looks = poolFor(options.url)
    this.#writes = poolFor(options.url)
  }

  /**
   * Reads the keys once, so that they are known before the first request if the database responds, and starts the
   * regular reads.
   */
  async start(): Promise<void> {
    const { metrics } = this.#options
    metrics.onCollect(() => {
      metrics.set(KNOWN, '', this.#keys.size)
      metrics.set(AGE, '', this.ageMs() / 1000)
      metrics.set(LISTENING, '', this.#isListening ? 1 : 0)
    })
    await this.look()
    this.#loops = Promise.all([this.#lookOn(), this.#listenOn()])
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loops
    await this.#running
    await this.#writeUsed().catch(() => {
      // A stop does not wait to store the time of a key's last use.
    })
    await Promise.all([this.#looks.end(), this.#writes.end()])
  }

  find(id: string): KnownKey | undefined {
    return this.#keys.get(id)
  }

  hasOrigin(origin: string): boolean {
    if (this.#origins === null) {
      const active = [...this.#keys.values()].filter((key) => !key.isRevoked)
      this.#origins = new Set(active.flatMap((key) => [...key.origins]))
    }
    return this.#origins.has(origin)
  }

  /** Calls `watcher` when the control plane has changed, or may have changed while it did not respond. */
  onChange(watcher: () => void): void {
    this.#watchers.push(watcher)
  }

  /** Notes that a request used this key. The time is stored once a minute. */
  used(id: string): void {
    this.#used.set(id, this.#options.clock.nowMs())
  }

  /** True when the known keys are too old to say that a key does not exist. */
  get isStale(): boolean {
    return this.ageMs() > STALE_MS
  }

  ageMs(): number {
    if (this.#heardAtMs === null) return Number.POSITIVE_INFINITY
    return this.#options.clock.monotonicMs() - this.#heardAtMs
  }

  /** Resolves after a read that began after this call. Concurrent callers share one read. */
  look(): Promise<void> {
    if (this.#running === null) {
      this.#running = this.#lookOnce().finally(() => {
        this.#running = null
      })
      return this.#running
    }
    this.#next ??= this.#running.then(() => {
      this.#next = null
      return this.look()
    })
    return this.#next
  }

  async #lookOnce(): Promise<void> {
    const { clock, metrics, log } = this.#options
    const waitMs = this.#beganAtMs + GAP_MS - clock.monotonicMs()
    if (waitMs > 0) await clock.sleep(waitMs, this.#stopping.signal).catch(() => {})
    this.#beganAtMs = clock.monotonicMs()
    try {
      this.#apply(await readKeyChanges(this.#looks, this.#revision, this.#keysMax))
      this.#heardAtMs = this.#beganAtMs
      metrics.add(SYNCS, 'outcome="ok"')
      if (this.#hasFailed) log.info('the control plane responds again')
      this.#hasFailed = false
    } catch (thrown) {
      metrics.add(SYNCS, 'outcome="failed"')
      const code = errorCodeOf(thrown)
      if (!this.#hasFailed && !this.#stopping.signal.aborted)
        log.warn(
          { code },
          'the control plane does not answer; keys are checked by what is known of them',
        )
      this.#hasFailed = true
    }
  }

  #apply({ revision, isWhole, keys }: KeyChanges): void {
    if (isWhole) this.#keys.clear()
    for (const row of keys) {
      if (this.#keys.size >= this.#keysMax && !this.#keys.has(row.key_id)) continue
      this.#keys.set(row.key_id, knownKeyOf(row))
    }
    if (isWhole || keys.length > 0) this.#origins = null
    const isChanged = this.#revision !== revision
    this.#revision = revision
    if (isChanged) for (const watcher of this.#watchers) watcher()
    this.#warnOf(keys)
  }

  #warnOf(keys: KeyChanges['keys']): void {
    const { log, hasPepper } = this.#options
    if (keys.length > 0 && this.#keys.size >= this.#keysMax)
      log.error({ keys: this.#keys.size }, 'there are more keys than this instance can know')
    const peppered = keys.filter((key) => key.is_peppered && !key.is_revoked).length
    if (peppered > 0 && !hasPepper)
      log.warn(
        { keys: peppered },
        'keys were hashed with a pepper that this instance does not have: they are refused; give the keys extension the same pepper',
      )
  }

  get #keysMax(): number {
    return this.#options.keysMax ?? KEYS_MAX
  }

  async #lookOn(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await clock.sleep(this.#hasFailed ? RETRY_MS : LOOK_MS, signal).catch(() => {})
      if (signal.aborted) return
      await this.look()
      if (clock.monotonicMs() - this.#writtenAtMs < LAST_USED_MS) continue
      this.#writtenAtMs = clock.monotonicMs()
      // The read does not wait for this write.
      void this.#writeUsed().catch(() => {
        // The next attempt follows in a minute, with the times since.
      })
    }
  }

  async #writeUsed(): Promise<void> {
    // Keys of the configuration have no row in the database.
    const used = new Map([...this.#used].filter(([id]) => this.#keys.has(id)))
    if (used.size === 0) return
    await writeLastUsed(this.#writes, used)
    for (const [id, at] of used) if (this.#used.get(id) === at) this.#used.delete(id)
  }

  async #listenOn(): Promise<void> {
    const { clock, url } = this.#options
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await listen({
        config: {
          connectionString: url,
          connectionTimeoutMillis: LOOK_MS_MAX,
          query_timeout: LOOK_MS_MAX,
          application_name: 'observa/listener',
        },
        channel: CHANNEL,
        // Reading finds the changes that were made while nobody listened.
        onReady: () => {
          this.#isListening = true
          void this.look()
        },
        onNotice: () => void this.look(),
        signal,
      }).catch(() => {
        // The regular reads continue and report the error.
      })
      this.#isListening = false
      await clock.sleep(LOOK_MS, signal).catch(() => {})
    }
  }
}

function poolFor(url: string): PostgresPool {
  return new PostgresPool({
    url,
    max: 1,
    connectTimeoutMs: LOOK_MS_MAX,
    statementTimeoutMs: LOOK_MS_MAX,
    silenceMs: 0,
    applicationName: 'observa/keys',
  })
}
