// Shared by the tests of notifications: a process that plans and delivers, targets, issues.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { JobService } from '../../collector/jobs/job-service.ts'
import { semanticSection } from '../../config/semantic-section.ts'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { JOB_METRICS } from '../../jobs/job-metrics.ts'
import type { DeliveryRow } from '../../storage/control/deliveries.ts'
import { listDeliveries } from '../../storage/control/deliveries.ts'
import { insertTenant } from '../../storage/control/tenants.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { silentLog, type TestPostgres } from '../../storage/testing/stores.ts'
import type { MailSettings } from '../channels/channel.ts'
import { AddressGuard } from '../http/address-guard.ts'
import { createTarget, type MadeTarget } from '../manage.ts'
import { PROVIDER_OUTAGE } from '../matching.ts'
import { NOTIFICATION_METRICS } from '../notification-metrics.ts'
import { newTargetSchema } from '../target.ts'

const WAIT_MS = 30_000

export class NotifiedTenant {
  readonly server: TestPostgres
  readonly jobs: JobService
  readonly tenant: string
  readonly metrics = new Metrics()

  private constructor(
    server: TestPostgres,
    tenant: string,
    mail: MailSettings | null,
    allowed: readonly string[],
  ) {
    this.server = server
    this.tenant = tenant
    this.metrics.declare([...JOB_METRICS, ...NOTIFICATION_METRICS])
    this.jobs = new JobService({
      clickhouse: null,
      semantic: semanticSection.parse({}),
      url: server.url,
      clock: systemClock,
      metrics: this.metrics,
      log: silentLog,
      isWorker: true,
      isStoreWorker: false,
      hasClickHouse: true,
      archive: null,
      notifications: {
        guard: new AddressGuard(allowed),
        mail,
        externalUrl: 'https://observa.example',
        inhibitions: [PROVIDER_OUTAGE],
      },
    })
  }

  static async start(
    server: TestPostgres,
    tenant: string,
    options: { readonly mail?: MailSettings; readonly allowed?: readonly string[] } = {},
  ): Promise<NotifiedTenant> {
    const acme = new NotifiedTenant(
      server,
      tenant,
      options.mail ?? null,
      options.allowed ?? ['127.0.0.1'],
    )
    await addTenant(server, tenant)
    await acme.jobs.start()
    return acme
  }

  stop(): Promise<void> {
    return this.jobs.stop(5000)
  }

  target(input: Record<string, unknown>): Promise<MadeTarget> {
    return makeTarget(this.server, this.tenant, input)
  }

  deliveries(): Promise<readonly DeliveryRow[]> {
    return deliveriesOf(this.server, this.tenant)
  }
}

export async function addTenant(server: TestPostgres, tenant: string): Promise<void> {
  await withRole(server.pool, 'observa_control', (client) => insertTenant(client, tenant, tenant))
}

/** Makes a target, with a wait of 300 ms by default. */
export async function makeTarget(
  server: TestPostgres,
  tenant: string,
  { timing, ...input }: Record<string, unknown>,
): Promise<MadeTarget> {
  const quick = { group_wait_ms: 300, group_interval_ms: 0, ...(timing as object | undefined) }
  const parsed = newTargetSchema.parse({ name: 'a target', ...input, timing: quick })
  return await withRole(server.pool, 'observa_control', (client) =>
    createTarget({ client, tenantId: tenant, actor: { kind: 'operator', id: 'test' } }, parsed),
  )
}

export async function deliveriesOf(
  server: TestPostgres,
  tenant: string,
): Promise<readonly DeliveryRow[]> {
  const all = await withRole(server.pool, 'observa_control', (client) =>
    listDeliveries(client, { tenantId: tenant, limit: 100 }),
  )
  return all.rows
}

/** Waits until the condition holds. */
export async function until(
  isTrue: () => boolean | Promise<boolean>,
  what: string,
  ms = WAIT_MS,
): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await isTrue())) {
    assert.ok(performance.now() < deadline, what)
    await delay(30)
  }
}

/** Waits long enough for something to happen that must not happen. */
export const aWhile = (): Promise<void> => delay(2500)
