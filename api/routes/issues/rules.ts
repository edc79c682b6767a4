// Rules: the configured ones, and what they would find in stored events.

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Clock } from '../../../core/clock.ts'
import type { Operations, Replay } from '../../../core/operations.ts'
import { SIGNAL_TYPES } from '../../../core/signals/signal.ts'
import { titleOf } from '../../../core/signals/signal-title.ts'
import { eventsInOrder, hoursWithEvents } from '../../../storage/queries/events/events-in-order.ts'
import { ApiError } from '../../app.ts'
import { requireContent, tenantOf } from '../../auth.ts'
import { shownEvidence, shownTitle } from '../../shown-evidence.ts'
import type { Stores } from '../../stores.ts'
import type { Api } from '../../typed-fastify.ts'

const DAY_MS = 86_400_000
const DAYS_MAX = 90
/** Most events of one replay. One event takes about 50 µs. */
const EVENTS_MAX = 5_000_000
const ALL = 'all'
const NDJSON = 'application/x-ndjson'

const ruleSchema = z.object({
  id: z.string(),
  types: z.array(z.string()).describe('Of its signals.'),
  severity: z.string(),
  over: z.string().describe('What it looks at: event, trace, conversation, series or spending.'),
  finds: z.string().describe('Of a rule of your own: its condition.'),
  limits: z.record(z.string(), z.unknown()).describe('Without those of a scope.'),
  enabled: z.boolean(),
  own: z.boolean().describe('Whether the configuration wrote it.'),
})

const replaySchema = z.object({
  from: z.string(),
  to: z.string(),
  events: z.number(),
  signals: z.number(),
  superseded: z.number().describe('Those of them that later events took back.'),
  rules: z.array(
    z.object({
      rule: z.string(),
      type: z.string(),
      severity: z.string(),
      signals: z.number(),
      issues: z.number(),
    }),
  ),
  issues: z
    .array(
      z.object({
        fingerprint: z.string(),
        type: z.string(),
        severity: z.string(),
        title: z.string(),
        rule: z.string(),
        count: z.number(),
        first_at: z.string(),
        last_at: z.string(),
        trace_id: z.string().nullable().describe('Of the newest signal.'),
        span_id: z.string().nullable(),
        value: z.number().nullable(),
        threshold: z.number().nullable(),
        evidence: z.unknown(),
      }),
    )
    .describe('Those with most signals, 100 at most.'),
  is_cut: z.boolean().describe('true: there were more issues than are shown.'),
})

const bodySchema = z.strictObject({
  days: z
    .number()
    .positive()
    .max(DAYS_MAX)
    .optional()
    .describe('The last so many; 7 if nothing is said.'),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  settings: z
    .record(z.string(), z.unknown())
    .optional()
    .describe(
      'Options of the `signals` processor to try, instead of those that run. `rules` needs the scope content, because their conditions may ask about prompts.',
    ),
})

export function ruleRoutes(app: Api, stores: Stores, operations: Operations, clock: Clock): void {
  app.get(
    '/api/v1/rules',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['signals'],
        summary: 'Rules that find signals, with their limits',
        response: { 200: z.object({ data: z.array(ruleSchema) }) },
      },
    },
    () => ({
      data: operations.rules().map((r) => ({ ...r, types: [...r.types], limits: { ...r.limits } })),
    }),
  )
  app.post(
    '/api/v1/rules/:id/replay',
    {
      config: { scope: 'query' },
      schema: {
        tags: ['signals'],
        summary: 'What a rule would have found in stored events; nothing is stored',
        description: `The id is that of a rule, a type of signals, or \`all\`. With \`accept: ${NDJSON}\` the response has a line for each step of the progress, and the last line is the result.`,
        params: z.object({ id: z.string().max(100) }),
        body: bodySchema.meta({ examples: [{ days: 7 }] }),
        response: { 200: replaySchema },
      },
    },
    async (req, reply) => {
      // A condition of the caller's own can ask about prompts, and how often it is true answers.
      if (req.body.settings?.['rules'] !== undefined) requireContent(req)
      const asked = { id: req.params.id, body: req.body, nowMs: clock.nowMs() }
      return await replayed(stores, operations, req, reply, asked)
    },
  )
}

type Body = z.output<typeof bodySchema>

