// Fills `canonical_events` with a given number of events. The engine makes them itself with INSERT .. SELECT from trace
// numbers. The result is deterministic and in time order, with one insert for each period, as an exporter would write it.

import type { ClickHouseClient } from '@clickhouse/client'
import { EVENT_COLUMNS } from '../../exporters/clickhouse/columns.ts'
import { dice } from '../traffic/random.ts'
import { prose } from '../traffic/text.ts'

export const DAYS = 30
const DAY_MS = 86_400_000
/** A trace has 3 to 12 spans, 7.5 on average. */
const SPANS_OF_TRACE = 7.5
const EVENTS_OF_INSERT = 200_000
const SENTENCES = 4096

export interface Place {
  readonly tenantId: string
  readonly projectId: string
  /** Part of the traces, beside the parts of the others. */
  readonly parts: number
}

/** Tenants and projects of a few. The queries ask about the first. */
export const PLACES = [
  { tenantId: 'acme', projectId: 'chat', parts: 4 },
  { tenantId: 'acme', projectId: 'search', parts: 2 },
  { tenantId: 'globex', projectId: 'support', parts: 2 },
  { tenantId: 'initech', projectId: 'agents', parts: 1 },
  { tenantId: 'umbrella', projectId: 'batch', parts: 1 },
] as const satisfies readonly Place[]

/** Two projects for each tenant; the first tenants have several times as many traces as the last, as in reality. */
export function placesOf(tenants: number): readonly Place[] {
  return Array.from({ length: tenants }, (_, i) => {
    const parts = Math.max(1, Math.round(tenants / (i + 1)))
    const tenantId = `tenant-${String(i + 1).padStart(2, '0')}`
    return [
      { tenantId, projectId: 'chat', parts: 2 * parts },
      { tenantId, projectId: 'batch', parts },
    ]
  }).flat()
}

export interface Filled {
  readonly events: number
  readonly traces: number
  readonly fromMs: number
  readonly toMs: number
  readonly seconds: number
}

export interface FillOptions {
  readonly events: number
  /** End of the last day with events. */
  readonly toMs: number
  readonly say: (text: string) => void
  /** Default: `PLACES`. */
  readonly places?: readonly Place[]
}

export async function fillEvents(
  client: ClickHouseClient,
  { events, toMs, say, places = PLACES }: FillOptions,
): Promise<Filled> {
  await makeSentences(client)
  const traces = Math.round(events / SPANS_OF_TRACE)
  const inserts = Math.max(DAYS, Math.ceil(events / EVENTS_OF_INSERT))
  const fromMs = toMs - DAYS * DAY_MS
  const startedAt = performance.now()
  for (let i = 0; i < inserts; i++) {
    const first = Math.floor((traces * i) / inserts)
    const last = Math.floor((traces * (i + 1)) / inserts)
    await client.command({
      query: insertOf(places, first, last, fromMs, (DAYS * DAY_MS) / traces),
      clickhouse_settings: { max_execution_time: 600, max_threads: 2 },
    })
    if ((i + 1) % 10 === 0 || i + 1 === inserts)
      say(`${Math.round((events * (i + 1)) / inserts)} events in ${since(startedAt).toFixed(0)} s`)
  }
  await client.command({ query: 'DROP TABLE bench_sentences' })
  return { events, traces, fromMs, toMs, seconds: since(startedAt) }
}

const since = (startedAt: number): number => (performance.now() - startedAt) / 1000

/** Start of trace `t`. The filler and the queries both compute it with this function. */
export function traceStartMs(trace: number, filled: Pick<Filled, 'fromMs' | 'traces'>): number {
  return filled.fromMs + Math.floor(trace * ((DAYS * DAY_MS) / filled.traces))
}

