// Exports as spreadsheets, other settings and other accounts write them: what can be read has its right value, what cannot is said.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BilledRow } from './billed.ts'
import { type CountedEvent, compare } from './compare.ts'
import { LINES_MAX, parseCsv } from './csv.ts'
import { type ExportFile, readExport } from './export-file.ts'
import { modelKey } from './model-key.ts'
import { countedOf } from './printed-events.ts'

const DAY = '2026-11-28'
const HEAD = 'start_time_iso,num_model_requests,model,input_tokens,output_tokens'
const LINE = `${DAY}T00:00:00Z,5,gpt-4o,1000,500`
const AMOUNTS = { calls: 5, input_tokens: 1000, output_tokens: 500 }

function fileOf(content: unknown): ExportFile {
  const file = readExport(content, null)
  assert.ok(file !== null)
  return file
}

const amountsOf = (content: unknown): BilledRow['amounts'][] =>
  fileOf(content).rows.map((row) => row.amounts)

test('the same table in the forms that spreadsheets write has the same amounts', () => {
  const columns = HEAD.split(',')
  const fields = LINE.split(',')
  const joined = (by: string, rows: readonly (readonly string[])[]): string =>
    rows.map((row) => row.join(by)).join('\n')
  const forms: Readonly<Record<string, string>> = {
    plain: `${HEAD}\n${LINE}\n`,
    'byte order mark': `\uFEFF${HEAD}\r\n${LINE}\r\n`,
    'without an end of line': `${HEAD}\n${LINE}`,
    'old line ends': `${HEAD}\r${LINE}\r`,
    'empty lines before and after': `\n\n${HEAD}\n${LINE}\n\n\n`,
    semicolons: joined(';', [columns, fields]),
    tabs: joined('\t', [columns, fields]),
    bars: joined('|', [columns, fields]),
    'a line that names the separator': `sep=;\r\n${joined(';', [columns, fields])}`,
    'quoted everywhere': joined(',', [columns.map((c) => `"${c}"`), fields.map((f) => `"${f}"`)]),
    'quoted after the mark': `\uFEFF"${columns.join('","')}"\n"${fields.join('","')}"`,
    'columns the other way round': joined(',', [columns.toReversed(), fields.toReversed()]),
    'more columns, one with a line end': `note,${HEAD},tag\n"two\nlines, ""here""",${LINE},x\n`,
    'spaces around names': `${columns.join(' , ')}\n${LINE}\n`,
    'thousands separated': `${HEAD}\n${DAY}T00:00:00Z,5,gpt-4o,"1,000",500\n`,
  }
  for (const [form, text] of Object.entries(forms))
    assert.deepEqual(amountsOf(text), [AMOUNTS], form)
})

test('a quote in the middle of a field loses no line, and one that never closes is no table', () => {
  const odd = `${HEAD},note\n${LINE},5" screen\n${LINE},"a" b\n${LINE},x\n`
  assert.deepEqual(amountsOf(odd), [AMOUNTS, AMOUNTS, AMOUNTS])
  assert.equal(parseCsv(`${HEAD}\n"${LINE}\n`), null)
})

test('tokens and calls come whole: a point before three digits separates thousands', () => {
  const header = 'start_time_iso;model;num_model_requests;input_tokens;output_tokens'
  const [amounts] = amountsOf(`${header}\n28.11.2026;gpt-4o;3;1.234.000;1.500\n`)
  assert.deepEqual(amounts, { calls: 3, input_tokens: 1_234_000, output_tokens: 1500 })
})

test("what was spoken stands beside OpenAI's counts of text, unless they have it in them", () => {
  const result = {
    model: 'gpt-realtime',
    num_model_requests: 1,
    input_tokens: 100,
    output_tokens: 20,
  }
  const page = (over: object): string =>
    JSON.stringify({
      data: [{ start_time: 1795824000, end_time: 1795910400, results: [{ ...result, ...over }] }],
    })
  const audio = { input_audio_tokens: 900, output_audio_tokens: 80 }
  const [beside] = amountsOf(page(audio))
  assert.deepEqual([beside?.input_tokens, beside?.output_tokens], [1000, 100])
  const [inside] = amountsOf(
    page({
      ...audio,
      input_tokens: 1000,
      input_text_tokens: 100,
      output_tokens: 100,
      output_text_tokens: 20,
    }),
  )
  assert.deepEqual([inside?.input_tokens, inside?.output_tokens], [1000, 100])
})

