// Finds user frustration: in the turn after an answer the user says that the answer was wrong or useless, or asks the same question again
// in other words. The score belongs to the call that contains this turn, and its evidence quotes the turn.

import { type CheckResult, FINE, type QualityCheck } from './check.ts'
import type { Exchange } from './exchange.ts'
import { numbersOf, quoteOf, similarity, stemsOf, wordsOf } from './words.ts'

const COMPLAINTS: readonly RegExp[] = [
  /(?<!\b(?:is|was|be|find) )\b(?:that|this|it|your (?:answer|response|code|solution))(?:'s| is| was| are)? (?:still |just |completely |totally |simply |plain |all |so |not even )?(?:wrong|incorrect|useless|nonsense|false|broken|not right|not correct|not true|not working|not helpful|unhelpful|garbage|ridiculous|rubbish|no help)\b(?! with)/,
  /\b(?:that|this|it) (?:still )?(?:doesn't|does not|didn't|did not|isn't|is not) (?:work|help|working|helping|answer|what i|make sense|true|right|correct)/,
  /\bnot what i (?:asked|meant|wanted|said|need|am asking)/,
  /\bi (?:already|just) (?:told|said|asked|explained|answered|gave|mentioned|wrote)/,
  /\b(?:you(?:'re| are)? (?:not listening|wrong|useless|ignoring|not helping|missing the point|just guessing|making (?:this|that|it|things) up)|you (?:didn't|did not|keep|never|still (?:haven't|have not|don't|didn't)|ignored|misunderstood|forgot))\b/,
  /^(?:no|nope|wrong|incorrect)[,.!]+ (?!problem|worries|thanks|thank|need|rush|that's all|that is all|it's (?:fine|ok)|i'm (?:good|fine))/,
  /\b(?:read|look at) (?:my|the) (?:question|message|prompt) again\b/,
  /\b(?:how many times|for the (?:second|third|fourth|last|hundredth|nth) time|once again i)\b/,
  /\b(?:this is (?:so )?(?:frustrating|annoying|a waste of time|hopeless|pointless)|waste of (?:my )?time|i give up|forget it|never mind then|worst (?:bot|assistant|answer)|stupid (?:bot|answer|thing|ai)|terrible answer)\b/,
  /\b(?:das (?:ist|war) (?:falsch|nicht (?:richtig|das was|was ich)|unsinn|quatsch)|stimmt nicht|falsch[!.]|ich habe (?:doch )?(?:schon|bereits) gesagt|du hörst nicht zu|das hilft (?:mir )?nicht)\b/,
  /(?:c'est faux|ce n'est pas ce que|ça ne marche pas|eso está mal|eso no es lo que|no funciona|no es correcto)/,
]

/** Matches complaints about oneself or about something other than the answer. */
const FRIENDLY =
  /\b(?:my (?:mistake|bad|fault)|i was wrong|i misread|not wrong|nothing wrong|isn't wrong|thanks|thank you|perfect|great|awesome|works now|that works)\b/

const REPHRASED_MIN = 0.55
const SAME_STEMS_MIN = 3

export const frustration: QualityCheck = {
  name: 'user_frustration',
  version: 1,
  threshold: 0.5,
  summary: 'The user complains about the answer before, or has to ask again.',
  run: (exchange) => {
    const at = exchange.turns.findLastIndex((turn) => turn.role === 'user' && turn.text !== '')
    if (at < 1 || at < exchange.turns.length - 1) return null
    const isAnswered = exchange.turns.slice(0, at).some((turn) => turn.role === 'assistant')
    return isAnswered ? judged(exchange, at) : null
  },
}

function judged(exchange: Exchange, at: number): CheckResult {
  const turn = exchange.turns[at]?.text ?? ''
  const said = turn.toLowerCase().replaceAll('’', "'").slice(0, 600)
  if (!FRIENDLY.test(said) && COMPLAINTS.some((pattern) => pattern.test(said)))
    return { value: 1, evidence: { quote: quoteOf(turn), reason: 'the user complains' } }
  const before = exchange.turns.slice(0, at).findLast((t) => t.role === 'user')?.text ?? ''
  return isAskedAgain(before, turn)
    ? {
        value: 0.8,
        evidence: { quote: quoteOf(turn), before: quoteOf(before), reason: 'asked again' },
      }
    : FINE
}

/** True if both turns make the same request in other words. A request about something else contains another number or another name. */
export function isAskedAgain(before: string, now: string): boolean {
  const a = stemsOf(before)
  const b = stemsOf(now)
  const shared = new Set(a.filter((word) => b.includes(word)))
  if (shared.size < SAME_STEMS_MIN || similarity(a, b) < REPHRASED_MIN) return false
  if (numbersOf(before).join() !== numbersOf(now).join()) return false
  const isNamed = (text: string, other: string): boolean => {
    const known = new Set(wordsOf(other))
    const inside = text.match(/(?<=[\p{Ll}\p{N},] )\p{Lu}[\p{L}\p{N}]*/gu) ?? []
    return inside.some((word) => !known.has(word.toLowerCase()))
  }
  if (isNamed(now, before) || isNamed(before, now)) return false
  const fresh = b.filter((word) => !a.includes(word))
  const lost = a.filter((word) => !b.includes(word))
  // A replaced word makes a different question; additional words around the same ones repeat the question.
  return !(fresh.length === 1 && lost.length === 1)
}
