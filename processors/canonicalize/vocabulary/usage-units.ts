// Recognises what a count besides the token totals counts, by the words of its name. Every provider and
// instrumentation spells the same few units in its own way (`cache_creation.ephemeral_1h_input_tokens`,
// `cacheWrite1hTokens`, `web_search_requests`, `num_search_queries`). The names here are those of `usage_details`,
// and the cost processor has their prices.

export interface Unit {
  readonly name: string
  /** How many units one of the source's units is: 60 for minutes that are counted as seconds. */
  readonly factor: number
}

/** How many names are remembered. Clients choose them, but few are repeated. */
const MEMO_MAX = 2048
const memo = new Map<string, Unit | null>()

/** The unit that a name means, or null. */
export function unitOf(name: string): Unit | null {
  const known = memo.get(name)
  if (known !== undefined) return known
  const unit = name.length > 128 ? null : read(new Set(wordsOf(name)))
  if (memo.size < MEMO_MAX) memo.set(name, unit)
  return unit
}

/** Parts of the totals, which are fields of their own. */
export type Part = 'cache_read_tokens' | 'cache_write_tokens' | 'reasoning_tokens'

const partMemo = new Map<string, Part | null>()

/** The part of the totals that a name says in a spelling that no table has, null when it says none. */
export function partOf(name: string): Part | null {
  const known = partMemo.get(name)
  if (known !== undefined) return known
  const part = name.length > 128 ? null : readPart(new Set(wordsOf(name)))
  if (partMemo.size < MEMO_MAX) partMemo.set(name, part)
  return part
}

/** `prompt_tokens_details.cached_tokens`, `cacheReadInputTokens`, `thoughts_token_count`. */
function readPart(words: Words): Part | null {
  if (any(words, ...NO_COUNT, ...MEDIA, 'percent', 'ms', 'seconds', 'ephemeral', 'ttl')) return null
  if (any(words, 'reasoning', 'thoughts', 'thought', 'thinking'))
    return any(words, 'cache', 'cached', 'effort', 'level') ? null : 'reasoning_tokens'
  if (!any(words, 'cache', 'cached', 'caching')) return null
  // What was not in the cache, and what storing it for an hour comes to.
  if (
    any(words, 'miss', 'missed', 'misses', 'uncached', 'no', 'non', 'storage', ...HOURS, ...MINUTES)
  )
    return null
  if (any(words, 'write', 'writes', 'written', 'creation', 'created', 'create'))
    return 'cache_write_tokens'
  return sideOf(words) === 'output' ? null : 'cache_read_tokens'
}

/**
 * Tokens that a provider's own tools add to the prompt: `tool_use_prompt_token_count`. Google counts them beside the prompt; what
 * definitions or results of the caller's tools take is part of it.
 */
export function countsToolInput(name: string): boolean {
  const words = new Set(wordsOf(name.slice(-128)))
  if (!any(words, 'tool', 'tools') || !any(words, 'token', 'tokens')) return false
  return sideOf(words) !== 'output' && !any(words, ...NO_COUNT, ...NO_TOOL_INPUT, ...MEDIA)
}
/** What they are called in `usage_details`. */
export const TOOL_INPUT = 'input_tool_use'
const NO_TOOL_INPUT = ['definition', 'definitions', 'result', 'results', 'call', 'calls', 'schema']

const HOURS = ['1h', 'hour', '1hour', '1hr', '60m']
const MINUTES = ['5m', '5min', '5mins']

/** Whether a key that no table has names a count of tokens, or an object of them: `acme.usage.tokens`, `acme.usage_details`. */
export function countsTokens(key: string): boolean {
  const words = new Set(wordsOf(key.slice(-128)))
  const isCount =
    words.has('usage') ||
    (any(words, 'tokens', 'token') && (sideOf(words) !== null || words.has('total')))
  return isCount && !any(words, ...NO_COUNT)
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z0-9])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
}

type Words = ReadonlySet<string>

const any = (words: Words, ...wanted: readonly string[]): boolean =>
  wanted.some((word) => words.has(word))

