// A plain version of what `kernel/json.as` does, which tests compare with the kernel: whether JSON text is valid,
// whether it is already in canonical shape, and where the value of a key is. It creates no JS values. UTF-8 is valid
// already, because `proto/` repairs it when a payload is indexed.

/** Deeper values are treated as text. No consumer reads that deep, and hostile input does go that deep. */
const DEPTH_MAX = 128

const PLAIN = 0
const QUOTE = 1
const BACKSLASH = 2
const CONTROL = 3
const CLASS = new Uint8Array(256)
CLASS.fill(CONTROL, 0, 32)
CLASS[34] = QUOTE
CLASS[92] = BACKSLASH

let b: Uint8Array = new Uint8Array(0)
let end = 0
let sawNewline = false

function begin(bytes: Uint8Array, off: number, len: number): void {
  b = bytes
  end = off + len
  sawNewline = false
}

/** True when the range is one valid JSON value without a raw newline, so that it can be printed unchanged. */
export function isJson(bytes: Uint8Array, off: number, len: number): boolean {
  begin(bytes, off, len)
  const i = skipValue(skipSpace(off), 0)
  return i >= 0 && skipSpace(i) === end && !sawNewline
}

/** True when the range is `[{"role": .., "parts": [..]}]` and nothing has to be normalised. */
export function isCanonicalMessages(bytes: Uint8Array, off: number, len: number): boolean {
  begin(bytes, off, len)
  const i = skipArray(skipSpace(off), skipMessage)
  return i >= 0 && skipSpace(i) === end && !sawNewline
}

/** True when the range is an array of canonical message parts. */
export function isCanonicalParts(bytes: Uint8Array, off: number, len: number): boolean {
  begin(bytes, off, len)
  const i = skipArray(skipSpace(off), skipPart)
  return i >= 0 && skipSpace(i) === end && !sawNewline
}

/** True when the range is an array of `{type, name, description, parameters}` and nothing else. */
export function isCanonicalTools(bytes: Uint8Array, off: number, len: number): boolean {
  begin(bytes, off, len)
  const i = skipArray(skipSpace(off), skipTool)
  return i >= 0 && skipSpace(i) === end && !sawNewline
}

let foundOff = -1
let foundLen = 0

/**
 * The offset of the value of a top-level string member `name` of the JSON object in the range, or -1. The length is
 * in `foundStringLen`.
 */
export function findString(bytes: Uint8Array, off: number, len: number, name: string): number {
  begin(bytes, off, len)
  foundOff = -1
  wanted = name
  const i = skipObject(skipSpace(off), findMember)
  return i < 0 && foundOff < 0 ? -1 : foundOff
}

export function foundStringLen(): number {
  return foundLen
}

let wanted = ''

function findMember(i: number, keyOff: number, keyLen: number): number {
  if (foundOff < 0 && b[i] === 34 && isWord(keyOff, keyLen, wanted)) {
    const after = skipString(i + 1)
    if (after < 0) return -1
    foundOff = i + 1
    foundLen = after - i - 2
    return -1
  }
  return skipValue(i, 1)
}

function skipSpace(from: number): number {
  let i = from
  for (;;) {
    const c = b[i]
    if (c === 32 || c === 9) i++
    else if (c === 10 || c === 13) {
      if (i >= end) return i
      sawNewline = true
      i++
    } else return i < end ? i : end
  }
}

/** `i` is after the opening quote. Returns the position after the closing one, or -1. */
function skipString(from: number): number {
  let i = from
  for (;;) {
    let k = CLASS[b[i] as number]
    while (k === PLAIN) k = CLASS[b[++i] as number]
    if (i >= end) return -1
    if (k === QUOTE) return i + 1
    if (k === BACKSLASH) {
      i = skipEscape(i + 1)
      if (i < 0) return -1
    } else return -1
  }
}

function skipEscape(i: number): number {
  const c = b[i]
  if (c === 117) {
    for (let n = 1; n <= 4; n++) if (!isHex(b[i + n] as number)) return -1
    return i + 5
  }
  // The characters " \\ / b f n r t
  return c === 34 ||
    c === 92 ||
    c === 47 ||
    c === 98 ||
    c === 102 ||
    c === 110 ||
    c === 114 ||
    c === 116
    ? i + 1
    : -1
}

function isHex(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 97 && c <= 102) || (c >= 65 && c <= 70)
}

