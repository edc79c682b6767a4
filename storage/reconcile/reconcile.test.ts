// Exports in the forms of the providers, and the results of comparisons.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BilledRow } from './billed.ts'
import { type CountedEvent, compare } from './compare.ts'
import { parseCsv } from './csv.ts'
import { type ExportFile, readExport } from './export-file.ts'
import { modelKey } from './model-key.ts'
import { countedOf } from './printed-events.ts'

const DAY = '2026-11-28'

function rowsOf(content: unknown, provider: string): readonly BilledRow[] {
  const file = readExport(content, null)
  assert.equal(file?.provider, provider)
  return file?.rows ?? []
}

test('a page of the OpenAI usage API, of several buckets, and of its CSV', () => {
  const page = {
    object: 'page',
    data: [
      {
        object: 'bucket',
        start_time: Date.parse(DAY) / 1000,
        end_time: Date.parse(DAY) / 1000 + 86_400,
        results: [
          {
            object: 'organization.usage.completions.result',
            input_tokens: 1000,
            output_tokens: 500,
            input_cached_tokens: 800,
            num_model_requests: 5,
            api_key_id: 'key_1',
            model: 'gpt-4o-mini-2024-07-18',
            batch: null,
          },
        ],
      },
    ],
    has_more: false,
  }
  const amounts = { calls: 5, input_tokens: 1000, output_tokens: 500, cache_read_tokens: 800 }
  const want = [{ day: DAY, model: 'gpt-4o-mini-2024-07-18', key: 'key_1', callId: null, amounts }]
  assert.deepEqual(rowsOf(page, 'openai'), want)
  assert.deepEqual(rowsOf(JSON.stringify([page, { ...page, data: [] }]), 'openai'), want)
  assert.deepEqual(rowsOf(`${JSON.stringify(page)}\n${JSON.stringify(page)}\n`, 'openai').length, 2)
  const csv = `start_time,end_time,start_time_iso,end_time_iso,num_model_requests,project_id,api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens
1795824000,1795910400,${DAY}T00:00:00+00:00,2026-11-29T00:00:00+00:00,5,proj_1,key_1,gpt-4o-mini-2024-07-18,,default,1000,500,800
`
  assert.deepEqual(rowsOf(csv, 'openai'), want)
})

test('costs of OpenAI are by line item, those of Anthropic in cents', () => {
  const costs = {
    data: [
      {
        start_time: Date.parse(DAY) / 1000,
        results: [
          {
            object: 'organization.costs.result',
            amount: { value: 0.06, currency: 'usd' },
            line_item: 'gpt-4o-2024-08-06, input',
          },
        ],
      },
    ],
  }
  assert.deepEqual(rowsOf(costs, 'openai')[0]?.amounts, { cost_usd: 0.06 })
  assert.equal(rowsOf(costs, 'openai')[0]?.model, 'gpt-4o-2024-08-06')
  const cents = {
    data: [
      {
        starting_at: `${DAY}T00:00:00Z`,
        results: [
          {
            currency: 'USD',
            amount: '123.45',
            description: 'Claude Sonnet 4.5 Usage - Input Tokens',
            model: 'claude-sonnet-4-5',
          },
        ],
      },
    ],
  }
  assert.deepEqual(rowsOf(cents, 'anthropic')[0]?.amounts, { cost_usd: 1.2345 })
})

test("Anthropic's input leaves out what caches held", () => {
  const amounts = {
    input_tokens: 1500 + 1000 + 500 + 200,
    output_tokens: 500,
    cache_read_tokens: 200,
    cache_write_tokens: 1500,
  }
  const report = {
    data: [
      {
        starting_at: `${DAY}T00:00:00Z`,
        ending_at: '2026-11-29T00:00:00Z',
        results: [
          {
            uncached_input_tokens: 1500,
            cache_creation: { ephemeral_1h_input_tokens: 1000, ephemeral_5m_input_tokens: 500 },
            cache_read_input_tokens: 200,
            output_tokens: 500,
            server_tool_use: { web_search_requests: 10 },
            api_key_id: 'apikey_1',
            model: 'claude-opus-4-5-20251101',
          },
        ],
      },
    ],
    has_more: false,
    next_page: null,
  }
  assert.deepEqual(rowsOf(report, 'anthropic')[0]?.amounts, amounts)
  const csv = `usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed
${DAY},claude-opus-4-5-20251101,"My app, prod",Default,standard,≤ 200k,1500,500,1000,200,500,10,global,standard
`
  assert.deepEqual(rowsOf(csv, 'anthropic')[0]?.amounts, amounts)
  assert.equal(rowsOf(csv, 'anthropic')[0]?.key, 'My app, prod')
})