/** Names with these words are costs, limits, or repeated sums. */
const NO_COUNT = [
  'cost',
  'costs',
  'usd',
  'price',
  'size',
  'limit',
  'max',
  'budget',
  'latency',
  'rate',
  'ratio',
  'aggregated',
  'reported',
  'cumulative',
]

function read(words: Words): Unit | null {
  if (any(words, ...NO_COUNT)) return null
  return cached(words) ?? searches(words) ?? durations(words) ?? sheets(words) ?? mediaTokens(words)
}

const one = (name: string): Unit => ({ name, factor: 1 })

const MEDIA = ['audio', 'image', 'video', 'document', 'text'] as const

function cached(words: Words): Unit | null {
  const isCache = any(words, 'cache', 'cached', 'caching')
  if (isCache || words.has('ephemeral')) {
    if (any(words, ...HOURS)) return one('cache_write_1h')
    if (any(words, ...MINUTES)) return one('cache_write_5m')
  }
  if (!isCache || any(words, 'write', 'writes', 'creation', 'created', 'uncached', 'no'))
    return null
  const medium = MEDIA.find((m) => words.has(m))
  return medium === undefined || medium === 'text' ? null : one(`cache_read_${medium}`)
}

const TIMES = [
  'requests',
  'queries',
  'calls',
  'searches',
  'count',
  'num',
  'units',
  'request',
  'uses',
]

function searches(words: Words): Unit | null {
  if (any(words, 'tokens', 'token', 'ms', 'seconds')) return null
  if (words.has('code') && any(words, 'execution', 'executions', 'interpreter'))
    return one('code_executions')
  const isSearch = any(words, 'search', 'searches', 'grounding')
  if (!isSearch || !any(words, ...TIMES)) return null
  if (any(words, 'file', 'storage', 'vector', 'collections', 'memory'))
    return one('storage_searches')
  if (any(words, 'x', 'social', 'twitter')) return one('social_searches')
  return one(any(words, 'rerank', 'units') ? 'rerank_searches' : 'web_searches')
}

/** Lengths of audio, in seconds. */
function durations(words: Words): Unit | null {
  if (!any(words, 'audio', 'speech', 'voice', 'transcription')) return null
  const factor = any(words, 'seconds', 'secs', 'second')
    ? 1
    : any(words, 'minutes', 'mins')
      ? 60
      : words.has('hours')
        ? 3600
        : any(words, 'ms', 'milliseconds')
          ? 1e-3
          : 0
  if (factor === 0) return null
  const side = sideOf(words)
  return { name: side === null ? 'audio_seconds' : `${side}_audio_seconds`, factor }
}

/** Pages, messages, characters: what is charged by the piece. */
function sheets(words: Words): Unit | null {
  if (any(words, 'tokens', 'token')) return null
  if (words.has('pages'))
    return one(any(words, 'annotated', 'annotation', 'annotations') ? 'annotated_pages' : 'pages')
  if (words.has('text') && words.has('messages')) return one('text_messages')
  if (any(words, 'characters', 'chars') && sideOf(words) !== 'output') return one('characters')
  return words.has('pixels') && sideOf(words) !== 'output' ? one('pixels') : null
}

function mediaTokens(words: Words): Unit | null {
  if (any(words, 'reasoning', 'seconds', 'cache', 'cached')) return null
  if (any(words, 'citation', 'citations'))
    return any(words, 'tokens', 'token') ? one('output_citation') : null
  const medium = MEDIA.find((m) => words.has(m))
  const side = sideOf(words)
  if (medium === undefined || side === null) return null
  // `input_audio` alone, or with a word for tokens.
  return words.size === 2 || any(words, 'tokens', 'token', 'details')
    ? one(`${side}_${medium}`)
    : null
}

function sideOf(words: Words): 'input' | 'output' | null {
  if (any(words, 'input', 'prompt', 'in')) return 'input'
  return any(words, 'output', 'completion', 'candidates', 'response', 'out') ? 'output' : null
}
