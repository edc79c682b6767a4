// Reads and writes JSON where it lies in the arena: is a range valid JSON, is it already of a canonical shape, where are
// the members of an object; and text as the inside of a JSON string. AssemblyScript, compiled by generate.ts. The plain
// version, and what tests compare this with, is json-bytes.ts.
// All functions may read up to 16 bytes behind the range, and `escape` may write as many behind its output.

/** Deeper values are treated as text. */
const DEPTH_MAX: i32 = 128

let end: i32 = 0
let sawNewline: i32 = 0

const NO: i32 = 0
const YES: i32 = 1
/** Valid, but with a newline between tokens: it cannot be printed on one line as it is. */
const MULTILINE: i32 = 2

/** What `check` asks for. */
const ANY: i32 = 0
const MESSAGES: i32 = 1
const PARTS: i32 = 2
const TOOLS: i32 = 3
const DOCUMENTS: i32 = 4
const TOOL: i32 = 5

/** Finish reasons met by the last `check` for messages: how many, and the range of the last one. */
let reasons: i32 = 0
let reasonOff: i32 = 0
let reasonLen: i32 = 0
export function reasonCount(): i32 {
  return reasons
}
export function lastReasonOff(): i32 {
  return reasonOff
}
export function lastReasonLen(): i32 {
  return reasonLen
}

export function check(off: i32, len: i32, shape: i32): i32 {
  end = off + len
  sawNewline = 0
  reasons = 0
  let i = skipSpace(off)
  if (shape == ANY) i = skipValue(i, 0)
  else if (shape == TOOL) i = skipTool(i)
  else i = skipArray(i, shape)
  if (i < 0 || skipSpace(i) != end) return NO
  return sawNewline ? MULTILINE : YES
}

// @ts-ignore: a decorator of the compiler
@inline
function skipSpace(from: i32): i32 {
  let i = from
  while (true) {
    if (i >= end) return end
    const c = load<u8>(i)
    if (c > 32) return i
    if (c == 10 || c == 13) sawNewline = 1
    else if (c != 32 && c != 9) return i
    i++
  }
}

/** `i` is behind the opening quote; returns the place behind the closing one, or -1. */
function skipString(from: i32): i32 {
  let i = from
  while (true) {
    if (i >= end) return -1
    const v = v128.load(i)
    const mask = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(v, i8x16.splat(34)), i8x16.eq(v, i8x16.splat(92))),
        i8x16.lt_u(v, i8x16.splat(32)),
      ),
    )
    if (mask == 0) {
      i += 16
      continue
    }
    i += ctz(mask)
    if (i >= end) return -1
    const c = load<u8>(i)
    if (c == 34) return i + 1
    if (c != 92) return -1
    i = skipEscape(i + 1)
    if (i < 0) return -1
  }
}

function skipEscape(i: i32): i32 {
  const c = load<u8>(i)
  if (c == 117) {
    for (let n = 1; n <= 4; n++) {
      const h = load<u8>(i + n)
      const isHex = (h >= 48 && h <= 57) || (h >= 97 && h <= 102) || (h >= 65 && h <= 70)
      if (!isHex) return -1
    }
    return i + 5
  }
  return c == 34 || c == 92 || c == 47 || c == 98 || c == 102 || c == 110 || c == 114 || c == 116
    ? i + 1
    : -1
}

function skipValue(i: i32, depth: i32): i32 {
  if (i >= end || depth > DEPTH_MAX) return -1
  const c = load<u8>(i)
  if (c == 34) return skipString(i + 1)
  if (c == 123) return skipPlainObject(i, depth + 1)
  if (c == 91) return skipPlainArray(i, depth + 1)
  if (c == 116) return i + 4 <= end && load<u32>(i) == 0x65757274 ? i + 4 : -1
  if (c == 102)
    return i + 5 <= end && load<u32>(i) == 0x736c6166 && load<u8>(i + 4) == 101 ? i + 5 : -1
  if (c == 110) return i + 4 <= end && load<u32>(i) == 0x6c6c756e ? i + 4 : -1
  return skipNumber(i)
}

function skipDigits(from: i32): i32 {
  let i = from
  while (i < end && <u32>load<u8>(i) - 48 < 10) i++
  return i
}

