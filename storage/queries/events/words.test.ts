// What a search by words finds, in many scripts and as clients write them, by the real engine; and that it does so with its indexes.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { startTestClickHouse, type TestClickHouse } from '../../testing/stores.ts'
import { listEvents } from '../events.ts'
import { conditionsOf } from './event-filter.ts'
import { ASCII_BY_FOLDING, folded, indexedSql, phrasesOf, placeIn } from './words.ts'

const scope = { tenantId: 'acme', projectId: 'chat' }
const OTHERS = 60_000

/** A text, what finds it, and what does not. */
const CASES: readonly (readonly [
  text: string,
  found: readonly string[],
  missed: readonly string[],
])[] = [
  [
    'Die ÜBERWEISUNG nach Köln ist größer, sagt Straßner.',
    ['überweisung', 'Überweisung', 'KÖLN', 'koln'.replace('o', 'o\u0308'), 'GRÖSSER', 'strassner'],
    ['über', 'koln', 'weisung'],
  ],
  [
    'STRASSE und BÜRGERSTEIG',
    ['straße', 'bürgersteig', '"straße und bürgersteig"'],
    ['bürger', '"bürgersteig und straße"'],
  ],
  [
    'İSTANBUL ve IĞDIR, çok ŞIK',
    ['istanbul', 'İstanbul', 'ığdır', 'IĞDIR', 'şık', 'ŞIK'],
    ['stanbul', 'şi'],
  ],
  ['Ὁ ΟΔΥΣΣΕΎΣ και οι ΘΕΟΣ', ['οδυσσεύς', 'ΟΔΥΣΣΕΎΣ', 'θεος', 'θεοσ'], ['οδυσ']],
  ['Заказ №17 ОТМЕНЁН. Ёлка', ['отменён', 'ОТМЕНЁН', 'ёлка', 'заказ'], ['отмен', 'елка']],
  ['मेरा ऑर्डर कहाँ है? हिन्दी में', ['ऑर्डर', 'हिन्दी', 'कहाँ'], ['हिन', 'ऑर्ड']],
  ['ฉันต้องการคืนเงินค่าสินค้า', ['คืนเงิน', 'สินค้า', 'ต้องการ คืนเงิน', 'น้'.slice(0, 1)], ['ธนาคาร', 'เงินคืน']],
  [
    '我想退款，订单号是二〇二六。iPhone手机坏了',
    ['退款', '订单', '订单号', '二〇二六', '款', 'iphone', '手机', 'iPhone手机', '退款 手机'],
    ['退货', '款退', 'phone', '"手机 退款"'],
  ],
  [
    '返金をお願いします。ｶﾀｶﾅ と ＡＢＣ１２３ ガス',
    ['返金', 'お願い', 'カタカナ', 'abc123', 'ＡＢＣ１２３', 'か\u3099'.replace('か', 'カ') + 'ス'],
    ['金返', 'abc'],
  ],
  [
    '서울에서 환불을 받고 싶어요',
    ['서울', '환불', '환불을', '한'.normalize('NFD').slice(0, 0) + '환불'.normalize('NFD')],
    ['부산', '울서'],
  ],
  ['أريد استرداد المال', ['استرداد', 'المال'], ['مال', 'استرد']],
  ['אני רוצה החזר כספי', ['החזר', 'כספי'], ['חזר', 'כספ']],
  [
    'party 🎉🎉 for the 👩‍💻 team ❤️love',
    ['🎉', '🎉 party', '👩‍💻', 'love', '❤️', 'party🎉'],
    ['🎂', '👨'],
  ],
  ['cafe\u0301 RE\u0301SUME\u0301', ['café', 'résumé', 'Cafe\u0301'], ['cafe', 'resume']],
  [
    '“Quoted”—and dashed…ellipsis',
    ['quoted', 'and', 'ellipsis', '“quoted” and'],
    ['quote', 'quotedand'],
  ],
  [
    "It's gpt-4o for ada@example.com, don’t ask: C:\\new\\table",
    ["it's", "don't", 'gpt-4o', 'GPT 4o', 'ada@example.com', 'new', 'table', 'c:\\new'],
    ['gpt-4', 'ada@other.com', '4o-gpt', 'ew', 'able'],
  ],
  [
    'first\nsecond\tthird "fourth"/fifth\r\nsixth',
    ['second', 'third', 'fourth', 'fifth', 'sixth', '"first second"'],
    ['nsecond', 'tthird', 'rsixth'],
  ],
  ['Tiếng Việt: ĐƠN HÀNG', ['tiếng', 'đơn hàng', 'VIỆT'.normalize('NFD')], ['don', 'viet']],
  ['ქართული ენა · Հայերեն · አማርኛ', ['ქართული', 'հայերեն', 'ՀԱՅԵՐԵՆ', 'አማርኛ'], ['ქართ', 'հայ']],
  ['½ cup, 10 € and x² plus ﬁne', ['10', '€', 'x2', 'fine', '½'], ['10000', 'ine']],
]

