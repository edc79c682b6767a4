// Tests what every list of the API can do, on real stores: selected fields, and CSV and NDJSON of a page or of all rows over many pages.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test, { after, before } from 'node:test'
import { cellOf } from '../../api/lists.ts'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

/** The number of rows, which is more than one page of an export. */
const TRACES = 1203
const FORMULA = '=HYPERLINK("http://evil.example","a, b")'
let at: Instance

before(async () => {
  at = await Instance.start({
    config: `
exporters: { postgres: { embedded: true } }
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [file, postgres] }
`,
  })
  const spans = Array.from({ length: TRACES }, (_, i) => ({
    name: i === 0 ? FORMULA : `chat ${i}`,
    traceId: randomBytes(16).toString('hex'),
  }))
  assert.equal((await at.post('/v1/traces', otlpJson(spans))).status, 200)
  await at.drained()
})
after(() => at.stop())

const get = (path: string): Promise<Response> => fetch(at.url(`/api/v1/${path}`, 'http'))

async function json(path: string): Promise<Record<string, unknown>> {
  const res = await get(path)
  return { status: res.status, ...((await res.json()) as object) }
}

test('fields: only those, and an unknown one is named with what was meant', async () => {
  const { data, next_cursor } = await json('traces?limit=3&fields=trace_id,start_time')
  const rows = data as Record<string, unknown>[]
  assert.deepEqual(
    rows.map((r) => Object.keys(r)),
    [1, 2, 3].map(() => ['trace_id', 'start_time']),
  )
  assert.equal(typeof next_cursor, 'string')
  const whole = (await json('traces?limit=3'))['data'] as Record<string, unknown>[]
  assert.deepEqual(
    rows,
    whole.map((r) => ({ trace_id: r['trace_id'], start_time: r['start_time'] })),
    'the same values as without',
  )
  const wrong = await json('traces?fields=trace_idd')
  assert.equal(wrong['status'], 400)
  assert.match(JSON.stringify(wrong), /did you mean \\"trace_id\\"/)
  assert.equal((await get('traces?format=xml')).status, 400)
  assert.equal((await get('signals/summary?fields=type')).status, 400, 'is no list')
})

test('NDJSON without a limit is all rows, each once, over many pages', async () => {
  const res = await get('traces?format=ndjson&fields=trace_id')
  assert.equal(res.headers.get('content-type'), 'application/x-ndjson; charset=utf-8')
  assert.match(res.headers.get('content-disposition') ?? '', /filename="traces\.ndjson"/)
  const lines = (await res.text()).trimEnd().split('\n')
  const ids = lines.map((line) => (JSON.parse(line) as { trace_id: string }).trace_id)
  assert.equal(ids.length, TRACES)
  assert.equal(new Set(ids).size, TRACES)
})

test('with a limit it is one page, and the header says where the next begins', async () => {
  const seen = new Set<string>()
  for (let cursor = ''; ; ) {
    const res = await get(`traces?format=ndjson&limit=500${cursor}`)
    const lines = (await res.text()).trimEnd().split('\n')
    for (const line of lines) seen.add(line)
    const next = res.headers.get('x-next-cursor')
    if (next === null) break
    assert.equal(lines.length, 500)
    cursor = `&cursor=${next}`
  }
  assert.equal(seen.size, TRACES)
})

test('CSV has a line of names, quotes what must be, and no cell that a spreadsheet would run', async () => {
  const res = await get('traces?format=csv&fields=name,events,models,start_time')
  assert.equal(res.headers.get('content-type'), 'text/csv; charset=utf-8')
  const lines = (await res.text()).split('\r\n')
  assert.equal(lines[0], 'name,events,models,start_time')
  assert.equal(lines.length, TRACES + 2)
  const formula = lines.find((line) => line.includes('HYPERLINK')) ?? ''
  assert.ok(formula.startsWith('"\'=HYPERLINK(""http://evil.example"",""a, b"")",1,[],20'), formula)
})

test('cells: numbers stay numbers, texts that look like formulas do not run, the rest is JSON', () => {
  assert.deepEqual(
    [-1.5, true, null, undefined, '-1', '+1', '@x', '\tx', 'a "b"', 'a\nb', ['x'], { a: 1 }].map(
      cellOf,
    ),
    [
      '-1.5',
      'true',
      '',
      '',
      "'-1",
      "'+1",
      "'@x",
      '"\'\tx"',
      '"a ""b"""',
      '"a\nb"',
      '"[""x""]"',
      '"{""a"":1}"',
    ],
  )
})

test('the document shows the parameters and the formats of every list', async () => {
  const document = (await (await get('openapi.json')).json()) as {
    paths: Record<
      string,
      Record<
        string,
        { parameters?: { name: string }[]; responses: Record<string, { content: object }> }
      >
    >
  }
  for (const path of ['traces', 'events', 'signals', 'users', 'keys', 'audit']) {
    const operation = document.paths[`/api/v1/${path}`]?.['get']
    const names = operation?.parameters?.map((p) => p.name) ?? []
    assert.ok(names.includes('fields') && names.includes('format'), `${path}: ${names.join(' ')}`)
    assert.deepEqual(Object.keys(operation?.responses['200']?.content ?? {}), [
      'application/json',
      'text/csv',
      'application/x-ndjson',
    ])
  }
})