function skipValue(i: number, depth: number): number {
  if (i >= end || depth > DEPTH_MAX) return -1
  const c = b[i] as number
  if (c === 34) return skipString(i + 1)
  if (c === 123) return skipPlainObject(i, depth + 1)
  if (c === 91) return skipPlainArray(i, depth + 1)
  if (c === 116) return isWord(i, 4, 'true') ? i + 4 : -1
  if (c === 102) return isWord(i, 5, 'false') ? i + 5 : -1
  if (c === 110) return isWord(i, 4, 'null') ? i + 4 : -1
  return skipNumber(i)
}

function skipNumber(from: number): number {
  let i = from
  if (b[i] === 45) i++
  if (b[i] === 48) i++
  else {
    const digits = skipDigits(i)
    if (digits === i) return -1
    i = digits
  }
  if (b[i] === 46) {
    const digits = skipDigits(i + 1)
    if (digits === i + 1) return -1
    i = digits
  }
  if (b[i] === 101 || b[i] === 69) {
    i++
    if (b[i] === 43 || b[i] === 45) i++
    const digits = skipDigits(i)
    if (digits === i) return -1
    i = digits
  }
  return i <= end ? i : -1
}

function skipDigits(from: number): number {
  let i = from
  while ((b[i] as number) >= 48 && (b[i] as number) <= 57) i++
  return i
}

function skipPlainArray(from: number, depth: number): number {
  let i = skipSpace(from + 1)
  if (b[i] === 93 && i < end) return i + 1
  for (;;) {
    i = skipValue(i, depth)
    if (i < 0) return -1
    i = skipSpace(i)
    if (i >= end) return -1
    if (b[i] === 93) return i + 1
    if (b[i] !== 44) return -1
    i = skipSpace(i + 1)
  }
}

function skipPlainObject(from: number, depth: number): number {
  let i = skipSpace(from + 1)
  if (b[i] === 125 && i < end) return i + 1
  for (;;) {
    if (b[i] !== 34) return -1
    i = skipString(i + 1)
    if (i < 0) return -1
    i = skipSpace(i)
    if (b[i] !== 58) return -1
    i = skipValue(skipSpace(i + 1), depth)
    if (i < 0) return -1
    i = skipSpace(i)
    if (i >= end) return -1
    if (b[i] === 125) return i + 1
    if (b[i] !== 44) return -1
    i = skipSpace(i + 1)
  }
}

/** Skips an array whose elements `skip` understands. Returns -1 as soon as one is not understood. */
function skipArray(from: number, skip: (i: number) => number): number {
  if (from >= end || b[from] !== 91) return -1
  let i = skipSpace(from + 1)
  if (b[i] === 93 && i < end) return i + 1
  for (;;) {
    i = skip(i)
    if (i < 0) return -1
    i = skipSpace(i)
    if (i >= end) return -1
    if (b[i] === 93) return i + 1
    if (b[i] !== 44) return -1
    i = skipSpace(i + 1)
  }
}

/**
 * Skips an object whose members `skip` understands. `skip` gets the position of the value and the range of the key.
 */
function skipObject(
  from: number,
  skip: (i: number, keyOff: number, keyLen: number) => number,
): number {
  if (from >= end || b[from] !== 123) return -1
  let i = skipSpace(from + 1)
  if (b[i] === 125 && i < end) return i + 1
  for (;;) {
    if (b[i] !== 34) return -1
    const keyOff = i + 1
    i = skipString(keyOff)
    if (i < 0) return -1
    const keyLen = i - 1 - keyOff
    i = skipSpace(i)
    if (b[i] !== 58) return -1
    i = skip(skipSpace(i + 1), keyOff, keyLen)
    if (i < 0) return -1
    i = skipSpace(i)
    if (i >= end) return -1
    if (b[i] === 125) return i + 1
    if (b[i] !== 44) return -1
    i = skipSpace(i + 1)
  }
}

function isWord(off: number, len: number, word: string): boolean {
  if (len !== word.length || off + len > end) return false
  for (let i = 0; i < len; i++) if (b[off + i] !== word.charCodeAt(i)) return false
  return true
}

// ---------------------------------------------------------------- shapes

const ROLE = 1
const PARTS = 2
let members = 0

