// Splits texts into words, sentences and numbers. The rules are simple, but sufficient to compare texts without a model.

const WORD = /[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu

/** Returns the words of a text in lower case and in order. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(WORD) ?? []
}

/** Returns the sentences and lines of a text without its code blocks. */
export function sentencesOf(text: string): string[] {
  return withoutCode(text)
    .split(/(?<=[.!?。！？])\s+|\n+/u)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')
}

export function withoutCode(text: string): string {
  return text.replace(/```[\s\S]*?(?:```|$)/g, '\n')
}

const FUNCTION_WORDS = new Set(
  `a an the this that these those and or but if then else of in on at to for from by with without about as is are was were be been being
   am do does did have has had can could will would shall should may might must not no yes it its he she they we you i me my your our
   their his her them us there here what which who whom whose when where why how all any each every some such than too very just also
   only so into over under out up down off please sie ich du er es wir ihr der die das den dem des ein eine einen einem einer und oder
   aber wenn ist sind war waren nicht mit von zu im am auf für bei aus nach wie was wer le la les un une des et ou mais est sont pas
   que qui dans sur pour avec el los las una y o pero es son no en con por para de`.split(/\s+/),
)

/** Returns the content words of a text, reduced to a rough stem so that plurals and inflected forms compare equal. */
export function stemsOf(text: string): string[] {
  return wordsOf(text)
    .filter((word) => !FUNCTION_WORDS.has(word) && (word.length > 2 || /\d/.test(word)))
    .map(stem)
}

function stem(word: string): string {
  const bare = word.replace(/['’](s|t|re|ve|ll|d)?$/, '')
  if (bare.length <= 4 || /\d/.test(bare)) return bare.replace(/s$/, '') || bare
  const short = bare.replace(
    /(ations?|ingly|edly|ings?|ness|ments?|ers?|ies|ied|ed|es|en|ly|s|e)$/,
    '',
  )
  return short.length >= 3 ? short : bare
}

/** Returns the similarity of two sets of words, from 0 to 1: the share of all words that occur in both. */
export function similarity(a: readonly string[], b: readonly string[]): number {
  const left = new Set(a)
  const right = new Set(b)
  if (left.size === 0 || right.size === 0) return 0
  let both = 0
  for (const word of left) if (right.has(word)) both++
  return both / (left.size + right.size - both)
}

/** Returns the numbers of a text in one notation: `1,200`, `1200` and `1200.0` are equal. List numbers and single digits are left out. */
export function numbersOf(text: string): string[] {
  const found = text.match(/\d[\d.,]*\d|\d/g) ?? []
  return found.flatMap((raw) => {
    const plain = /^\d{1,3}(,\d{3})+(\.\d+)?$/.test(raw)
      ? raw.replaceAll(',', '')
      : raw.replace(/,(?=\d{1,2}$)/, '.')
    const value = Number(plain)
    return Number.isNaN(value) ? [plain] : [String(value)]
  })
}

/** Returns the beginning of a text, short enough to be used as evidence. */
export function quoteOf(text: string, charsMax = 160): string {
  const flat = text.replace(/\s+/g, ' ').trim()
  return flat.length <= charsMax ? flat : `${flat.slice(0, charsMax)}…`
}