test('OpenRouter by day and by generation', () => {
  const activity = {
    data: [
      {
        date: DAY,
        model: 'openai/gpt-4.1',
        model_permaslug: 'openai/gpt-4.1-2025-04-14',
        provider_name: 'OpenAI',
        usage: 0.015,
        requests: 5,
        prompt_tokens: 50,
        completion_tokens: 125,
        reasoning_tokens: 25,
      },
    ],
  }
  assert.deepEqual(rowsOf(activity, 'openrouter')[0]?.amounts, {
    calls: 5,
    input_tokens: 50,
    output_tokens: 125,
    cost_usd: 0.015,
  })
  const csv = `generation_id,created_at,cost_total,cost_web_search,cost_cache,tokens_prompt,tokens_completion,tokens_reasoning,tokens_cached,model_permaslug,provider_name,api_key_name
gen-1,${DAY} 23:59:59.000,0.001,0,0,100,20,0,40,anthropic/claude-4.5-sonnet-20250929,Anthropic,prod
`
  const [row] = rowsOf(csv, 'openrouter')
  assert.equal(row?.callId, 'gen-1')
  assert.equal(row?.day, DAY)
  assert.deepEqual(row?.amounts, {
    calls: 1,
    input_tokens: 100,
    output_tokens: 20,
    cache_read_tokens: 40,
    cost_usd: 0.001,
  })
})

test('Bedrock by call, by line of the cost and usage report, and by Cost Explorer', () => {
  const log = JSON.stringify({
    schemaType: 'ModelInvocationLog',
    timestamp: `${DAY}T10:00:00Z`,
    requestId: 'r-1',
    modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    input: { inputTokenCount: 10, cacheReadInputTokenCount: 90 },
    output: { outputTokenCount: 5 },
  })
  assert.deepEqual(rowsOf(`${log}\n${log}\n`, 'bedrock')[1]?.amounts, {
    calls: 1,
    input_tokens: 100,
    output_tokens: 5,
    cache_read_tokens: 90,
  })
  const cur = `lineItem/UsageStartDate,lineItem/ProductCode,lineItem/UsageType,lineItem/UsageAmount,pricing/unit,lineItem/UnblendedCost,lineItem/UsageAccountId
${DAY}T01:00:00Z,AmazonBedrock,USE1-Claude4Sonnet-input-tokens,1.5,1K tokens,0.0045,1
${DAY}T01:00:00Z,AmazonBedrock,USE1-Claude4Sonnet-cache-read-input-token-count,2,1K tokens,0.0006,1
${DAY}T01:00:00Z,AmazonBedrock,USE1-Claude4Sonnet-output-tokens,0.1,1K tokens,0.0015,1
${DAY}T01:00:00Z,AmazonEC2,BoxUsage:m5.large,1,Hrs,0.096,1
`
  const rows = rowsOf(cur, 'bedrock')
  assert.deepEqual(
    rows.map((row) => row.amounts),
    [
      { input_tokens: 1500, cost_usd: 0.0045 },
      { input_tokens: 2000, cache_read_tokens: 2000, cost_usd: 0.0006 },
      { output_tokens: 100, cost_usd: 0.0015 },
    ],
  )
  assert.equal(
    modelKey(rows[0]?.model ?? ''),
    modelKey('us.anthropic.claude-sonnet-4-20250514-v1:0'),
  )
  const explorer = {
    ResultsByTime: [
      {
        TimePeriod: { Start: DAY, End: '2026-11-29' },
        Groups: [
          {
            Keys: ['USE1-NovaLite-output-tokens'],
            Metrics: {
              UsageQuantity: { Amount: '2.0', Unit: '1K tokens' },
              UnblendedCost: { Amount: '0.48', Unit: 'USD' },
            },
          },
        ],
      },
    ],
  }
  assert.deepEqual(rowsOf(explorer, 'bedrock')[0]?.amounts, { output_tokens: 2000, cost_usd: 0.48 })
})