/** As Python's json.dumps writes it. */
const escaped = (json: string): string =>
  json.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
const message = (content: string): string =>
  JSON.stringify([{ role: 'user', parts: [{ type: 'text', content }] }])

let t: TestClickHouse
let client: ClickHouseClient

before(async () => {
  t = await startTestClickHouse()
  client = createClient({ url: t.url, database: 'observa' })
  await client.command({
    query: `INSERT INTO canonical_events (event_id, tenant_id, project_id, trace_id, start_time, start_time_known, received_at,
        version, kind, input_messages)
      SELECT toFixedString(leftPad(toString(number), 16, '0'), 16), 'acme', 'many', toFixedString(leftPad(toString(number), 16, '0'), 16),
        fromUnixTimestamp64Milli(toInt64(${Date.UTC(2026, 8, 1)}) + number * 60000), true, '2026-09-10 00:00:00', 1, 'llm',
        concat('[{"role":"user","parts":[{"type":"text","content":"other ', toString(number), ' Straßenbahn 天气很好"}]}]')
      FROM numbers(${OTHERS})`,
  })
  const rows = CASES.flatMap(([text], i) => [
    { id: `case-${i}`, input: message(text), output: null },
    { id: `case-${i}-escaped`, input: null, output: escaped(message(text)) },
  ])
  await insert(rows)
  await client.command({ query: 'OPTIMIZE TABLE canonical_events FINAL' })
})
after(async () => {
  await client.close()
  await t.stop()
})

interface Row {
  readonly id: string
  readonly input: string | null
  readonly output: string | null
}

async function insert(rows: readonly Row[]): Promise<void> {
  await client.insert({
    table: 'canonical_events',
    values: rows.map(({ id, input, output }) => ({
      event_id: id.padEnd(16, '-').slice(0, 16),
      tenant_id: 'acme',
      project_id: 'chat',
      trace_id: id.padEnd(16, '-').slice(0, 16),
      start_time: '2026-09-20 00:00:00',
      start_time_known: true,
      received_at: '2026-09-20 00:00:00',
      version: 1,
      kind: 'llm',
      name: id,
      input_messages: input,
      output_messages: output,
    })),
    format: 'JSONEachRow',
  })
}

async function found(asked: string): Promise<readonly string[]> {
  const page = await listEvents(client, scope, {
    limit: 200,
    words: phrasesOf(asked),
    fields: ['name'],
  })
  return page.rows.map((row) => String(row['name'])).filter((name) => name !== 'null')
}

for (const [i, [text, finds, misses]] of CASES.entries())
  test(`found in: ${text.slice(0, 40)}`, async () => {
    for (const asked of finds) {
      const names = await found(asked)
      assert.ok(names.includes(`case-${i}`), `${asked} in ${text}`)
      assert.ok(names.includes(`case-${i}-escaped`), `${asked} in ${escaped(text)}`)
      assert.ok(placeIn(text, phrasesOf(asked)) >= 0, `place of ${asked}`)
    }
    for (const asked of misses) {
      const names = await found(asked)
      assert.ok(!names.includes(`case-${i}`), `${asked} not in ${text}`)
      assert.ok(!names.includes(`case-${i}-escaped`), `${asked} not in escaped ${text}`)
    }
  })

test('keys, roles and types of messages are no words of a text; what is called role in it is', async () => {
  const parts = [
    { type: 'text', content: 'the role of content: "parts"' },
    { type: 'tool_call', id: 'call_Zürich9', name: 'get_weather', arguments: { city: 'Łódź' } },
  ]
  const other = [{ type: 'text', content: 'quite another topic' }]
  await insert([
    { id: 'speaks-of-roles', input: JSON.stringify([{ role: 'assistant', parts }]), output: null },
    { id: 'speaks-of-none', input: JSON.stringify([{ role: 'user', parts: other }]), output: null },
  ])
  for (const asked of ['role', 'content', 'parts', 'text', 'user', 'tool_call'])
    assert.ok(!(await found(asked)).includes('speaks-of-none'), asked)
  for (const asked of [
    'role',
    'content',
    'parts',
    'get_weather',
    'łódź',
    'call_zürich9',
    '"the role"',
  ])
    assert.deepEqual(await found(asked), ['speaks-of-roles'], asked)
  // A phrase ends with its part.
  assert.deepEqual(await found('"parts get_weather"'), [])
})

