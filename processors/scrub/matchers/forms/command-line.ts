// The words of a command line as a shell would have them: of one line, of lines that end with a backslash, of a list in JSON or
// YAML. A word knows where it stands, so that a part of it can be reported. What follows `|`, `;` or `&&` belongs to another command.

export interface Word {
  /** Without the quotes around it. */
  readonly text: string
  /** Where the text begins in the line. */
  readonly at: number
  readonly isQuoted: boolean
}

const WORDS_MAX = 48
/** Between two words of a line: blanks, and line ends behind a backslash, spelled out or not. */
const BLANK = /(?:[ \t]|\\\r?\n|(?:\\\\){1,4}\\(?:r\\{1,7})?n)+/y
/** What ends a command: the line, a pipe, another command, a redirection, the string around it. */
const END = /(?:\r?\n|\\+[nr]|\|\|?|&&?|;|>|<|#|\)|$)/y
const OPENING = /\\*["'`]/y
/** `\\server\share` */
const SHARE =
  /\\{2,8}(?:[\w.-]{1,64}\\{1,4}[\w$.-][\w$.\\-]{0,200}|[a-mo-qs-zA-Z0-9*][\w.-]{0,64})/y
const PLAIN = /(?:[^\s"'`\\|;&<>)]|\\(?![nr"'`\\\s])|&(?![& ]))+/y
/** `", "`, `',\n  '` */
const LISTED = /(\\*["'`])(?: ?, ?|\s{0,2},\s{0,24})(\\*["'`])/y
/** `- mysql` in YAML, and the next line of the list. */
const NEXT_ITEM = /["']?[ \t]*(?:\r?\n|\\+n)[ \t]{0,24}- (["']?)/y

/** Words of the command whose name begins `line`, the name not among them. `isItem`: the name is an item of a list in YAML. */
export function wordsOf(line: string, nameLength: number, isItem: boolean): Word[] {
  LISTED.lastIndex = nameLength
  const listed = LISTED.exec(line)
  if (listed !== null) return listedWords(line, nameLength, LISTED)
  if (isItem) {
    NEXT_ITEM.lastIndex = nameLength
    if (NEXT_ITEM.test(line)) return itemWords(line, nameLength)
  }
  // A path in quotes: `"C:\\Program Files\\7-Zip\\7z.exe" a -p..`.
  const quote = /^\\*["'`](?=[ \t])/.exec(line.slice(nameLength, nameLength + 9))
  return shellWords(line, nameLength + (quote?.[0].length ?? 0))
}

function listedWords(line: string, from: number, between: RegExp): Word[] {
  const words: Word[] = []
  for (let at = from; words.length < WORDS_MAX; ) {
    between.lastIndex = at
    const m = between.exec(line)
    if (m === null) break
    const start = at + m[0].length
    const quote = m[2] ?? ''
    const end = line.indexOf(quote, start)
    if (end < 0) break
    words.push({ text: line.slice(start, end), at: start, isQuoted: false })
    at = end
  }
  return words
}

function itemWords(line: string, from: number): Word[] {
  const words: Word[] = []
  for (let at = from; words.length < WORDS_MAX; ) {
    NEXT_ITEM.lastIndex = at
    const m = NEXT_ITEM.exec(line)
    if (m === null) break
    const start = at + m[0].length
    const quote = m[1] ?? ''
    let end = start
    while (
      end < line.length &&
      !(quote === '' ? '\r\n\\' : `${quote}\n`).includes(line[end] as string)
    )
      end++
    words.push({ text: line.slice(start, end).trimEnd(), at: start, isQuoted: false })
    at = end
  }
  return words
}

function shellWords(line: string, from: number): Word[] {
  const words: Word[] = []
  for (let at = from; words.length < WORDS_MAX; ) {
    BLANK.lastIndex = at
    const blank = BLANK.exec(line)
    if (blank === null) break
    at += blank[0].length
    END.lastIndex = at
    SHARE.lastIndex = at
    if (!SHARE.test(line) && END.test(line)) break
    const word = wordAt(line, at)
    if (word === null) break
    words.push(word)
    at = word.end
  }
  return words
}

/** A word that is quoted as a whole, or one with quotes inside: `-p'a b'`, `--x="a b"`. */
function wordAt(line: string, from: number): (Word & { readonly end: number }) | null {
  SHARE.lastIndex = from
  const share = SHARE.exec(line)?.[0]
  if (share !== undefined)
    return { text: share, at: from, isQuoted: false, end: from + share.length }
  const whole = quotedPart(line, from)
  if (whole !== null)
    return {
      text: line.slice(whole.from, whole.to),
      at: whole.from,
      isQuoted: true,
      end: whole.end,
    }
  let at = from
  for (;;) {
    PLAIN.lastIndex = at
    const plain = PLAIN.exec(line)
    if (plain !== null) at += plain[0].length
    const part = at > from ? quotedPart(line, at) : null
    if (part === null) break
    at = part.end
  }
  return at === from ? null : { text: line.slice(from, at), at: from, isQuoted: false, end: at }
}

interface Quoted {
  readonly from: number
  readonly to: number
  readonly end: number
}

/** What stands in quotes at `at`; null when they are not closed, for then they end the string around the line. */
function quotedPart(line: string, at: number): Quoted | null {
  OPENING.lastIndex = at
  const quote = OPENING.exec(line)?.[0]
  if (quote === undefined) return null
  const from = at + quote.length
  const to = line.indexOf(quote, from)
  if (to < 0 || line.slice(from, to).includes('\n')) return null
  // Behind a quote that ends the string around the line no word goes on.
  const isInside =
    to === from ||
    /^[ \t\\|;&<>)"'`\r\n@]|^$/.test(line.slice(to + quote.length, to + quote.length + 1))
  return isInside ? { from, to, end: to + quote.length } : null
}