function skipNumber(from: i32): i32 {
  let i = from
  if (i < end && load<u8>(i) == 45) i++
  if (i < end && load<u8>(i) == 48) i++
  else {
    const digits = skipDigits(i)
    if (digits == i) return -1
    i = digits
  }
  if (i < end && load<u8>(i) == 46) {
    const digits = skipDigits(i + 1)
    if (digits == i + 1) return -1
    i = digits
  }
  if (i < end && (load<u8>(i) | 32) == 101) {
    i++
    if (i < end && (load<u8>(i) == 43 || load<u8>(i) == 45)) i++
    const digits = skipDigits(i)
    if (digits == i) return -1
    i = digits
  }
  return i
}

function skipPlainArray(from: i32, depth: i32): i32 {
  let i = skipSpace(from + 1)
  if (i < end && load<u8>(i) == 93) return i + 1
  while (true) {
    i = skipValue(i, depth)
    if (i < 0) return -1
    i = skipSpace(i)
    if (i >= end) return -1
    const c = load<u8>(i)
    if (c == 93) return i + 1
    if (c != 44) return -1
    i = skipSpace(i + 1)
  }
}

function skipPlainObject(from: i32, depth: i32): i32 {
  let i = skipSpace(from + 1)
  if (i < end && load<u8>(i) == 125) return i + 1
  while (true) {
    i = skipKey(i)
    if (i < 0) return -1
    i = skipValue(i, depth)
    if (i < 0) return -1
    i = skipSpace(i)
    if (i >= end) return -1
    const c = load<u8>(i)
    if (c == 125) return i + 1
    if (c != 44) return -1
    i = skipSpace(i + 1)
  }
}

let keyOff: i32 = 0
let keyLen: i32 = 0

/** Reads `"key":`; returns where the value begins, or -1. */
function skipKey(i: i32): i32 {
  if (i >= end || load<u8>(i) != 34) return -1
  const off = i + 1
  const after = skipString(off)
  if (after < 0) return -1
  const colon = skipSpace(after)
  if (colon >= end || load<u8>(colon) != 58) return -1
  keyOff = off
  keyLen = after - 1 - off
  return skipSpace(colon + 1)
}

// ---------------------------------------------------------------- shapes

/** An array of messages, parts, tools or documents; -1 as soon as one is not canonical. */
function skipArray(from: i32, shape: i32): i32 {
  if (from >= end || load<u8>(from) != 91) return -1
  let i = skipSpace(from + 1)
  if (i < end && load<u8>(i) == 93) return i + 1
  while (true) {
    if (shape == PARTS) i = skipPart(i)
    else if (shape == MESSAGES) i = skipMessage(i)
    else if (shape == TOOLS) i = skipTool(i)
    else i = skipDocument(i)
    if (i < 0) return -1
    i = skipSpace(i)
    if (i >= end) return -1
    const c = load<u8>(i)
    if (c == 93) return i + 1
    if (c != 44) return -1
    i = skipSpace(i + 1)
  }
}

/** Behind a member: the object's end (returned with its place), the next member, or damage. */
let isLast: bool = false
// @ts-ignore: a decorator of the compiler
@inline
function afterMember(at: i32): i32 {
  if (at < 0) return -1
  const i = skipSpace(at)
  if (i >= end) return -1
  const c = load<u8>(i)
  if (c == 125) {
    isLast = true
    return i + 1
  }
  return c == 44 ? skipSpace(i + 1) : -1
}

// @ts-ignore: a decorator of the compiler
@inline
function begins(from: i32): i32 {
  if (from >= end || load<u8>(from) != 123) return -1
  isLast = false
  return skipSpace(from + 1)
}

const ROLE: i32 = 0x656c6f72
const NAME: i32 = 0x656d616e
const TYPE: i32 = 0x65707974
const PART: i32 = 0x74726170