test('a field of megabytes, of quotes too, is a field', () => {
  for (const long of ['x'.repeat(5e6), '""'.repeat(5e6)]) {
    const rows = parseCsv(`model,note\ngpt-4o,"${long}"\n`)
    assert.equal(String(rows?.[0]?.['note']).length, 5e6)
  }
})

test('JSON with a byte order mark, and pages as lines of it', () => {
  const page = {
    object: 'page',
    data: [
      {
        start_time: Date.parse(DAY) / 1000,
        end_time: Date.parse(DAY) / 1000 + 86_400,
        results: [
          { input_tokens: 1000, output_tokens: 500, num_model_requests: 5, model: 'gpt-4o' },
        ],
      },
    ],
    has_more: false,
  }
  assert.deepEqual(amountsOf(`\uFEFF${JSON.stringify(page, null, 2)}`), [AMOUNTS])
  assert.deepEqual(
    amountsOf(`\uFEFF${JSON.stringify(page)}\r\n${JSON.stringify(page)}\r\n`).length,
    2,
  )
})

test('a column that is there but empty does not hide the one that has the time', () => {
  const text = `start_time,start_time_iso,num_model_requests,model,input_tokens,output_tokens\n1795824000,,5,gpt-4o,1000,500\n`
  assert.equal(fileOf(text).rows[0]?.day, DAY)
})

test('rows without a day, such as the line of totals, are left out and said', () => {
  const file = fileOf(`${HEAD}\n${LINE}\nTotal,5,,1000,500\n`)
  assert.equal(file.rows.length, 1)
  assert.match(file.notes.join(), /^1 row without a day/)
})

test('costs in another currency are not compared as dollars', () => {
  const costs = (currency: string): ExportFile =>
    fileOf({
      data: [
        {
          start_time: 1_795_824_000,
          results: [{ amount: { value: 7, currency }, line_item: 'gpt-4o, input' }],
        },
      ],
    })
  assert.deepEqual(costs('usd').rows[0]?.amounts, { cost_usd: 7 })
  assert.deepEqual(costs('eur').rows[0]?.amounts, {})
  assert.match(costs('eur').notes.join(), /^1 row with costs in another currency/)
  const head =
    'lineItem/UsageStartDate,lineItem/ProductCode,lineItem/UsageType,lineItem/UsageAmount,pricing/unit,lineItem/UnblendedCost,lineItem/CurrencyCode'
  const row = `${DAY}T01:00:00Z,AmazonBedrock,CNN1-NovaLite-input-tokens,1.5,1K tokens,0.5,`
  assert.deepEqual(amountsOf(`${head}\n${row}CNY\n${row}USD\n`), [
    { input_tokens: 1500 },
    { input_tokens: 1500, cost_usd: 0.5 },
  ])
})

test('credits, taxes and refunds of the cost and usage report repeat no tokens', () => {
  const head =
    'lineItem/LineItemType,lineItem/UsageStartDate,lineItem/ProductCode,lineItem/UsageType,lineItem/UsageAmount,pricing/unit,lineItem/UnblendedCost'
  const row = (kind: string, cost: string): string =>
    `${kind},${DAY}T01:00:00Z,AmazonBedrock,USE1-NovaLite-output-tokens,2,1K tokens,${cost}`
  const file = fileOf(
    [
      head,
      row('Usage', '0.48'),
      row('Credit', '-0.48'),
      row('Tax', '0.09'),
      row('Refund', '-0.1'),
    ].join('\n'),
  )
  assert.deepEqual(
    file.rows.map((r) => r.amounts),
    [{ output_tokens: 2000, cost_usd: 0.48 }],
  )
  assert.match(file.notes.join(), /^3 rows of taxes, credits/)
})

test('models of the marketplace are billed in millions, under names of both kinds', () => {
  const head =
    'line_item_line_item_type,line_item_usage_start_date,line_item_product_code,line_item_usage_type,line_item_usage_amount,pricing_unit,line_item_unblended_cost,line_item_line_item_description,product'
  const product = '"{""product_name"":""Claude Sonnet 4.5 (Amazon Bedrock Edition)""}"'
  const row = (type: string, amount: string): string =>
    `Usage,${DAY} 01:00:00,4x8example,${type},${amount},Units,0.1,AWS Marketplace software usage|us-east-1|Million Tokens,${product}`
  const file = fileOf(
    [
      head,
      row('USE1-MP:USE1_InputTokenCount-Units', '0.0015'),
      row('USE1-MP:USE1_CacheReadInputTokenCount-Units', '0.002'),
      row('USE1-MP:USE1_cache_write_input_tokens_global_standard-Units', '0.001'),
      row('USE1-MP:USE1_output_tokens_standard-Units', '0.0001'),
    ].join('\n'),
  )
  assert.deepEqual(
    file.rows.map((r) => r.amounts),
    [
      { input_tokens: 1500, cost_usd: 0.1 },
      { input_tokens: 2000, cache_read_tokens: 2000, cost_usd: 0.1 },
      { input_tokens: 1000, cache_write_tokens: 1000, cost_usd: 0.1 },
      { output_tokens: 100, cost_usd: 0.1 },
    ],
  )
  for (const { model } of file.rows)
    assert.equal(modelKey(model), modelKey('us.anthropic.claude-sonnet-4-5-20250929-v1:0'))
})

