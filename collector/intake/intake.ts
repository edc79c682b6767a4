// What receivers push into: admission by bytes in flight and by the log's pressure, then every pipeline
// behind the receiver. Overload is said before the body is read, and never with a 500.

import type { Admission, Intake, IntakeVerdict } from '../../core/component.ts'
import { gauge, type Metrics } from '../../core/metrics.ts'
import type { TaskRequest } from '../../core/task.ts'
import { sharedBodies } from '../http/body.ts'
import type { DurableLog } from '../log/log.ts'
import { traced } from '../service/self-traces.ts'
import type { Pipeline } from './pipeline.ts'

export const INTAKE_METRICS = [
  gauge('observa_in_flight_bytes', 'Bytes of request bodies that are being processed.'),
  gauge('observa_in_flight_requests', 'Requests that are being processed.'),
  gauge('observa_body_memory_bytes', 'Shared memory that request bodies take.'),
]

/** Bytes of request bodies being read, processed or made durable; shared by all receivers. */
export class InFlight {
  readonly bytesMax: number
  bytes = 0
  requests = 0
  draining = false

  constructor(bytesMax: number, metrics: Metrics) {
    this.bytesMax = bytesMax
    metrics.declare(INTAKE_METRICS)
    metrics.onCollect(() => {
      metrics.set('observa_in_flight_bytes', '', this.bytes)
      metrics.set('observa_in_flight_requests', '', this.requests)
      metrics.set('observa_body_memory_bytes', '', sharedBodies.usedBytes)
    })
  }
}

export class ReceiverIntake implements Intake {
  readonly bodyBytesMax: number
  readonly #pipelines: readonly Pipeline[]
  readonly #inFlight: InFlight
  readonly #log: DurableLog

  constructor(
    pipelines: readonly Pipeline[],
    inFlight: InFlight,
    log: DurableLog,
    bodyBytesMax: number,
  ) {
    this.#pipelines = pipelines
    this.#inFlight = inFlight
    this.#log = log
    this.bodyBytesMax = bodyBytesMax
  }

  admit(bytes: number): Admission {
    const at = this.#inFlight
    if (at.draining) return refuse(503, 5, 'shutting down')
    if (at.requests > 0 && at.bytes + bytes > at.bytesMax)
      return refuse(503, 1, 'too many bytes in flight')
    const pressure = this.#log.pressure()
    if (pressure === 'full') return refuse(503, 10, 'the queue on disk is full')
    if (pressure === 'soft') return refuse(429, 5, 'the queue on disk is nearly full')
    return { ok: true }
  }

  async accept(request: TaskRequest): Promise<IntakeVerdict> {
    const at = this.#inFlight
    const bytes = request.payload.length
    if (at.requests > 0 && at.bytes + bytes > at.bytesMax) {
      sharedBodies.release(request.payload)
      return { kind: 'retry', status: 503, retryAfterS: 1, message: 'too many bytes in flight' }
    }
    at.bytes += bytes
    at.requests++
    try {
      return await traced('observa.accept', () => this.#run(request))
    } finally {
      at.bytes -= bytes
      at.requests--
      // Nobody reads the body any more: the task is durable, refused or lost.
      sharedBodies.release(request.payload)
    }
  }

  async #run(request: TaskRequest): Promise<IntakeVerdict> {
    const [first, ...others] = this.#pipelines
    if (first !== undefined && others.length === 0) return first.accept(request)
    return worst(await Promise.all(this.#pipelines.map((p) => p.accept(request))))
  }
}

/** With several pipelines the client hears the outcome that asks most of it; re-sent items are known by id. */
function worst(verdicts: readonly IntakeVerdict[]): IntakeVerdict {
  const order = { retry: 0, refused: 1, accepted: 2 } as const
  const sorted = verdicts.toSorted((a, b) => order[a.kind] - order[b.kind])
  return (
    sorted[0] ?? { kind: 'refused', code: 'unsupported', message: 'no pipeline takes this signal' }
  )
}

function refuse(status: 429 | 503, retryAfterS: number, message: string): Admission {
  return { ok: false, status, retryAfterS, message }
}
