// Dead letters: parts that a destination refused for good, with the reason. They can be read, sent again, or dropped.

import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { record } from '../../../accounts/audited-change.ts'
import type { DeadLetterInfo, DeadLetters } from '../../../core/operations.ts'
import { encodeCursor, placeOf } from '../../../storage/queries/page.ts'
import { ApiError } from '../../app.ts'
import { requireContent } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { write } from '../control/change.ts'
import { nextCursor, placePaging, word } from '../query-parameters.ts'

const letterSchema = z.object({
  id: z.string(),
  exporter: z.string(),
  stream: z.string().describe('What the exporter calls the kind of the items.'),
  items: z.number(),
  code: z.string(),
  message: z.string().describe('What the destination said.'),
  attempts: z.number(),
  first_at: z.date(),
  last_at: z.date(),
  bytes: z.number(),
  can_retry: z
    .boolean()
    .describe('false: the destination did not say which items it refused, so none are kept.'),
})

const params = z.object({ id: z.string().min(1).max(200) })
const missing = (): ApiError => new ApiError(404, 'NOT_FOUND', 'there is no such dead letter')

const shown = (letter: DeadLetterInfo) => ({
  id: letter.id,
  exporter: letter.exporter,
  stream: letter.stream,
  items: letter.items,
  code: letter.code,
  message: letter.message,
  attempts: letter.attempts,
  first_at: new Date(letter.firstAtMs),
  last_at: new Date(letter.lastAtMs),
  bytes: letter.bytes,
  can_retry: letter.canRetry,
})

export interface DeadLetterSettings {
  readonly letters: DeadLetters
  readonly stores: Stores
  /** False without a control plane, where there is no audit log. */
  readonly hasAuditLog: () => boolean
}

export function deadLetterRoutes(app: Api, settings: DeadLetterSettings): void {
  readRoutes(app, settings.letters)
  changeRoutes(app, settings)
}

/**
 * Does `work` together with an entry in the audit log of the caller's tenant. The entry is written first, so that nothing is dropped
 * without one; `work` throws if there was nothing to do, which takes the entry back.
 */
async function audited(
  req: FastifyRequest<{ Params: z.output<typeof params> }>,
  { stores, hasAuditLog }: DeadLetterSettings,
  action: string,
  work: () => Promise<void>,
): Promise<void> {
  if (!hasAuditLog()) return await work()
  await write(req, stores, async (change) => {
    await record(change, { action, resource: req.params.id })
    await work()
  })
}

function readRoutes(app: Api, letters: DeadLetters): void {
  app.get(
    '/api/v1/dead-letters',
    {
      config: { scope: 'admin', instance: true },
      schema: {
        tags: ['operations'],
        summary: 'Dead letters of all exporters, the oldest first of each',
        querystring: z.strictObject({ exporter: word, code: word, ...placePaging }),
        response: { 200: z.object({ data: z.array(letterSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      const { exporter, code, limit, cursor } = req.query
      const all = (await letters.list()).filter(
        (l) =>
          (exporter === undefined || l.exporter === exporter) &&
          (code === undefined || l.code === code),
      )
      const start = Number(placeOf(cursor, 'number')?.time ?? 0)
      const end = start + limit
      return {
        data: all.slice(start, end).map(shown),
        next_cursor: end >= all.length ? null : encodeCursor({ time: String(end), id: '' }),
      }
    },
  )
  app.get(
    '/api/v1/dead-letters/:id',
    {
      config: { scope: 'admin', instance: true },
      schema: {
        tags: ['operations'],
        summary: 'One dead letter with its scrubbed content',
        params,
        response: {
          200: letterSchema.extend({
            content: z.string(),
            encoding: z.enum(['utf8', 'base64']),
          }),
        },
      },
    },
    async (req) => {
      requireContent(req)
      const found = await letters.find(req.params.id)
      if (found === null) throw missing()
      return { ...shown(found), content: found.content, encoding: found.encoding }
    },
  )
}

function changeRoutes(app: Api, settings: DeadLetterSettings): void {
  const { letters } = settings
  app.post(
    '/api/v1/dead-letters/:id/retry',
    {
      config: { scope: 'admin', instance: true },
      schema: {
        tags: ['operations'],
        summary: 'Put a dead letter into the log again for its exporter',
        params,
        body: z.strictObject({}).nullish(),
        response: { 200: z.object({ retried: z.literal(true) }) },
      },
    },
    async (req) => {
      await audited(req, settings, 'dead_letter.retry', async () => {
        const done = await letters.retry(req.params.id)
        if (done === null) throw missing()
        if (!done)
          throw new ApiError(
            409,
            'CONFLICT',
            'It holds nothing to send again: the destination did not say which items it refused.',
          )
      })
      return { retried: true as const }
    },
  )
  app.delete(
    '/api/v1/dead-letters/:id',
    {
      config: { scope: 'admin', instance: true },
      schema: {
        tags: ['operations'],
        summary: 'Drop a dead letter for good',
        params,
        response: { 200: z.object({ dropped: z.literal(true) }) },
      },
    },
    async (req) => {
      await audited(req, settings, 'dead_letter.drop', async () => {
        if (!(await letters.drop(req.params.id))) throw missing()
      })
      return { dropped: true as const }
    },
  )
}