test('usage types of other regions and tiers name their model; units that nobody knows are said', () => {
  const head =
    'lineItem/UsageStartDate,lineItem/ProductCode,lineItem/UsageType,lineItem/UsageAmount,pricing/unit,lineItem/UnblendedCost'
  const types = [
    'EU-NovaLite-input-tokens',
    'APS3-NovaLite-input-tokens-flex',
    'USW2-NovaLite-mantle-input-tokens-standard',
    'USE1-NovaLite-input-tokens-batch',
  ]
  const rows = types.map((type) => `${DAY}T01:00:00Z,AmazonBedrock,${type},1.5,1K tokens,0.5`)
  const file = fileOf([head, ...rows].join('\n'))
  for (const row of file.rows) {
    assert.equal(modelKey(row.model), modelKey('amazon.nova-lite-v1:0'))
    assert.equal(row.amounts.input_tokens, 1500)
  }
  const whole = fileOf(`${head}\n${DAY},AmazonBedrock,EU-NovaLite-input-tokens,1500,Tokens,0.5\n`)
  assert.equal(whole.rows[0]?.amounts.input_tokens, 1500)
  const odd = fileOf(`${head}\n${DAY},AmazonBedrock,EU-NovaLite-input-tokens,1.5,Bushels,0.5\n`)
  assert.deepEqual(odd.rows[0]?.amounts, { cost_usd: 0.5 })
  assert.match(odd.notes.join(), /^1 row whose unit/)
})

test('OpenRouter: generations without ids, by the tokens of the model, and answers of the generation API', () => {
  const csv = `cost_total,cost_cache,tokens_prompt,tokens_completion,provider_name,model_permaslug,app_name,created_at
0.01,0.0,100,200,openai,openai/gpt-4-turbo,shop,${DAY} 02:37:51.271
`
  const [row] = fileOf(csv).rows
  assert.deepEqual(row?.amounts, {
    calls: 1,
    input_tokens: 100,
    output_tokens: 200,
    cost_usd: 0.01,
  })
  assert.equal(row?.callId, null)
  const answer = {
    data: {
      id: 'gen-1',
      total_cost: 0.0015,
      created_at: `${DAY}T23:33:19.433273+00:00`,
      model: 'meta-llama/llama-4-scout-17b-16e-instruct',
      tokens_prompt: 65,
      tokens_completion: 116,
      native_tokens_prompt: 64,
      native_tokens_completion: 98,
      native_tokens_cached: 3,
      usage: 0.0015,
    },
  }
  const lines = fileOf(`${JSON.stringify(answer)}\n${JSON.stringify(answer)}\n`)
  assert.equal(lines.provider, 'openrouter')
  assert.equal(lines.rows[1]?.callId, 'gen-1')
  assert.deepEqual(lines.rows[1]?.amounts, {
    calls: 1,
    input_tokens: 64,
    output_tokens: 98,
    cache_read_tokens: 3,
    cost_usd: 0.0015,
  })
})

test('a page that is followed by others says so, a header without lines has no day, and a file may be too long', () => {
  const page = {
    data: [{ starting_at: `${DAY}T00:00:00Z`, results: [] }],
    has_more: true,
    next_page: 'p2',
  }
  assert.match(fileOf(page).notes.join(), /^A page says that more pages follow/)
  assert.throws(() => readExport(`${HEAD}\n`, null), /no rows/)
  const long = `${HEAD}\n${`${LINE}\n`.repeat(LINES_MAX + 1)}`
  assert.throws(() => readExport(long, null), /more than 500000 lines/)
})

let count = 0

