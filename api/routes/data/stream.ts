// The live tail: server-sent events with a sample of what the instance stores. A slow reader loses records, which are
// counted, and delays nobody.

import type { ServerResponse } from 'node:http'
import { z } from 'zod'
import type { ServiceView } from '../../../core/component.ts'
import type { TapFilter, TapLook, TapRecord } from '../../../core/tap.ts'
import { ApiError } from '../../app.ts'
import { tenantOf } from '../../auth.ts'
import { shownEvent } from '../../content-fields.ts'
import { shownEvidence } from '../../shown-evidence.ts'
import type { Api } from '../../typed-fastify.ts'
import { whole } from '../query-parameters.ts'

const HEARTBEAT_MS = 10_000
/**
 * How often it is checked that the credential is still valid. A key is known to be revoked within a second, and a stream with
 * it must end within 5 s.
 */
const ALLOWED_CHECK_MS = 2000
const SECONDS_MAX = 3600
const PER_SECOND_MAX = 200

const word = z.string().min(1).max(256).optional()

const filters = {
  component: word.describe(
    'Id of a receiver, processor, exporter or pipeline: what goes through it.',
  ),
  record: z.enum(['event', 'signal', 'all']).default('all'),
  kind: word,
  status: word,
  service_name: word,
  environment: word,
  route: word,
  provider: word,
  request_model: word,
  tool_name: word,
  trace_id: word,
  type: word.describe('Of signals.'),
  severity: word.describe('Of signals.'),
}
const FIELDS = [
  'kind',
  'status',
  'service_name',
  'environment',
  'route',
  'provider',
  'request_model',
  'tool_name',
  'trace_id',
  'type',
  'severity',
] as const

export function streamRoutes(app: Api, service: ServiceView): void {
  app.get(
    '/api/v1/stream',
    {
      config: { scope: 'query', shared: false },
      schema: {
        tags: ['events'],
        summary: 'Live tail of scrubbed events and signals, as server-sent events',
        description:
          'Events of the names `event`, `signal` and, once a second when there were some, `dropped` with the number of records that did not fit. It is a sample: at most 100 events of a task of a worker.',
        querystring: z.strictObject({
          ...filters,
          per_second: whole(1, PER_SECOND_MAX).default(50),
          limit: whole(1, 100_000).optional().describe('Ends after so many records.'),
          seconds: whole(0, SECONDS_MAX).default(SECONDS_MAX).describe('Ends after so long.'),
        }),
        response: { 200: z.string().describe('text/event-stream') },
        produces: ['text/event-stream'],
      },
    },
    async (req, reply) => {
      const look = service.tap.open(filterOf(tenantOf(req), req.query))
      if (look === 'too_many')
        throw new ApiError(429, 'TOO_MANY_STREAMS', 'too many look at this instance already', {
          retryAfterS: 30,
        })
      if (look === 'no_component')
        throw new ApiError(404, 'NOT_FOUND', 'no pipeline that runs has this component')
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const check = async (): Promise<void> => {
        if (!(await req.isStillAllowed())) gone.abort()
      }
      const checking = setInterval(() => void check(), ALLOWED_CHECK_MS)
      reply.hijack()
      const headers = {
        ...reply.getHeaders(),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      }
      // Their values are texts and numbers.
      reply.raw.writeHead(200, headers as Record<string, string>)
      const { limit = Number.POSITIVE_INFINITY, seconds } = req.query
      try {
        await tail(
          reply.raw,
          look,
          { limit, ms: seconds * 1000, mayReadContent: req.mayReadContent },
          gone.signal,
        )
      } finally {
        clearInterval(checking)
        look.close()
        reply.raw.end()
      }
    },
  )
}

function filterOf(
  tenant: ReturnType<typeof tenantOf>,
  query: Readonly<Partial<Record<(typeof FIELDS)[number] | 'component', string | undefined>>> & {
    readonly record: 'event' | 'signal' | 'all'
    readonly per_second: number
  },
): TapFilter {
  return {
    tenantId: tenant.tenantId,
    projectId: tenant.projectId,
    component: query.component ?? null,
    records: new Set(query.record === 'all' ? ['event', 'signal'] : [query.record]),
    where: FIELDS.flatMap((field) => {
      const value = query[field]
      return value === undefined ? [] : [[field, value] as const]
    }),
    perSecond: query.per_second,
  }
}

interface TailOptions {
  readonly limit: number
  readonly ms: number
  readonly mayReadContent: boolean
}

async function tail(
  res: ServerResponse,
  look: TapLook,
  options: TailOptions,
  gone: AbortSignal,
): Promise<void> {
  const end = performance.now() + options.ms
  let sent = 0
  res.write(': observa\n\n')
  while (!gone.aborted && sent < options.limit && performance.now() < end) {
    const waitMs = Math.min(HEARTBEAT_MS, Math.max(1, end - performance.now()))
    const records = await look.next(waitMs, gone)
    let isTaken = true
    for (const record of records.slice(0, options.limit - sent)) {
      isTaken = res.write(textOf(record, options.mayReadContent))
      sent++
    }
    const dropped = look.takeDropped()
    if (dropped > 0) isTaken = res.write(`event: dropped\ndata: {"records":${dropped}}\n\n`)
    else if (records.length === 0) isTaken = res.write(': still here\n\n')
    // Records that come while the reader is slow wait in the queue of the tap, and are dropped there when it is full.
    if (!isTaken && !gone.aborted) await drained(res, gone)
  }
}

const drained = (res: ServerResponse, gone: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done)
      gone.removeEventListener('abort', done)
      resolve()
    }
    res.once('drain', done)
    gone.addEventListener('abort', done, { once: true })
  })

function textOf({ record, pipeline, data }: TapRecord, mayReadContent: boolean): string {
  const shown =
    record === 'event' ? shownEvent(data, mayReadContent) : shownSignal(data, mayReadContent)
  return `event: ${record}\ndata: ${JSON.stringify({ pipeline, ...shown })}\n\n`
}

/** Texts in the evidence may quote a prompt, so the same ones are shown as by the routes of signals. */
const shownSignal = (
  data: Readonly<Record<string, unknown>>,
  mayReadContent: boolean,
): Readonly<Record<string, unknown>> => ({
  ...data,
  evidence: shownEvidence(data['evidence'], mayReadContent),
})
