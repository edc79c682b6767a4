// Hashes that are equal for calls with the same request. The hash of a tool's arguments ignores the order of keys, white space
// and fields that change with every call. Searches also get hashes of their words. The hashes are not cryptographic, because
// they only compare calls of one trace.

/** Fields that differ in every call and do not belong to the request. */
const VOLATILE =
  /^_?(?:ts|timestamp|time_?stamp|epoch|now|nonce|salt|request_?id|req_?id|correlation_?id|trace_?id|span_?id|call_?id|tool_?call_?id|message_?id|run_?id|uuid|guid|idempotency_?key|cache_?buster|cb|rand|random|attempt|attempt_?number|retry|retries|retry_?count|retry_?attempt|sequence|seq|client_?time|sent_?at|requested_?at|created_?at|current_?time)$/i
/** Members of a result that say when and how fast it was made. Their values are texts or numbers. */
const VOLATILE_RESULT =
  /\\?"_?(?:ts|time_?stamp|(?:request|req|correlation|trace|span|query)_?id|nonce|took(?:_?ms)?|(?:response|query|search|processing|execution)_?time(?:_?ms)?|latency(?:_?ms)?|server_?time|(?:generated|checked|fetched|retrieved|requested|polled|queried|served)_?(?:at|on))\\?"\s*:\s*(?:\\?"[^"\\]{0,64}\\?"|-?\d[\d.eE+-]{0,32})\s*,?/gi
const DEPTH_MAX = 16
/** Limits a hash to the range of exact numbers. It is never 0, because 0 means unknown. */
const MODULUS = 2 ** 52

export interface ArgumentHash {
  readonly key: number
  /** Hashes of up to four words of a search, in the order of the hashes. Empty for other calls. */
  readonly words: readonly number[]
}

const SEARCH_NAME =
  /search|retriev|look_?up|find|query|browse|wiki|knowledge|\brag\b|docs|crawl|google|bing|vector|recall/i
const SEARCH_KEY =
  /^(?:q|query|queries|question|search|search_?(?:query|term|text|string)|text|keywords?|terms?|prompt|input|topic)$/i
const WORDS_MAX = 4
// biome-ignore format: a list of words
const COMMON_WORDS: ReadonlySet<string> = new Set([
  'the', 'and', 'for', 'with', 'from', 'what', 'which', 'how', 'our', 'your', 'please', 'find', 'show', 'get', 'about', 'are', 'was', 'can', 'all',
])

/** Hash of a tool's arguments, given as JSON text. `salt` adds what else distinguishes calls, such as a digest of scrubbed values. */
export function argumentHash(tool: string, json: string, salt: string): ArgumentHash {
  const value = parsed(json)
  const key = positive(hashOf(value, 0) + textHash(tool) * 3 + textHash(salt) * 7)
  const isSearch = salt === '' && (SEARCH_NAME.test(tool) || hasSearchKey(value))
  return { key, words: isSearch ? searchWords(tool, value) : [] }
}

/** A result as JSON without members that differ in every answer. Null if it has none of them, or nothing else. */
export function steadyResult(json: string): string | null {
  const steady = json.replace(VOLATILE_RESULT, '').replace(/,\s*}/g, '}')
  return steady.length === json.length || !/[^\s{}[\]"\\,]/.test(steady) ? null : steady
}

/** A whole number from 1 to 2^52. */
export function textHash(text: string): number {
  let h0 = 0x811c9dc5 ^ text.length
  let h1 = 0x9e3779b9
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    h0 = Math.imul(h0 ^ c, 0x9e3779b1)
    h0 ^= h0 >>> 15
    h1 = Math.imul(h1 ^ c, 0x5f356495)
    h1 = (h1 << 13) | (h1 >>> 19)
  }
  return joined(h0 ^ (h0 >>> 13), h1 ^ (h1 >>> 16))
}

function parsed(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json)
    // Arguments that are sent as a string of JSON are the same request.
    return typeof value === 'string' && /^\s*[[{]/.test(value) ? parsed(value) : value
  } catch {
    // Arguments that are no JSON are hashed as text.
    return json
  }
}

/** The hashes of an object's members are added, so that their order makes no difference. The order of a list's items counts. */
function hashOf(value: unknown, depth: number): number {
  if (depth > DEPTH_MAX) return 1
  if (typeof value === 'string') return textHash(UNEVEN_SPACE.test(value) ? even(value) : value)
  if (typeof value !== 'object' || value === null)
    return textHash(`${typeof value} ${String(value)}`)
  let sum = Array.isArray(value) ? 3 : 5
  if (Array.isArray(value))
    for (const item of value) sum = positive(sum * 31 + hashOf(item, depth + 1))
  else
    for (const [name, member] of Object.entries(value)) {
      const hash = nameHash(name)
      if (hash !== VOLATILE_HASH) sum = positive(sum + mixed(hash, hashOf(member, depth + 1)))
    }
  return sum
}

/** White space other than single spaces between words. */
const UNEVEN_SPACE = /\s\s|[^\S ]|^\s|\s$/
const even = (text: string): string => text.replace(/\s+/g, ' ').trim()

const VOLATILE_HASH = 0
/** Names of arguments are few: their hashes are remembered. */
const NAMES_MAX = 2000
const names = new Map<string, number>()

/** Hash of the name of an argument; 0 for one that says nothing. */
function nameHash(name: string): number {
  let hash = names.get(name)
  if (hash === undefined) {
    hash = VOLATILE.test(name) ? VOLATILE_HASH : textHash(name)
    if (names.size >= NAMES_MAX) names.clear()
    names.set(name, hash)
  }
  return hash
}

function hasSearchKey(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).some((name) => SEARCH_KEY.test(name))
  )
}

const NOT_ASCII = /[\u0080-\uffff]/
const WORD = /\p{L}{3,40}/gu
/** The same for a text of ASCII in lower case, in a tenth of the time. */
const ASCII_WORD = /[a-z]{3,40}/g

/** Beginnings of the words in all texts below, without common ones. Numbers are part of each: another page is another search. */
function searchWords(tool: string, value: unknown): number[] {
  const texts: string[] = []
  const numbers: string[] = []
  collect(value, texts, numbers, 0)
  const text = texts.join(' ').toLowerCase()
  const words = text.match(NOT_ASCII.test(text) ? WORD : ASCII_WORD) ?? []
  numbers.push(...(text.match(/\d+/g) ?? []))
  const stems = new Set(words.filter((w) => !COMMON_WORDS.has(w)).map((w) => w.slice(0, 5)))
  const salt = `${tool}\0${numbers.toSorted().join(' ')}`
  return [...stems]
    .map((stem) => textHash(`${salt}\0${stem}`))
    .toSorted((a, b) => a - b)
    .slice(0, WORDS_MAX)
}

function collect(value: unknown, texts: string[], numbers: string[], depth: number): void {
  if (depth > DEPTH_MAX) return
  if (typeof value === 'string') texts.push(value)
  else if (typeof value === 'number') numbers.push(String(value))
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value))
      if (nameHash(name) !== VOLATILE_HASH) collect(member, texts, numbers, depth + 1)
}

const mixed = (a: number, b: number): number =>
  joined(Math.imul(a | 0, 0x9e3779b1) ^ b, Math.imul((b / 4096) | 0, 0x85ebca6b) ^ a)

const joined = (h0: number, h1: number): number => (h0 >>> 0) * 1048576 + (h1 >>> 12) + 1

const positive = (n: number): number => (n % MODULUS) + 1
