// Reads a response of `/chat/completions`: its text and the token usage that it reports. Some endpoints answer with a stream of
// server-sent events even if none was requested; such a response is read too.

import { z } from 'zod'
import { storableText } from '../../storage/postgres/storable-text.ts'

export interface ChatAnswer {
  readonly content: string
  readonly model: string
  /** Token counts as the endpoint reports them, rounded up; NaN if it reports none. */
  readonly inputTokens: number
  readonly outputTokens: number
  readonly finishReason: string
}

const count = z.number().min(0).transform(Math.ceil).catch(Number.NaN)
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

/** Reads a response, or the chunks of a stream. The content of a response without text is the empty string. */
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
    content: storableText(content),
    model: storableText(model),
    inputTokens: tokens.prompt_tokens,
    outputTokens: tokens.completion_tokens,
    finishReason,
  }
}

/** Returns the parsed JSON of each `data:` line of a stream of server-sent events. */
function eventsIn(text: string): unknown[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('data:')) return []
    try {
      return [JSON.parse(line.slice(5))]
    } catch {
      // The line is the end marker `[DONE]`, or it was truncated.
      return []
    }
  })
}
