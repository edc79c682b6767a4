// What a project may use in a month, and what it has used.

import { z } from 'zod'
import { anyId } from '../../../accounts/input.ts'
import { type QuotaState, quotaState, setQuota } from '../../../accounts/quotas.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { read, write } from './change.ts'

/** The largest integer that a JavaScript number represents exactly. */
const amount = z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable()

const limits = {
  events_per_month: amount.describe(
    'Distinct events; requests beyond are answered 429. null: no limit.',
  ),
  bytes_per_month: amount.describe(
    'Bytes of accepted requests as they were sent, compressed or not.',
  ),
  usd_per_month: z
    .number()
    .min(0)
    .max(1e12)
    .nullable()
    .describe(
      'Cost of model calls. It is known some seconds after a call, so it can be passed by as much.',
    ),
  events_per_second: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .nullable()
    .describe('Rate for each instance; a larger request is taken and makes the next ones wait.'),
}

const quotaSchema = z.object({
  project_id: z.string(),
  ...limits,
  used: z.object({ events: z.number(), bytes: z.number(), cost_usd: z.number() }),
  held: z
    .object({ events: z.number(), bytes: z.number() })
    .describe('Held by instances: to spend, or accepted and not yet counted.'),
  resets_at: z.date(),
})

const params = z.object({ id: anyId })
const PATH = '/api/v1/projects/:id/quota'

export function quotaRoutes(app: Api, stores: Stores): void {
  app.get(
    PATH,
    {
      config: { scope: 'query' },
      schema: {
        tags: ['control'],
        summary: 'Quota of a project, and what it has used this month',
        params,
        response: { 200: quotaSchema },
      },
    },
    async (req): Promise<QuotaState> =>
      await read(req, stores, (client, tenantId) =>
        quotaState({ client, tenantId }, req.params.id, (work) => work(client)),
      ),
  )
  app.put(
    PATH,
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Set the quota of a project',
        description:
          'Limits that are not named stay as they are; null takes one away. Every instance knows within 5 s.',
        params,
        body: z.strictObject({
          events_per_month: limits.events_per_month.optional(),
          bytes_per_month: limits.bytes_per_month.optional(),
          usd_per_month: limits.usd_per_month.optional(),
          events_per_second: limits.events_per_second.optional(),
        }),
        response: { 200: quotaSchema },
      },
    },
    async (req): Promise<QuotaState> =>
      await write(req, stores, async (change) => {
        await setQuota(change, req.params.id, req.body)
        return await quotaState(change, req.params.id, (work) => work(change.client))
      }),
  )
}
