// A secret cut over the chunks of a stream: wherever it is cut and whichever way the chunks travel, nothing of it leaves.

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
import { oracleDecode } from '../../../proto/testing/oracle.ts'
import { scrubSchema, settingsOf } from '../config.ts'
import { Draw, FAKES, fake } from '../corpus/fake-secrets.ts'
import { DETECTORS } from '../detectors/table.ts'
import { scrub } from '../index.ts'

type Json = Record<string, unknown>
const text = (s: string): Json => ({ stringValue: s })
const attr = (key: string, value: string | Json): Json => ({
  key,
  value: typeof value === 'string' ? text(value) : value,
})
const list = (values: readonly Json[]): Json => ({ arrayValue: { values } })
const map = (values: readonly Json[]): Json => ({ kvlistValue: { values } })
const bytes = (s: string): Json => ({ bytesValue: Buffer.from(s).toString('base64') })
const sse = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`
const sseOfMessages = (text: string): string =>
  `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })}\n\n`
const events = (key: string, values: readonly (string | Json)[]): Json => ({
  events: values.map((v) => ({ name: 'gen_ai.chunk', attributes: [attr(key, v)] })),
})
const counted = (
  name: (i: number) => string,
  values: readonly (string | Json)[],
): { attributes: Json[] } => ({ attributes: values.map((v, i) => attr(name(i), v)) })

/** Ways in which chunks travel in a span. */
const WAYS: Record<string, (pieces: readonly string[]) => Json> = {
  events: (p) => events('content', p),
  'events of JSON': (p) =>
    events(
      'data',
      p.map((content) => JSON.stringify({ choices: [{ delta: { content } }] })),
    ),
  'events of server events': (p) => events('data', p.map(sse)),
  'events of message deltas': (p) => events('data', p.map(sseOfMessages)),
  'events of maps': (p) =>
    events(
      'body',
      p.map((c) => map([attr('content', c)])),
    ),
  'events of bytes': (p) => events('content', p.map(bytes)),
  'counted keys': (p) => counted((i) => `gen_ai.completion.chunk.${i}`, p),
  'counted keys, last first': (p) => ({
    attributes: counted((i) => `chunk_${i}`, p).attributes.reverse(),
  }),
  'counted keys with another number': (p) =>
    counted((i) => `gen_ai.completion.chunk.${i}.choice.0.delta`, p),
  'counted keys with a number before': (p) => counted((i) => `llm.output.0.chunks[${i}].text`, p),
  'counted bytes': (p) => counted((i) => `chunk.${i}`, p.map(bytes)),
  'list of strings': (p) => ({ attributes: [attr('chunks', list(p.map(text)))] }),
  'list of maps': (p) => ({
    attributes: [attr('chunks', list(p.map((c) => map([attr('text', c)]))))],
  }),
  'map of chunks': (p) => ({
    attributes: [attr('body', map(p.map((c, i) => attr(`chunk.${i}`, c))))],
  }),
  'server events in one text': (p) => ({ attributes: [attr('http.body', p.map(sse).join(''))] }),
}

function run(
  telemetry: 'traces' | 'logs',
  document: Json,
  config: Json = {},
): { batch: SpanBatch; out: string; counts: number } {
  const batch = new SpanBatch(new Arena())
  const outcome = decodeInto(
    batch,
    {
      payload: Buffer.from(JSON.stringify(document)),
      encoding: 'identity',
      format: 'otlp-json',
      telemetry,
      tenant: DEFAULT_TENANT,
      receivedAtMs: 0,
    },
    DEFAULT_LIMITS,
  )
  assert.equal(outcome.kind, 'ok')
  let counts = 0
  const ctx: ChainContext = {
    count: () => {
      counts++
    },
    signal: () => {},
    signals: [],
    explain: false,
  }
  scrub.create(settingsOf(scrubSchema.parse(config))).process(batch, new EventTable(batch), ctx)
  const out = new ByteWriter()
  if (telemetry === 'traces') encodeTraces(out, batch, (i) => !batch.isDropped(i))
  else encodeLogs(out, batch, (i) => !batch.isDropped(i))
  const name = telemetry === 'traces' ? 'ExportTraceServiceRequest' : 'ExportLogsServiceRequest'
  const plain = JSON.stringify(oracleDecode(name, out.take()), (_, v: unknown) =>
    v instanceof Uint8Array ||
    (Array.isArray(v) && v.length > 0 && v.every((x) => typeof x === 'number'))
      ? Buffer.from(v as number[]).toString('latin1')
      : v,
  )
  return { batch, out: plain, counts }
}

const ids = { traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708' }
const spans = (all: readonly Json[]): Json => ({
  resourceSpans: [
    {
      resource: {},
      scopeSpans: [{ scope: {}, spans: all.map((s) => ({ ...ids, name: 'n', ...s })) }],
    },
  ],
})

/** Pieces of a text that holds a secret at `from`, cut `at` characters into it and then every `step`. */
function cut(secret: string, at: number, step: number): string[] {
  const whole = `look: ${secret}`
  const out = [whole.slice(0, 6 + at)]
  for (let i = 6 + at; i < whole.length; i += step) out.push(whole.slice(i, i + step))
  out[out.length - 1] += ' ok'
  return out
}

/** What is left of the pieces of a secret in the document that came out. */
function leftOf(out: string, pieces: readonly string[], secret: string): string | null {
  const own = pieces.map((p) => p.replace(/^look: | ok$/g, ''))
  for (const p of own) {
    const from = secret.indexOf(p)
    if (p.length >= 4 && p.length < 7 && out.includes(`"${p}`)) return p
    for (let i = Math.max(0, 8 - from); i + 7 <= p.length; i++)
      if (out.includes(p.slice(i, i + 7))) return p.slice(i, i + 7)
  }
  return null
}

