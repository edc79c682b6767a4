// Parses the response of a judge leniently and evaluates it. Only claims whose quote occurs in the text count against an answer, so an
// invented quote raises no signal.

import { z } from 'zod'
import { storableText } from '../../storage/postgres/storable-text.ts'
import type { JudgedText } from './prompt.ts'
import type { Rubric } from './rubric.ts'

const CLAIMS_MAX = 20
const TEXT_CHARS_MAX = 500

export interface VerdictClaim {
  readonly claim: string
  readonly verdict: string
  readonly quote: string
  readonly document: string
  readonly sourceQuote: string
  /** True if the quote occurs in the text. */
  readonly isQuoted: boolean
}

export interface Verdict {
  readonly claims: readonly VerdictClaim[]
  /** The share of good claims, from 0 to 1; 1 if there are no claims. */
  readonly score: number
  /** `fail` needs a bad claim whose quote occurs in the text. `unsure` means that there are bad claims, but none with such a quote. */
  readonly verdict: 'pass' | 'fail' | 'unsure'
  readonly reason: string
}

/** A judge may leave a field out, or answer with null. */
const text = z
  .unknown()
  .optional()
  .transform((value) =>
    typeof value === 'string' ? storableText(value.slice(0, TEXT_CHARS_MAX)) : '',
  )
const loose = z.object({
  claims: z.array(
    z.object({
      claim: text,
      verdict: z.string().max(200),
      quote: text,
      document: text,
      source_quote: text,
    }),
  ),
  reason: text,
})

/** Parses a response. Returns null if it contains no verdict. */
export function readVerdict(content: string, rubric: Rubric, judged: JudgedText): Verdict | null {
  const parsed = loose.safeParse(jsonIn(content))
  if (!parsed.success) return null
  const sources = rubric.quotes === 'answer' ? judged.answer : textOf(judged)
  const claims: VerdictClaim[] = []
  for (const c of parsed.data.claims.slice(0, CLAIMS_MAX)) {
    const verdict = wordIn(c.verdict, [...rubric.good, ...rubric.bad])
    if (verdict === null) return null
    const { claim, quote, document, source_quote: sourceQuote } = c
    claims.push({ claim, verdict, quote, document, sourceQuote, isQuoted: isIn(quote, sources) })
  }
  return decided(claims, rubric, parsed.data.reason)
}

function decided(claims: readonly VerdictClaim[], rubric: Rubric, reason: string): Verdict {
  const good = claims.filter((c) => rubric.good.includes(c.verdict)).length
  const score = claims.length === 0 ? 1 : good / claims.length
  const isBad = (list: readonly VerdictClaim[]): boolean =>
    list.some((c) => rubric.fatal.includes(c.verdict)) ||
    (score < rubric.threshold && list.some((c) => rubric.bad.includes(c.verdict)))
  const quoted = claims.filter((c) => c.isQuoted)
  const verdict = isBad(quoted) ? 'fail' : isBad(claims) ? 'unsure' : 'pass'
  return { claims, score, verdict, reason }
}

const textOf = (judged: JudgedText): string => judged.documents.map((d) => d.text).join('\n')

const flat = (words: string): string =>
  words
    .toLowerCase()
    .replace(/[\s"'“”„’*_`]+/g, ' ')
    .trim()

function isIn(quote: string, source: string): boolean {
  const wanted = flat(quote).replace(/^[.… ]+|[.… ]+$/g, '')
  return wanted.length >= 3 && flat(source).includes(wanted)
}

/** Finds the word of the list that a verdict stands for. Case and punctuation are ignored. */
function wordIn(verdict: string, words: readonly string[]): string | null {
  const bare = verdict
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')
  return words.find((word) => word.toLowerCase() === bare) ?? null
}

/** Finds the first JSON object in a text, also inside a code block or prose. Returns undefined if there is none. */
export function jsonIn(content: string): unknown {
  for (const candidate of candidatesIn(content)) {
    try {
      return JSON.parse(candidate)
    } catch {
      // This candidate is incomplete; the next one may be valid JSON.
    }
  }
  return undefined
}

function* candidatesIn(content: string): Generator<string> {
  yield content
  const fenced = /```(?:json)?\s*([\s\S]*?)```/i.exec(content)
  if (fenced?.[1] !== undefined) yield fenced[1]
  const open = content.indexOf('{')
  const close = content.lastIndexOf('}')
  if (open >= 0 && close > open) {
    yield content.slice(open, close + 1)
    // A trailing comma before a closing bracket is the most frequent mistake of models.
    yield content.slice(open, close + 1).replace(/,(\s*[\]}])/g, '$1')
  }
}