function skipMessage(i: number): number {
  members = 0
  const after = skipObject(i, skipMessageMember)
  return after >= 0 && members === (ROLE | PARTS) ? after : -1
}

function skipMessageMember(i: number, keyOff: number, keyLen: number): number {
  if (keyLen === 4 && isWord(keyOff, 4, 'role')) {
    if (b[i] !== 34) return -1
    const after = skipString(i + 1)
    if (after < 0 || !isRole(i + 1, after - i - 2)) return -1
    members |= ROLE
    return after
  }
  if (keyLen === 5 && isWord(keyOff, 5, 'parts')) {
    const before = members
    const after = skipArray(i, skipPart)
    members = before | PARTS
    return after
  }
  if (keyLen === 13 && isWord(keyOff, 13, 'finish_reason')) {
    if (b[i] !== 34) return -1
    const after = skipString(i + 1)
    return after >= 0 && isFinishReason(i + 1, after - i - 2) ? after : -1
  }
  return keyLen === 4 && b[i] === 34 && isWord(keyOff, 4, 'name') ? skipString(i + 1) : -1
}

function isRole(off: number, len: number): boolean {
  if (len === 4) return isWord(off, 4, 'user') || isWord(off, 4, 'tool')
  return len === 9 ? isWord(off, 9, 'assistant') : isWord(off, len, 'system')
}

function isFinishReason(off: number, len: number): boolean {
  if (len === 4) return isWord(off, 4, 'stop')
  if (len === 6) return isWord(off, 6, 'length')
  if (len === 8) return isWord(off, 8, 'end_turn')
  return isWord(off, len, 'tool_calls') || isWord(off, len, 'content_filter')
}

let partType = 0
let partHasContent = false
const TYPE_TEXT = 1
const TYPE_OTHER = 2

function skipPart(i: number): number {
  partType = 0
  partHasContent = false
  const after = skipObject(i, skipPartMember)
  if (after < 0 || partType === 0) return -1
  return partType === TYPE_TEXT && !partHasContent ? -1 : after
}

/** Types whose members `messages.ts` would rename or rewrite are not canonical here. */
function partTypeOf(off: number, len: number): number {
  if (len === 4 && isWord(off, 4, 'text')) return TYPE_TEXT
  return isWord(off, len, 'tool_call') ||
    isWord(off, len, 'tool_call_response') ||
    isWord(off, len, 'reasoning') ||
    isWord(off, len, 'blob') ||
    isWord(off, len, 'uri')
    ? TYPE_OTHER
    : 0
}

function skipPartMember(i: number, keyOff: number, keyLen: number): number {
  const quoted = b[i] === 34
  if (keyLen === 4 && isWord(keyOff, 4, 'type')) {
    const after = quoted ? skipString(i + 1) : -1
    if (after >= 0) partType = partTypeOf(i + 1, after - i - 2)
    return partType === 0 ? -1 : after
  }
  if (keyLen === 7 && isWord(keyOff, 7, 'content')) {
    if (!quoted || b[i + 1] === 34) return -1
    partHasContent = true
    return skipString(i + 1)
  }
  if (keyLen === 9 && isWord(keyOff, 9, 'arguments')) {
    // Arguments as JSON inside a string are parsed. Any other string stays unchanged.
    if (quoted && (b[i + 1] === 123 || b[i + 1] === 91)) return -1
    return skipValue(i, 4)
  }
  if (isKnownPartKey(keyOff, keyLen)) return skipValue(i, 4)
  return -1
}

function isKnownPartKey(off: number, len: number): boolean {
  if (len === 2) return isWord(off, 2, 'id')
  if (len === 4) return isWord(off, 4, 'name')
  if (len === 3) return isWord(off, 3, 'uri')
  return (
    isWord(off, len, 'response') || isWord(off, len, 'mime_type') || isWord(off, len, 'modality')
  )
}

function skipTool(i: number): number {
  members = 0
  const after = skipObject(i, skipToolMember)
  return after >= 0 && members === 3 ? after : -1
}

function skipToolMember(i: number, keyOff: number, keyLen: number): number {
  if (keyLen === 4 && isWord(keyOff, 4, 'type')) members |= 1
  else if (keyLen === 4 && isWord(keyOff, 4, 'name')) members |= 2
  else if (!isWord(keyOff, keyLen, 'description') && !isWord(keyOff, keyLen, 'parameters'))
    return -1
  return skipValue(i, 2)
}
