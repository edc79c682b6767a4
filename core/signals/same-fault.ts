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

export interface Failure {
  /** '' for none. */
  readonly type: string
  /** '' for none. */
  readonly message: string
}

/** Messages are compared up to this length. What is decided in workers and what is decided later must see the same. */
export const COMPARED_CHARS = 400

/** What a server or a framework says of a failure whose cause it does not know: `500`, `Internal Server Error`, `agent failed`. */
export const NO_MESSAGE =
  /^\W*(?:http\W*)?(?:status\W*)?(?:code\W*)?(?:5\d\d\W*)?(?:internal server error|server error|bad gateway|(?:(?:an |unknown )?error|agent|task|run|workflow|request|execution)?\W*(?:occurred|failed|failure|error)?)\W*$/i
/** Types that many different failures have. */
export const NO_TYPE = /^(?:|5\d\d|_OTHER|Error|Exception)$/

/** A frame such as `Error executing tool lookup:` before the message of the inner failure, and an end that was cut off, may differ. */
const BEGINNING_CHARS = 100

/** Whether a failed call repeats the failure of a call inside it. */
export function repeatsFailure(outer: Failure, inner: Failure): boolean {
  const isSameType = outer.type === inner.type
  if (NO_MESSAGE.test(outer.message)) return isSameType || NO_TYPE.test(outer.type)
  const isKnownType = !NO_TYPE.test(inner.type)
  if (isKnownType && outer.message.includes(inner.type)) return true
  if (NO_MESSAGE.test(inner.message)) return isKnownType && isSameType
  const [said, saidInside] = [normalizedMessage(outer.message), normalizedMessage(inner.message)]
  return (
    said.includes(saidInside.slice(0, BEGINNING_CHARS)) ||
    saidInside.includes(said.slice(0, BEGINNING_CHARS))
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