/** Tokens that announce themselves by a literal. */
const KINDS = Object.keys(FAKES).filter((kind) =>
  DETECTORS.some(
    (d) => d.id === kind && d.group === 'token' && d.left !== 'any' && d.shape.kind !== 'near',
  ),
)

for (const [way, make] of Object.entries(WAYS))
  test(`${way}: a token cut anywhere leaves nothing`, () => {
    const draw = new Draw(91)
    const kept: string[] = []
    for (const kind of KINDS) {
      const length = fake(kind, draw).length
      const stride = length > 40 ? 37 : 13
      const cases: { pieces: string[]; secret: string }[] = []
      for (let at = 1 + draw.below(stride); at < length; at += stride)
        for (const step of [length, Math.ceil((length - at) / 2), 7]) {
          const secret = fake(kind, draw)
          if (at < secret.length) cases.push({ pieces: cut(secret, at, step), secret })
        }
      const { out } = run('traces', spans(cases.map((c) => make(c.pieces))))
      for (const { pieces, secret } of cases) {
        const left = leftOf(out, pieces, secret)
        if (left !== null)
          kept.push(`${kind} cut into ${pieces.map((p) => p.length).join(',')}: ${left}`)
      }
    }
    assert.deepEqual(kept, [])
  })

/** A value whose name, or what says that it is one, stands in the chunk before. */
const NAMED: readonly ((v: string) => string)[] = [
  (v) => `["password","${v}"]`,
  (v) => `[["user","jo"],["password","${v}"]]`,
  (v) => `{"password":"${v}"}`,
  (v) => `{"password": ["${v}"]}`,
  (v) => `["x-api-key", "${v}${v}"]`,
  (v) => `{"args":["mysql","-uroot","-p${v}"]}`,
  (v) => `["set-cookie","sid=${v}${v}; Path=/"]`,
  (v) => `curl -u bob:${v} https://x`,
]

for (const way of ['events', 'events of server events', 'counted keys', 'list of strings'])
  test(`${way}: a value goes whose name stands in the chunk before`, () => {
    const draw = new Draw(94)
    const make = WAYS[way] as (pieces: readonly string[]) => Json
    const cases = NAMED.flatMap((form) =>
      [2, 5, 9, 12].map((at) => {
        const value = `Vq7${draw.chars('ABCDEFGHJKLMNPabcdefghijkmnp23456789', 9)}4x`
        const text = form(value)
        return { value, pieces: [text.slice(0, at), text.slice(at)] }
      }),
    )
    const { out } = run('traces', spans(cases.map((c) => make(c.pieces))))
    const kept = cases.filter((c) => out.includes(c.value)).map((c) => c.pieces.join('|'))
    assert.deepEqual(kept, [])
  })