interface Asked {
  readonly id: string
  readonly body: Body
  readonly nowMs: number
}

async function replayed(
  stores: Stores,
  operations: Operations,
  req: FastifyRequest,
  reply: FastifyReply,
  { id, body, nowMs }: Asked,
): Promise<z.output<typeof replaySchema>> {
  const times = timesOf(body, nowMs)
  checkRule(operations, id, body)
  const scope = tenantOf(req)
  const hours = await hoursWithEvents(stores.clickhouse, scope, times)
  const total = hours.reduce((n, h) => n + h.events, 0)
  if (total > EVENTS_MAX)
    throw new ApiError(
      422,
      'QUERY_TOO_EXPENSIVE',
      `these are ${total} events; a replay takes ${EVENTS_MAX} at most, so ask for a shorter time`,
    )
  const run = operations.replayRules({
    rule: id === ALL ? null : id,
    settings: body.settings ?? null,
    pages: eventsInOrder(stores.clickhouse, scope, times, hours),
  })
  if (run === null)
    throw new ApiError(503, 'OVERLOADED', 'another replay is running', { retryAfterS: 10 })
  if (!(Symbol.asyncIterator in run))
    throw new ApiError(400, 'VALIDATION_ERROR', run.join('; ').slice(0, 2000))
  const shown = (replay: Replay): z.output<typeof replaySchema> => shownReplay(req, replay, times)
  if (req.headers.accept?.includes(NDJSON) === true) {
    void reply.type(`${NDJSON}; charset=utf-8`)
    void reply.send(Readable.from(linesOf(run, total, shown)))
    return await reply
  }
  for (;;) {
    const step = await run.next()
    if (step.done === true) return shown(step.value)
    // The client has disconnected.
    if (!req.raw.socket.destroyed) continue
    await run.return(EMPTY)
    return shown(EMPTY)
  }
}

const EMPTY: Replay = { events: 0, signals: 0, superseded: 0, rules: [], issues: [], is_cut: true }
const REPORTED_EVERY = 2000

async function* linesOf(
  run: AsyncGenerator<number, Replay>,
  total: number,
  shown: (replay: Replay) => object,
): AsyncGenerator<string> {
  let reported = 0
  try {
    for (;;) {
      const step = await run.next()
      if (step.done === true) {
        yield `${JSON.stringify({ record: 'result', ...shown(step.value) })}\n`
        return
      }
      if (step.value - reported < REPORTED_EVERY) continue
      reported = step.value
      yield `${JSON.stringify({ record: 'progress', events: reported, total })}\n`
    }
  } finally {
    // Ends the replay when the client has disconnected.
    await run.return(EMPTY)
  }
}

function timesOf({ days, from, to }: Body, nowMs: number): { fromMs: number; toMs: number } {
  const toMs = to === undefined ? nowMs : Date.parse(to)
  const fromMs = from === undefined ? toMs - (days ?? 7) * DAY_MS : Date.parse(from)
  if (from !== undefined && days !== undefined)
    throw new ApiError(400, 'VALIDATION_ERROR', 'give `days` or `from`, not both')
  if (fromMs >= toMs) throw new ApiError(400, 'VALIDATION_ERROR', '`from` is not before `to`')
  if (toMs - fromMs > DAYS_MAX * DAY_MS)
    throw new ApiError(400, 'VALIDATION_ERROR', `more than ${DAYS_MAX} days`)
  return { fromMs, toMs }
}

/** Rules that exist only in the settings of the request can be replayed too. */
function checkRule(operations: Operations, id: string, { settings }: Body): void {
  const isType = (SIGNAL_TYPES as readonly string[]).includes(id)
  if (id === ALL || isType || settings !== undefined) return
  if (operations.rules().some((r) => r.id === id || r.id.split('@')[0] === id)) return
  throw new ApiError(404, 'NOT_FOUND', 'no such rule; GET /api/v1/rules lists them')
}

function shownReplay(
  { mayReadContent }: FastifyRequest,
  replay: Replay,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): z.output<typeof replaySchema> {
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    ...replay,
    rules: [...replay.rules],
    issues: replay.issues.map((issue) => ({
      ...issue,
      title: shownTitle({ ...issue, title: titleOf(issue) }, mayReadContent),
      evidence: shownEvidence(issue.evidence, mayReadContent),
    })),
  }
}
