// Search by words in messages, in every script: what of a query is looked for, and the conditions of ClickHouse for it. The
// messages are JSON as the client sent it. Their text is decoded, so that escapes are characters; everything outside ASCII that is
// no letter, digit or mark becomes a space; and the rest is folded, so that case and form of writing do not count. A word is
// looked for as a whole. Scripts that are written without spaces have no words to see, so there any part of a text is found.

/** What stands together in a query, in this order: a word with hyphens, an address, or what is in quotation marks. */
export interface Phrase {
  readonly pieces: readonly Piece[]
}

interface Piece {
  readonly text: string
  /** `run`: characters of a script without spaces. `symbol`: one emoji or sign. */
  readonly kind: 'word' | 'run' | 'symbol'
}

/** Ranges of code points, as a pattern of ClickHouse (RE2) or of JS has them. */
type Dialect = 're2' | 'js'
type Ranges = readonly (readonly [from: number, to?: number])[]

/**
 * Outside ASCII what stands between words: punctuation, spaces, symbols, emoji with their selectors. Ranges and not classes such as
 * \\p{P}, because ClickHouse compiles a pattern for every block, which takes 2 ms with those, and because both sides must agree.
 */
const BETWEEN: Ranges = [
  [0x80, 0xa9], [0xab, 0xb1], [0xb4], [0xb6, 0xb8], [0xbb], [0xbf], [0xd7], [0xf7], [0x37e], [0x387], [0x55a, 0x55f],
  [0x589, 0x58f], [0x5be], [0x5c0], [0x5c3], [0x5f3, 0x5f4], [0x60c, 0x60f], [0x61b, 0x61f], [0x66a, 0x66d], [0x6d4],
  [0x964, 0x965], [0x970], [0xdf4], [0xe3f], [0xe4f], [0xe5a, 0xe5b], [0xf0b, 0xf14], [0x104a, 0x104f], [0x10fb],
  [0x1360, 0x1368], [0x166d, 0x166e], [0x1680], [0x17d4, 0x17d6], [0x17d8, 0x17db], [0x1800, 0x180a], [0x2000, 0x206f],
  [0x207a, 0x207e], [0x208a, 0x208e], [0x20a0, 0x20cf], [0x2100, 0x2101], [0x2103, 0x2106], [0x2108, 0x2109], [0x2114],
  [0x2116, 0x2118], [0x211e, 0x2123], [0x2140, 0x2144], [0x2190, 0x244f], [0x249c, 0x24e9], [0x2500, 0x2775],
  [0x2794, 0x2bff], [0x2e00, 0x2e2e], [0x2e30, 0x2e7f], [0x2ff0, 0x3004], [0x3008, 0x3020], [0x3030], [0x303d, 0x303f],
  [0x30a0], [0x30fb], [0x3200, 0x33ff], [0xe000, 0xf8ff], [0xfe00, 0xfe19], [0xfe30, 0xfe6f], [0xfeff, 0xff0f],
  [0xff1a, 0xff20], [0xff3b, 0xff40], [0xff5b, 0xff65], [0xffe0, 0xffff], [0x1f000, 0x1faff], [0xe0000, 0xe0fff],
] // biome-ignore format: a table
/**
 * Scripts that are written without spaces, or with endings that are no words of their own: Thai, Lao, Burmese, Korean, Khmer, Kana,
 * Bopomofo, Chinese characters.
 */
const RUNS: Ranges = [
  [0xe01, 0xe3a], [0xe40, 0xe4e], [0xe50, 0xe59], [0xe81, 0xeff], [0x1000, 0x1049], [0x1050, 0x109f], [0x1100, 0x11ff],
  [0x1780, 0x17d3], [0x17d7], [0x17dc, 0x17ff], [0x2e80, 0x2fdf], [0x3005, 0x3007], [0x3021, 0x302f], [0x3031, 0x303c],
  [0x3041, 0x309f], [0x30a1, 0x30fa], [0x30fc, 0x31ff], [0x3400, 0x4dbf], [0x4e00, 0x9fff], [0xa960, 0xa97f],
  [0xac00, 0xd7ff], [0xf900, 0xfaff], [0x1b000, 0x1b16f], [0x20000, 0x3ffff],
] // biome-ignore format: a table

