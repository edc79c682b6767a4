// Finds refusals: answers that decline the request. Only the answer's own first sentences are considered, so that a quoted refusal,
// "I can't recommend it enough" and advice with "you can't" are not refusals.

import { type CheckResult, FINE, type QualityCheck } from './check.ts'
import { quoteOf, sentencesOf } from './words.ts'

const VERB =
  '(?:help|assist|provide|comply|fulfil|fulfill|do that|answer|share|create|generate|write|produce|discuss|support|continue|engage|give|offer|complete|process|participate|tell you|talk about|go along|take part|carry out|advise|disclose|reveal)'

const PATTERNS: readonly RegExp[] = [
  new RegExp(
    `\\bi(?:'m| am)?(?: really| sorry,?| afraid)? (?:can't|cannot|can not|won't|will not|am unable to|'m unable to|unable to|am not able to|'m not able to|not able to|am not allowed to|'m not allowed to|not allowed to|am not permitted to|not permitted to|must decline to|have to decline to|refuse to)(?: really| possibly| legally| directly| actually)? ${VERB}`,
  ),
  /\bi (?:must|have to|need to|will have to|respectfully|politely) (?:decline|refuse|pass on)\b/,
  /\b(?:as|being) an? (?:ai|artificial intelligence|language model)\b.{0,60}\b(?:can't|cannot|unable|not able|do not|don't|not allowed|won't)\b/,
  /\b(?:that|this|your request|the request)(?:'s| is)? (?:something i (?:can't|cannot|won't)|not something i (?:can|am able to)|against (?:my|our) (?:guidelines|policy|policies|rules)|outside (?:of )?what i(?:'m| am)? (?:can|able|allowed))/,
  /\b(?:against|violates?|goes against|outside) my (?:guidelines|programming|policy|policies|content policy|principles)\b/,
  /\bi(?:'m| am) (?:sorry|afraid)[,.]? (?:but )?(?:i |that )?(?:can't|cannot|won't|am unable|'m unable|am not able|not possible)(?! find| see| locate| open| access)/,
  /\bi (?:don't|do not) feel comfortable (?:with|helping|writing|providing|discussing|doing)/,
  /\b(?:ich kann|ich darf|das kann ich|dabei kann ich|hierbei kann ich)\b.{0,60}\b(?:nicht|leider nicht) (?:helfen|beantworten|weiterhelfen|unterstützen|bereitstellen|erstellen|schreiben|nachkommen|tun|machen|dienen)/,
  /\bje (?:ne peux pas|ne suis pas en mesure de|refuse de)\b.{0,40}\b(?:aider|répondre|fournir|écrire|créer|satisfaire|faire|donner)/,
  /\b(?:no puedo|no me es posible|no estoy en condiciones de)\b.{0,30}\b(?:ayudar|ayudarte|ayudarle|responder|proporcionar|escribir|crear|cumplir|hacer eso)/,
]

/** An answer with this much text after the refusal provides something useful, so it is no refusal. */
const ANSWER_CHARS_MAX = 900
const SENTENCES = 2

export const refusal: QualityCheck = {
  name: 'refusal',
  version: 1,
  threshold: 0.5,
  summary: 'The answer declines what was asked.',
  run: ({ answer }) => (answer === '' ? null : judged(answer)),
}

function judged(answer: string): CheckResult {
  if (answer.length > ANSWER_CHARS_MAX) return FINE
  for (const sentence of sentencesOf(answer).slice(0, SENTENCES)) {
    const own = sentence
      .replace(/["“„«][^"”“»]*["”“»]/g, ' ')
      .toLowerCase()
      .replaceAll('’', "'")
    if (/\benough\b|\bwithout (?:more|knowing|the)\b|\buntil\b|\bunless\b/.test(own)) continue
    if (PATTERNS.some((pattern) => pattern.test(own)))
      return { value: 1, evidence: { quote: quoteOf(sentence) } }
  }
  return FINE
}
