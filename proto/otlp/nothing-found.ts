// The message for a client whose request had content but nothing that OTLP knows. A 200 alone would leave the client
// waiting for data that never appears.

import type { TelemetryKind } from '../../core/task.ts'

const FIELDS: Readonly<Record<TelemetryKind, string>> = {
  traces: 'resourceSpans',
  logs: 'resourceLogs',
  metrics: 'resourceMetrics',
}

export function nothingFound(telemetry: TelemetryKind): string {
  return `No known field with ${telemetry} was found in the request, so nothing was taken: an OTLP request for ${telemetry} has ${FIELDS[telemetry]} at its top, and every kind of telemetry has a path of its own.`
}