function event(fields: Partial<CountedEvent> & { at?: string; input?: number }): CountedEvent {
  const { at = `${DAY}T12:00:00Z`, input = 100, ...rest } = fields
  const id = String(++count).padStart(32, '0')
  return {
    event_id: id,
    trace_id: id,
    span_id: id.slice(16),
    day: at.slice(0, 10),
    at_ms: Date.parse(at),
    names_provider: true,
    near_midnight: false,
    model: 'gpt-4o',
    key: null,
    response_id: null,
    kind: 'llm',
    status: 'ok',
    has_usage: true,
    has_cost: true,
    cost_source: 'computed',
    inconsistent: false,
    scope_name: null,
    remainder: false,
    duplicate_of: null,
    counts: true,
    amounts: {
      calls: 1,
      input_tokens: input,
      output_tokens: 10,
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      cost_usd: 0.001,
    },
    ...rest,
  }
}

const seconds = (at: string): number => Date.parse(at) / 1000

function bucket(from: string, to: string, ...results: readonly object[]): object {
  return { object: 'bucket', start_time: seconds(from), end_time: seconds(to), results }
}

test('an export that is not grouped by model is compared with the sums over all models', () => {
  const result = { input_tokens: 300, output_tokens: 20, num_model_requests: 2, model: null }
  const file = fileOf({ data: [bucket(`${DAY}T00:00Z`, '2026-11-29T00:00Z', result)] })
  const events = [event({}), event({ model: 'gpt-4.1', input: 200 })]
  const { rows } = compare(file, events, { byKey: false })
  assert.deepEqual(
    rows.map((row) => [row.model, row.status, row.counted_models]),
    [['', 'equal', ['gpt-4.1', 'gpt-4o']]],
  )
})

test('of a day that the export has in part, only that part is compared', () => {
  const result = { input_tokens: 100, output_tokens: 10, num_model_requests: 1, model: 'gpt-4o' }
  const hours = {
    data: [
      bucket(`${DAY}T10:00Z`, `${DAY}T11:00Z`, result),
      bucket(`${DAY}T11:00Z`, `${DAY}T12:00Z`),
    ],
  }
  const events = [event({ at: `${DAY}T10:59:59Z` }), event({ at: `${DAY}T12:00:00Z` })]
  const found = compare(fileOf(hours), events, { byKey: false })
  assert.deepEqual([found.equal, found.different], [1, 0])
  assert.match(found.notes.join(), /only a part of 2026-11-28/)
})

test('a day on which nothing was billed is compared, too', () => {
  const result = { input_tokens: 100, output_tokens: 10, num_model_requests: 1, model: 'gpt-4o' }
  const days = {
    data: [
      bucket('2026-11-27T00:00Z', `${DAY}T00:00Z`, result),
      bucket(`${DAY}T00:00Z`, '2026-11-29T00:00Z'),
    ],
  }
  const events = [event({ at: '2026-11-27T12:00:00Z' }), event({})]
  const found = compare(fileOf(days), events, { byKey: false })
  assert.deepEqual(
    found.rows.map((row) => [row.day, row.status]),
    [
      ['2026-11-27', 'equal'],
      [DAY, 'not_billed'],
    ],
  )
  assert.equal(found.to, DAY)
})

test('an event that names no provider counts where its model was billed, and nowhere else', () => {
  const result = { input_tokens: 100, output_tokens: 10, num_model_requests: 1, model: 'gpt-4o' }
  const file = fileOf({ data: [bucket(`${DAY}T00:00Z`, '2026-11-29T00:00Z', result)] })
  const nameless = { names_provider: false }
  const events = [event(nameless), event({ ...nameless, model: 'claude-sonnet-4-5' })]
  const found = compare(file, events, { byKey: false })
  assert.deepEqual([found.equal, found.different], [1, 0])
})

test('models of one’s own are apart from each other', () => {
  const keys = [
    'ft:gpt-4o-mini-2024-07-18:acme::abc',
    'ft:gpt-4o-mini-2024-07-18:acme::xyz',
    'ft:gpt-4.1-2025-04-14:acme::abc',
    'gpt-4o-mini',
  ].map(modelKey)
  assert.equal(new Set(keys).size, keys.length)
})

test('a printed event whose client called OpenRouter is sold by it, as the store says', () => {
  const line = {
    kind: 'llm',
    provider: 'openai',
    server_address: 'openrouter.ai',
    response_model: 'openai/gpt-4o',
    start_time: `${DAY}T12:00:00Z`,
    input_tokens: 1,
    output_tokens: 1,
    usage_aggregate: false,
  }
  assert.equal(countedOf([line], 'openai', null).length, 0)
  assert.equal(countedOf([line], 'openrouter', null).length, 1)
})
