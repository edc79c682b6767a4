// API keys of the tenant. The key itself is only in the response to its creation.

import { z } from 'zod'
import { KEY_ID } from '../../../accounts/api-key.ts'
import * as input from '../../../accounts/input.ts'
import {
  createKey,
  isUnused,
  type MadeKey,
  revokeOwnKey,
  rotateKey,
  stateOf,
  UNUSED_DAYS,
} from '../../../accounts/keys.ts'
import type { Secret } from '../../../core/config/config-types.ts'
import { findKey, KEY_SORTS, type KeyRow, listKeys } from '../../../storage/control/keys.ts'
import { ApiError } from '../../app.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { namedPaging, nextCursor } from '../query-parameters.ts'
import { read, write } from './change.ts'

const time = z.date().nullable()

const keySchema = z.object({
  key_id: z.string(),
  kind: z.enum(['secret', 'publishable']),
  project_id: z.string(),
  environment: z.string().nullable(),
  name: z.string().nullable(),
  last4: z.string().describe('The last four characters of the key, to recognise it.'),
  scopes: z.array(z.string()),
  origins: z.array(z.string()),
  state: z.enum(['active', 'expired', 'revoked']),
  rotated_from: z.string().nullable().describe('The key that this one is to replace.'),
  created_at: z.date(),
  created_by: z.string(),
  expires_at: time,
  revoked_at: time,
  last_used_at: time.describe('Written once a minute.'),
  is_unused: z
    .boolean()
    .describe(`Whether it works and nobody has sent with it for ${UNUSED_DAYS} days: revoke it.`),
})

const madeSchema = keySchema.extend({
  key: z.string().describe('The whole key, shown this once.'),
})

const params = z.object({
  id: z
    .string()
    .regex(KEY_ID, 'expected the public part of a key, such as sk_live_ and 8 characters'),
})

const shown = (row: KeyRow) => ({
  ...row,
  kind: row.key_id.startsWith('pk') ? ('publishable' as const) : ('secret' as const),
  scopes: [...row.scopes],
  origins: [...row.origins],
  state: stateOf(row),
  is_unused: isUnused(row, Date.now()),
})

const made = ({ key, row }: MadeKey) => ({ ...shown(row), key })

export function keyRoutes(app: Api, stores: Stores, pepper: Secret | null): void {
  listRoutes(app, stores)
  createRoute(app, stores, pepper)
  changeRoutes(app, stores, pepper)
}

function listRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/keys',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Keys of the tenant, by default the newest first',
        querystring: z.strictObject({
          sort: z.enum(KEY_SORTS).default('-created_at'),
          ...namedPaging,
          project_id: input.anyId.optional(),
          state: z.enum(['active', 'expired', 'revoked']).optional(),
        }),
        response: { 200: z.object({ data: z.array(keySchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { limit, cursor, sort, project_id: projectId, state } = req.query
      const page = await read(req, stores, (client, tenantId) =>
        listKeys(client, { tenantId, projectId, state, sort, limit, cursor }),
      )
      return { data: page.rows.map(shown), next_cursor: page.next }
    },
  )
  app.get(
    '/api/v1/keys/:id',
    {
      config: { scope: 'admin' },
      schema: { tags: ['control'], summary: 'One key', params, response: { 200: keySchema } },
    },
    async (req) => {
      const found = await read(req, stores, (client) => findKey(client, req.params.id))
      if (found === null) throw new ApiError(404, 'NOT_FOUND', `There is no key ${req.params.id}.`)
      return shown(found)
    },
  )
}

function createRoute(app: Api, stores: Stores, pepper: Secret | null): void {
  app.post(
    '/api/v1/keys',
    {
      config: { scope: 'admin', freeText: { name: 200 }, names: ['environment'] },
      schema: {
        tags: ['control'],
        summary: 'Make a key; it works at once, and is shown this once',
        body: z.strictObject({
          project_id: input.anyId,
          kind: z
            .enum(['secret', 'publishable'])
            .default('secret')
            .describe('publishable: for web pages; may send only, and only from its origins.'),
          scopes: input.scopes
            .optional()
            .describe(
              'Default: ingest, query and content, of a publishable key ingest. Without content, events come without prompts and answers.',
            ),
          origins: input.origins.optional().describe('Of a publishable key: its pages, exactly.'),
          environment: input.environmentName.optional(),
          name: input.displayName.optional().describe('What it is for.'),
          expires_at: input.expiry.meta({ type: 'string', format: 'date-time' }).optional(),
        }),
        response: { 201: madeSchema },
      },
    },
    async (req, reply) => {
      const { body } = req
      const given = {
        projectId: body.project_id,
        kind: body.kind === 'secret' ? 'sk' : 'pk',
        scopes: body.scopes,
        origins: body.origins,
        environment: body.environment,
        name: body.name,
        expiresAt: body.expires_at,
      } as const
      const key = await write(req, stores, (change) => createKey(change, given, pepper))
      void reply.code(201).header('cache-control', 'no-store')
      return made(key)
    },
  )
}

function changeRoutes(app: Api, stores: Stores, pepper: Secret | null): void {
  app.post(
    '/api/v1/keys/:id/rotate',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Make a second key with the same rights; both work',
        params,
        body: z
          .strictObject({
            old_expires_at: input.expiry
              .meta({ type: 'string', format: 'date-time' })
              .optional()
              .describe('When the old key stops working; without it, when it is revoked.'),
          })
          .nullish(),
        response: { 201: madeSchema },
      },
    },
    async (req, reply) => {
      const rotation = { oldExpiresAt: req.body?.old_expires_at }
      const key = await write(req, stores, (c) => rotateKey(c, req.params.id, rotation, pepper))
      void reply.code(201).header('cache-control', 'no-store')
      return made(key)
    },
  )
  app.delete(
    '/api/v1/keys/:id',
    {
      config: { scope: 'admin' },
      schema: {
        tags: ['control'],
        summary: 'Revoke a key; it is refused on every instance within seconds',
        params,
        response: { 200: keySchema },
      },
    },
    async (req) => shown(await write(req, stores, (change) => revokeOwnKey(change, req.params.id))),
  )
}
