// Finds truncated answers: the endpoint reports that it stopped at a length limit, or the text ends inside a sentence or bracket.

import { type CheckResult, FINE, type QualityCheck } from './check.ts'
import { quoteOf } from './words.ts'

const CUT_REASONS = new Set([
  'length',
  'max_tokens',
  'max_output_tokens',
  'model_length',
  'incomplete',
])

/** Words with which no complete sentence ends. */
const DANGLING =
  /(?:^|\s)(?:the|a|an|and|or|of|by|because|your|our|their|its|as|und|oder|der|die|das|mit|für|von|ein|eine|weil|dass|et|ou|le|la|les|de|des|pour|avec|que|y|el|los|con|para|por)$/i

export const truncation: QualityCheck = {
  name: 'truncation',
  version: 1,
  threshold: 0.5,
  summary: 'The answer breaks off before its end.',
  run: ({ answer, finishReasons, callsTools }) =>
    answer === '' || callsTools ? null : judged(answer.trimEnd(), finishReasons),
}

function judged(answer: string, finishReasons: readonly string[]): CheckResult {
  const end = quoteOf(answer.slice(-80))
  const reason = finishReasons.find((r) => CUT_REASONS.has(r.toLowerCase()))
  if (reason !== undefined) return { value: 1, evidence: { finish_reason: reason, ends_with: end } }
  const why = openEnd(answer)
  return why === null ? FINE : { value: 0.8, evidence: { reason: why, ends_with: end } }
}

function openEnd(answer: string): string | null {
  if ((answer.match(/^\s*```/gm) ?? []).length % 2 === 1) return 'a block of code is not closed'
  if (/^[[{]/.test(answer)) return isClosed(answer) ? null : 'JSON is not closed'
  if (answer.length < 40 || answer.endsWith('```')) return null
  if (/[,;(–]$/.test(answer)) return 'ends with a mark that something follows'
  if (DANGLING.test(answer)) return 'ends with a word that something follows'
  return null
}

/** True if every opened bracket is closed. Brackets inside string literals are ignored. */
function isClosed(json: string): boolean {
  const bare = json.replace(/"(?:\\.|[^"\\])*"/g, '')
  if (bare.includes('"')) return false
  const count = (chars: RegExp): number => (bare.match(chars) ?? []).length
  return count(/[[{]/g) <= count(/[\]}]/g)
}
