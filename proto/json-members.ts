// Reads the members of a JSON object as byte ranges, so that a large event can be made smaller without parsing it. Everything
// kept stays byte for byte the same, including integers too large for a double. Only for JSON that this program wrote.

export interface Member {
  readonly name: string
  /** The JSON text of the value. */
  readonly value: Buffer
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = new Set([0x7b, 0x5b])
const CLOSE = new Set([0x7d, 0x5d])

/** The top-level members of `json`; null when it is not an object. */
export function members(json: Buffer): Member[] | null {
  if (json[0] !== 0x7b || json[json.length - 1] !== 0x7d) return null
  const out: Member[] = []
  let at = 1
  while (at < json.length - 1) {
    const nameEnd = stringEnd(json, at)
    const name = json.toString('utf8', at, nameEnd)
    if (json[at] !== QUOTE || json[nameEnd] !== COLON) return null
    const end = valueEnd(json, nameEnd + 1)
    out.push({ name: unquoted(name), value: json.subarray(nameEnd + 1, end) })
    at = end + 1
  }
  return out
}

/** A JSON object with these members. */
export function object(list: readonly Member[]): Buffer {
  const pieces: Buffer[] = []
  for (const [i, member] of list.entries())
    pieces.push(Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(member.name)}:`), member.value)
  pieces.push(Buffer.from(list.length === 0 ? '{}' : '}'))
  return Buffer.concat(pieces)
}

const unquoted = (text: string): string => {
  const parsed: unknown = JSON.parse(text)
  return String(parsed)
}

/** The index after the closing quote of the string that begins at `at`. */
function stringEnd(json: Buffer, at: number): number {
  for (let i = at + 1; i < json.length; i++) {
    if (json[i] === BACKSLASH) i++
    else if (json[i] === QUOTE) return i + 1
  }
  return json.length
}

/** The index of the comma or closing brace after the value that begins at `at`. */
function valueEnd(json: Buffer, at: number): number {
  let depth = 0
  for (let i = at; i < json.length; i++) {
    const c = json[i] as number
    if (c === QUOTE) i = stringEnd(json, i) - 1
    else if (OPEN.has(c)) depth++
    else if (depth === 0 && (c === COMMA || CLOSE.has(c))) return i
    else if (CLOSE.has(c)) depth--
  }
  return json.length
}