function inClass(ranges: Ranges, dialect: Dialect): string {
  const escape = (code: number): string =>
    `${dialect === 're2' ? '\\x' : '\\u'}{${code.toString(16)}}`
  return ranges
    .map(([from, to]) => (to === undefined ? escape(from) : `${escape(from)}-${escape(to)}`))
    .join('')
}

/** In ASCII, when everything is lower case. */
const ASCII_BETWEEN = '\\x00-\\x2f\\x3a-\\x60\\x7b-\\x7e'
const STRIPPED = new RegExp(`[${inClass(BETWEEN, 'js')}]`, 'gu')
/** Emoji and signs, those of ASCII aside. */
const SYMBOLS = /(?!\$)[\p{So}\p{Sc}]/gu
const RUN = new RegExp(`^[${inClass(RUNS, 'js')}]`, 'u')
const PIECES = new RegExp(
  `[${inClass(RUNS, 'js')}]+|[^${ASCII_BETWEEN}\\x7f${inClass(BETWEEN, 'js')}${inClass(RUNS, 'js')}]+`,
  'gu',
)
/** Keys of messages, which every message has, and values that are one of a few words. */
const STRUCTURE =
  '"(?:role|type|finish_reason|modality|mime_type)"\\s*:\\s*"[^"\\\\]*"|"(?:role|parts|type|content|name|finish_reason|id|arguments|response|modality|mime_type|uri|file_id|is_error)"\\s*:'
/** Stands for keys: no phrase goes across it. It may stand in JSON as it is. */
const BREAK = '\x7f'
/**
 * Characters whose folded form has a letter or digit of ASCII, and some more. In a text without them a word of ASCII is there to
 * the letter, or it is not there.
 */
export const ASCII_BY_FOLDING =
  '[\u00aa\u00b2\u00b3\u00b9\u00ba\u00bc-\u00be\u00df\u0130-\u0133\u013f\u0140\u0149\u017f\u01c4-\u01cc\u01f1-\u01f3\u02b0-\u02ff\u0307\u1d2c-\u1dbf\u1e9a\u1e9e\u2070-\u209f\u2100-\u218f\u2460-\u24ff\u2c7c\u2c7d\u3250-\u33ff\ua69c-\ua7ff\uab5c-\uab69\ufb00-\ufb06\uff10-\uff5a\u{10780}-\u{107bf}\u{1ccd0}-\u{1ccff}\u{1d400}-\u{1d7ff}\u{1f100}-\u{1f1ff}\u{1fbf0}-\u{1fbf9}]'

/** The longest text of a query, and the most that it may ask for at once. */
export const QUERY_MAX = 200
export const PHRASES_MAX = 16

/**
 * For queries with conditions on words: what they compute of a block is held several times over, and one text may be a whole
 * conversation.
 */
export const WORDS_SETTINGS = { max_block_size: '512' } as const

/** What the text looks for: every phrase must be there. Empty when it has no letter, digit or symbol. */
export function phrasesOf(text: string): readonly Phrase[] {
  const chunks = text.match(/["“”„][^"“”„]*["“”„]|[^\s"“”„]+/gu) ?? []
  return chunks.flatMap((chunk) => {
    const pieces = piecesOf(chunk)
    const spoken = pieces.filter(({ kind }) => kind !== 'symbol')
    const symbols = pieces.filter(({ kind }) => kind === 'symbol')
    return [...(spoken.length > 0 ? [spoken] : []), ...symbols.map((symbol) => [symbol])].map(
      (each) => ({ pieces: each }),
    )
  })
}

function piecesOf(chunk: string): Piece[] {
  const symbols = chunk.match(SYMBOLS) ?? []
  const words = folded(chunk).match(PIECES) ?? []
  return [
    ...words.map((text): Piece => ({ text, kind: RUN.test(text) ? 'run' : 'word' })),
    ...symbols
      .filter((symbol) => symbol.search(STRIPPED) >= 0)
      .map((text): Piece => ({ text, kind: 'symbol' })),
  ]
}

