// What receivers push into: admission, then every pipeline behind the receiver. Overload is said before the body is read
// or before the work is begun, and never with a 500.

import type {
  Admission,
  AdmissionRequest,
  Intake,
  IntakeVerdict,
  Reservation,
} from '../../core/component.ts'
import type { QuotaGate, QuotaHold } from '../../core/quota.ts'
import type { TaskRequest } from '../../core/task.ts'
import { shareKey } from '../../core/tenant.ts'
import { sharedBodies } from '../http/body.ts'
import type { DurableLog, Shortage } from '../log/log.ts'
import { traced } from '../service/self-traces.ts'
import type { Submission } from '../worker/pool.ts'
import type { AdmissionControl } from './admission.ts'
import { countItems, itemsAtMost } from './count-items.ts'
import { decodedSize } from './decoded-size.ts'
import type { Pipeline } from './pipeline.ts'
import { quotaVerdict, type Refusal, type RetryReason, refusal } from './refusals.ts'

export interface BodyLimits {
  /** On the wire. */
  readonly bodyBytesMax: number
  /** Unpacked. */
  readonly decodedBytesMax: number
}

/** Which answer a client gets, by what the log lacks. */
const REASON_OF_SHORTAGE = {
  bytes: 'queueFull',
  disk: 'diskFull',
  'read-only': 'queueReadOnly',
  closed: 'shuttingDown',
} as const satisfies Readonly<Record<Shortage, RetryReason>>

export class ReceiverIntake implements Intake {
  readonly bodyBytesMax: number
  readonly #decodedBytesMax: number
  readonly #pipelines: readonly Pipeline[]
  readonly #admission: AdmissionControl
  readonly #log: DurableLog
  readonly #isHeldUp: () => boolean

  constructor(
    pipelines: readonly Pipeline[],
    admission: AdmissionControl,
    log: DurableLog,
    limits: BodyLimits,
    isHeldUp: () => boolean,
  ) {
    this.#isHeldUp = isHeldUp
    this.#pipelines = pipelines
    this.#admission = admission
    this.#log = log
    this.bodyBytesMax = limits.bodyBytesMax
    this.#decodedBytesMax = limits.decodedBytesMax
  }

  admit(request: AdmissionRequest): Admission {
    const pressure = this.#log.pressure()
    if (pressure === 'full') return refusal(REASON_OF_SHORTAGE[this.#log.shortage() ?? 'bytes'])
    if (pressure === 'soft') return refusal('queueNearlyFull')
    if (this.#isHeldUp()) return refusal('exporterBehind')
    return this.#admission.admit(request)
  }

  async accept(
    request: TaskRequest,
    reservation: Reservation,
    isGone: () => boolean,
  ): Promise<IntakeVerdict> {
    try {
      const { payload, encoding } = request
      const decodedBytes = decodedSize(payload, encoding, this.#decodedBytesMax)
      if (encoding !== 'identity') this.#admission.learnRatio(payload.length, decodedBytes)
      const refused = this.#refusalOf(request, reservation, decodedBytes)
      if (refused !== null) return { ...refused, kind: 'retry' }
      const entered = this.#enterQuota(request, decodedBytes)
      const held = entered instanceof Promise ? await entered : entered
      if (held !== null && held.kind !== 'hold') return quotaVerdict(held)
      return await this.#runHeld(request, { decodedBytes, isGone }, held)
    } finally {
      // Nobody reads the body any more: the task is durable, refused or lost.
      sharedBodies.release(request.payload)
    }
  }

  /** Asked again now that the size is known: many bodies may have arrived at once, or become larger than they seemed. */
  #refusalOf(request: TaskRequest, reservation: Reservation, decodedBytes: number): Refusal | null {
    const refused = this.#admission.tooLong(shareKey(request.tenant), decodedBytes)
    if (refused !== null) return refused
    return reservation.set(decodedBytes) ? null : refusal('bytesInFlight')
  }

  async #runHeld(
    request: TaskRequest,
    submission: Submission,
    held: QuotaHold | null,
  ): Promise<IntakeVerdict> {
    let verdict: IntakeVerdict | null = null
    try {
      verdict = await traced('observa.accept', () => this.#run(request, submission))
      return verdict
    } finally {
      if (verdict?.kind === 'accepted') held?.settle(verdict.accepted, true)
      // Of one that is to come again it is not certain that nothing was written: what was not is released with the rest.
      else held?.settle(verdict?.kind === 'refused' ? 0 : Number.POSITIVE_INFINITY, false)
    }
  }

  /** Null, without a wait, where the project has no quota. */
  #enterQuota(request: TaskRequest, decodedBytes: number): ReturnType<QuotaGate['enter']> {
    // Metrics are kept by few and counted by no quota.
    if (request.telemetry === 'metrics' || request.isMetered === true) return null
    const { quotas } = this.#admission
    if (quotas === null) return null
    return quotas.enter({
      tenant: request.tenant,
      bytes: request.payload.length,
      eventsMax: itemsAtMost(request, decodedBytes),
      count: () => countItems(request, this.#decodedBytesMax),
    })
  }

  async #run(request: TaskRequest, submission: Submission): Promise<IntakeVerdict> {
    const [first, ...others] = this.#pipelines
    if (first !== undefined && others.length === 0) return first.accept(request, submission)
    return worst(await Promise.all(this.#pipelines.map((p) => p.accept(request, submission))))
  }
}

/** With several pipelines the client hears the outcome that asks most of it; re-sent items are known by id. */
function worst(verdicts: readonly IntakeVerdict[]): IntakeVerdict {
  const order = { retry: 0, refused: 1, accepted: 2 } as const
  const sorted = verdicts.toSorted((a, b) => order[a.kind] - order[b.kind])
  return (
    sorted[0] ?? {
      kind: 'refused',
      code: 'unsupported',
      message: 'no pipeline takes this telemetry',
    }
  )
}
