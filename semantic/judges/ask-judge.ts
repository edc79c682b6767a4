// Asks a judge one question, in the strictest response format that the endpoint supports, and once more if the response has no verdict.
// The response is stored in the transaction that settles the cost of the call, so a question that was answered is never paid twice.

import { randomBytes } from 'node:crypto'
import type { ProjectScope } from '../../storage/queries/page.ts'
import { keepVerdict, type StoredVerdict, verdictOf } from '../../storage/semantic/judgements.ts'
import { chatAnswer } from '../endpoint/chat-answer.ts'
import { EndpointError } from '../endpoint/endpoint-client.ts'
import { type PaidCallDeps, paidCall } from '../endpoint/paid-call.ts'
import type { JudgeSettings } from './judge-settings.ts'
import {
  type ChatMessage,
  contentHash,
  type JudgedText,
  judgeMessages,
  PROMPT_VERSION,
  REPAIR,
  verdictSchema,
} from './prompt.ts'
import type { Rubric } from './rubric.ts'
import { readVerdict, type Verdict } from './verdict.ts'

export interface Usage {
  readonly model: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsd: number
}

/** A call that was made, from which a span is made. Questions that the cache answered make no call. */
export interface MadeCall extends Usage {
  readonly question: string
  readonly ms: number
}

export type Judgement =
  | {
      readonly kind: 'judged'
      readonly verdict: Verdict
      readonly usage: Usage
      readonly isCached: boolean
      readonly calls: readonly MadeCall[]
    }
  | { readonly kind: 'unparsable'; readonly calls: readonly MadeCall[] }
  | { readonly kind: 'over_budget'; readonly calls: readonly MadeCall[] }

export interface AskedScope extends ProjectScope {
  /** Identifies what is judged. Two calls with the same identity are a repetition; two calls for equal texts of other events are not. */
  readonly eventId: string
  readonly traceId: string
}

const CACHE_DAYS = 30
const ATTEMPTS_MAX = 3
/** The second question repeats the first one and adds what was wrong with the response. */
const QUESTIONS_MAX = 2

/** The response formats that an endpoint may support, the strictest first. */
const FORMS = ['json_schema', 'json_object', 'text'] as const

export class Judge {
  readonly #settings: JudgeSettings
  readonly #deps: PaidCallDeps
  /** Index in FORMS of the strictest format that the endpoint has accepted so far. */
  #form = 0

  constructor(settings: JudgeSettings, deps: PaidCallDeps) {
    this.#settings = settings
    this.#deps = deps
  }

