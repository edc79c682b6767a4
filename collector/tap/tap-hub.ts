// All viewers of the tap of an instance. A pipeline asks before each task what to sample, and publishes the sample when the task is
// durable.

import { counter, gauge, type Metrics } from '../../core/metrics.ts'
import type { Tap, TapFilter, TapLook, TapRecord, TapRequest, TapSample } from '../../core/tap.ts'

const LOOKS_MAX = 20
/** So that no tenant takes all of them. */
const LOOKS_OF_TENANT_MAX = 10
const QUEUED_MAX = 1000
/** The most records of one task that a worker samples. */
const SAMPLED_MAX = 100
const TENANTS_MAX = 20

const LOOKS = 'observa_tap_looks'
const SENT = 'observa_tap_records_total'
const DROPPED = 'observa_tap_dropped_total'

export const TAP_METRICS = [
  gauge(LOOKS, `Live looks at what is stored that are open; ${LOOKS_MAX} at most.`),
  counter(SENT, 'Records that were put into the queue of a live look.'),
  counter(
    DROPPED,
    'Records that a live look could not take: beyond its rate, or its reader was slow.',
  ),
]

export class TapHub implements Tap {
  readonly #looks = new Set<Look>()
  readonly #metrics: Metrics
  /** Returns the pipelines that contain a component; null if the component does not exist. */
  readonly #pipelinesOf: (component: string) => ReadonlySet<string> | null
  #request: TapRequest | null = null

  constructor(metrics: Metrics, pipelinesOf: (component: string) => ReadonlySet<string> | null) {
    this.#metrics = metrics
    this.#pipelinesOf = pipelinesOf
    metrics.declare(TAP_METRICS)
    metrics.onCollect(() => metrics.set(LOOKS, '', this.#looks.size))
  }

  /** Returns what the next task must sample; null if there are no viewers. */
  get request(): TapRequest | null {
    return this.#request
  }

  open(filter: TapFilter): TapLook | 'too_many' | 'no_component' {
    const own = [...this.#looks].filter((l) => l.filter.tenantId === filter.tenantId)
    if (this.#looks.size >= LOOKS_MAX || own.length >= LOOKS_OF_TENANT_MAX) return 'too_many'
    const pipelines = filter.component === null ? null : this.#pipelinesOf(filter.component)
    if (filter.component !== null && pipelines === null) return 'no_component'
    const look = new Look(filter, pipelines, () => {
      this.#looks.delete(look)
      this.#update()
    })
    this.#looks.add(look)
    this.#update()
    return look
  }

  #update(): void {
    const tenants = [...new Set([...this.#looks].map((l) => l.filter.tenantId))]
    this.#request =
      tenants.length === 0 ? null : { tenants: tenants.slice(0, TENANTS_MAX), max: SAMPLED_MAX }
  }

  /** Passes a sample to the viewers. */
  publish(pipeline: string, sample: TapSample): void {
    for (const line of sample.lines) {
      // A worker of this process wrote the line, which is always an object with the kind of record.
      const { record, ...data } = JSON.parse(line) as { record: TapRecord['record'] } & Record<
        string,
        unknown
      >
      this.#give({ pipeline, record, data })
    }
  }

  #give(record: TapRecord): void {
    for (const look of this.#looks) {
      const taken = look.offer(record)
      if (taken !== null) this.#metrics.add(taken ? SENT : DROPPED, '', 1)
    }
  }
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

class Look implements TapLook {
  readonly filter: TapFilter
  readonly #pipelines: ReadonlySet<string> | null
  readonly #close: () => void
  #queue: TapRecord[] = []
  #dropped = 0
  #secondAtMs = 0
  #inSecond = 0
  #wake: (() => void) | null = null

  constructor(filter: TapFilter, pipelines: ReadonlySet<string> | null, close: () => void) {
    this.filter = filter
    this.#pipelines = pipelines
    this.#close = close
  }

  /** Returns true if the viewer took the record, false if it matched and was dropped, and null if it did not match. */
  offer(record: TapRecord): boolean | null {
    if (!this.#isMeant(record)) return null
    const nowMs = performance.now()
    if (nowMs - this.#secondAtMs >= 1000) {
      this.#secondAtMs = nowMs
      this.#inSecond = 0
    }
    if (++this.#inSecond > this.filter.perSecond || this.#queue.length >= QUEUED_MAX) {
      this.#dropped++
      return false
    }
    this.#queue.push(record)
    this.#wake?.()
    return true
  }

  #isMeant({ pipeline, record, data }: TapRecord): boolean {
    const { tenantId, projectId, records, where } = this.filter
    if (data['tenant_id'] !== tenantId || !records.has(record)) return false
    if (projectId !== null && data['project_id'] !== projectId) return false
    if (this.#pipelines !== null && !this.#pipelines.has(pipeline)) return false
    return where.every(([field, value]) => textOf(data[field]) === value)
  }

  async next(waitMs: number, signal: AbortSignal): Promise<readonly TapRecord[]> {
    if (this.#queue.length === 0 && !signal.aborted)
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer)
          signal.removeEventListener('abort', done)
          this.#wake = null
          resolve()
        }
        const timer = setTimeout(done, waitMs)
        signal.addEventListener('abort', done, { once: true })
        this.#wake = done
      })
    const records = this.#queue
    this.#queue = []
    return records
  }

  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }

  close(): void {
    this.#queue = []
    this.#close()
  }
}