test('half a surrogate pair and a text that is no JSON do not hide the words beside them', async () => {
  const half =
    '[{"role":"user","parts":[{"type":"text","content":"halved \\ud83d\\nzebra und \\u00c4pfel"}]}]'
  await insert([{ id: 'half', input: half, output: null }])
  for (const asked of ['zebra', 'äpfel', 'halved'])
    assert.deepEqual(await found(asked), ['half'], asked)
})

test('a query is cut where texts are cut', () => {
  const shown = (asked: string) =>
    phrasesOf(asked).map(({ pieces }) => pieces.map(({ text }) => text).join('|'))
  assert.deepEqual(shown('  Refund   POLICY '), ['refund', 'policy'])
  assert.deepEqual(shown('"Refund policy" x'), ['refund|policy', 'x'])
  assert.deepEqual(shown('don\'t “two words” unclosed" gpt-4o'), [
    'don|t',
    'two|words',
    'unclosed',
    'gpt|4o',
  ])
  assert.deepEqual(shown('iPhone手机'), ['iphone|手机'])
  assert.deepEqual(shown('🎉👍🏽 +-. ""'), ['🎉', '👍'])
  assert.deepEqual(shown('.*(a+)+$ $ [x] \\ | ^'), ['a', 'x'])
  assert.deepEqual(shown('%_ \u200d\ufe0f'), [])
})

test('the place of a word is where it stands, whatever folding does to lengths', () => {
  const text = `${'ßﬁ e\u0301 '.repeat(40)}then Zürich`
  assert.equal(text.slice(placeIn(text, phrasesOf('zürich'))).trimStart(), 'Zürich')
})

test('the engine folds every character as queries are folded', async () => {
  const characters: string[] = []
  for (let c = 0x80; c < 0x20000; c++)
    if (/^[\p{L}\p{N}\p{M}]+$/u.test(folded(String.fromCodePoint(c))))
      characters.push(String.fromCodePoint(c))
  const ascii = new RegExp(ASCII_BY_FOLDING, 'u')
  const hidden = characters.filter((c) => /[a-z0-9]/.test(folded(c)) && !ascii.test(c))
  assert.deepEqual(hidden, [])
  // Every character as a text and as the word that is looked for in it.
  const values = characters.map((c, n) => ({
    n,
    c,
    text: message(`x ${c}${c} y`),
    word: folded(c + c),
  }))
  await client.command({
    query: `CREATE TABLE folding (n UInt32, c String, input_messages Nullable(String), output_messages Nullable(String), word String)
      ENGINE = MergeTree ORDER BY n`,
  })
  await client.insert({
    table: 'folding',
    values: values.map(({ n, c, text, word }) => ({ n, c, input_messages: text, word })),
    format: 'JSONEachRow',
  })
  const { words, runs } = indexedSql('')
  const rows = await t.rows<{ n: number }>(
    `SELECT n FROM observa.folding WHERE position(${words}, word) = 0 AND position(${runs}, word) = 0`,
  )
  assert.deepEqual(
    rows.map(({ n }) => characters[n]),
    [],
  )
})

test('words and parts of runs are looked up in indexes, of old rows too', async () => {
  for (const [asked, index] of [
    ['4711', 'by_words'],
    ['BÜRGERSTEIG', 'by_words'],
    ['отменён', 'by_words'],
    ['订单', 'by_runs'],
    ['환불', 'by_runs'],
  ] as const) {
    const { where, params } = conditionsOf(
      { ...scope, projectId: 'many' },
      { words: phrasesOf(asked) },
    )
    const plan = await t.rows<{ explain: string }>(
      `EXPLAIN indexes = 1 SELECT count() FROM observa.canonical_events AS e WHERE ${where.join(' AND ')}`,
      params,
    )
    const text = plan.map(({ explain }) => explain).join('\n')
    const [, part] = text.split(`Name: ${index}`)
    assert.ok(part !== undefined, `${asked}: ${index} in ${text}`)
    const [, kept, of] = /Granules: (\d+)\/(\d+)/.exec(part) ?? []
    assert.ok(Number(of) >= 7 && Number(kept) <= 2, `${asked}: ${kept} of ${of} granules`)
  }
})