/** Sentences to make messages from. Each has some hundred words, so that columns compress as with real text. */
async function makeSentences(client: ClickHouseClient): Promise<void> {
  await client.command({
    query: 'CREATE OR REPLACE TABLE bench_sentences (s String) ENGINE = MergeTree ORDER BY tuple()',
  })
  const d = dice(7, 0)
  const values = Array.from({ length: SENTENCES }, () => ({
    s: prose(d, 'en', 60 + d.int(0, 280)).replaceAll(/["\\\n]/g, ' '),
  }))
  await client.insert({ table: 'bench_sentences', values, format: 'JSONEachRow' })
}

/** SQL for a 64-bit number for span `p` of trace `t`, or for trace `t`; a different one for each salt. */
const H = (salt: number): string => `cityHash64(t, p, ${salt})`
const HT = (salt: number): string => `cityHash64(t, ${salt})`
const oneOf = (values: readonly string[], n: string): string =>
  `arrayElement([${values.map((v) => `'${v}'`).join(', ')}], ${n} % ${values.length} + 1)`
const sentence = (n: string): string => `arrayElement(pool, ${n} % ${SENTENCES} + 1)`
const message = (role: string, n: string): string =>
  `'{"role":"${role}","parts":[{"type":"text","content":"', ${sentence(n)}, '"}]}'`
const onlyIf = (condition: string, value: string): string => `if(${condition}, ${value}, NULL)`
const partsOf = (places: readonly Place[]): number =>
  places.reduce((parts, place) => parts + place.parts, 0)
const ofPlace = (places: readonly Place[], name: 'tenantId' | 'projectId'): string =>
  oneOf(
    places.flatMap((place) => Array.from({ length: place.parts }, () => place[name])),
    'place',
  )

const MODELS = ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4', 'claude-haiku-4', 'gemini-2.5-flash']
const PROVIDERS = ['openai', 'openai', 'anthropic', 'anthropic', 'gcp.gemini']
const ROUTES = ['/chat', '/search', '/summarize', '/agents/run', '/v1/complete', '/import']
const TOOLS = ['search_web', 'get_weather', 'run_sql', 'read_file', 'send_mail', 'lookup_order']

/**
 * SQL expressions for the columns that are not NULL or empty. They use `t`, `p`, `n` (number of spans of the trace) and
 * `place`.
 */
const VALUES: Readonly<Record<string, string>> = {
  event_id: 'sipHash128(t, p)',
  environment: `if(${HT(1)} % 5 = 0, 'dev', 'prod')`,
  trace_id: `sipHash128(t)`,
  span_id: `reinterpretAsFixedString(${H(2)})`,
  parent_span_id: `if(p = 0, NULL, reinterpretAsFixedString(cityHash64(t, intDiv(p - 1, 3), 2)))`,
  event_type: `'span'`,
  kind: 'kind_',
  operation: `multiIf(kind_ = 'llm', 'chat', kind_ = 'tool', 'execute_tool', kind_ = 'agent', 'invoke_agent', 'retrieval')`,
  name: `concat(operation, ' ', coalesce(response_model, tool_name, 'main'))`,
  dialect: `'otel-genai'`,
  start_time: `fromUnixTimestamp64Milli(start_ms + toInt64(p) * 150) + toIntervalNanosecond(${H(3)} % 1000000)`,
  end_time: 'start_time + toIntervalNanosecond(toInt64(duration_ms * 1000000))',
  duration_ms: `if(kind_ = 'llm', 300 + pow(1 + ${H(4)} % 1000 / 1000, 8) * 20, 1 + ${H(4)} % 400)`,
  time_to_first_chunk_ms: onlyIf(`kind_ = 'llm'`, `100 + ${H(5)} % 900`),
  provider: onlyIf(`kind_ = 'llm'`, oneOf(PROVIDERS, 'model_')),
  request_model: onlyIf(`kind_ = 'llm'`, oneOf(MODELS, 'model_')),
  response_model: onlyIf(`kind_ = 'llm'`, oneOf(MODELS, 'model_')),
  response_id: onlyIf(`kind_ = 'llm'`, `concat('chatcmpl-', hex(${H(6)}))`),
  route: oneOf(ROUTES, HT(7)),
  input_messages: onlyIf(
    `kind_ = 'llm'`,
    `concat('[', ${message('system', HT(8))}, ',', ${message('user', H(9))}, ',', ${message('user', H(10))}, ']')`,
  ),
  output_messages: onlyIf(
    `kind_ = 'llm'`,
    `concat('[', ${message('assistant', H(11))}, ',', ${message('assistant', H(12))}, ']')`,
  ),
  input: onlyIf(`kind_ = 'retrieval'`, `concat('{"query":"', ${sentence(H(13))}, '"}')`),
  request_params: onlyIf(`kind_ = 'llm'`, `'{"temperature":0.2,"max_tokens":1024}'`),
  input_tokens: onlyIf(`kind_ = 'llm'`, `200 + ${H(14)} % 4000`),
  output_tokens: onlyIf(`kind_ = 'llm'`, `20 + ${H(15)} % 800`),
  total_tokens: 'input_tokens + output_tokens',
  cache_read_tokens: onlyIf(`kind_ = 'llm' AND ${H(16)} % 3 = 0`, '128'),
  usage_aggregate: `kind_ = 'agent'`,
  cost_usd: onlyIf(`kind_ = 'llm'`, '(input_tokens * 3 + output_tokens * 15) / 1000000'),
  cost_source: `if(kind_ = 'llm', 'computed', 'none')`,
  finish_reasons: `if(kind_ = 'llm', ['stop'], [])`,
  status: `if(${H(17)} % 50 = 0, 'error', 'ok')`,
  error_type: onlyIf(`status = 'error'`, oneOf(['timeout', 'rate_limit', 'ValueError'], H(18))),
  tool_name: onlyIf(`kind_ = 'tool'`, oneOf(TOOLS, H(19))),
  tool_call_id: onlyIf(`kind_ = 'tool'`, `concat('call_', hex(${H(20)}))`),
  tool_arguments: onlyIf(`kind_ = 'tool'`, `concat('{"q":"', ${sentence(H(21))}, '"}')`),
  tool_result: onlyIf(`kind_ = 'tool'`, `concat('"', ${sentence(H(22))}, '"')`),
  agent_name: onlyIf(`kind_ = 'agent'`, oneOf(['planner', 'support', 'researcher'], HT(23))),
  conversation_id: `concat('conv-', toString(intDiv(t, 4)))`,
  session_id: `concat('sess-', toString(intDiv(t, 12)))`,
  user_id: `concat('user-', toString(toUInt64(pow(${HT(24)} % 10000 / 10000, 3) * 20000)))`,
  service_name: oneOf(['api', 'worker', 'web', 'batch'], HT(25)),
  service_version: oneOf(['1.4.0', '1.4.1', '1.5.0'], HT(26)),
  sdk_language: oneOf(['python', 'nodejs'], HT(27)),
  scope_name: `'opentelemetry.instrumentation.openai_v2'`,
  metadata: `map('team', ${oneOf(['growth', 'core', 'labs'], HT(28))})`,
  attributes: `map('http.request.method', 'POST', 'server.region', ${oneOf(['eu', 'us', 'ap'], HT(29))})`,
  attributes_json: `map('http.response.status_code', '200')`,
  start_time_known: 'true',
  received_at: 'fromUnixTimestamp64Milli(start_ms + 5000)',
  version: '18446744073709551615 - toUInt64(start_ms + 5000)',
}

function insertOf(
  places: readonly Place[],
  first: number,
  last: number,
  fromMs: number,
  msOfTrace: number,
): string {
  const values: Readonly<Record<string, string>> = {
    tenant_id: ofPlace(places, 'tenantId'),
    project_id: ofPlace(places, 'projectId'),
    ...VALUES,
  }
  const columns = EVENT_COLUMNS.map((c) => c.name).filter((name) => values[name] !== undefined)
  const select = columns.map((name) => `${values[name]} AS ${name}`).join(',\n')
  return `INSERT INTO canonical_events (${columns.join(', ')})
    WITH (SELECT groupArray(s) FROM bench_sentences) AS pool
    SELECT ${select}
    FROM (
      SELECT number AS t, 3 + cityHash64(number, 99) % 10 AS n, arrayJoin(range(n)) AS p,
        cityHash64(number, 98) % ${partsOf(places)} AS place,
        multiIf(p = 0, 'agent', p % 3 = 1, 'llm', p % 3 = 2, 'tool', 'retrieval') AS kind_,
        cityHash64(number, p, 97) AS model_,
        toInt64(${fromMs} + floor(number * ${msOfTrace})) AS start_ms
      FROM numbers(${first}, ${last - first})
    )`
}
