// Finds language switches: the answer is in a different language than the question, and the user did not ask for that.

import { type CheckResult, FINE, type QualityCheck } from './check.ts'
import { type Exchange, lastQuestion } from './exchange.ts'
import { quoteOf, withoutCode, wordsOf } from './words.ts'

/** For each language, frequent words that do not occur in the other languages of the list. */
const MARKS: Readonly<Record<string, readonly string[]>> = {
  en: 'the and is are was were you your this that with for have has not what which can will would how does from they their there it of to be my please when been'.split(
    ' ',
  ),
  de: 'der die das und ist sind nicht mit für auf ein eine einen wie ich sie wir zu den dem von auch kann werden bei wird oder aber haben hat mein meine bitte wenn im'.split(
    ' ',
  ),
  fr: 'le les des est sont une dans pour avec pas vous nous je mon ma qui sur au aux ce cette être votre plus mais ou et du comment puis peut'.split(
    ' ',
  ),
  es: 'el los las es son una para con por como está usted mi su sus pero más qué cómo puede y del al ser este esta muy también hay'.split(
    ' ',
  ),
  it: 'il gli è sono una per con non che come della nel questo questa mi puoi può più anche ma di del alla dei'.split(
    ' ',
  ),
  pt: 'os as é são uma para com não como você meu minha mais mas também do da dos das em no na pode está isso seu'.split(
    ' ',
  ),
  nl: 'de het een en is zijn niet met voor van op dat ik je wij kan worden ook maar deze dit heeft hoe mijn naar bij er'.split(
    ' ',
  ),
}

const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['zh', /\p{Script=Han}/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['cyrillic', /\p{Script=Cyrillic}/gu],
  ['arabic', /\p{Script=Arabic}/gu],
  ['hebrew', /\p{Script=Hebrew}/gu],
  ['greek', /\p{Script=Greek}/gu],
  ['hindi', /\p{Script=Devanagari}/gu],
  ['thai', /\p{Script=Thai}/gu],
]

const NAMED =
  /\b(translat\w*|übersetz\w*|tradu\w*|english|german|french|spanish|italian|portuguese|dutch|japanese|chinese|korean|russian|arabic|hindi|englisch|deutsch|französisch|spanisch|italienisch|anglais|allemand|français|espagnol|inglés|alemán|francés|español|language|sprache|langue|idioma|bilingual|multilingual|vocabulary)\b/i

const WORDS_MIN = 5
const HITS_MIN = 3
/** The best language must have at least this many times the hits of the second best. */
const MARGIN = 1.6

/** Returns the code of the language or the name of the script; null if it cannot be determined. */
export function languageOf(text: string): string | null {
  const prose = withoutCode(text).replace(/https?:\S+|`[^`]*`/g, ' ')
  const letters = (prose.match(/\p{L}/gu) ?? []).length
  for (const [name, pattern] of SCRIPTS)
    if ((prose.match(pattern) ?? []).length > letters * 0.3 && letters >= 4) return name
  const words = wordsOf(prose)
  if (words.length < WORDS_MIN) return null
  const hits = Object.entries(MARKS)
    .map(([name, marks]) => ({ name, n: words.filter((w) => marks.includes(w)).length }))
    .toSorted((a, b) => b.n - a.n)
  const [first, second] = hits
  if (first === undefined || first.n < HITS_MIN || first.n < words.length * 0.12) return null
  return first.n >= (second?.n ?? 0) * MARGIN ? first.name : null
}

export const languageSwitch: QualityCheck = {
  name: 'language_switch',
  version: 1,
  threshold: 0.5,
  summary: 'The answer is in another language than the question.',
  run: (exchange) => judged(exchange),
}

function judged(exchange: Exchange): CheckResult | null {
  const question = lastQuestion(exchange)
  if (exchange.answer === '' || NAMED.test(question) || NAMED.test(exchange.system)) return null
  const asked = languageOf(question)
  const answered = languageOf(exchange.answer)
  if (asked === null || answered === null) return null
  if (asked === answered) return FINE
  return { value: 1, evidence: { asked, answered, quote: quoteOf(exchange.answer) } }
}
