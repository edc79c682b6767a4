// The processor over real batches: OTLP and legacy requests through the decoder, scrubbed, and read back.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena } from '../../../core/arena.ts'
import { SpanBatch } from '../../../core/batch.ts'
import type { ChainContext } from '../../../core/component.ts'
import { EventTable } from '../../../core/event.ts'
import { DEFAULT_TENANT } from '../../../core/tenant.ts'
import { ByteWriter } from '../../../proto/byte-writer.ts'
import { DEFAULT_LIMITS, decodeInto } from '../../../proto/decode.ts'
import { encodeLogs, encodeTraces } from '../../../proto/otlp/encode.ts'
import { oracleDecode, oracleEncode } from '../../../proto/testing/oracle.ts'
import { scrubSchema, settingsOf } from '../config.ts'
import { Draw, fake } from '../corpus/fake-secrets.ts'
import { scrub } from '../index.ts'

const draw = new Draw(7)

interface Outcome {
  readonly text: string
  readonly decoded: Record<string, unknown>
  readonly counters: Record<string, number>
  readonly batch: SpanBatch
}

function run(telemetry: 'traces' | 'logs', message: object, config: object = {}): Outcome {
  const batch = new SpanBatch(new Arena())
  const name = telemetry === 'traces' ? 'ExportTraceServiceRequest' : 'ExportLogsServiceRequest'
  const payload = oracleEncode(name, message)
  const outcome = decodeInto(
    batch,
    {
      payload,
      encoding: 'identity',
      format: 'otlp-proto',
      telemetry,
      tenant: DEFAULT_TENANT,
      receivedAtMs: 0,
    },
    DEFAULT_LIMITS,
  )
  assert.equal(outcome.kind, 'ok')
  const counters: Record<string, number> = {}
  const ctx: ChainContext = {
    count: (metric, labels, by) => {
      const k = `${metric}{${labels}}`
      counters[k] = (counters[k] ?? 0) + by
    },
    signal: () => {},
    signals: [],
    explain: false,
  }
  const settings = settingsOf(scrubSchema.parse(config))
  scrub.create(settings).process(batch, new EventTable(batch), ctx)
  const out = new ByteWriter()
  if (telemetry === 'traces') encodeTraces(out, batch, () => true)
  else encodeLogs(out, batch, () => true)
  const bytes = out.take()
  const decoded = oracleDecode(name, bytes) as Record<string, unknown>
  return { text: Buffer.from(bytes).toString('utf8'), decoded, counters, batch }
}

const ids = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2) }
const text = (s: string): object => ({ stringValue: s })
const attr = (key: string, value: string | object): object => ({
  key,
  value: typeof value === 'string' ? text(value) : value,
})

function traces(span: object, more: { resource?: object; scope?: object } = {}): object {
  return {
    resourceSpans: [
      {
        resource: more.resource ?? { attributes: [attr('service.name', 'shop')] },
        scopeSpans: [
          { scope: more.scope ?? { name: 'lib' }, spans: [{ ...ids, name: 'chat', ...span }] },
        ],
      },
    ],
  }
}

function spanOf(o: Outcome): Record<string, unknown> {
  const all = o.decoded as {
    resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[]
  }
  return all.resourceSpans[0]?.scopeSpans[0]?.spans[0] as Record<string, unknown>
}

function gone(o: Outcome, secret: string): void {
  assert.equal(
    o.text.includes(secret),
    false,
    `a secret of ${secret.length} characters is still there`,
  )
}

test('a clean batch is passed on byte for byte', () => {
  const span = {
    attributes: [attr('gen_ai.request.model', 'gpt-5'), attr('n', { intValue: '1790000000000' })],
  }
  const o = run('traces', traces(span))
  assert.deepEqual(o.counters, {})
  assert.equal(spanOf(o)['name'], 'chat')
  assert.equal(o.batch.secrets.size, 0)
})

test('every place of a span is scrubbed and counted by place', () => {
  const secrets = Array.from({ length: 14 }, () => fake('github_token', draw))
  const [a, b, c, d, e, f, g, h, i, j, k, l] = secrets as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  const o = run(
    'traces',
    traces(
      {
        name: `GET /keys/${a}`,
        status: { code: 2, message: `bad ${b}` },
        traceState: `v=${c}`,
        attributes: [attr(`key.${d}`, 'x'), attr('text', `token ${e} here`)],
        events: [{ name: `event ${f}`, attributes: [attr('m', g)] }],
        links: [{ ...ids, traceState: `v=${h}`, attributes: [attr('m', i)] }],
      },
      {
        resource: { attributes: [attr('host', j)] },
        scope: { name: `lib ${k}`, attributes: [attr('m', l)] },
      },
    ),
  )
  for (const s of secrets.slice(0, 12)) gone(o, s)
  const places = Object.keys(o.counters)
    .map((x) => /place="(\w+)"/.exec(x)?.[1])
    .toSorted((a, b) => String(a).localeCompare(String(b)))
  assert.deepEqual(places, [
    'attribute',
    'attribute_key',
    'event_attribute',
    'event_name',
    'link_attribute',
    'resource',
    'scope',
    'span_name',
    'status_message',
    'trace_state',
  ])
  assert.equal(o.batch.secrets.get(0)?.get('github_token'), 12)
})

