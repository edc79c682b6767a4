// Understands just enough of ClickHouse's grammar to separate data from SQL: where a statement ends, whether it is an
// INSERT with data, and which output format it names. The engine runs several statements of one text and ends inline
// data at an empty line, running the rest as SQL. So every text is separated here first. What this file does not
// understand is left to the engine's own parser.

export type Statement =
  /** One statement to run unchanged. `format` is the name in its FORMAT clause, or null. */
  | { readonly kind: 'plain'; readonly sql: string; readonly format: string | null }
  /** `INSERT ... FORMAT x` or `VALUES`: runs as `head FROM INFILE '..' tail FORMAT format`. */
  | {
      readonly kind: 'insert'
      readonly head: string
      readonly tail: string
      readonly format: string
      /** The offset of the inline data in the text, in bytes. */
      readonly dataAt: number
    }
  /** The statement is refused before the engine sees it. */
  | { readonly kind: 'refused'; readonly code: number; readonly message: string }

interface Token {
  /** A word in upper case, or a single character for anything else of interest. '' at the end. */
  readonly text: string
  readonly raw: string
  readonly start: number
  readonly end: number
  readonly depth: number
}

const refused = (code: number, message: string): Statement => ({ kind: 'refused', code, message })

/** Separates `bytes`, which contain one statement and perhaps the data of an INSERT after it. */
export function parseStatement(bytes: Buffer): Statement {
  // Latin-1 has one character for each byte, so positions in the text are positions in the bytes.
  const s = bytes.toString('latin1')
  let token = nextToken(s, 0, 0)
  if (token.text === '') return refused(62, 'Syntax error: empty query (SYNTAX_ERROR)')
  if (token.text === 'INSERT') return parseInsert(bytes, s, token)
  let format: string | null = null
  let previous = ''
  for (; token.text !== ''; token = nextToken(s, token.end, token.depth)) {
    if (token.text === ';') {
      if (nextToken(s, token.end, token.depth).text !== '') return manyStatements()
      return { kind: 'plain', sql: utf8(bytes, 0, token.start), format }
    }
    if (token.text === 'INFILE') return localFile()
    if (previous === 'FORMAT' && token.depth === 0 && isWord(token.text)) format = token.raw
    previous = token.text
  }
  return { kind: 'plain', sql: utf8(bytes, 0, bytes.length), format }
}

function parseInsert(bytes: Buffer, s: string, first: Token): Statement {
  let settingsAt = -1
  let token = nextToken(s, first.end, first.depth)
  for (; token.text !== ''; token = nextToken(s, token.end, token.depth)) {
    if (token.text === ';') {
      if (nextToken(s, token.end, token.depth).text !== '') return manyStatements()
      break
    }
    if (token.depth > 0) continue
    if (token.text === 'INFILE') return localFile()
    if (token.text === 'SETTINGS') settingsAt = token.start
    // `INSERT INTO t SELECT ..` reads no data. What follows is left to the engine's parser as one statement.
    if (token.text === 'SELECT' || token.text === 'WITH') return plainTail(bytes, s, token)
    if (token.text === 'VALUES')
      return insertWith(bytes, settingsAt, token.start, 'Values', token.end)
    if (token.text === 'FORMAT') {
      const name = nextToken(s, token.end, token.depth)
      if (!isWord(name.text))
        return refused(62, 'Syntax error: FORMAT without a name (SYNTAX_ERROR)')
      return insertWith(bytes, settingsAt, token.start, name.raw, afterFormat(s, name.end))
    }
  }
  return refused(62, 'Syntax error: INSERT without FORMAT, VALUES or SELECT (SYNTAX_ERROR)')
}

