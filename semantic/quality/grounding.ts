// Finds answers that are not grounded in the retrieved documents: sentences whose words occur in no document, and numbers and names that
// occur neither in a document nor in the conversation.

import { type CheckResult, FINE, type QualityCheck } from './check.ts'
import type { Exchange } from './exchange.ts'
import { numbersOf, quoteOf, sentencesOf, stemsOf } from './words.ts'

/** A sentence is supported if at least this share of its words occurs in the sources. */
const SUPPORT_MIN = 0.5
const STEMS_MIN = 4
const DOCUMENT_CHARS_MIN = 80

/** Matches sentences that make no statement about the subject, such as greetings. */
const TALK =
  /^(?:sure|certainly|of course|here|hello|hi|thanks|thank you|let me know|i hope|feel free|please|if you|do you|would you|based on|according to|in summary|unfortunately,? (?:the|i)|the (?:documents?|context|provided)[^.]*(?:do(?:es)? not|don't|doesn't|no )|i (?:could not|couldn't|can't|cannot|don't|do not) )/i

export const ungrounded: QualityCheck = {
  name: 'ungrounded',
  version: 1,
  threshold: 0.5,
  summary: 'The answer says what the retrieved documents do not.',
  run: (exchange) => {
    const size = exchange.documents.reduce((sum, d) => sum + d.text.length, 0)
    return exchange.answer === '' || size < DOCUMENT_CHARS_MIN ? null : judged(exchange)
  },
}

function judged(exchange: Exchange): CheckResult {
  const sources = [
    ...exchange.documents.map((d) => d.text),
    ...exchange.turns.map((t) => t.text),
    exchange.system,
  ].join('\n')
  const known = new Set(stemsOf(sources))
  const numbers = new Set(numbersOf(sources))
  const claims = sentencesOf(exchange.answer).filter(
    (s) =>
      !TALK.test(s) &&
      !s.endsWith('?') &&
      (stemsOf(s).length >= STEMS_MIN || numbersOf(s).some(isFact)),
  )
  if (claims.length === 0) return FINE
  const foreign = claims.flatMap((claim) => {
    const bare = claim
      .replace(/^\s*(?:\d+[.)]|[-*•])\s+/, '')
      .replace(/\[\^?\d+\]|\(source \d+\)/gi, '')
    const number = numbersOf(bare).find(
      (n) => isFact(n) && !numbers.has(n) && !isComputedFrom(n, numbers),
    )
    if (number !== undefined)
      return [{ claim, weight: 1, reason: `${number} stands in no document` }]
    const stems = stemsOf(bare)
    const missing = stems.filter((s) => !known.has(s))
    return missing.length > stems.length * (1 - SUPPORT_MIN)
      ? [{ claim, weight: 0.7, reason: 'few of its words stand in a document' }]
      : []
  })
  const [worst] = foreign.toSorted((a, b) => b.weight - a.weight)
  if (worst === undefined) return FINE
  const share = foreign.length / claims.length
  const value = worst.weight === 1 ? Math.max(0.6, share) : share * 0.99
  return {
    value,
    evidence: {
      quote: quoteOf(worst.claim),
      reason: worst.reason,
      unsupported: foreign.length,
      sentences: claims.length,
    },
  }
}

/** Small numbers are ignored: sources often spell them as words, or the answer counts items of the text. */
const isFact = (number: string): boolean =>
  Number.isNaN(Number(number)) || Math.abs(Number(number)) > 10

/** True if the number is a sum, difference, product or quotient of numbers in the sources. Such a number is computed, not invented. */
function isComputedFrom(number: string, numbers: ReadonlySet<string>): boolean {
  const n = Number(number)
  const all = [...numbers]
    .map(Number)
    .filter((x) => !Number.isNaN(x))
    .slice(0, 60)
  const has = new Set(all)
  return all.some((x) => has.has(n - x) || has.has(n + x) || has.has(n / x) || has.has(n * x))
}