test('types keep their shape: lists, maps, bytes, integers', () => {
  const key = fake('anthropic_key', draw)
  const mail = fake('email', draw)
  const pan = fake('credit_card', draw).replace(/\D/g, '')
  const o = run(
    'traces',
    traces({
      attributes: [
        attr('list', { arrayValue: { values: [text('a'), text(`k ${key}`), { intValue: '5' }] } }),
        attr('map', {
          kvlistValue: {
            values: [
              attr('inner', { arrayValue: { values: [text(mail)] } }),
              attr('n', { doubleValue: 1.5 }),
            ],
          },
        }),
        attr('raw', { bytesValue: Buffer.from(`x ${key} y`) }),
        attr('number', { intValue: pan }),
        attr('deep', {
          kvlistValue: { values: [attr('password', 'opensesame'), attr('pan', { intValue: pan })] },
        }),
      ],
    }),
  )
  gone(o, key)
  gone(o, mail)
  const attributes = spanOf(o)['attributes'] as { key: string; value: Record<string, unknown> }[]
  const value = (k: string): unknown => attributes.find((x) => x.key === k)?.value
  assert.match(
    JSON.stringify(value('list')),
    /"arrayValue":\{"values":\[\{"stringValue":"a"\},\{"stringValue":"k \[REDACTED:anthropic_key\]"\},\{"intValue":"5"\}\]\}/,
  )
  assert.match(JSON.stringify(value('map')), /inner.*arrayValue.*REDACTED:email.*doubleValue":1.5/)
  assert.match(
    Buffer.from((value('raw') as { bytesValue: number[] }).bytesValue).toString(),
    /^x \[REDACTED:anthropic_key\] y$/,
  )
  assert.deepEqual(value('number'), { stringValue: '[REDACTED:credit_card]' })
  assert.match(JSON.stringify(value('deep')), /REDACTED:password.*REDACTED:credit_card/)
})

test('a field name that says secret masks whatever stands there', () => {
  const o = run(
    'traces',
    traces({
      attributes: [
        attr('http.request.header.authorization', 'Bearer opaque'),
        attr('http.request.header.x-api-key', 'short'),
        attr('db.password', 'opensesame'),
        attr('http.request.header.cookie', 'sid=5a3f19c2b7; theme=dark'),
        attr('gen_ai.usage.input_tokens', { intValue: '512' }),
        attr('app.max_tokens', '4096'),
      ],
    }),
  )
  for (const s of ['opaque', 'short', 'opensesame', '5a3f19c2b7']) gone(o, s)
  assert.match(o.text, /Bearer \[REDACTED:bearer_token\]/)
  assert.match(o.text, /sid=\[REDACTED:session_cookie\]; theme=dark/)
  assert.match(o.text, /4096/)
})

test('log bodies and attributes are scrubbed', () => {
  const key = fake('groq_key', draw)
  const o = run('logs', {
    resourceLogs: [
      {
        scopeLogs: [{ logRecords: [{ body: text(`boom ${key}`), attributes: [attr('x', key)] }] }],
      },
    ],
  })
  gone(o, key)
  assert.equal(o.counters['observa_scrub_findings_total{type="groq_key",place="log_body"}'], 1)
})

test('secrets cut over events, counted attributes and attribute pairs are found', () => {
  const key = fake('openai_key', draw)
  const cut = [key.slice(0, 9), key.slice(9, 30), key.slice(30)]
  const streamed = run(
    'traces',
    traces({
      events: cut.map((c) => ({ name: 'gen_ai.choice', attributes: [attr('content', c)] })),
    }),
  )
  for (const c of cut) gone(streamed, c)
  const json = run(
    'traces',
    traces({
      events: cut.map((c) => ({
        name: 'gen_ai.choice',
        attributes: [attr('message', JSON.stringify({ role: 'assistant', content: c }))],
      })),
    }),
  )
  for (const c of cut) gone(json, c)
  const counted = run(
    'traces',
    traces({ attributes: cut.map((c, i) => attr(`llm.chunk.${i}.text`, c)) }),
  )
  for (const c of cut) gone(counted, c)
  const secret = fake('aws_secret_key', draw)
  const pair = run(
    'traces',
    traces({ attributes: [attr('a', fake('aws_access_key_id', draw)), attr('b', secret)] }),
  )
  gone(pair, secret)
})

test('actions: pseudonyms are stable for each tenant and type, partial keeps four, dropping removes', () => {
  const mail = fake('email', draw)
  const pan = fake('credit_card', draw).replace(/\D/g, '')
  const config = {
    detectors: {
      email: { action: 'pseudonym' },
      credit_card: { action: 'partial' },
      ssn: { action: 'report' },
      iban: { action: 'drop_attribute' },
    },
    pseudonym: { key: 'k'.repeat(20) },
  }
  const o = run(
    'traces',
    traces({
      attributes: [
        attr('a', mail),
        attr('b', mail.toUpperCase().replace(/@.*/, mail.slice(mail.indexOf('@')))),
        attr('c', `card ${pan}`),
        attr('d', 'ssn 536-22-8145'),
        attr('e', fake('iban', draw)),
        attr('f', 'stays'),
      ],
    }),
    config,
  )
  const marks = o.text.match(/\[REDACTED:email:k1:[a-z2-7]{16}\]/g) as string[]
  assert.equal(marks.length, 2)
  assert.equal(marks[0], marks[1])
  assert.match(o.text, new RegExp(`\\[REDACTED:credit_card:\\*${pan.slice(-4)}\\]`))
  assert.match(o.text, /536-22-8145/)
  assert.equal((spanOf(o)['attributes'] as unknown[]).length, 5)
  const dropped = run('traces', traces({ attributes: [attr('a', mail)] }), {
    detectors: { email: { action: 'drop_event' } },
  })
  assert.equal(dropped.batch.isDropped(0), true)
})

test('legacy events are scrubbed at any depth', () => {
  const key = fake('openai_key', draw)
  const event = {
    tenant_id: 't',
    event_type: 'llm_call',
    trace_id: '0f0e0d0c-0b0a-4908-8706-050403020100',
    span_id: '0f0e0d0c-0b0a-4908-8706-050403020101',
    timestamp: '2026-11-02T10:00:00.000Z',
    attributes: {
      llm_call: {
        model: 'gpt-5',
        input: `use ${key}`,
        input_messages: [{ a: { b: { password: 'opensesame', note: [key] } } }],
      },
      metadata: { owner: { deep: { mail: fake('email', draw) } } },
    },
  }
  const batch = new SpanBatch(new Arena())
  const payload = Buffer.from(`${JSON.stringify(event)}\n`)
  const outcome = decodeInto(
    batch,
    {
      payload,
      encoding: 'identity',
      format: 'ndjson',
      telemetry: 'traces',
      tenant: DEFAULT_TENANT,
      receivedAtMs: 0,
    },
    DEFAULT_LIMITS,
  )
  assert.deepEqual([outcome.kind, batch.spanCount], ['ok', 1])
  const ctx: ChainContext = { count: () => {}, signal: () => {}, signals: [], explain: false }
  scrub.create(settingsOf(scrubSchema.parse({}))).process(batch, new EventTable(batch), ctx)
  const texts = Array.from({ length: batch.attrCount }, (_, i) => batch.attrText(i) ?? '').join(
    '\n',
  )
  assert.equal(texts.includes(key), false)
  assert.equal(texts.includes('opensesame'), false)
  assert.match(texts, /REDACTED:email/)
  assert.deepEqual(Object.fromEntries(batch.secrets.get(0) ?? []), {
    email: 1,
    openai_key: 2,
    password: 1,
  })
})

test('resources of several tenants get the pseudonyms of their own tenant', () => {
  const mail = fake('email', draw)
  const batch = new SpanBatch(new Arena())
  const payload = oracleEncode(
    'ExportTraceServiceRequest',
    traces({}, { resource: { attributes: [attr('owner', mail)] } }),
  )
  for (const tenantId of ['a', 'b', 'a'])
    decodeInto(
      batch,
      {
        payload,
        encoding: 'identity',
        format: 'otlp-proto',
        telemetry: 'traces',
        tenant: { ...DEFAULT_TENANT, tenantId },
        receivedAtMs: 0,
      },
      DEFAULT_LIMITS,
    )
  const ctx: ChainContext = { count: () => {}, signal: () => {}, signals: [], explain: false }
  const config = {
    detectors: { email: { action: 'pseudonym' } },
    pseudonym: { key: 'k'.repeat(20) },
  }
  scrub.create(settingsOf(scrubSchema.parse(config))).process(batch, new EventTable(batch), ctx)
  const marks = Array.from({ length: batch.attrCount }, (_, i) => batch.attrText(i)).filter((t) =>
    t?.includes('email:k1:'),
  )
  assert.equal(marks.length, 3)
  assert.equal(marks[0], marks[2])
  assert.notEqual(marks[0], marks[1])
})

test('what drops an event does so from its resource and scope as well', () => {
  const key = fake('groq_key', draw)
  const config = { detectors: { groq_key: { action: 'drop_event' } } }
  const places: readonly [object, object][] = [
    [{ attributes: [attr('deploy.note', `uses ${key}`)] }, { name: 'lib' }],
    [{ attributes: [attr('service.name', 'shop')] }, { name: `lib ${key}` }],
    [{ attributes: [] }, { name: 'lib', attributes: [attr('note', key)] }],
  ]
  for (const [resource, scope] of places) {
    const o = run('traces', traces({}, { resource, scope }), config)
    assert.equal(o.batch.isDropped(0), true)
    assert.equal(o.counters['observa_scrub_dropped_total{}'], 1)
  }
  assert.equal(run('traces', traces({}), config).batch.isDropped(0), false)
})