/** `{role, parts, name?, finish_reason?}` */
function skipMessage(from: i32): i32 {
  let i = begins(from)
  let members: i32 = 0
  while (i >= 0) {
    const value = skipKey(i)
    if (value < 0 || value >= end) return -1
    const off = keyOff
    const len = keyLen
    const quoted = load<u8>(value) == 34
    let after: i32 = -1
    if (len == 4 && load<i32>(off) == ROLE) {
      after = quoted ? skipString(value + 1) : -1
      if (after < 0 || !isRole(value + 1, after - value - 2)) return -1
      members |= 1
    } else if (len == 5 && load<i32>(off) == PART && load<u8>(off + 4) == 115) {
      after = skipArray(value, PARTS)
      members |= 2
    } else if (len == 13 && load<i64>(off) == 0x725f6873696e6966 && load<i32>(off + 8) == 0x6f736165) {
      after = quoted && load<u8>(off + 12) == 110 ? skipString(value + 1) : -1
      if (after < 0 || !isFinishReason(value + 1, after - value - 2)) return -1
      reasons++
      reasonOff = value + 1
      reasonLen = after - value - 2
    } else if (len == 4 && load<i32>(off) == NAME) after = quoted ? skipString(value + 1) : -1
    isLast = false
    i = afterMember(after)
    if (isLast) return members == 3 ? i : -1
  }
  return -1
}

/** user, tool, system, assistant */
function isRole(off: i32, len: i32): bool {
  if (len == 4) return load<i32>(off) == 0x72657375 || load<i32>(off) == 0x6c6f6f74
  if (len == 6) return load<i32>(off) == 0x74737973 && load<u16>(off + 4) == 0x6d65
  return len == 9 && load<i64>(off) == 0x6e61747369737361 && load<u8>(off + 8) == 116
}

/** stop, length, end_turn, tool_calls, content_filter */
function isFinishReason(off: i32, len: i32): bool {
  if (len == 4) return load<i32>(off) == 0x706f7473
  if (len == 6) return load<i32>(off) == 0x676e656c && load<u16>(off + 4) == 0x6874
  if (len == 8) return load<i64>(off) == 0x6e7275745f646e65
  if (len == 10) return load<i64>(off) == 0x6c61635f6c6f6f74 && load<u16>(off + 8) == 0x736c
  return (
    len == 14 &&
    load<i64>(off) == 0x5f746e65746e6f63 &&
    load<i32>(off + 8) == 0x746c6966 &&
    load<u16>(off + 12) == 0x7265
  )
}

/** `{type, ...}` with members that need no renaming and no parsing. */
function skipPart(from: i32): i32 {
  let i = begins(from)
  let type: i32 = 0
  let hasContent = false
  while (i >= 0) {
    const value = skipKey(i)
    if (value < 0 || value >= end) return -1
    const off = keyOff
    const len = keyLen
    const quoted = load<u8>(value) == 34
    let after: i32 = -1
    if (len == 4 && load<i32>(off) == TYPE) {
      after = quoted ? skipString(value + 1) : -1
      if (after < 0) return -1
      type = partType(value + 1, after - value - 2)
      if (type == 0) return -1
    } else if (len == 7 && load<i32>(off) == 0x746e6f63 && load<i32>(off + 3) == 0x746e6574) {
      // content
      if (!quoted || load<u8>(value + 1) == 34) return -1
      hasContent = true
      after = skipString(value + 1)
    } else if (len == 9 && load<i64>(off) == 0x746e656d75677261 && load<u8>(off + 8) == 115) {
      // arguments: as JSON inside a string they are parsed; any other string stays
      const inner = load<u8>(value + 1)
      if (quoted && (inner == 123 || inner == 91)) return -1
      after = skipValue(value, 4)
    } else if (isKnownPartKey(off, len)) after = skipValue(value, 4)
    isLast = false
    i = afterMember(after)
    if (isLast) return type == 0 || (type == 1 && !hasContent) ? -1 : i
  }
  return -1
}

/** 1 text; 2 tool_call, tool_call_response, reasoning, blob, uri; 0 anything else. */
function partType(off: i32, len: i32): i32 {
  if (len == 4) return load<i32>(off) == 0x74786574 ? 1 : load<i32>(off) == 0x626f6c62 ? 2 : 0
  if (len == 3) return load<u16>(off) == 0x7275 && load<u8>(off + 2) == 105 ? 2 : 0
  if (len == 9)
    return (load<i64>(off) == 0x6c61635f6c6f6f74 && load<u8>(off + 8) == 108) ||
      (load<i64>(off) == 0x6e696e6f73616572 && load<u8>(off + 8) == 103)
      ? 2
      : 0
  return len == 18 &&
    load<i64>(off) == 0x6c61635f6c6f6f74 &&
    load<i64>(off + 8) == 0x6e6f707365725f6c &&
    load<u16>(off + 16) == 0x6573
    ? 2
    : 0
}

