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
/** What `normalizedMessage` puts in place of numbers and ids. */
const PLACEHOLDERS = /<\w+>/g
/** Types that many different failures have. */
const NO_TYPE = /^(?:|5\d\d|_OTHER|Error|Exception)$/

/** What a failed span says of its failure; each form of it is made once. */
export class Failure {
  /** '' for none. */
  readonly type: string
  /** '' for none. */
  readonly message: string
  #normalized: string | null = null
  #isSilent: boolean | null = null

  constructor(type: string, message: string) {
    this.type = type
    this.message = message
  }

  get normalized(): string {
    this.#normalized ??= normalizedMessage(this.message)
    return this.#normalized
  }

  /** Whether the message is missing, or only says that something failed. */
  get isSilent(): boolean {
    this.#isSilent ??= this.message.length <= NO_MESSAGE_CHARS && NO_MESSAGE.test(this.message)
    return this.#isSilent
  }

  /** Whether the message says something beside its numbers and ids. */
  get isTelling(): boolean {
    const letters = this.normalized.replace(PLACEHOLDERS, '').match(/\p{L}/gu)
    return letters !== null && letters.length >= LETTERS_MIN
  }

  /** Whether the type tells the failure from others. */
  get hasType(): boolean {
    return !NO_TYPE.test(this.type)
  }
}

/** A message with fewer letters than this is looked for as it is, if it is not too short for that. */
const LETTERS_MIN = 4
const EXACT_CHARS_MIN = 3

/** A frame such as `Error executing tool lookup:` before the message of the inner failure, and an end that was cut off, may differ. */
const BEGINNING_CHARS = 100

/** Whether a failed call repeats the failure of a call inside it. */
export function repeatsFailure(outer: Failure, inner: Failure): boolean {
  const isSameType = outer.type === inner.type
  if (outer.isSilent) return isSameType || !outer.hasType
  if (inner.hasType && outer.message.includes(inner.type)) return true
  if (inner.isSilent) return inner.hasType && isSameType
  return sharesMessage(outer, inner)
}

/** Whether one message contains the other, or both are equal. */
export const sharesMessage = (a: Failure, b: Failure): boolean =>
  (a.message === b.message && a.message !== '') || contains(a, b) || contains(b, a)

/** Without its numbers and ids a message such as `404` says nothing, and stands in all others. */
const contains = (whole: Failure, part: Failure): boolean =>
  part.isTelling
    ? whole.normalized.includes(part.normalized.slice(0, BEGINNING_CHARS))
    : part.message.length >= EXACT_CHARS_MIN && whole.message.includes(part.message)

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