/** As `FOLDED` does in ClickHouse. */
export function folded(text: string): string {
  return text
    .replace(STRIPPED, ' ')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ')
    .replaceAll('ı', 'i')
    .replaceAll('i\u0307', 'i')
}

/** A pattern for a folded text. */
function patternOf({ pieces }: Phrase, dialect: Dialect): string {
  const between = `${ASCII_BETWEEN}${inClass(BETWEEN, dialect)}`
  const edge = (side: '^' | '$'): string => `(?:${side}|[${between}\\x7f${inClass(RUNS, dialect)}])`
  let pattern = pieces[0]?.kind === 'word' ? edge('^') : ''
  for (const [i, piece] of pieces.entries()) {
    const before = pieces[i - 1]
    if (before !== undefined) {
      const isBetweenWords = before.kind === 'word' && piece.kind === 'word'
      pattern += `[${between}]${isBetweenWords ? '+' : '*'}`
    }
    // What is neither in ASCII nor between words needs no escape, nor do letters and digits.
    pattern += piece.text
  }
  return pieces.at(-1)?.kind === 'word' ? pattern + edge('$') : pattern
}

/** Where the first of the phrases is in the text, or -1. */
export function placeIn(text: string, phrases: readonly Phrase[]): number {
  const plain = folded(text)
  let first = -1
  for (const phrase of phrases) {
    const [piece] = phrase.pieces
    const at =
      piece?.kind === 'symbol'
        ? text.indexOf(piece.text)
        : inOriginal(text, plain.search(new RegExp(patternOf(phrase, 'js'), 'u')))
    if (at >= 0 && (first < 0 || at < first)) first = at
  }
  return first
}

/** Folding may change lengths: the least prefix whose folded form is as long. */
function inOriginal(text: string, at: number): number {
  if (at <= 0) return at
  let low = 0
  let high = text.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (folded(text.slice(0, middle)).length < at) low = middle + 1
    else high = middle
  }
  return low
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const replaced = (sql: string, pattern: string, by: string): string =>
  `replaceRegexpAll(${sql}, ${quoted(pattern)}, ${quoted(by)})`
/** The body with a name for the value in it, which is computed once. SQL has no other way within an expression. */
const where = (name: string, value: string, body: string): string =>
  `arrayMap(${name} -> ${body}, [${value}])[1]`
/** The text if it is of ASCII, or if it is not. An empty text costs nothing in what follows. */
const ifAscii = (sql: string): string => where('a', sql, "if(length(a) = lengthUTF8(a), a, '')")
const unlessAscii = (sql: string): string => where('a', sql, "if(length(a) = lengthUTF8(a), '', a)")

/** All of a JSON document as one JSON string, decoded: quotation marks and backslashes become spaces. */
function decodedOnce(sql: string): string {
  const inner = `replaceAll(replaceAll(replaceAll(${sql}, ${quoted('\\\\')}, ' '), ${quoted('\\"')}, ' '), '"', ' ')`
  return `JSONExtractString(concat('["', ${inner}, '"]'), 1)`
}

/** Halves of surrogate pairs, which some clients cut, are no JSON for ClickHouse; then all of them are left out. */
function decoded(sql: string): string {
  const whole = replaced("if(empty(d), j, '')", '\\\\u[dD][89a-fA-F][0-9a-fA-F]{2}', ' ')
  return where('j', sql, where('d', decodedOnce('j'), `concat(d, ${decodedOnce(whole)})`))
}

const textOf = (sql: string): string => replaced(decoded(sql), `[${inClass(BETWEEN, 're2')}]+`, ' ')

function foldedSql(sql: string): string {
  const lower = `lowerUTF8(normalizeUTF8NFKC(${sql}))`
  return `replaceAll(replaceAll(replaceAll(replaceAll(${lower}, 'ß', 'ss'), 'ς', 'σ'), 'ı', 'i'), 'i\u0307', 'i')`
}