  /** Asks the question. Rejects with an `EndpointError` if the endpoint gives no response. */
  async ask(
    scope: AskedScope,
    rubric: Rubric,
    text: JudgedText,
    signal: AbortSignal,
  ): Promise<Judgement> {
    const calls: MadeCall[] = []
    for (let n = 0; n < QUESTIONS_MAX; n++) {
      const hash = contentHash(this.#settings.model, rubric, text, n)
      const known = await verdictOf(this.#deps.pool, scope.tenantId, hash, CACHE_DAYS)
      const stored = known ?? (await this.#pay(scope, rubric, text, hash, n, calls, signal))
      if (stored === null) return { kind: 'over_budget', calls }
      const verdict = readVerdict(String(stored.verdict), rubric, text)
      if (verdict === null) continue
      return { kind: 'judged', verdict, usage: usageOf(stored), isCached: known !== null, calls }
    }
    return { kind: 'unparsable', calls }
  }

  /** Makes one paid call. Resolves with null if the daily budget is spent. */
  async #pay(
    scope: AskedScope,
    rubric: Rubric,
    text: JudgedText,
    hash: string,
    n: number,
    calls: MadeCall[],
    signal: AbortSignal,
  ): Promise<StoredVerdict | null> {
    const messages = judgeMessages(rubric, text, `m${randomBytes(8).toString('hex')}`)
    for (;;) {
      const form = this.#form
      try {
        return await this.#call(
          scope,
          rubric,
          n === 0 ? messages : [...messages, REPAIR],
          hash,
          form,
          calls,
          signal,
        )
      } catch (thrown) {
        const isTooStrict = thrown instanceof EndpointError && thrown.kind === 'refused'
        if (!isTooStrict || form >= FORMS.length - 1) throw thrown
        this.#form = Math.max(this.#form, form + 1)
      }
    }
  }

  async #call(
    scope: AskedScope,
    rubric: Rubric,
    messages: readonly ChatMessage[],
    hash: string,
    form: number,
    calls: MadeCall[],
    signal: AbortSignal,
  ): Promise<StoredVerdict | null> {
    const { model, maxOutputTokens, priceNano } = this.#settings
    const body = questionBody(this.#settings, rubric, messages, form)
    // Every token has at least one byte, so the number of bytes is an upper bound of the number of tokens.
    const inputMax = Buffer.byteLength(JSON.stringify(body))
    const usage = (answer: unknown): Usage =>
      usageFrom(answer, model, inputMax, maxOutputTokens, priceNano)
    const stored = (answer: unknown): StoredVerdict => {
      const { model: by, inputTokens, outputTokens, costUsd } = usage(answer)
      return {
        content_hash: hash,
        rubric: rubric.name,
        rubric_version: rubric.version,
        model: `${by} prompt@${PROMPT_VERSION}`,
        verdict: chatAnswer(answer).content,
        input_tokens: inputTokens,
        output_tokens: outputTokens,
        cost_usd: costUsd,
      }
    }
    const paid = await paidCall(
      this.#deps,
      {
        purpose: 'judge',
        tenantId: scope.tenantId,
        question: `judge ${scope.projectId} ${scope.eventId} ${hash}`,
        path: '/chat/completions',
        body,
        worstNano: priceNano(inputMax, maxOutputTokens),
        attemptsMax: ATTEMPTS_MAX,
        costNano: (answer) => usage(answer).costUsd * 1e9,
        keep: (client, answer) => keepVerdict(client, scope, stored(answer)),
      },
      signal,
    )
    if (paid.kind === 'over_budget') return null
    calls.push({ ...usage(paid.answer), question: hash, ms: paid.ms })
    return stored(paid.answer)
  }
}

/** Builds the request for one question. `form` is an index in FORMS; 0 is the strictest format. */
export function questionBody(
  { model, maxOutputTokens }: Pick<JudgeSettings, 'model' | 'maxOutputTokens'>,
  rubric: Rubric,
  messages: readonly ChatMessage[],
  form: number,
): object {
  const shared = { model, messages, temperature: 0, max_tokens: maxOutputTokens }
  return { ...shared, ...formOf(form, rubric) }
}

function formOf(form: number, rubric: Rubric): object {
  switch (FORMS[form]) {
    case 'json_schema': {
      const json_schema = { name: rubric.name, strict: true, schema: verdictSchema(rubric) }
      return { response_format: { type: 'json_schema', json_schema } }
    }
    case 'json_object':
      return { response_format: { type: 'json_object' } }
    default:
      return {}
  }
}

/** Computes the cost of a response. If the endpoint reports no usage, or more than is possible, the highest possible cost is used. */
export function usageFrom(
  answer: unknown,
  model: string,
  inputMax: number,
  outputMax: number,
  priceNano: JudgeSettings['priceNano'],
): Usage {
  const said = chatAnswer(answer)
  const within = (n: number, most: number): number => (n >= 0 && n <= most ? n : most)
  const inputTokens = within(said.inputTokens, inputMax)
  const outputTokens = within(said.outputTokens, outputMax)
  const costUsd = priceNano(inputTokens, outputTokens) / 1e9
  return { model: said.model === '' ? model : said.model, inputTokens, outputTokens, costUsd }
}

const usageOf = (stored: StoredVerdict): Usage => ({
  model: stored.model,
  inputTokens: stored.input_tokens,
  outputTokens: stored.output_tokens,
  costUsd: stored.cost_usd,
})
