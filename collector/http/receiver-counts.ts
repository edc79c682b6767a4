// What receivers count, under the Collector's names: items of OTLP by telemetry kind, legacy events as spans.

import type { Host } from '../../core/component.ts'
import { counter } from '../../core/metrics.ts'
import type { RequestVerdict, TelemetryKind } from '../../core/task.ts'

const ITEMS: Readonly<Record<TelemetryKind, string>> = {
  traces: 'spans',
  logs: 'log_records',
  metrics: 'metric_points',
}

export const RECEIVER_METRICS = Object.values(ITEMS).flatMap((items) => [
  counter(`otelcol_receiver_accepted_${items}`, `Taken ${items.replace('_', ' ')}.`, [
    'receiver',
    'transport',
  ]),
  counter(`otelcol_receiver_refused_${items}`, `Refused ${items.replace('_', ' ')}, by reason.`, [
    'receiver',
    'transport',
    'reason',
  ]),
])

export class ReceiverCounts {
  readonly #host: Host
  readonly #items: string
  readonly #labels: string

  constructor(host: Host, telemetry: TelemetryKind, transport: 'http' | 'grpc') {
    this.#host = host
    this.#items = ITEMS[telemetry]
    this.#labels = `receiver="${host.id}",transport="${transport}"`
  }

  accepted(verdict: RequestVerdict & { kind: 'accepted' }): void {
    const taken = verdict.accepted + verdict.dropped
    this.#host.metrics.add(`otelcol_receiver_accepted_${this.#items}`, this.#labels, taken)
    if (verdict.rejected > 0) this.refused('item', verdict.rejected)
  }

  /** A request, or so many items of one. */
  refused(reason: string, by = 1): void {
    const labels = `${this.#labels},reason="${reason}"`
    this.#host.metrics.add(`otelcol_receiver_refused_${this.#items}`, labels, by)
  }
}
