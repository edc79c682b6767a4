// The state of a service for tests of API routes and extensions that run without one.

import type { ServiceView } from '../core/component.ts'
import { PLAIN_IDS } from '../core/identity/stored-ids.ts'
import type { Operations } from '../core/operations.ts'

const NO_OPERATIONS: Operations = {
  configuration: () => ({ effective: {}, written: {} }),
  checkConfiguration: () => Promise.resolve({ ok: true, errors: [], warnings: [] }),
  deadLetters: {
    list: () => Promise.resolve([]),
    find: () => Promise.resolve(null),
    retry: () => Promise.resolve(null),
    drop: () => Promise.resolve(false),
  },
  rules: () => [],
  replayRules: () => null,
  explain: () => Promise.resolve(null),
  configuredTenants: () => [],
}

/** A service that is ready, stores ids as they are, and has these stores. */
export function testService(stores: Partial<ServiceView['stores']> = {}): ServiceView {
  return {
    version: 'test',
    startedAtMs: 0,
    health: () => ({}),
    readiness: () => ({ ok: true, reasons: [] }),
    storedIds: PLAIN_IDS,
    explainStored: () => [],
    pipelines: () => [],
    receiverUrls: () => ({ grpc: null, otlp: null, http: null }),
    operations: NO_OPERATIONS,
    checkTargetUrl: () => Promise.resolve(),
    tap: { open: () => 'too_many' },
    stores: { clickhouse: null, postgres: null, ...stores },
  }
}
