// All looks at the tap of an instance. Pipelines ask what to sample before a task and hand over the sample after it is durable.

import { counter, gauge, type Metrics } from '../../core/metrics.ts'
import type { Tap, TapFilter, TapLook, TapRecord, TapRequest, TapSample } from '../../core/tap.ts'

const LOOKS_MAX = 20
const QUEUED_MAX = 1000
/** Records of one task that workers write. */
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
  /** The pipelines that a component is part of; null for one that does not exist. */
  readonly #pipelinesOf: (component: string) => ReadonlySet<string> | null
  #request: TapRequest | null = null

  constructor(metrics: Metrics, pipelinesOf: (component: string) => ReadonlySet<string> | null) {
    this.#metrics = metrics
    this.#pipelinesOf = pipelinesOf
    metrics.declare(TAP_METRICS)
    metrics.onCollect(() => metrics.set(LOOKS, '', this.#looks.size))
  }

  /** What the next task is to sample; null while nobody looks. */
  get request(): TapRequest | null {
    return this.#request
  }

  open(filter: TapFilter): TapLook | 'too_many' | 'no_component' {
    if (this.#looks.size >= LOOKS_MAX) return 'too_many'
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

  /** Gives a sample to those who look. */
  publish(pipeline: string, sample: TapSample): void {
    for (const line of sample.lines) {
      // Our own worker wrote it: an object with the kind of record.
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

  /** True when it was taken, false when it fits and was dropped, null when it is not meant. */
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
