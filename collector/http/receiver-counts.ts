// The metrics of receivers, under the Collector's names: items of OTLP by telemetry kind, and legacy events as spans.

import type { Host } from '../../core/component.ts'
import { counter } from '../../core/metrics.ts'
import type { RequestVerdict, TelemetryKind } from '../../core/task.ts'

interface Names {
  readonly items: string
  readonly accepted: string
  readonly refused: string
}

const NAMES: Readonly<Record<TelemetryKind, Names>> = {
  traces: {
    items: 'spans',
    accepted: 'otelcol_receiver_accepted_spans',
    refused: 'otelcol_receiver_refused_spans',
  },
  logs: {
    items: 'log records',
    accepted: 'otelcol_receiver_accepted_log_records',
    refused: 'otelcol_receiver_refused_log_records',
  },
  metrics: {
    items: 'metric points',
    accepted: 'otelcol_receiver_accepted_metric_points',
    refused: 'otelcol_receiver_refused_metric_points',
  },
}

export const RECEIVER_METRICS = Object.values(NAMES).flatMap(({ items, accepted, refused }) => [
  counter(accepted, `Taken ${items}.`, ['receiver', 'transport']),
  counter(refused, `Refused ${items}, by reason.`, ['receiver', 'transport', 'reason']),
])

export class ReceiverCounts {
  readonly #host: Host
  readonly #names: Names
  readonly #labels: string

  constructor(host: Host, telemetry: TelemetryKind, transport: 'http' | 'grpc' | 'kafka') {
    this.#host = host
    this.#names = NAMES[telemetry]
    this.#labels = `receiver="${host.id}",transport="${transport}"`
  }

  accepted(verdict: RequestVerdict & { kind: 'accepted' }): void {
    const taken = verdict.accepted + verdict.dropped
    this.#host.metrics.add(this.#names.accepted, this.#labels, taken)
    if (verdict.rejected > 0) this.refused('item', verdict.rejected)
  }

  /** Counts a refused request, or `by` refused items of one. */
  refused(reason: string, by = 1): void {
    this.#host.metrics.add(this.#names.refused, `${this.#labels},reason="${reason}"`, by)
  }
}
