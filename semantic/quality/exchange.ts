// An exchange is one model call in the form that quality checks and judges see: the conversation before the answer, the answer, and the
// retrieved documents that it should be based on. It is made of stored events, so its texts are already scrubbed.

export interface Turn {
  readonly role: string
  readonly text: string
}

export interface SourceDocument {
  readonly id: string
  readonly text: string
}

export interface Exchange {
  /** The system instructions; empty if there are none. */
  readonly system: string
  /** The messages before the answer, oldest first. The last one is usually the user's. */
  readonly turns: readonly Turn[]
  /** The text of the answer; empty for an answer that only calls tools. */
  readonly answer: string
  readonly callsTools: boolean
  readonly finishReasons: readonly string[]
  /** The documents that were retrieved in the same trace before the answer. */
  readonly documents: readonly SourceDocument[]
  /** True if the request itself asked for JSON, such as by `response_format`. */
  readonly wantsJson: boolean
}

/** The columns of a stored event that an exchange is made of. */
export interface StoredExchange {
  readonly system_instructions: string | null
  readonly input_messages: string | null
  readonly output_messages: string | null
  readonly input: string | null
  readonly output: string | null
  readonly request_params: string | null
  readonly finish_reasons: readonly string[]
}

/** The longest text that is kept. Of a longer text the end is kept too, because that is where a truncated answer can be recognised. */
const TEXT_CHARS_MAX = 20_000
const TURNS_MAX = 40
const DOCUMENTS_MAX = 40

export function exchangeOf(
  stored: StoredExchange,
  documents: readonly SourceDocument[] = [],
): Exchange {
  const input = messagesIn(stored.input_messages)
  const output = messagesIn(stored.output_messages)
  const system = input.filter((m) => isInstruction(m.role)).map((m) => m.text)
  const turns: Turn[] = input.filter((m) => !isInstruction(m.role))
  if (turns.length === 0 && stored.input !== null)
    turns.push({ role: 'user', text: plainText(stored.input) })
  const answers = output.map((m) => m.text).filter((text) => text !== '')
  const answer = answers.length === 0 ? plainText(stored.output ?? '') : answers.join('\n')
  return {
    system: cut([plainText(stored.system_instructions ?? ''), ...system].join('\n').trim()),
    turns: turns.slice(-TURNS_MAX).map(({ role, text }) => ({ role, text: cut(text) })),
    answer: cut(answer),
    callsTools: output.some((m) => m.hasCall),
    finishReasons: stored.finish_reasons,
    documents: documents.slice(0, DOCUMENTS_MAX).map((d) => ({ id: d.id, text: cut(d.text) })),
    wantsJson: /json/i.test(stored.request_params ?? ''),
  }
}

/** Parses retrieved documents in their stored form: a JSON array of objects with an id and a text. */
export function documentsIn(json: string | null): readonly SourceDocument[] {
  const list = parsed(json)
  if (!Array.isArray(list)) return []
  return list.flatMap((item: unknown, i) => {
    if (typeof item === 'string') return [{ id: String(i + 1), text: item }]
    const { id, content, text } = Object(item) as Record<string, unknown>
    const body = typeof content === 'string' ? content : text
    if (typeof body !== 'string' || body === '') return []
    return [{ id: typeof id === 'string' && id !== '' ? id : String(i + 1), text: body }]
  })
}

/** Returns the user's last message; the empty string if there is none. */
export function lastQuestion(exchange: Exchange): string {
  return exchange.turns.findLast((turn) => turn.role === 'user')?.text ?? ''
}

interface Message extends Turn {
  readonly hasCall: boolean
}

const isInstruction = (role: string): boolean => role === 'system' || role === 'developer'

function messagesIn(json: string | null): Message[] {
  const list = parsed(json)
  if (!Array.isArray(list)) return []
  return list.flatMap((item: unknown) => {
    const { role, parts } = Object(item) as { role?: unknown; parts?: unknown }
    if (typeof role !== 'string' || !Array.isArray(parts)) return []
    const all = parts.map((part) => Object(part) as { type?: unknown; content?: unknown })
    const texts = all.flatMap((p) =>
      p.type === 'text' && typeof p.content === 'string' ? [p.content] : [],
    )
    return [{ role, text: texts.join('\n'), hasCall: all.some((p) => p.type === 'tool_call') }]
  })
}

/** Returns the text of instructions, inputs or outputs, which are stored as plain text, as a JSON string or as message parts. */
function plainText(stored: string): string {
  const value = parsed(stored)
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return stored
  const texts = value.flatMap((part: unknown) => {
    const { content } = Object(part) as { content?: unknown }
    return typeof content === 'string' ? [content] : []
  })
  return texts.length === 0 ? stored : texts.join('\n')
}

function parsed(json: string | null): unknown {
  if (json === null || json === '') return null
  try {
    return JSON.parse(json)
  } catch {
    // The value is plain text, not JSON.
    return null
  }
}

function cut(text: string): string {
  if (text.length <= TEXT_CHARS_MAX) return text
  const half = TEXT_CHARS_MAX / 2
  return `${text.slice(0, half)}\n[…]\n${text.slice(-half)}`
}
