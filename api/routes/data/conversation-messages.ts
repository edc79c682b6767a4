// The messages of a conversation, oldest first.

import { z } from 'zod'
import { conversationMessages } from '../../../storage/queries/conversation-messages.ts'
import { findGroup } from '../../../storage/queries/groups.ts'
import { decodeCursor, encodeCursor } from '../../../storage/queries/page.ts'
import { timeText } from '../../../storage/queries/select-events.ts'
import { ApiError } from '../../app.ts'
import { requireContent, tenantOf } from '../../auth.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'
import { eventPaging, groupId, nextCursor } from '../query-parameters.ts'

const messageSchema = z.object({
  index: z.number().describe('Place in the conversation, from 0.'),
  role: z.string(),
  parts: z.array(z.unknown()),
  at: z.string().describe('Start of the call that has the message first.'),
  event_id: z.string(),
  trace_id: z.string(),
  span_id: z.string(),
  model: z.string().nullable(),
})

export function conversationMessageRoutes(app: Api, stores: Stores): void {
  app.get(
    '/api/v1/conversations/:id/messages',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['conversations'],
        summary: 'The messages of a conversation, each once, oldest first',
        params: z.object({ id: groupId }),
        querystring: z.strictObject(eventPaging),
        response: { 200: z.object({ data: z.array(messageSchema), next_cursor: nextCursor }) },
      },
    },
    async (req) => {
      requireContent(req)
      const scope = tenantOf(req)
      const ids = stores.idForms(scope, 'conversation_id', req.params.id)
      const all = await conversationMessages(stores.clickhouse, scope, ids)
      const isKnown =
        all.length > 0 || (await findGroup(stores.postgres, scope, 'conversations', ids)) !== null
      if (!isKnown) throw new ApiError(404, 'NOT_FOUND', 'no such conversation')
      const { limit, cursor } = req.query
      // Positions in this list are indexes. The cursor carries them in its field for times.
      const from = cursor === undefined ? 0 : Number(decodeCursor(cursor)?.time ?? 0)
      const page = all.slice(from, from + limit)
      const isLast = from + limit >= all.length
      return {
        data: page.map(({ atNs, parts, ...message }, i) => ({
          index: from + i,
          ...message,
          parts: [...parts],
          at: timeText(BigInt(atNs)),
        })),
        next_cursor: isLast ? null : encodeCursor({ time: String(from + limit), id: '' }),
      }
    },
  )
}