/** id, name, uri, response, mime_type, modality */
function isKnownPartKey(off: i32, len: i32): bool {
  if (len == 2) return load<u16>(off) == 0x6469
  if (len == 4) return load<i32>(off) == NAME
  if (len == 3) return load<u16>(off) == 0x7275 && load<u8>(off + 2) == 105
  if (len == 8) return load<i64>(off) == 0x65736e6f70736572 || load<i64>(off) == 0x7974696c61646f6d
  return len == 9 && load<i64>(off) == 0x7079745f656d696d && load<u8>(off + 8) == 101
}

/** description */
function isDescription(off: i32, len: i32): bool {
  return len == 11 && load<i64>(off) == 0x7470697263736564 && load<i32>(off + 7) == 0x6e6f6974
}

/** parameters */
function isParameters(off: i32, len: i32): bool {
  return len == 10 && load<i64>(off) == 0x6574656d61726170 && load<u16>(off + 8) == 0x7372
}

/** `{type, name, description?, parameters?}`, filled, and nothing else */
function skipTool(from: i32): i32 {
  let i = begins(from)
  let members: i32 = 0
  while (i >= 0) {
    const value = skipKey(i)
    if (value < 0 || value >= end) return -1
    const off = keyOff
    const len = keyLen
    let after: i32 = -1
    if (isParameters(off, len)) after = skipParameters(value)
    else {
      const isType = len == 4 && load<i32>(off) == TYPE
      const isName = len == 4 && load<i32>(off) == NAME
      if (!isType && !isName && !isDescription(off, len)) return -1
      if (load<u8>(value) != 34 || load<u8>(value + 1) == 34) return -1
      after = skipString(value + 1)
      if (isType) {
        members |= 1
        // An object schema that stands where its tool should.
        if (after - value == 8 && load<i32>(value + 1) == 0x656a626f && load<u16>(value + 5) == 0x7463) return -1
      } else if (isName) members |= 2
    }
    isLast = false
    i = afterMember(after)
    if (isLast) return members == 3 ? i : -1
  }
  return -1
}

const JSON_KEY: i32 = 0x6e6f736a
/** An object; but Bedrock wraps the schema once more, in `json`. */
function skipParameters(from: i32): i32 {
  if (load<u8>(from) != 123) return -1
  let i = skipSpace(from + 1)
  if (i < end && load<u8>(i) == 125) return i + 1
  while (i >= 0) {
    const value = skipKey(i)
    if (value < 0 || (keyLen == 4 && load<i32>(keyOff) == JSON_KEY)) return -1
    const after = skipValue(value, 4)
    isLast = false
    i = afterMember(after)
    if (isLast) return i
  }
  return -1
}

/** `{id: string, score: number, content: string, metadata?: {..}}`, metadata only beside all the others. */
function skipDocument(from: i32): i32 {
  let i = begins(from)
  let members: i32 = 0
  while (i >= 0) {
    const value = skipKey(i)
    if (value < 0 || value >= end) return -1
    const off = keyOff
    const len = keyLen
    const c = load<u8>(value)
    let after: i32 = -1
    if (len == 2 && load<u16>(off) == 0x6469) {
      members |= 1
      after = c == 34 ? skipString(value + 1) : -1
    } else if (len == 5 && load<i32>(off) == 0x726f6373 && load<u8>(off + 4) == 101) {
      members |= 2
      // Anything longer or with an exponent may be no finite double.
      after = skipNumber(value)
      if (after - value > 24) return -1
      for (let k = value; k < after; k++) if ((load<u8>(k) | 32) == 101) return -1
    } else if (len == 7 && load<i32>(off) == 0x746e6f63 && load<i32>(off + 3) == 0x746e6574) {
      members |= 4
      after = c == 34 ? skipString(value + 1) : -1
    } else if (len == 8 && load<i64>(off) == 0x617461646174656d) {
      members |= 8
      after = c == 123 && load<u8>(skipSpace(value + 1)) == 34 ? skipPlainObject(value, 3) : -1
    }
    isLast = false
    i = afterMember(after)
    if (isLast) return members == 8 || (members & 8 && members != 15) ? -1 : i
  }
  return -1
}