function plainTail(bytes: Buffer, s: string, from: Token): Statement {
  for (let t = from; t.text !== ''; t = nextToken(s, t.end, t.depth)) {
    if (t.text === 'INFILE') return localFile()
    // After a FORMAT the engine would look for inline data, and for SQL after that.
    if (t.text === 'FORMAT' && t.depth === 0)
      return refused(62, 'Syntax error: INSERT .. SELECT takes no FORMAT (SYNTAX_ERROR)')
    if (t.text !== ';') continue
    if (nextToken(s, t.end, t.depth).text !== '') return manyStatements()
    return { kind: 'plain', sql: utf8(bytes, 0, t.start), format: null }
  }
  return { kind: 'plain', sql: utf8(bytes, 0, bytes.length), format: null }
}

/** FROM INFILE must come before SETTINGS. */
function insertWith(
  bytes: Buffer,
  settingsAt: number,
  formatAt: number,
  format: string,
  dataAt: number,
): Statement {
  const headEnd = settingsAt < 0 ? formatAt : settingsAt
  return {
    kind: 'insert',
    head: utf8(bytes, 0, headEnd),
    tail: utf8(bytes, headEnd, formatAt),
    format,
    dataAt,
  }
}

const manyStatements = (): Statement =>
  refused(
    62,
    'Syntax error (Multi-statements are not allowed): one statement a request (SYNTAX_ERROR)',
  )
const localFile = (): Statement =>
  refused(
    344,
    'FROM INFILE is not allowed over HTTP; send the data as the body (SUPPORT_IS_DISABLED)',
  )

/** Data begins after blanks and one line end, as in the server's parser. */
function afterFormat(s: string, from: number): number {
  let i = from
  while (s[i] === ' ' || s[i] === '\t' || s[i] === '\f') i++
  if (s[i] === '\r') i++
  return s[i] === '\n' ? i + 1 : i
}

const utf8 = (bytes: Buffer, from: number, to: number): string => bytes.toString('utf8', from, to)
const isWord = (text: string): boolean => /^[A-Z_]/.test(text)

/** The next token of interest from `at`. Strings, quoted names and comments are skipped. */
function nextToken(s: string, at: number, depthAtStart: number): Token {
  let i = at
  let depth = depthAtStart
  while (i < s.length) {
    const c = s[i] as string
    const skipped = skipOpaque(s, i, c)
    if (skipped > i) {
      i = skipped
    } else if (c === '(' || c === '[' || c === '{') {
      depth++
      i++
    } else if (c === ')' || c === ']' || c === '}') {
      depth = Math.max(0, depth - 1)
      i++
    } else if (c === ';') {
      return { text: c, raw: c, start: i, end: i + 1, depth }
    } else if (/[A-Za-z_0-9]/.test(c)) {
      let end = i + 1
      while (end < s.length && /[A-Za-z_0-9]/.test(s[end] as string)) end++
      const raw = s.slice(i, end)
      return { text: raw.toUpperCase(), raw, start: i, end, depth }
    } else {
      i++
    }
  }
  return { text: '', raw: '', start: i, end: i, depth }
}

/** The end of the string, quoted name or comment that begins at `i`, or `i` if none begins there. */
function skipOpaque(s: string, i: number, c: string): number {
  if (c === "'" || c === '"' || c === '`') return endOfQuoted(s, i, c)
  const d = s[i + 1]
  if ((c === '-' && d === '-') || (c === '#' && (d === ' ' || d === '!'))) return endOf(s, '\n', i)
  if (c === '/' && d === '*') return endOf(s, '*/', i + 2)
  if (c === '$') {
    const tag = /^\$\w*\$/.exec(s.slice(i, i + 66))
    if (tag !== null) return endOf(s, tag[0], i + tag[0].length)
  }
  return i
}

function endOf(s: string, what: string, from: number): number {
  const at = s.indexOf(what, from)
  return at < 0 ? s.length : at + what.length
}

/** A doubled quote needs no special case: it reads as two quoted texts in succession. */
function endOfQuoted(s: string, from: number, quote: string): number {
  for (let i = from + 1; i < s.length; i++) {
    if (s[i] === '\\') i++
    else if (s[i] === quote) return i + 1
  }
  return s.length
}
