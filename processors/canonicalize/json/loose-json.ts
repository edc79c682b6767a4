// Parses what some instrumentations write instead of JSON: the repr of a Python value (single quotes, True, None,
// tuples). It parses JSON as well. Size and depth are limited, and anything else is `undefined`.

const REPR_BYTES_MAX = 64 * 1024
const DEPTH_MAX = 64

/** The parsed value, or undefined when the text is neither JSON nor a Python literal. */
export function parseLoose(text: string): unknown {
  const json = parseJson(text)
  if (json !== undefined) return json
  if (text.length > REPR_BYTES_MAX || !/^\s*[{[(]/.test(text)) return undefined
  return parseRepr(text)
}

/** The parsed value, or undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  if (!mayBeJson(text)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The text only looks like JSON.
    return undefined
  }
}

const WORD = /^\s*(?:true|false|null)\s*$/
const NUMBER = /^\s*-?[0-9][0-9.eE+-]*\s*$/

/** False for text that cannot be JSON, because an exception costs more than all the rest. */
function mayBeJson(text: string): boolean {
  const at = firstAt(text, 0)
  switch (text.charCodeAt(at)) {
    case 0x7b: {
      const next = text.charCodeAt(firstAt(text, at + 1))
      return next === 0x22 || next === 0x7d
    }
    case 0x5b: {
      const next = text.charCodeAt(firstAt(text, at + 1))
      return next !== 0x27 && next !== 0x28
    }
    case 0x22:
      return true
    case 0x74:
    case 0x66:
    case 0x6e:
      return WORD.test(text)
    default:
      return NUMBER.test(text)
  }
}

function firstAt(text: string, from: number): number {
  let i = from
  while (i < text.length && text.charCodeAt(i) <= 32) i++
  return i
}

let s = ''
let p = 0

class NotARepr extends Error {}

function parseRepr(text: string): unknown {
  s = text
  p = 0
  try {
    const value = reprValue(0)
    space()
    return p === s.length ? value : undefined
  } catch (thrown) {
    if (thrown instanceof NotARepr) return undefined
    throw thrown
  }
}

function fail(): never {
  throw new NotARepr()
}

function space(): void {
  while (p < s.length && s.charCodeAt(p) <= 32) p++
}

function reprValue(depth: number): unknown {
  if (depth > DEPTH_MAX) fail()
  space()
  const c = s[p]
  if (c === '{') return reprDict(depth)
  if (c === '[') return reprList(depth, ']')
  if (c === '(') return reprList(depth, ')')
  if (c === "'" || c === '"') return reprString()
  return reprWord()
}

function reprDict(depth: number): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  p++
  for (;;) {
    space()
    if (s[p] === '}') {
      p++
      return out
    }
    const key = reprValue(depth + 1)
    if (typeof key === 'object' && key !== null) fail()
    const name = String(key as string | number | boolean | null)
    space()
    if (s[p++] !== ':') fail()
    if (name !== '__proto__') out[name] = reprValue(depth + 1)
    else reprValue(depth + 1)
    comma('}')
  }
}

function reprList(depth: number, close: string): unknown[] {
  const out: unknown[] = []
  p++
  for (;;) {
    space()
    if (s[p] === close) {
      p++
      return out
    }
    out.push(reprValue(depth + 1))
    comma(close)
  }
}

function comma(close: string): void {
  space()
  if (s[p] === ',') p++
  else if (s[p] !== close) fail()
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

function reprString(): string {
  const quote = s[p++]
  let out = ''
  while (p < s.length) {
    const c = s[p++] as string
    if (c === quote) return out
    if (c !== '\\') out += c
    else {
      const e = s[p++] ?? ''
      const width = e === 'x' ? 2 : e === 'u' ? 4 : 0
      if (width > 0) {
        out += String.fromCharCode(Number.parseInt(s.slice(p, p + width), 16) || 0xfffd)
        p += width
      } else out += Object.hasOwn(ESCAPES, e) ? ESCAPES[e] : `\\${e}`
    }
  }
  return fail()
}

function reprWord(): unknown {
  const m = /[A-Za-z0-9_+\-.]+/y
  m.lastIndex = p
  const word = m.exec(s)?.[0]
  if (word === undefined) return fail()
  p += word.length
  if (word === 'True' || word === 'true') return true
  if (word === 'False' || word === 'false') return false
  if (word === 'None' || word === 'null') return null
  const n = Number(word)
  return Number.isNaN(n) ? fail() : n
}