function messages(alias: string): string {
  return `concat(ifNull(${alias}input_messages, ''), ' ', ifNull(${alias}output_messages, ''))`
}

/**
 * What the indexes have: words of the folded text, and the folded text itself where it has a script without spaces. Computed with
 * less where a text is of ASCII, because every insert and every merge does it.
 */
export function indexedSql(alias: string): { readonly words: string; readonly runs: string } {
  const raw = messages(alias)
  const isPlain = `length(m) = lengthUTF8(m) AND position(m, ${quoted('\\u')}) = 0`
  const plain = ['\\\\', '\\n', '\\r', '\\t', '\\b', '\\f'].reduce(
    (sql, escape) => `replaceAll(${sql}, ${quoted(escape)}, ' ')`,
    where('m', raw, `if(${isPlain}, m, '')`),
  )
  const text = textOf(where('m', raw, `if(${isPlain}, '', m)`))
  const other = foldedSql(unlessAscii(text))
  const words = replaced(other, `[${inClass(BETWEEN, 're2')}${inClass(RUNS, 're2')}]+`, ' ')
  return {
    words: `concat(lower(${plain}), lower(${ifAscii(text)}), ${words})`,
    // An index of an element of an array would not be used.
    runs: `concat(${where('f', other, `if(match(f, ${quoted(`[${inClass(RUNS, 're2')}]`)}), f, '')`)}, ' ')`,
  }
}

const RAW = messages('e.')
const INDEXED = indexedSql('e.')
const DECODED = decoded(replaced(RAW, STRUCTURE, BREAK))
const FOLDED = where(
  't',
  textOf(replaced(RAW, STRUCTURE, BREAK)),
  `concat(lower(${ifAscii('t')}), ${foldedSql(unlessAscii('t'))})`,
)
/** Texts where a word of ASCII may be written in another way. */
const UNUSUAL = `position(${RAW}, ${quoted('\\u')}) > 0 OR (length(${RAW}) != lengthUTF8(${RAW}) AND match(${RAW}, ${quoted(ASCII_BY_FOLDING)}))`
const NOT_ASCII = `(length(${RAW}) != lengthUTF8(${RAW}) OR position(${RAW}, ${quoted('\\u')}) > 0)`

/**
 * Conditions over `canonical_events AS e`, the cheap ones first: most rows are told by the bytes as they are. The last one is what
 * the index answers; every row that has come so far fulfils it.
 */
export function hasPhrases(
  phrases: readonly Phrase[],
  params: Record<string, unknown>,
): readonly string[] {
  const cheap: string[] = []
  const exact: string[] = []
  for (const [i, phrase] of phrases.entries()) {
    const [first] = phrase.pieces
    if (first?.kind === 'symbol') {
      cheap.push(NOT_ASCII)
      exact.push(`position(${DECODED}, {symbol${i}:String}) > 0`)
      params[`symbol${i}`] = first.text
      continue
    }
    for (const [j, { text }] of phrase.pieces.entries()) {
      if (/^[a-z0-9]+$/.test(text)) {
        cheap.push(`(positionCaseInsensitive(${RAW}, {word${i}_${j}:String}) > 0 OR ${UNUSUAL})`)
        params[`word${i}_${j}`] = text
      } else cheap.push(NOT_ASCII)
    }
    exact.push(`match(${FOLDED}, {phrase${i}:String})`)
    params[`phrase${i}`] = patternOf(phrase, 're2')
  }
  const pieces = phrases.flatMap((phrase) => phrase.pieces)
  const indexed = pieces.flatMap(({ text, kind }, i) => {
    params[`indexed${i}`] = kind === 'run' ? `%${text}%` : text
    if (kind === 'word') return [`hasToken(${INDEXED.words}, {indexed${i}:String})`]
    return kind === 'run' ? [`${INDEXED.runs} LIKE {indexed${i}:String}`] : []
  })
  return [...new Set(cheap), ...exact, ...indexed]
}
