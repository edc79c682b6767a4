// Strings of code that are joined by an operator: `"ghp_" + "q6hZ.."`, also over a line break, and escaped in JSON. A secret
// that was cut so is judged as if nothing stood between.

/** The quote and the operator with which a joint begins. */
// biome-ignore format: a list of joints
export const CONCATENATIONS = ['" + ', "' + ", '"+', "'+", '" +\n', "' +\n", '" . "', "' . '", '" .. "', '" & "', '\\" + ', "\\' + ", '\\"+']

const BLANKS_MAX = 40
const BACKSLASHES_MAX = 8
/** What is joined must go on for so long: shorter words are joined in every program. */
const NEXT_MIN = 8

/** Bytes of the joint whose quote, or the backslashes before it, stands at `p`; 0 when there is none. */
export function concatenationAt(b: Uint8Array, p: number, to: number): number {
  const first = pastBackslashes(b, p, to)
  const quote = b[first] as number
  if (first >= to || (quote !== 0x22 && quote !== 0x27) || !isTokenByte(b[p - 1])) return 0
  const operator = pastBlanks(b, first + 1, to)
  const behind = pastOperator(b, operator, to)
  if (behind === operator) return 0
  const second = pastBlanks(b, behind, to)
  const open = pastBackslashes(b, second, to)
  if (open >= to || b[open] !== quote || open - second !== first - p) return 0
  let end = open + 1
  while (end < to && end <= open + NEXT_MIN && isTokenByte(b[end])) end++
  const isLong = end - open > NEXT_MIN
  return isLong && open + 1 - p < 0x100 ? open + 1 - p : 0
}

function pastBackslashes(b: Uint8Array, p: number, to: number): number {
  let i = p
  while (i < to && b[i] === 0x5c && i - p < BACKSLASHES_MAX) i++
  return i
}

/** Blanks and line breaks, also escaped ones. */
function pastBlanks(b: Uint8Array, p: number, to: number): number {
  let i = p
  while (i < to && i - p < BLANKS_MAX) {
    const c = b[i] as number
    const isEscaped = c === 0x5c && (b[i + 1] === 0x6e || b[i + 1] === 0x72 || b[i + 1] === 0x74)
    if (!isEscaped && c !== 0x20 && (c < 9 || c > 13)) break
    i += isEscaped ? 2 : 1
  }
  return i
}

/** `+`, `.`, `..` or `&`. */
function pastOperator(b: Uint8Array, p: number, to: number): number {
  const c = b[p]
  if (p >= to || (c !== 0x2b && c !== 0x2e && c !== 0x26)) return p
  return c === 0x2e && b[p + 1] === 0x2e ? p + 2 : p + 1
}

function isTokenByte(c: number | undefined): boolean {
  if (c === undefined) return false
  const isAlnum = (c >= 48 && c <= 57) || ((c | 32) >= 97 && (c | 32) <= 122)
  return isAlnum || c === 0x2d || c === 0x5f || c === 0x2e || c === 0x2b || c === 0x2f
}
