// The way of a metrics request: every string is scrubbed, the bytes go on to the exporters that take metrics. Where there is
// none, the client is told how many points were lost. Metrics make no events and no signals.

import type { Encoder, MetricsContext, MetricsVisitor } from '../../core/component.ts'
import { messageOf } from '../../core/errors.ts'
import type { EncodedPart, RequestVerdict, Task, TaskRequest, TaskResult } from '../../core/task.ts'
import type { DecodeLimits } from '../../proto/decode.ts'
import { scrubMetrics } from '../../proto/otlp/pass-metrics.ts'
import { DELETED_DROPPED, type DeletedEvents } from './deleted-events.ts'

const NOBODY =
  'No exporter of this instance takes metrics: add a metrics pipeline with one that does, such as clickhouse.'

export class MetricsChain {
  readonly #visit: MetricsVisitor
  readonly #encoders: readonly Encoder[]
  readonly #limits: DecodeLimits
  readonly #deleted: DeletedEvents | null

  constructor(
    visitors: readonly MetricsVisitor[],
    encoders: readonly Encoder[],
    limits: DecodeLimits,
    deleted: DeletedEvents | null = null,
  ) {
    this.#deleted = deleted
    this.#visit = inOrder(visitors)
    this.#encoders = encoders
    this.#limits = limits
  }

  run(task: Task): TaskResult {
    const startedAt = performance.now()
    const parts: EncodedPart[] = []
    const counters: Record<string, number> = {}
    const verdicts = task.requests.map((r) => this.#one(r, parts, counters))
    return {
      verdicts,
      parts,
      facts: {
        count: 0,
        eventIds: new Uint8Array(0),
        claims: new Int32Array(0),
        reports: new Int32Array(0),
        entries: new Uint8Array(0),
      },
      counters,
      timingsUs: { metrics: (performance.now() - startedAt) * 1000 },
    }
  }

  #one(
    request: TaskRequest,
    parts: EncodedPart[],
    counters: Record<string, number>,
  ): RequestVerdict {
    const { tenantId } = request.tenant
    const counting: MetricsContext = {
      tenantId,
      count: (metric, labels, by) => {
        const name = labels === '' ? metric : `${metric}{${labels}}`
        counters[name] = (counters[name] ?? 0) + by
      },
    }
    const silent: MetricsContext = { tenantId, count: () => {} }
    try {
      const outcome = scrubMetrics(
        request.payload,
        request.format,
        request.encoding,
        this.#limits,
        (kind, key, value, isAgain) => this.#visit(kind, key, value, isAgain ? silent : counting),
      )
      if (outcome.kind === 'refused') return outcome
      const { bytes, dataPoints, reasons } = outcome
      const { tenant, receivedAtMs } = request
      if (this.#deleted?.isTenantDeleted(tenantId) === true) {
        counting.count(DELETED_DROPPED, '', dataPoints)
        return {
          kind: 'accepted',
          accepted: 0,
          rejected: 0,
          dropped: dataPoints,
          reasons: [],
          rejectedItems: [],
        }
      }
      const before = parts.length
      for (const e of this.#encoders)
        for (const part of e.encodeMetrics?.({ bytes, dataPoints, tenant, receivedAtMs }) ?? [])
          if (part.items > 0) parts.push({ ...part, bytes: part.bytes.slice() })
      const isKept = parts.length > before || dataPoints === 0
      return {
        kind: 'accepted',
        accepted: isKept ? dataPoints : 0,
        rejected: isKept ? 0 : dataPoints,
        dropped: 0,
        reasons: isKept ? reasons : [...reasons, NOBODY],
        rejectedItems: [],
      }
    } catch (thrown) {
      return { kind: 'refused', code: 'internal', message: messageOf(thrown).slice(0, 200) }
    }
  }
}

function inOrder(visitors: readonly MetricsVisitor[]): MetricsVisitor {
  return (kind, key, value, ctx) => {
    let changed: Uint8Array | null = null
    for (const visit of visitors) changed = visit(kind, key, changed ?? value, ctx) ?? changed
    return changed
  }
}
