// Text that came from somewhere else, made harmless for terminals and logs: control characters move the cursor and
// bidirectional marks change the order of what is read. They are shown as JSON would escape them, so that in JSON the
// text stays the same text.

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
/** The first bytes, in UTF-8, of all that is unsafe and that JSON text may hold as it is. */
const LEADS = [0x7f, 0xc2, 0xd8, 0xe2, 0xef]

/** One line that a terminal shows as it is. */
export function visible(text: string): string {
  return text.replace(UNSAFE, escaped)
}

/** JSON lines, still the same values; line feeds between documents stay. */
export function visibleJson(bytes: Buffer): Buffer {
  if (!LEADS.some((b) => bytes.includes(b))) return bytes
  return Buffer.from(bytes.toString('utf8').replace(UNSAFE, (c) => (c === '\n' ? c : escaped(c))))
}

function escaped(c: string): string {
  return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
}
