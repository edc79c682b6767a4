// Finds the words that distinguish topics, without a model: those that occur in many texts of a topic and in few of the
// others.

import { stemsOf, wordsOf } from '../quality/words.ts'

const WORDS_MAX = 8
const NAME_WORDS = 3
/** A word must occur in this many texts, because a rarer one may come from a single person. */
const TEXTS_MIN = 3
const SHARE_MIN = 0.08
/** Words that say little about a topic, in addition to the function words that all comparisons leave out. */
const EMPTY = new Set(
  `before after again while during between near know want need make made get got give tell show help like more most much many new way one
   two first last let please thanks thank hello hi yes okay something anything nothing thing things does doing did bitte danke möchte
   kann muss mehr gibt merci bonjour plus fait gracias hola más hacer`.split(/\s+/),
)
/** The placeholders and pseudonyms that the scrubber left. */
const PLACEHOLDER = /\[[A-Za-z_-]+(?::[^\]]*)?\]/g

/** `texts` has the texts of each topic. Returns the words of each topic, the most distinguishing first. */
export function distinguishingWords(
  texts: readonly (readonly string[])[],
): readonly (readonly string[])[] {
  const counted = texts.map(countWords)
  const all = texts.reduce((sum, of) => sum + of.length, 0)
  const everywhere = new Map<string, number>()
  for (const topic of counted)
    for (const [stem, { count }] of topic) everywhere.set(stem, (everywhere.get(stem) ?? 0) + count)
  return counted.map((topic, i) => {
    const n = texts[i]?.length ?? 0
    const scored = [...topic].flatMap(([stem, { count, forms }]) => {
      if (count < TEXTS_MIN || count / n < SHARE_MIN) return []
      const share = count / n
      const score = share * Math.log(1 + (share * all) / (everywhere.get(stem) ?? count))
      return [{ word: mostFrequent(forms), score }]
    })
    return scored
      .toSorted(
        (a, b) => b.score - a.score || b.word.length - a.word.length || (a.word < b.word ? -1 : 1),
      )
      .slice(0, WORDS_MAX)
      .map(({ word }) => word)
  })
}

interface Counted {
  count: number
  readonly forms: Map<string, number>
}

/** Counts in how many of the texts each word is, all its inflected forms as one. */
function countWords(texts: readonly string[]): ReadonlyMap<string, Counted> {
  const counted = new Map<string, Counted>()
  for (const text of texts) {
    const seen = new Set<string>()
    for (const form of wordsOf(text.replace(PLACEHOLDER, ' '))) {
      const [stem] = stemsOf(form)
      if (stem === undefined || EMPTY.has(form) || /\d/.test(form)) continue
      const known = counted.get(stem) ?? { count: 0, forms: new Map<string, number>() }
      counted.set(stem, known)
      known.forms.set(form, (known.forms.get(form) ?? 0) + 1)
      if (!seen.has(stem)) known.count++
      seen.add(stem)
    }
  }
  return counted
}

function mostFrequent(forms: ReadonlyMap<string, number>): string {
  const [first] = [...forms].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return first?.[0] ?? ''
}

/** Makes the name of a topic from its words. `others` are the names of the other topics. */
export function nameOf(words: readonly string[], others: ReadonlySet<string>): string {
  if (words.length === 0) return uniqueName('without words of its own', others)
  for (let n = NAME_WORDS; n <= words.length; n++) {
    const name = words.slice(0, n).join(', ')
    if (!others.has(name)) return name
  }
  return uniqueName(words.slice(0, NAME_WORDS).join(', '), others)
}

function uniqueName(name: string, others: ReadonlySet<string>): string {
  if (!others.has(name)) return name
  for (let n = 2; ; n++) if (!others.has(`${name} (${n})`)) return `${name} (${n})`
}