test('what is no export is none, whatever it looks like', () => {
  for (const content of [
    '',
    'a,b\n1,2\n',
    '{}',
    '[]',
    '{"data":[]}',
    '{"data":[1]}',
    'x',
    '{broken',
    [],
  ])
    assert.equal(readExport(content, null), null, JSON.stringify(content))
  assert.equal(parseCsv('a,a\n1,2\n'), null)
  assert.deepEqual(parseCsv('a,b\r\n"x, ""y""","two\nlines"\r\n'), [
    { a: 'x, "y"', b: 'two\nlines' },
  ])
})

test('spellings of one model have one key, and models of one family do not', () => {
  for (const names of [
    ['gpt-4o-mini', 'gpt-4o-mini-2024-07-18', 'openai/gpt-4o-mini'],
    [
      'claude-sonnet-4-5',
      'claude-sonnet-4-5-20250929',
      'anthropic/claude-4.5-sonnet-20250929',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'Claude Sonnet 4.5',
      'ClaudeSonnet45',
    ],
    ['gpt-3.5-turbo', 'gpt-35-turbo'],
  ])
    assert.equal(new Set(names.map(modelKey)).size, 1, names.join(', '))
  const apart = [
    'gpt-4o',
    'gpt-4o-mini',
    'gpt-4.1',
    'gpt-4',
    'o4-mini',
    'claude-sonnet-4',
    'claude-sonnet-4-5',
    'claude-opus-4-5',
  ]
  assert.equal(new Set(apart.map(modelKey)).size, apart.length)
})

let count = 0

function event(fields: Partial<CountedEvent> & { input?: number; output?: number }): CountedEvent {
  const { input = 100, output = 10, ...rest } = fields
  const id = String(++count).padStart(32, '0')
  const counts = rest.counts ?? true
  return {
    event_id: id,
    trace_id: id,
    span_id: id.slice(16),
    day: DAY,
    at_ms: Date.parse(`${rest.day ?? DAY}T12:00:00Z`),
    names_provider: true,
    near_midnight: false,
    model: 'gpt-4o-mini-2024-07-18',
    key: null,
    response_id: null,
    kind: 'llm',
    status: 'ok',
    has_usage: input + output > 0,
    has_cost: true,
    cost_source: 'computed',
    inconsistent: false,
    scope_name: null,
    remainder: false,
    duplicate_of: null,
    counts,
    amounts: {
      calls: counts && input + output > 0 ? 1 : 0,
      input_tokens: input,
      output_tokens: output,
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      cost_usd: 0.001,
    },
    ...rest,
  }
}

function billed(amounts: BilledRow['amounts'], fields: Partial<BilledRow> = {}): BilledRow {
  return { day: DAY, model: 'gpt-4o-mini', key: null, callId: null, amounts, ...fields }
}

const asked = { byKey: false } as const

/** A file with these rows, of all of their days. */
function fileOf(rows: readonly BilledRow[]): ExportFile {
  const days = rows.map((row) => row.day).toSorted()
  return {
    provider: 'openai',
    rows,
    days: { from: days[0] ?? '', to: days.at(-1) ?? '' },
    covered: null,
    notes: [],
  }
}

test('what is equal names nothing', () => {
  const { rows, equal, different } = compare(
    fileOf([billed({ calls: 2, input_tokens: 200, output_tokens: 20, cost_usd: 0.002 })]),
    [event({}), event({})],
    asked,
  )
  assert.deepEqual([equal, different], [1, 0])
  assert.deepEqual(rows[0]?.events, [])
})

