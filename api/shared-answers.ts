// Equal reads of the same tenant share one answer: while it is being made, and for up to a second after it was asked for. Ten
// people with one dashboard thus cost as much as one. Data that this instance delivers after a quiet time is seen at once; in
// a steady stream of data an answer is at most a second old. A request with `Cache-Control: no-cache` gets an answer of its own.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../core/clock.ts'
import { counter, gauge, type Metrics } from '../core/metrics.ts'
import { SharedReads } from '../storage/shared-reads.ts'
import type { Api } from './typed-fastify.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False for routes whose every request needs a response of its own. */
    shared?: boolean
  }
}

const AGE_MS_MAX = 1000
/**
 * Shortest time between two revisions. In a steady stream of data every response would be outdated at once, so changes within
 * this time count as one.
 */
const REVISION_MS_MIN = 1000
const ANSWERS_MAX = 2000
/** Largest total size of the stored responses, in characters. */
const CHARACTERS_MAX = 32 * 1024 * 1024

export const SHARED_ANSWER_METRICS = [
  counter('observa_api_answers_total', 'Answers to reads, by whether another request made them.', [
    'shared',
  ]),
  gauge(
    'observa_api_shared_answers_bytes',
    `Characters of answers that are kept to be shared; ${CHARACTERS_MAX} at most.`,
  ),
]

type Handler = (req: FastifyRequest, reply: FastifyReply) => Promise<unknown>

export interface SharedAnswersSettings {
  readonly clock: Clock
  readonly metrics: Metrics
  /** Changes whenever this instance has stored something. */
  readonly revision: () => number
}

/** Call it before the routes are added. */
export function useSharedAnswers(app: Api, settings: SharedAnswersSettings): void {
  const { clock, metrics } = settings
  const revision = settled(() => clock.monotonicMs(), settings.revision)
  const reads = new SharedReads<string>(
    {
      ageMsMax: AGE_MS_MAX,
      entriesMax: ANSWERS_MAX,
      sizeMax: CHARACTERS_MAX,
      nowMs: () => clock.monotonicMs(),
      revision,
    },
    (text) => text.length,
  )
  metrics.onCollect(() => {
    metrics.set('observa_api_shared_answers_bytes', '', reads.size)
  })
  app.addHook('onRoute', (route) => {
    const { config, method } = route
    if (method !== 'GET' || config?.scope !== 'query' || config.shared === false) return
    const own = route.handler.bind(app) as Handler
    route.handler = async (req, reply) => {
      if (!canShare(req)) return await own(req, reply)
      let isShared = true
      const text = await reads.get(keyOf(req), async () => {
        isShared = false
        const answer = await own(req, reply)
        const body = reply.serialize(answer as object)
        return typeof body === 'string' ? body : Buffer.from(body as ArrayBuffer).toString()
      })
      metrics.add('observa_api_answers_total', `shared="${isShared}"`)
      void reply.type('application/json; charset=utf-8').serializer(String)
      return text
    }
  })
  // A change through this instance is visible to the next read.
  app.addHook('onResponse', async (req) => {
    if (req.method !== 'GET') reads.clear()
  })
}

/** Follows a revision at once after a quiet time, otherwise at most once in `REVISION_MS_MIN`. */
function settled(nowMs: () => number, revision: () => number): () => number {
  let shown = revision()
  let atMs = Number.NEGATIVE_INFINITY
  return () => {
    const now = nowMs()
    if (now - atMs < REVISION_MS_MIN) return shown
    const current = revision()
    if (current !== shown) {
      shown = current
      atMs = now
    }
    return shown
  }
}

function canShare(req: FastifyRequest): boolean {
  const isExport = (req.listOptions?.format ?? 'json') !== 'json'
  return !isExport && req.headers['cache-control'] !== 'no-cache' && req.tenant !== null
}

/** Everything in the credential on which a response may depend. */
function keyOf(req: FastifyRequest): string {
  const { tenantId, projectId, environment } = req.tenant ?? {}
  return JSON.stringify([
    tenantId,
    projectId,
    environment,
    req.mayReadContent,
    req.mayAdminister,
    req.url,
  ])
}
