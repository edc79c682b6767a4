// The units that are charged besides plain input and output: their names in `usage_details`, and the keys of their
// rates in the price table. Parts are tokens among the input or output tokens, counts are separate quantities.

/** The parts of token counts, by their names in `usage_details`. */
export const PARTS = {
  cache_write_5m: 0,
  cache_write_1h: 1,
  cache_read_audio: 2,
  cache_read_image: 3,
  input_audio: 4,
  input_image: 5,
  input_video: 6,
  /** Pages that a model reads as images, and that are priced like images. */
  input_document: 7,
  output_audio: 8,
  output_image: 9,
  output_video: 10,
  output_citation: 11,
} as const

interface Count {
  readonly name: string
  /** The keys of the price table. There are several if one can replace another. */
  readonly keys: readonly string[]
  /** The rate applies to this many units. */
  readonly per: number
  /**
   * `fee`: charged in addition to tokens. `medium`: charged instead of tokens, so a call with token prices needs no
   * rate for it.
   */
  readonly kind: 'fee' | 'medium'
}

/** The counts in the order of their numbers. */
export const COUNTS: readonly Count[] = [
  { name: 'web_searches', keys: ['web_searches_kcount'], per: 1000, kind: 'fee' },
  { name: 'storage_searches', keys: ['storage_searches_kcount'], per: 1000, kind: 'fee' },
  { name: 'social_searches', keys: ['social_searches_kcount'], per: 1000, kind: 'fee' },
  { name: 'code_executions', keys: ['code_executions_kcount'], per: 1000, kind: 'fee' },
  { name: 'rerank_searches', keys: ['rerank_searches_kcount'], per: 1000, kind: 'medium' },
  // If only input has a rate, a length that is called neither input nor output counts as input.
  { name: 'audio_seconds', keys: ['audio_hours', 'input_audio_hours'], per: 3600, kind: 'medium' },
  {
    name: 'input_audio_seconds',
    keys: ['input_audio_hours', 'audio_hours'],
    per: 3600,
    kind: 'medium',
  },
  { name: 'output_audio_seconds', keys: ['output_audio_hours'], per: 3600, kind: 'medium' },
  { name: 'pages', keys: ['input_document_kpages'], per: 1000, kind: 'medium' },
  {
    name: 'annotated_pages',
    keys: ['input_annotated_document_kpages'],
    per: 1000,
    kind: 'medium',
  },
  { name: 'text_messages', keys: ['input_text_messages_kcount'], per: 1000, kind: 'medium' },
  { name: 'characters', keys: ['input_mchars'], per: 1e6, kind: 'medium' },
  { name: 'pixels', keys: ['input_gpixels'], per: 1e9, kind: 'medium' },
]

const PART_NAMES = Object.keys(PARTS)

/** How many numbers the details of a call have: parts first, then counts. */
export const DETAILS = PART_NAMES.length + COUNTS.length
export const FIRST_COUNT = PART_NAMES.length

/** Every priced name in `usage_details` with its number. */
export const DETAIL_NUMBERS: readonly (readonly [string, number])[] = [
  ...Object.entries(PARTS),
  ...COUNTS.map(({ name }, i) => [name, FIRST_COUNT + i] as const),
]

/** The token keys of the price table that `price.ts` uses by name. */
export const TOKEN_KEYS = [
  'input_mtok',
  'output_mtok',
  'cache_read_mtok',
  'cache_write_mtok',
  'cache_write_1h_mtok',
  'cache_audio_read_mtok',
  'cache_image_read_mtok',
  'input_audio_mtok',
  'input_image_mtok',
  'input_video_mtok',
  'output_audio_mtok',
  'output_image_mtok',
  'output_video_mtok',
  'output_reasoning_mtok',
  'output_citation_mtok',
] as const

/** The charge for each call, whatever its size. */
export const REQUEST_KEY = 'requests_kcount'

/** Every key of a price that is applied. */
export const APPLIED_KEYS: ReadonlySet<string> = new Set([
  ...TOKEN_KEYS,
  REQUEST_KEY,
  ...COUNTS.flatMap(({ keys }) => keys),
])