test('the event that is the difference is named first, counted too often or not at all', () => {
  const extra = event({ input: 777, output: 7 })
  const more = compare(
    fileOf([billed({ input_tokens: 200, output_tokens: 20 })]),
    [event({}), extra, event({ near_midnight: true })],
    asked,
  )
  assert.deepEqual(more.rows[0]?.difference, { input_tokens: 777, output_tokens: 7 })
  assert.equal(more.rows[0]?.events[0]?.event_id, extra.event_id)
  assert.deepEqual(more.rows[0]?.events[0]?.reasons, ['exact'])
  const twin = event({ input: 50, output: 5, counts: false, duplicate_of: extra.event_id })
  const less = compare(
    fileOf([billed({ input_tokens: 150, output_tokens: 15 })]),
    [event({}), twin],
    asked,
  )
  assert.deepEqual(less.rows[0]?.events[0]?.reasons, ['exact', 'duplicate'])
})

test('days that only one side has, midnight, and calls without usage', () => {
  const late = event({ day: '2026-11-27', near_midnight: true, input: 30 })
  const cut = event({ input: 0, output: 0 })
  const { rows } = compare(
    fileOf([
      billed({ input_tokens: 130, output_tokens: 20 }),
      billed({ input_tokens: 5 }, { model: 'o3' }),
    ]),
    [event({}), late, cut, event({ model: 'gpt-4.1' })],
    asked,
  )
  assert.deepEqual(
    rows.map((row) => [row.model, row.status]),
    [
      ['gpt-4.1', 'not_billed'],
      ['gpt-4o-mini', 'different'],
      ['o3', 'not_counted'],
    ],
  )
  const mini = rows.find((row) => row.model === 'gpt-4o-mini')
  const reasons = new Map(mini?.events.map((e) => [e.event_id, e.reasons]))
  assert.deepEqual(reasons.get(late.event_id), ['other_day'])
  assert.deepEqual(reasons.get(cut.event_id), ['no_usage'])
})

test('an export with a row a call names the calls of either side', () => {
  const seen = event({ response_id: 'gen-1' })
  const unbilled = event({ response_id: 'gen-9' })
  const { rows } = compare(
    fileOf([
      billed({ calls: 1, input_tokens: 100, output_tokens: 10 }, { callId: 'gen-1' }),
      billed({ calls: 1, input_tokens: 60, output_tokens: 6 }, { callId: 'gen-2' }),
    ]),
    [seen, unbilled],
    asked,
  )
  assert.deepEqual(rows[0]?.missing_calls, ['gen-2'])
  assert.deepEqual(
    rows[0]?.events.map((e) => [e.event_id, e.reasons]),
    [[unbilled.event_id, ['not_billed']]],
  )
})

test('by key where events say theirs, added up where they do not', () => {
  const rows = [
    billed({ input_tokens: 100, output_tokens: 10 }, { key: 'shop' }),
    billed({ input_tokens: 100, output_tokens: 10 }, { key: 'chat' }),
  ]
  const events = [event({ key: 'shop' }), event({ key: 'shop' })]
  assert.equal(compare(fileOf(rows), events, asked).different, 0)
  const byKey = compare(fileOf(rows), events, { byKey: true })
  assert.deepEqual(
    byKey.rows.map((row) => [row.key, row.status]),
    [
      ['chat', 'not_counted'],
      ['shop', 'different'],
    ],
  )
})

test('printed events are read as the store has them', () => {
  const line = {
    record: 'event',
    event_id: 'e1',
    trace_id: 't1',
    span_id: 's1',
    kind: 'llm',
    provider: 'openai',
    response_model: 'gpt-4.1',
    start_time: String(BigInt(Date.parse(`${DAY}T23:30:00Z`)) * 1_000_000n),
    input_tokens: 10,
    output_tokens: 2,
    cost_usd: 0.1,
    usage_aggregate: false,
    metadata: { key: 'prod' },
  }
  const lines = [
    line,
    { ...line, provider: 'anthropic' },
    { record: 'signal' },
    7,
    { ...line, start_time: null },
  ]
  const [found, ...others] = countedOf(lines, 'openai', 'metadata.key')
  assert.deepEqual(others, [])
  assert.equal(found?.day, DAY)
  assert.equal(found?.near_midnight, true)
  assert.equal(found?.key, 'prod')
  assert.equal(found?.amounts.input_tokens, 10)
})