// ---------------------------------------------------------------- members

/** Rows that `members` writes: key offset, key length, value offset, value length, kind. */
const MEMBER_BYTES: i32 = 20
const STRING: i32 = 1
const ESCAPED: i32 = 2
const NUMBER: i32 = 3
const TRUE: i32 = 4
const FALSE: i32 = 5
const NULL: i32 = 6
const OBJECT: i32 = 7
const ARRAY: i32 = 8

/**
 * The members of the object in the range as rows at `out`; a string's range is without its quotes. Returns how many, or -1
 * when it is no valid object on one line, a key has an escape or comes twice, or there are more than `max`.
 */
export function members(off: i32, len: i32, out: i32, max: i32): i32 {
  end = off + len
  sawNewline = 0
  let i = skipSpace(off)
  if (i >= end || load<u8>(i) != 123) return -1
  i = skipSpace(i + 1)
  let count: i32 = 0
  if (i < end && load<u8>(i) == 125) i++
  else
    while (true) {
      const value = skipKey(i)
      if (value < 0 || value >= end || count >= max) return -1
      if (hasBackslash(keyOff, keyLen) || isKnown(out, count, keyOff, keyLen)) return -1
      const row = out + count * MEMBER_BYTES
      store<i32>(row, keyOff)
      store<i32>(row, keyLen, 4)
      const after = skipValue(value, 1)
      if (after < 0) return -1
      const c = load<u8>(value)
      if (c == 34) {
        store<i32>(row, value + 1, 8)
        store<i32>(row, after - value - 2, 12)
        store<i32>(row, hasBackslash(value + 1, after - value - 2) ? ESCAPED : STRING, 16)
      } else {
        store<i32>(row, value, 8)
        store<i32>(row, after - value, 12)
        store<i32>(row, c == 123 ? OBJECT : c == 91 ? ARRAY : c == 116 ? TRUE : c == 102 ? FALSE : c == 110 ? NULL : NUMBER, 16)
      }
      count++
      i = skipSpace(after)
      if (i >= end) return -1
      const next = load<u8>(i)
      if (next == 125) {
        i++
        break
      }
      if (next != 44) return -1
      i = skipSpace(i + 1)
    }
  return skipSpace(i) == end && !sawNewline ? count : -1
}

function hasBackslash(off: i32, len: i32): bool {
  for (let i = 0; i < len; i += 16) {
    let mask = i8x16.bitmask(i8x16.eq(v128.load(off + i), i8x16.splat(92)))
    if (len - i < 16) mask &= (1 << (len - i)) - 1
    if (mask != 0) return true
  }
  return false
}

function isKnown(out: i32, count: i32, off: i32, len: i32): bool {
  for (let n = 0; n < count; n++) {
    const row = out + n * MEMBER_BYTES
    if (load<i32>(row, 4) == len && isSame(load<i32>(row), off, len)) return true
  }
  return false
}

