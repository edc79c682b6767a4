// The job that delivers one notification. The message describes the issues as they are at the moment of delivery. A retryable
// failure is tried again after 5 s, then after 5 and 30 minutes, 2, 5 and 10 hours (the schedule of Standard Webhooks), or at the
// time that the target asks for.

import { z } from 'zod'
import { type Clock, systemClock } from '../core/clock.ts'
import type { Metrics } from '../core/metrics.ts'
import { defineJobKind, type JobHandler } from '../jobs/job-kind.ts'
import {
  type AttemptResult,
  beginAttempt,
  type DeliveryRow,
  dropOldDeliveries,
  endAttempt,
} from '../storage/control/deliveries.ts'
import {
  dropIdleGroups,
  issuesOf,
  type NotifiedIssue,
} from '../storage/control/notification-groups.ts'
import { disableTarget, targetsOf } from '../storage/control/notification-targets.ts'
import type { Statements } from '../storage/postgres/connection.ts'
import type { PostgresPool } from '../storage/postgres/pool.ts'
import { withinAs, withRole } from '../storage/postgres/roles.ts'
import type { ChannelDeps } from './channels/channel.ts'
import { sendTo } from './channels/send.ts'
import type { PostOutcome } from './http/post.ts'
import { messageOf } from './message.ts'
import { DELIVERED, SECONDS } from './notification-metrics.ts'
import { type Target, targetOf } from './target.ts'

export const DELIVER = defineJobKind({
  name: 'notifications.deliver',
  payload: z.object({ tenant_id: z.string(), delivery_id: z.string() }),
  concurrency: 10,
  timeoutMs: 60_000,
})

export interface DeliverOptions extends ChannelDeps {
  readonly externalUrl: string | null
  readonly metrics: Metrics
  readonly clock?: Clock
}

const RETRIES_MS = [5000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000] as const
const TEXT_CHARS_MAX = 500
const GONE = 410

interface Loaded {
  readonly delivery: DeliveryRow
  readonly target: Target | null
  readonly issues: readonly NotifiedIssue[]
}

export function deliverNotifications(
  pool: PostgresPool,
  options: DeliverOptions,
): JobHandler<z.output<typeof DELIVER.payload>> {
  const { metrics, clock = systemClock } = options
  return {
    kind: DELIVER,
    run: async ({ payload, signal, log }) => {
      const { tenant_id, delivery_id } = payload
      const loaded = await withRole(
        pool,
        'observa_control',
        (client) => load(client, tenant_id, delivery_id),
        { signal },
      )
      // The delivery was made or cancelled before.
      if (loaded === null) return
      const { delivery, target, issues } = loaded
      const { externalUrl } = options
      const message = messageOf(delivery, issues, { atMs: clock.nowMs(), externalUrl })
      const outcome =
        target === null || message === null ? null : await sendTo(target, message, options)
      const result = resultOf(delivery, target, outcome)
      await withRole(pool, 'observa_control', async (client) => {
        await endAttempt(client, tenant_id, delivery_id, result)
        if (outcome?.status === GONE && target !== null)
          await disableTarget(client, tenant_id, target.targetId, 'the target answered 410 Gone')
      })
      const kind = target?.kind ?? 'none'
      const word = result.status === 'pending' ? 'retried' : result.status
      metrics.add(DELIVERED, `kind="${kind}",outcome="${word}"`)
      if (result.status === 'delivered')
        metrics.observe(
          SECONDS,
          `kind="${kind}"`,
          (clock.nowMs() - delivery.created_at.getTime()) / 1000,
        )
      else if (outcome !== null)
        log.warn(
          { delivery: delivery_id, kind, code: outcome.code, status: outcome.status, next: word },
          'a notification was not delivered',
        )
    },
  }
}

async function load(
  client: Statements,
  tenantId: string,
  deliveryId: string,
): Promise<Loaded | null> {
  const delivery = await beginAttempt(client, tenantId, deliveryId)
  if (delivery === null) return null
  const rows = await targetsOf(client, [tenantId])
  const row = rows.find((t) => t.target_id === delivery.target_id)
  const keys = delivery.issues.map((i) => ({ ...i, tenant_id: tenantId }))
  const issues = await withinAs(client, 'observa_exporter', () => issuesOf(client, keys))
  return { delivery, target: row === undefined ? null : targetOf(row), issues }
}

function resultOf(
  delivery: DeliveryRow,
  target: Target | null,
  outcome: PostOutcome | null,
): AttemptResult {
  if (outcome === null)
    return {
      status: 'cancelled',
      nextAttemptMs: null,
      responseStatus: null,
      errorCode: target === null ? 'OBS_NOTIFY_NO_TARGET' : 'OBS_NOTIFY_OVER',
      error: target === null ? 'the target is gone or switched off' : 'nothing was left to tell',
    }
  const waitMs = RETRIES_MS[delivery.attempts - 1]
  const isAgain = !outcome.isDone && outcome.isRetryable && waitMs !== undefined
  return {
    status: outcome.isDone ? 'delivered' : isAgain ? 'pending' : 'failed',
    nextAttemptMs: isAgain ? Math.max(waitMs, outcome.retryAfterMs ?? 0) : null,
    responseStatus: outcome.status,
    errorCode: outcome.code,
    error: outcome.isDone ? null : cleaned(outcome.text),
  }
}

/** The beginning of the target's response, for the tenant. Postgres stores no text with NUL. */
const cleaned = (text: string): string => text.replaceAll('\0', '').slice(0, TEXT_CHARS_MAX)

// ---------------------------------------------------------------- clean-up

const CLEAN = defineJobKind({
  name: 'notifications.clean',
  payload: z.object({}),
  concurrency: 1,
  everySeconds: 3600,
})
const KEPT_DAYS = 30
const KEPT_OF_TENANT = 10_000

export function cleanNotifications(pool: PostgresPool): JobHandler<object> {
  return {
    kind: CLEAN,
    run: async ({ signal, log }) => {
      const removed = await withRole(
        pool,
        'observa_control',
        async (client) =>
          (await dropOldDeliveries(client, KEPT_DAYS, KEPT_OF_TENANT)) +
          (await dropIdleGroups(client)),
        { signal },
      )
      if (removed > 0) log.info({ removed }, 'old deliveries were taken away')
    },
  }
}