test('every tenant judges what was cut by its own policy, and a span is dropped for it', () => {
  const draw = new Draw(92)
  for (const [way, make] of Object.entries(WAYS))
    for (const at of [8, 30]) {
      const secret = fake('anthropic_key', draw)
      const document = spans([make(cut(secret, at, 40))])
      const off = run('traces', document, { detectors: { anthropic_key: false } })
      assert.equal(off.counts, 0, `${way}: off`)
      const dropped = run('traces', document, {
        detectors: { anthropic_key: { action: 'drop_event' } },
      })
      assert.equal(dropped.batch.isDropped(0), true, `${way}: drop_event`)
      const gone = run('traces', document, {
        detectors: { anthropic_key: { action: 'drop_attribute' } },
      })
      assert.equal(leftOf(gone.out, cut(secret, at, 40), secret), null, `${way}: drop_attribute`)
    }
})

test('chunks and messages without a secret stay, and words beside a secret too', () => {
  const draw = new Draw(93)
  const texts = [
    'The disk-sk-name of task-1',
    'is a_b',
    'and so@ on-',
    'v2 of x@y',
    '2026-11-',
    '29 ok',
  ]
  for (const [way, make] of Object.entries(WAYS))
    assert.equal(run('traces', spans([make(texts)])).counts, 0, way)
  const [key, mail] = [fake('anthropic_key', draw), fake('email', draw)]
  const messages = [
    `write to ${mail}`,
    'Answer briefly.',
    `use ${key}`,
    'Thanks',
    'now',
    mail,
    'I see',
  ]
  const forms: Json[] = [
    { attributes: messages.map((m, i) => attr(`gen_ai.prompt.${i}.content`, m)) },
    { attributes: [attr('gen_ai.prompt', list(messages.map(text)))] },
    {
      events: messages.map((m) => ({
        name: 'gen_ai.user.message',
        attributes: [attr('content', m)],
      })),
    },
    {
      attributes: [
        attr('messages', JSON.stringify(messages.map((m) => ({ type: 'text', text: m })))),
      ],
    },
  ]
  for (const form of forms) {
    const { out } = run('traces', spans([form]))
    for (const m of [
      'Answer briefly.',
      'Thanks',
      'now',
      'I see',
      'write to [REDACTED:email]',
      'use [REDACTED:anthropic_key]',
    ])
      assert.ok(out.includes(`"${m}"`) || out.includes(`"${m}\\"`), `${m}: ${out}`)
  }
})

test('a token that goes on in the next object of a JSON list leaves nothing', () => {
  const draw = new Draw(95)
  for (const field of ['content', 'text'])
    for (const at of [36, 50, 80]) {
      const secret = fake('anthropic_key', draw)
      const pieces = cut(secret, at, 50)
      const body = text(JSON.stringify(pieces.map((p) => ({ [field]: p }))))
      const { out } = run('logs', {
        resourceLogs: [{ resource: {}, scopeLogs: [{ scope: {}, logRecords: [{ body }] }] }],
      })
      assert.equal(leftOf(out, pieces, secret), null, `${field} ${at}`)
    }
})

test('a log record cut in its body or attributes leaves nothing', () => {
  const draw = new Draw(94)
  for (const at of [2, 12, 36, 80]) {
    const secret = fake('anthropic_key', draw)
    const pieces = cut(secret, at, 50)
    const bodies: Json[] = [
      { body: map(pieces.map((p, i) => attr(`chunk.${i}`, p))) },
      { body: list(pieces.map(text)) },
      { body: text(pieces.map(sse).join('')) },
      { body: text(pieces.map(sseOfMessages).join('')) },
      { body: text('x'), attributes: pieces.map((p, i) => attr(`chunk.${i}`, p)) },
    ]
    for (const body of bodies) {
      const { out } = run('logs', {
        resourceLogs: [{ resource: {}, scopeLogs: [{ scope: {}, logRecords: [body] }] }],
      })
      assert.equal(leftOf(out, pieces, secret), null, `${at}: ${JSON.stringify(body)}`)
    }
  }
})
