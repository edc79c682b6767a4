// `POST /api/v1/explain`: runs a payload through the running chain and shows the result. Nothing is stored.

import { z } from 'zod'
import { ObservaError } from '../../../core/errors.ts'
import type { Operations } from '../../../core/operations.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import type { Api } from '../../typed-fastify.ts'

const sourceSchema = z.object({ source: z.string(), rule: z.string() })

const answerSchema = z.object({
  events: z.array(
    z.object({
      event: z
        .record(z.string(), z.unknown())
        .describe('The canonical event, as GET /api/v1/events/{id} shows it.'),
      explain: z
        .record(z.string(), sourceSchema)
        .describe('For each field that is set: the attribute that filled it, and the rule.'),
      scrubbed: z.array(z.unknown()).describe('What was found and replaced, of the span.'),
    }),
  ),
  signals: z.array(z.record(z.string(), z.unknown())),
  rejected: z.array(
    z.object({
      item: z.number().nullable().describe('Place in the payload; null for all of it.'),
      reason: z.string(),
    }),
  ),
  dropped: z.number().describe('Spans that an action of scrubbing removed.'),
  is_cut: z.boolean().describe('true: there were more events than are shown.'),
})

const bodySchema = z.strictObject({
  payload: z
    .union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())])
    .describe('OTLP JSON, NDJSON or legacy events as text or JSON; protobuf as base64.'),
  encoding: z.enum(['utf8', 'base64']).default('utf8').describe('Of a payload that is text.'),
  input: z.enum(['auto', 'otlp-proto', 'otlp-json', 'ndjson']).default('auto'),
  telemetry: z.enum(['auto', 'traces', 'logs']).default('auto'),
})

const EXAMPLE = {
  payload: { event_type: 'llm_call', model: 'gpt-4o', input: 'hello', output: 'hi' },
}

export function explainRoutes(app: Api, operations: Operations): void {
  app.post(
    '/api/v1/explain',
    {
      config: { scope: 'query', anyText: true },
      schema: {
        tags: ['operations'],
        summary: 'What the chain makes of a payload: events, where each field came from, signals',
        body: bodySchema.meta({ examples: [EXAMPLE] }),
        response: { 200: answerSchema },
      },
    },
    async (req) => {
      const { payload, encoding, input, telemetry } = req.body
      const bytes =
        typeof payload === 'string'
          ? Buffer.from(payload, encoding)
          : Buffer.from(JSON.stringify(payload))
      const request = { payload: bytes, input, telemetry, tenant: tenantOf(req) }
      const done = await operations.explain(request).catch((thrown: unknown) => {
        if (!(thrown instanceof ObservaError)) throw thrown
        throw new ApiError(422, 'QUERY_TOO_EXPENSIVE', `${thrown.message} ${thrown.hint}`.trim())
      })
      if (done === null)
        throw new ApiError(503, 'OVERLOADED', 'too many payloads wait to be explained', {
          retryAfterS: 2,
        })
      return {
        events: done.events.map((e) => ({
          ...e,
          explain: { ...e.explain },
          scrubbed: [...e.scrubbed],
        })),
        signals: done.signals.map((signal) => ({ ...signal })),
        rejected: [...done.rejected],
        dropped: done.dropped,
        is_cut: done.isCut,
      }
    },
  )
}
