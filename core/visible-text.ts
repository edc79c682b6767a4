// Makes text from outside harmless for terminals and logs. Control characters can move the cursor, and bidirectional
// marks change the order in which text is read. Both are replaced by their JSON escapes, so that inside JSON the value
// stays the same.

// biome-ignore format: one range a line says what it is
const UNSAFE = new RegExp(
  '[' +
    '\\u0000-\\u001f' + // C0: escape, backspace, carriage return
    '\\u007f-\\u009f' + // delete, C1: the one-character forms of escape sequences
    '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069' + // bidirectional marks, embeddings, isolates
    '\\u2028\\u2029' + // line and paragraph separators
    '\\ufeff' +
    ']',
  'g',
)
/** First bytes, in UTF-8, of every unsafe character that may stand unescaped in JSON text. */
const LEADS = [0x7f, 0xc2, 0xd8, 0xe2, 0xef]

/** The text as one line that a terminal prints without interpreting anything. */
export function visible(text: string): string {
  return text.replace(UNSAFE, escaped)
}

/** The same for JSON lines: the values stay equal, and line feeds between documents stay. */
export function visibleJson(bytes: Buffer): Buffer {
  if (!LEADS.some((b) => bytes.includes(b))) return bytes
  return Buffer.from(bytes.toString('utf8').replace(UNSAFE, (c) => (c === '\n' ? c : escaped(c))))
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|.)/gs
const ASCII_END = 0x80

/** JSON text with the characters outside ASCII as they are, which some clients escape. All other escapes stay, so it is JSON still. */
export function withCharacters(json: string): string {
  if (!json.includes('\\u')) return json
  return json.replace(ESCAPE, (escape: string, hex: string | undefined) => {
    const code = hex === undefined ? 0 : Number.parseInt(hex, 16)
    return code < ASCII_END ? escape : String.fromCharCode(code)
  })
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
