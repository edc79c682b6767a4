// What to tell a client of whose request nothing was known, although it said something: a 200 alone would leave it waiting
// for data that will never be there.

import type { TelemetryKind } from '../../core/task.ts'

const FIELDS: Readonly<Record<TelemetryKind, string>> = {
  traces: 'resourceSpans',
  logs: 'resourceLogs',
  metrics: 'resourceMetrics',
}

export function nothingFound(telemetry: TelemetryKind): string {
  return `No known field with ${telemetry} was found in the request, so nothing was taken: an OTLP request for ${telemetry} has ${FIELDS[telemetry]} at its top, and every kind of telemetry has a path of its own.`
}
