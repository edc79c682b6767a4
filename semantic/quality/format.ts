// Finds format violations: the request asks for JSON or for one of a few words, and the answer is something else.

import { type CheckResult, FINE, type QualityCheck } from './check.ts'
import { type Exchange, lastQuestion } from './exchange.ts'
import { quoteOf, wordsOf } from './words.ts'

/** Matches requests for an answer in JSON, as opposed to requests that only mention JSON. */
const ASKS_JSON: readonly RegExp[] = [
  /\b(?:respond|reply|answer|return|output|give|produce|print|write|format)\b[^.\n]{0,60}\b(?:in|as|with|only|valid|using|a|this|following)\b[^.\n]{0,30}\bjson\b/i,
  /\b(?:only|just|valid|strict|strictly|raw) json\b/i,
  /\bjson (?:only|object with|array of|with the (?:keys|fields))\b/i,
  /\b(?:antworte|gib|liefere|ausgabe)\b[^.\n]{0,60}\bjson\b/i,
]
/** Matches questions about JSON, and requests for programs that produce JSON. */
const ABOUT_JSON =
  /\b(?:how (?:do|can|to|does)|what is|what's|explain|why|difference|function|script|code|program|parse|parser|convert|library|endpoint)\b/i
const ASKS_FOR_WORD =
  /\b(?:answer|reply|respond) (?:only |just |strictly )?(?:with )?(?:a )?(?:single word[:,]? )?["'“]?yes["'”]?(?: or |\/)["'“]?no["'”]?\b/i

const WORDS_OF_A_WORD_MAX = 3

export const formatViolation: QualityCheck = {
  name: 'format_violation',
  version: 1,
  threshold: 0.5,
  summary: 'A form such as JSON was asked for, and the answer does not have it.',
  run: (exchange) => {
    const { answer, callsTools } = exchange
    if (answer === '' || callsTools) return null
    if (wantsJson(exchange)) return judgedJson(answer)
    const asked = `${exchange.system}\n${lastQuestion(exchange)}`
    return ASKS_FOR_WORD.test(asked) ? judgedWord(answer) : null
  },
}

function wantsJson(exchange: Exchange): boolean {
  if (exchange.wantsJson) return true
  const question = lastQuestion(exchange)
  if (ASKS_JSON.some((pattern) => pattern.test(exchange.system))) return true
  return ASKS_JSON.some((pattern) => pattern.test(question)) && !ABOUT_JSON.test(question)
}

function judgedJson(answer: string): CheckResult {
  const fenced = /^```(?:json)?\s*([\s\S]*?)\s*```$/i.exec(answer.trim())
  const body = fenced?.[1] ?? answer.trim()
  if (isJson(body) || isJsonLines(body)) return FINE
  const isBroken = /^[[{]/.test(body)
  return {
    value: isBroken ? 0.8 : 1,
    evidence: {
      expected: 'json',
      reason: isBroken ? 'the JSON cannot be parsed' : 'the answer is prose',
      quote: quoteOf(answer),
    },
  }
}

function judgedWord(answer: string): CheckResult {
  const words = wordsOf(answer)
  const isWord = words.length <= WORDS_OF_A_WORD_MAX && /^(yes|no)$/.test(words[0] ?? '')
  if (isWord) return FINE
  return {
    value: /^(yes|no)$/.test(words[0] ?? '') ? 0.6 : 1,
    evidence: { expected: 'yes or no', quote: quoteOf(answer) },
  }
}

function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

const isJsonLines = (text: string): boolean => {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.length > 1 && lines.every(isJson)
}
