// Request bodies to damage: generated traffic of every dialect with one or two spans each, so that damage hits structure more
// often than text.

import { generateRequests } from '../../../bench/traffic/generate.ts'
import type { PayloadFormat } from '../../../core/task.ts'

const REQUESTS = 24

export interface Bodies {
  readonly format: PayloadFormat
  readonly bodies: readonly Buffer[]
}

export function seedBodies(): readonly Bodies[] {
  const requests = [1, 2].flatMap((spansPerRequest) =>
    Array.from(generateRequests({ seed: 11, requests: REQUESTS, spansPerRequest })),
  )
  return [
    { format: 'otlp-proto', bodies: requests.map((r) => Buffer.from(r.protobuf)) },
    { format: 'otlp-json', bodies: requests.map((r) => Buffer.from(r.json)) },
    { format: 'ndjson', bodies: requests.map((r) => Buffer.from(r.ndjson)) },
  ]
}
