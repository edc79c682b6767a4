// Whether two failures are one fault. A call that fails because of a call inside it repeats that failure: its own error type and
// message say the same, or say nothing of their own.

import { normalizedMessage } from '../identity/fingerprint.ts'
import { withCharacters } from '../visible-text.ts'

/** Rules of workers whose signals are about failures, and the types that they raise. */
export const FAULT_RULES = { error: 'error@1', overflow: 'context.overflow@1' } as const
export type FaultType = (typeof FAULT_TYPES)[number]
export const FAULT_TYPES = [
  'tool_timeout',
  'tool_error',
  'llm_error',
  'error',
  'context_overflow',
] as const

export const faultRuleOf = (type: FaultType): string =>
  type === 'context_overflow' ? FAULT_RULES.overflow : FAULT_RULES.error

/** Messages are compared up to this length. What is decided in workers and what is decided later must see the same. */
export const COMPARED_CHARS = 400
/** The spans around a failed one that are looked at, so that a trace of one deep chain costs no more than others. */
export const FAILED_ANCESTORS_MAX = 100

/** What a server or a framework says of a failure whose cause it does not know: `500`, `Internal Server Error`, `agent failed`. */
const NO_MESSAGE =
  /^\W*(?:http\W*)?(?:status\W*)?(?:code\W*)?(?:5\d\d\W*)?(?:internal server error|server error|bad gateway|(?:(?:an |unknown )?error|agent|task|run|workflow|request|execution)?\W*(?:occurred|failed|failure|error)?)\W*$/i
/** Such messages are short. On long ones the expression would take long. */
const NO_MESSAGE_CHARS = 100
/** Types that many different failures have. */
const NO_TYPE = /^(?:|5\d\d|_OTHER|Error|Exception)$/

/** What a failed span says of its failure; each form of it is made once. */
export class Failure {
  /** '' for none. */
  readonly type: string
  /** '' for none. */
  readonly message: string
  #plain: string | null = null
  #isSilent: boolean | null = null

  constructor(type: string, message: string) {
    this.type = type
    this.message = message
  }

  /** The message in small letters and single spaces. */
  get plain(): string {
    this.#plain ??= withCharacters(this.message).replace(/\s+/g, ' ').trim().toLowerCase()
    return this.#plain
  }

  /** Whether the message is missing, or only says that something failed. */
  get isSilent(): boolean {
    this.#isSilent ??= this.message.length <= NO_MESSAGE_CHARS && NO_MESSAGE.test(this.message)
    return this.#isSilent
  }

  /** Whether the type tells the failure from others. */
  get hasType(): boolean {
    return !NO_TYPE.test(this.type)
  }
}

/** Part of a message that is shorter stands in many others by accident: it counts where it ends the other one, behind a frame. */
const WORDS_MIN = 3
/** A message that was cut off has so many characters of the other one before its end. */
const CUT_CHARS = 40
const CUT_OFF = /(?:\.\.\.|\u2026)["')\]]*$/
const LAST_SIGNS = /[^\p{L}\p{N}]+$/u
const WORD_BEFORE = /[\p{L}\p{N}]$/u
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u

/** A frame such as `Error executing tool lookup:` before the message of the inner failure, and an end that was cut off, may differ. */
const BEGINNING_CHARS = 100

/** Shorter types stand in words of messages. */
const TYPE_CHARS_MIN = 4

/** Whether a failed call repeats the failure of a call inside it. */
export function repeatsFailure(outer: Failure, inner: Failure): boolean {
  const isSameType = outer.type === inner.type
  if (outer.isSilent) return isSameType || !outer.hasType
  if (inner.hasType && inner.type.length >= TYPE_CHARS_MIN && outer.message.includes(inner.type))
    return true
  // `payment failed` does not repeat `failed`, but `Error: 500` repeats `500`.
  if (inner.isSilent && !/\d/.test(inner.message)) return inner.hasType && isSameType
  return sharesMessage(outer, inner)
}

/** Whether one message contains the other, or both are equal. */
export const sharesMessage = (a: Failure, b: Failure): boolean =>
  (a.message === b.message && a.message !== '') || contains(a, b) || contains(b, a)

/** Numbers stay in what is compared: another code is another failure. */
function contains(whole: Failure, part: Failure): boolean {
  const said = part.plain.replace(LAST_SIGNS, '')
  if (said === '') return false
  const beginning = said.slice(0, CUT_OFF.test(whole.message) ? CUT_CHARS : BEGINNING_CHARS)
  const at = whole.plain.lastIndexOf(beginning)
  if (at < 0) return false
  if (UNSPACED.test(said) || said.split(' ').length >= WORDS_MIN) return true
  return (
    whole.plain.replace(LAST_SIGNS, '').endsWith(said) &&
    !WORD_BEFORE.test(whole.plain.slice(0, at))
  )
}

/** By which issues of failed calls are distinguished. The message has at most `COMPARED_CHARS` characters. */
export function errorIdentity(
  kind: string,
  subject: string | null,
  type: string | null,
  message: string | null,
): readonly (string | null)[] {
  // Often the body of an answer, in which a server has escaped what people read.
  const said = message === null ? null : normalizedMessage(withCharacters(message))
  return [kind, subject, type, said]
}
