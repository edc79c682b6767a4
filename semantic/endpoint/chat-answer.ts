// Reads an answer of `/chat/completions`: its text, and the tokens that it says it used, also when it comes as a stream of events although
// none was asked for.

import { z } from 'zod'

export interface ChatAnswer {
  readonly content: string
  readonly model: string
  /** NaN where the endpoint says nothing. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly finishReason: string
}

const count = z.number().min(0).catch(Number.NaN)
const usage = z
  .object({ prompt_tokens: count, completion_tokens: count })
  .catch({ prompt_tokens: Number.NaN, completion_tokens: Number.NaN })
const message = z.object({ content: z.string().nullish(), refusal: z.string().nullish() })
const choice = z.object({
  message: message.optional(),
  delta: message.optional(),
  finish_reason: z.string().nullish(),
})
const completion = z.object({
  model: z.string().catch(''),
  choices: z.array(choice).catch([]),
  usage: usage.nullish(),
})

/** An answer without text has the content ''. */
export function chatAnswer(answer: unknown): ChatAnswer {
  const chunks = typeof answer === 'string' ? eventsIn(answer) : [answer]
  let content = ''
  let model = ''
  let finishReason = ''
  let tokens = { prompt_tokens: Number.NaN, completion_tokens: Number.NaN }
  for (const chunk of chunks) {
    const parsed = completion.safeParse(chunk)
    if (!parsed.success) continue
    const [first] = parsed.data.choices
    const said = first?.message ?? first?.delta
    content += said?.content ?? said?.refusal ?? ''
    finishReason = first?.finish_reason ?? finishReason
    model = parsed.data.model === '' ? model : parsed.data.model
    tokens = parsed.data.usage ?? tokens
  }
  return {
    content,
    model,
    inputTokens: tokens.prompt_tokens,
    outputTokens: tokens.completion_tokens,
    finishReason,
  }
}

/** The JSON of each `data:` line of a stream of events. */
function eventsIn(text: string): unknown[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('data:')) return []
    try {
      return [JSON.parse(line.slice(5))]
    } catch {
      // `[DONE]`, or a line that was cut.
      return []
    }
  })
}