function isSame(a: i32, b: i32, len: i32): bool {
  for (let i = 0; i < len; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false
  return true
}

let foundLen: i32 = 0
export function foundLength(): i32 {
  return foundLen
}

/**
 * Where the inside of the first string member of that name begins in the object, -1 when there is none; its length in
 * `foundLength`. What comes behind it is not looked at.
 */
export function stringMember(off: i32, len: i32, name: i32, nameLen: i32): i32 {
  end = off + len
  let i = skipSpace(off)
  if (i >= end || load<u8>(i) != 123) return -1
  i = skipSpace(i + 1)
  while (i < end) {
    const value = skipKey(i)
    if (value < 0 || value >= end) return -1
    const isIt = keyLen == nameLen && isSame(keyOff, name, nameLen)
    const after = skipValue(value, 1)
    if (after < 0) return -1
    if (isIt && load<u8>(value) == 34) {
      foundLen = after - value - 2
      return value + 1
    }
    i = skipSpace(after)
    if (i >= end || load<u8>(i) != 44) return -1
    i = skipSpace(i + 1)
  }
  return -1
}

/** 1 when both ranges hold the same bytes. */
export function same(a: i32, b: i32, len: i32): i32 {
  let i: i32 = 0
  for (; i + 16 <= len; i += 16)
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return 0
  return isSame(a + i, b + i, len - i) ? 1 : 0
}

/** Copies the range to `out`, which has room for 16 bytes more. */
// @ts-ignore: a decorator of the compiler
@inline
function copy(off: i32, len: i32, out: i32): void {
  for (let i = 0; i < len; i += 16) v128.store(out + i, v128.load(off + i))
}

/** True when the bytes at `needle` (at least two) stand somewhere in the range. */
export function contains(off: i32, len: i32, needle: i32, needleLen: i32): i32 {
  const first = i8x16.splat(load<u8>(needle))
  const second = i8x16.splat(load<u8>(needle + 1))
  const last = off + len - needleLen
  for (let i = off; i <= last; i += 16) {
    let mask = i8x16.bitmask(
      v128.and(i8x16.eq(v128.load(i), first), i8x16.eq(v128.load(i + 1), second)),
    )
    while (mask != 0) {
      const at = i + ctz(mask)
      if (at > last) return 0
      if (isSame(at, needle, needleLen)) return 1
      mask &= mask - 1
    }
  }
  return 0
}

// ---------------------------------------------------------------- writing

/** Bytes that `escape` may need for the range. */
export function escapedMax(off: i32, len: i32): i32 {
  let special: i32 = 0
  for (let i = 0; i < len; i += 16) {
    let mask = specials(v128.load(off + i))
    if (len - i < 16) mask &= (1 << (len - i)) - 1
    special += popcnt(mask)
  }
  return len + special * 5
}

// @ts-ignore: a decorator of the compiler
@inline
function specials(v: v128): i32 {
  return i8x16.bitmask(
    v128.or(
      v128.or(i8x16.eq(v, i8x16.splat(34)), i8x16.eq(v, i8x16.splat(92))),
      i8x16.lt_u(v, i8x16.splat(32)),
    ),
  )
}

/**
 * Writes `count` pieces one behind the other at `out`; returns how many bytes that took. A piece is two words at `list`: offset
 * and length of what is JSON already, offset and ~length of text that becomes a string, or one byte and 0.
 */
export function write(list: i32, count: i32, out: i32): i32 {
  let o = out
  for (let at = list, last = list + count * 8; at < last; at += 8) {
    const off = load<i32>(at)
    const len = load<i32>(at, 4)
    if (len > 0) {
      copy(off, len, o)
      o += len
    } else if (len == 0) store<u8>(o++, off)
    else {
      store<u8>(o++, 34)
      o += escape(off, ~len, o)
      store<u8>(o++, 34)
    }
  }
  return o - out
}

/** Writes the UTF-8 text as the inside of a JSON string, as JSON.stringify would; returns how many bytes that took. */
function escape(off: i32, len: i32, out: i32): i32 {
  let i = off
  const last = off + len
  let o = out
  while (i < last) {
    const v = v128.load(i)
    v128.store(o, v)
    const mask = specials(v)
    const left = last - i
    const plain = mask == 0 ? 16 : ctz(mask)
    if (plain >= left) return o + left - out
    i += plain
    o += plain
    if (plain < 16) o = escapeByte(load<u8>(i++), o)
  }
  return o - out
}

function escapeByte(c: i32, o: i32): i32 {
  store<u8>(o, 92)
  if (c == 34 || c == 92) store<u8>(o + 1, c)
  else if (c == 10) store<u8>(o + 1, 110)
  else if (c == 13) store<u8>(o + 1, 114)
  else if (c == 9) store<u8>(o + 1, 116)
  else if (c == 8) store<u8>(o + 1, 98)
  else if (c == 12) store<u8>(o + 1, 102)
  else {
    store<i32>(o + 1, 0x30303075)
    store<u8>(o + 4, 48 + (c >> 4))
    const low = c & 15
    store<u8>(o + 5, low < 10 ? 48 + low : 87 + low)
    return o + 6
  }
  return o + 2
}
