// Reads the bodies with which providers refuse a call: `{"error": {"message", "type"}}` of OpenAI and Mistral,
// `{"type": "error", "error": {…}}` of Anthropic, `{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}` of
// Google (also as a list of one), `{"error": "…"}`, `{"message", "__type"}` of AWS. A body with a response in it is
// none of these.

import { isRecord, plainText } from '../json/values.ts'

export interface ErrorBody {
  readonly message: string | null
  readonly type: string | null
}

const ANSWERS = ['choices', 'candidates', 'content', 'output', 'usage', 'generations'] as const

/** Null when the body is no refusal. */
export function errorOfBody(body: unknown): ErrorBody | null {
  if (Array.isArray(body)) return body.length === 1 ? errorOfBody(body[0]) : null
  if (!isRecord(body)) return null
  if (ANSWERS.some((key) => body[key] !== undefined && body[key] !== null)) return null
  const { error } = body
  if (isRecord(error)) return { message: textOf(error['message']), type: typeOf(error) }
  if (typeof error === 'string' && error !== '')
    return { message: textOf(body['message']) ?? error, type: typeOf(body) }
  const type = textOf(body['__type']) ?? (body['type'] === 'error' ? 'error' : null)
  return type === null ? null : { message: textOf(body['message']), type }
}

/** The most specific name comes first. Google's code is the HTTP status. */
function typeOf(error: Record<string, unknown>): string | null {
  for (const key of ['type', 'status', 'code'] as const) {
    const text = textOf(error[key])
    if (text !== null && text !== 'error') return text
  }
  return null
}

function textOf(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null
  const text = plainText(value)
  return text === '' ? null : text
}
