// The state of a service for tests of API routes and extensions that run without one.

import type { ServiceView } from '../core/component.ts'
import { PLAIN_IDS } from '../core/identity/stored-ids.ts'

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
    stores: { clickhouse: null, postgres: null, ...stores },
  }
}
