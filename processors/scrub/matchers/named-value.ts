// `"name":"X","type":"secret","value":"V"`, `name="x" type="y" value="V"`: the value of a name stands under a key such
// as `value`, with other pairs between. By hand, because an expression for it has exponentially many ways to cut
// `x: y x: y x: y` into pairs; here each position is looked at once.

/** Where the pairs end and the value begins, and the quotes before it. */
export interface NamedValue {
  readonly end: number
  readonly open: string
}

const LEAD_MAX = 6
const BLANKS_MAX = 16
const KEY_MAX = 24
const VALUE_MAX = 40
const QUOTES_MAX = 4
/** The most that is looked at. */
const TEXT_MAX = 512

/** The end of a key that a value stands under. */
const SIGN =
  /(?:value|val|v|default|content|text|new|old|current|previous|result|output|data|response)["'\\]{0,4}[ \t]{0,4}[:=]/i

/** By position: 1 = pairs may begin there. */
const seen = new Uint8Array(TEXT_MAX + 1)
/** The last of them. */
let furthest = 0

function mark(at: number): void {
  seen[at] = 1
  if (at > furthest) furthest = at
}

/**
 * The first value of `text`, which follows a name, that is reached over pairs alone. `last` matches the key of a value at
 * its `lastIndex` up to and with its opening quotes (its first group).
 */
export function namedValue(text: string, last: RegExp): NamedValue | null {
  if (!text.includes(':') && !text.includes('=')) return null
  const end = Math.min(text.length, TEXT_MAX)
  let at = 0
  while (at < LEAD_MAX && at < end && isLead(text.charCodeAt(at))) at++
  // `DBPassword:` and the pairs of YAML below it.
  if (at === 0 && text.startsWith(':\n')) at = 1
  // The lead and the blanks share backslashes, so pairs may begin behind any of them.
  seen.fill(0, 0, end + 1)
  furthest = 0
  for (let i = 0; i <= at; i++) markBlanks(text, i, end)
  const afterBlanks = furthest
  let isSure = false
  for (let i = 0; i <= furthest && i < end; i++) {
    if (seen[i] === 0) continue
    // Most lists of pairs have no such key: asked once, when there is a list.
    if (!isSure && i > afterBlanks) {
      if (!SIGN.test(text)) return null
      isSure = true
    }
    last.lastIndex = i
    const m = last.exec(text)
    if (m !== null) return { end: i + m[0].length, open: m[1] ?? '' }
    markPairs(text, i, end)
  }
  return null
}

function markBlanks(text: string, from: number, end: number): void {
  let i = from
  for (let n = 0; n <= BLANKS_MAX && i < end; n++) {
    mark(i)
    const c = text.charCodeAt(i)
    if (c === 0x20 || c === 0x09 || c === 0x0d || c === 0x0a) i++
    else {
      const escape = escapedBreak(text, i, end)
      if (escape === 0) return
      i += escape
    }
  }
}

/** Length of `\n` or `\r`, with any number of backslashes; 0 = none. */
function escapedBreak(text: string, from: number, end: number): number {
  let i = from
  while (i < end && text.charCodeAt(i) === 0x5c) i++
  const c = text.charCodeAt(i)
  return i > from && i < end && (c === 0x6e || c === 0x72) ? i + 1 - from : 0
}

/** Marks where the next pair may begin when one begins at `from`. */
function markPairs(text: string, from: number, end: number): void {
  const escape = escapedBreak(text, from, end)
  if (escape > 0 && text.charCodeAt(from + escape - 1) === 0x6e) mark(from + escape)
  const key = pastQuotes(text, from, end)
  for (let i = key; i < end && i - key <= KEY_MAX; i++) {
    const c = text.charCodeAt(i)
    // A colon may be part of the key, or end it.
    if (c === 0x3a && i > key) markValues(text, i + 1, end)
    if (isKey(c)) continue
    if (i > key) {
      const quoted = pastQuotes(text, i, end)
      const sign = isBlank(text.charCodeAt(quoted)) ? quoted + 1 : quoted
      if (sign < end && isSign(text.charCodeAt(sign))) markValues(text, sign + 1, end)
    }
    return
  }
}

/** The value that begins behind a sign: it may end at each blank in it, or at its end. */
function markValues(text: string, from: number, end: number): void {
  const start = pastQuotes(text, isBlank(text.charCodeAt(from)) ? from + 1 : from, end)
  let i = start
  for (; i < end && i - start < VALUE_MAX; i++) {
    const c = text.charCodeAt(i)
    if (!isValue(c)) break
    if (c === 0x20 || c === 0x09 || c === 0x0d) mark(i + 1)
  }
  const quoted = pastQuotes(text, i, end)
  const c = text.charCodeAt(quoted)
  if (quoted < end && (c === 0x2c || c === 0x20 || c === 0x09 || c === 0x0d || c === 0x0a))
    // The next pair may begin on another line.
    markBlanks(text, quoted + 1, end)
}

function pastQuotes(text: string, from: number, end: number): number {
  let i = from
  while (i < end && i - from < QUOTES_MAX && isQuote(text.charCodeAt(i))) i++
  return i
}

function isQuote(c: number): boolean {
  return c === 0x22 || c === 0x27 || c === 0x5c
}

function isLead(c: number): boolean {
  return isQuote(c) || c === 0x2c || c === 0x7d
}

function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x09
}

function isSign(c: number): boolean {
  return c === 0x3a || c === 0x3d
}

function isKey(c: number): boolean {
  return (c >= 48 && c <= 58) || ((c | 32) >= 97 && (c | 32) <= 122) || c === 0x5f || c === 0x2d
}

function isValue(c: number): boolean {
  return (
    !isQuote(c) && c !== 0x2c && c !== 0x7b && c !== 0x7d && c !== 0x3c && c !== 0x3e && c !== 0x0a
  )
}
