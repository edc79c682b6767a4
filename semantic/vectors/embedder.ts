// Embeds texts with an OpenAI-compatible `/embeddings` endpoint, within the daily budget of the tenant.

import { createHash } from 'node:crypto'
import { z } from 'zod'
import { EndpointClient, EndpointError } from '../endpoint/endpoint-client.ts'
import { type PaidCallDeps, paidCall } from '../endpoint/paid-call.ts'
import type { Exchange } from '../quality/exchange.ts'
import { lastQuestion } from '../quality/exchange.ts'
import type { EmbedSettings } from './embed-settings.ts'

/** The version of the text preparation below. Vectors of different versions are not compared. */
const CUT = 1
const ATTEMPTS_MAX = 3
const HEAD_CHARS = 1500
const TAIL_CHARS = 700

/** Returns the text of an exchange that is embedded: last question and answer. Of long texts the beginning and the end are used. */
export function embeddedText(exchange: Exchange): string {
  const text = `${lastQuestion(exchange)}\n${exchange.answer}`.trim()
  if (text.length <= HEAD_CHARS + TAIL_CHARS) return text
  return `${text.slice(0, HEAD_CHARS)}\n${text.slice(-TAIL_CHARS)}`
}

const answerSchema = z.object({
  data: z.array(
    z.object({
      index: z.number().int().optional(),
      embedding: z.union([z.array(z.number()), z.string()]),
    }),
  ),
  usage: z.object({ prompt_tokens: z.number() }).nullish(),
})

export class Embedder {
  readonly #settings: EmbedSettings
  readonly #deps: PaidCallDeps

  constructor(settings: EmbedSettings, deps: PaidCallDeps) {
    this.#settings = settings
    this.#deps = deps
  }

  /** The name under which vectors are stored. Only vectors with the same name are compared. */
  get name(): string {
    const { model, dimensions } = this.#settings
    return dimensions === null ? `${model}#${CUT}` : `${model}/${dimensions}#${CUT}`
  }

  get batch(): number {
    return this.#settings.batch
  }

  /** Resolves with one vector of length 1 for each text, in order; null if the daily budget is spent. No text may be empty. */
  async embed(
    tenantId: string,
    texts: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (readonly number[])[] | null> {
    const { model, dimensions, priceNano } = this.#settings
    const body = { model, input: texts, ...(dimensions === null ? {} : { dimensions }) }
    // Every token has at least one byte, so the number of bytes is an upper bound of the number of tokens.
    const most = Buffer.byteLength(JSON.stringify(texts))
    const paid = await paidCall(
      this.#deps,
      {
        purpose: 'embed',
        tenantId,
        question: `embed ${createHash('sha256').update(JSON.stringify(body)).digest('hex')}`,
        path: '/embeddings',
        body,
        worstNano: priceNano(most),
        attemptsMax: ATTEMPTS_MAX,
        costNano: (answer) => {
          const tokens = answerSchema.safeParse(answer).data?.usage?.prompt_tokens
          return priceNano(tokens !== undefined && tokens >= 0 && tokens <= most ? tokens : most)
        },
        keep: async () => {
          // Nothing is stored here: the caller stores the vectors in ClickHouse after they were validated.
        },
      },
      signal,
    )
    return paid.kind === 'over_budget' ? null : vectorsIn(paid.answer, texts.length)
  }
}

/** Parses the response. Throws unless it has one vector for each text, all with the same number of dimensions. */
export function vectorsIn(answer: unknown, count: number): readonly (readonly number[])[] {
  const parsed = answerSchema.safeParse(answer)
  if (!parsed.success) throw malformed('the answer has no vectors')
  const rows = parsed.data.data.map((row, i) => ({ ...row, index: row.index ?? i }))
  const vectors = rows
    .toSorted((a, b) => a.index - b.index)
    .map((row) => unit(floatsOf(row.embedding)))
  const length = vectors[0]?.length ?? 0
  if (vectors.length !== count || length === 0 || vectors.some((v) => v.length !== length))
    throw malformed(`the answer has ${vectors.length} vectors for ${count} texts`)
  return vectors
}

const malformed = (message: string): EndpointError =>
  new EndpointError('refused', message, null, null)

/** Decodes a vector. Some endpoints return it as base64 of little-endian 32-bit floats. */
function floatsOf(embedding: readonly number[] | string): readonly number[] {
  if (typeof embedding !== 'string') return embedding
  const bytes = Buffer.from(embedding, 'base64')
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(i * 4))
}

function unit(v: readonly number[]): readonly number[] {
  const length = Math.hypot(...v)
  if (!(length > 0)) throw malformed('a vector is zero or no number')
  return v.map((x) => x / length)
}

/** Creates an embedder with its own client for the endpoint. */
export function makeEmbedder(
  settings: EmbedSettings,
  deps: Pick<PaidCallDeps, 'pool' | 'clock' | 'metrics'>,
): Embedder {
  return new Embedder(settings, {
    ...deps,
    client: new EndpointClient(settings.endpoint, deps.clock),
    capNano: Math.floor(settings.usdPerDay * 1e9),
    callsMax: Number.MAX_SAFE_INTEGER,
  })
}
