// Tenants share one engine, its tables and its scanners. What is found in a value must depend on the value and on the
// policy of its tenant alone, whatever was scrubbed before, of whom and through which door.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arena } from '../../../core/arena.ts'
import { SPAN, SPAN_STRIDE, SpanBatch } from '../../../core/batch.ts'
import type { ChainContext } from '../../../core/component.ts'
import type { TaskRequest } from '../../../core/task.ts'
import { DEFAULT_TENANT } from '../../../core/tenant.ts'
import { ByteWriter } from '../../../proto/byte-writer.ts'
import { DEFAULT_LIMITS, decodeInto } from '../../../proto/decode.ts'
import { encodeLogs, encodeTraces } from '../../../proto/otlp/encode.ts'
import { scrubMetrics } from '../../../proto/otlp/pass-metrics.ts'
import { scrubSchema, settingsOf } from '../config.ts'
import { Draw, fake } from '../corpus/fake-secrets.ts'
import { createJudges } from '../judge/create-judges.ts'
import type { Judges } from '../judge/judge.ts'
import { BatchScrubber } from './batch.ts'
import { LineScrubber } from './lines.ts'
import { MetricScrubber } from './metrics.ts'
import { StreamScrubber } from './stream-chunks.ts'
import { TextScrubber } from './text.ts'

const TENANTS = ['acme', 'globex', 'other'] as const
type Tenant = (typeof TENANTS)[number]

/** What a tenant sends, and through which door. */
type Item =
  | { readonly kind: 'traces' | 'logs' | 'metrics'; readonly tenant: Tenant; readonly body: string }
  | { readonly kind: 'text' | 'lines'; readonly tenant: Tenant; readonly texts: readonly string[] }

const context: ChainContext = { count: () => {}, signal: () => {}, signals: [], explain: false }

/** All doors over one set of judges, as a worker has them. */
class Doors {
  readonly #judges: Judges
  readonly #spans: BatchScrubber
  readonly #streams: StreamScrubber
  readonly #metrics: MetricScrubber
  readonly #texts = new Map<Tenant, TextScrubber>()

  constructor(config: object) {
    this.#judges = createJudges(settingsOf(scrubSchema.parse(config)))
    this.#spans = new BatchScrubber(this.#judges)
    this.#streams = new StreamScrubber(this.#spans.attributes, this.#spans.values)
    this.#metrics = new MetricScrubber(this.#judges)
  }

  /** What leaves for each item; spans and logs are one batch each, the rest goes one by one. */
  scrub(items: readonly Item[]): string[] {
    const out: string[] = items.map(() => '')
    for (const kind of ['traces', 'logs'] as const) {
      const chosen = items.flatMap((item, i) => (item.kind === kind ? [i] : []))
      const left = this.#batch(
        kind,
        chosen.map((i) => items[i] as Item & { kind: typeof kind }),
      )
      for (const [n, i] of chosen.entries()) out[i] = left[n] as string
    }
    for (const [i, item] of items.entries()) {
      if (item.kind === 'metrics') out[i] = this.#metric(item.tenant, item.body)
      else if (item.kind === 'text')
        out[i] = item.texts.map((t) => this.#text(item.tenant, t)).join('\n')
      else if (item.kind === 'lines') out[i] = this.#lines(item.tenant, item.texts)
    }
    return out
  }

  #batch(
    telemetry: 'traces' | 'logs',
    items: readonly { readonly tenant: Tenant; readonly body: string }[],
  ): string[] {
    const batch = new SpanBatch(new Arena())
    for (const item of items) {
      const outcome = decodeInto(batch, request(item.tenant, item.body, telemetry), DEFAULT_LIMITS)
      assert.equal(outcome.kind, 'ok')
    }
    this.#spans.run(batch, context, this.#streams)
    return items.map((_, r) => {
      const out = new ByteWriter()
      const isOwn = (span: number): boolean =>
        batch.spans[span * SPAN_STRIDE + SPAN.REQUEST] === r && !batch.isDropped(span)
      if (telemetry === 'traces') encodeTraces(out, batch, isOwn)
      else encodeLogs(out, batch, isOwn)
      return Buffer.from(out.take()).toString('latin1')
    })
  }

  #metric(tenant: Tenant, body: string): string {
    const outcome = scrubMetrics(
      Buffer.from(body),
      'otlp-json',
      'identity',
      DEFAULT_LIMITS,
      (kind, key, value) =>
        this.#metrics.visit(kind, key, value, { tenantId: tenant, count: () => {} }),
    )
    if (outcome.kind !== 'ok') throw new Error('a metrics request was refused')
    return Buffer.from(outcome.bytes).toString('latin1')
  }

  #text(tenant: Tenant, text: string): string {
    let scrubber = this.#texts.get(tenant)
    if (scrubber === undefined) {
      scrubber = new TextScrubber(this.#judges, tenant)
      this.#texts.set(tenant, scrubber)
    }
    return scrubber.scrub(text).text
  }

  /** Lines look back at the lines before them, so each item is a stream of its own. */
  #lines(tenant: Tenant, lines: readonly string[]): string {
    const scrubber = new LineScrubber(this.#judges, tenant)
    return lines.map((l) => Buffer.from(scrubber.scrub(Buffer.from(`${l}\n`)))).join('')
  }
}

function request(tenantId: string, body: string, telemetry: 'traces' | 'logs'): TaskRequest {
  return {
    payload: Buffer.from(body),
    encoding: 'identity',
    format: 'otlp-json',
    telemetry,
    tenant: { ...DEFAULT_TENANT, tenantId },
    receivedAtMs: 0,
  }
}

type Json = Record<string, unknown>
const attribute = (key: string, text: string): Json => ({ key, value: { stringValue: text } })
const span = (more: Json): string =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [attribute('service.name', 'shop')] },
        scopeSpans: [
          { spans: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'n', ...more }] },
        ],
      },
    ],
  })
const chunkEvents = (pieces: readonly string[]): string =>
  span({
    events: pieces.map((p) => ({ name: 'chunk', attributes: [attribute('chunk.content', p)] })),
  })
const countedChunks = (pieces: readonly string[]): string =>
  span({ attributes: pieces.map((p, i) => attribute(`gen_ai.completion.chunk.${i}`, p)) })
const partsOfMessage = (pieces: readonly string[]): string =>
  JSON.stringify([{ role: 'user', content: pieces.map((text) => ({ type: 'text', text })) }])

const draw = new Draw(61)
const github = fake('github_token', draw)

test('a token cut over stream chunks is found by the policy of its own tenant, whoever came before', () => {
  const config = { tenants: { acme: { detectors: { github_token: false } } } }
  const doors = new Doors(config)
  const cut = (tenant: Tenant): Item => ({
    kind: 'traces',
    tenant,
    body: chunkEvents([`see ${github.slice(0, 2)}`, github.slice(2, 22), `${github.slice(22)} ok`]),
  })
  const mail: Item = {
    kind: 'traces',
    tenant: 'acme',
    body: span({ attributes: [attribute('note', `mail ${fake('email', draw)} please`)] }),
  }
  const middle = github.slice(6, 18)
  // In the batch of the lax tenant, in the next batch, and behind its own chunks.
  for (const items of [[mail, cut('other')], [cut('other')], [cut('acme'), cut('other')]])
    assert.equal(doors.scrub(items).at(-1)?.includes(middle), false)
  assert.ok(
    doors
      .scrub([cut('other'), cut('acme')])
      .at(-1)
      ?.includes(middle),
    'acme asked for it',
  )
})

test('a type that is off swallows no secret of another type in the same value', () => {
  const doors = new Doors({ detectors: { session_cookie: false, password: false } })
  const left = (key: string, text: string): string =>
    doors.scrub([
      { kind: 'traces', tenant: 'other', body: span({ attributes: [attribute(key, text)] }) },
    ])[0] as string
  assert.equal(left('http.request.header.cookie', `sid=${github}`).includes(github), false)
  assert.equal(left('db.password', `old one was ${github}`).includes(github), false)
  assert.ok(left('db.password', 'Tulip#42x').includes('Tulip#42x'))
})

test('the secret of an access key id in another attribute: only if its type is on and it may not pass', () => {
  const id = fake('aws_access_key_id', draw)
  const secret = fake('aws_secret_key', draw)
  const body = span({ attributes: [attribute('a', id), attribute('b', secret)] })
  const left = (config: object): string =>
    new Doors(config).scrub([{ kind: 'traces', tenant: 'other', body }])[0] as string
  assert.equal(left({}).includes(secret), false)
  assert.ok(left({ detectors: { aws_secret_key: false } }).includes(secret))
  assert.ok(left({ allow: { keys: ['b'] } }).includes(secret))
  assert.ok(left({ allow: { values: [secret] } }).includes(secret))
})

test('pieces under keys that may pass are not joined with others', () => {
  const pieces = [`see ${github.slice(0, 2)}`, github.slice(2, 22), `${github.slice(22)} ok`]
  const items: Item[] = [
    { kind: 'traces', tenant: 'other', body: chunkEvents(pieces) },
    { kind: 'traces', tenant: 'other', body: countedChunks(pieces) },
  ]
  const allowed = new Doors({ allow: { keys: ['chunk.*', '*.chunk.*'] } }).scrub(items)
  for (const left of allowed) assert.ok(left.includes(github.slice(6, 18)))
  for (const left of new Doors({}).scrub(items))
    assert.equal(left.includes(github.slice(6, 18)), false)
})

test('a rule without keywords looks at the keys of attributes too', () => {
  const doors = new Doors({ rules: [{ name: 'badge', pattern: 'BDG-[0-9]{5}' }] })
  const body = span({
    attributes: [attribute('k.BDG-12345', 'x'), { key: 'n.BDG-12345', value: { intValue: '5' } }],
  })
  assert.equal(
    doors.scrub([{ kind: 'traces', tenant: 'other', body }])[0]?.includes('BDG-1'),
    false,
  )
})

const TYPES = [
  'github_token',
  'email',
  'openai_key',
  'credit_card',
  'aws_access_key_id',
  'aws_secret_key',
  'jwt',
  'session_cookie',
  'password',
  'b64_openai_key',
]
const SECRETS = TYPES.slice(0, 7).map((type) => fake(type, draw))
const FORMS: readonly ((secret: string) => string)[] = [
  (s) => s,
  (s) => `see ${s} ok`,
  (s) => `password: ${s}`,
  (s) => `Cookie: sid=${s}; theme=dark`,
  (s) => `\\u0022key\\u0022:\\u0022${s.replaceAll('-', '\\u002d').replaceAll('_', '\\u005f')}`,
  (s) => Buffer.from(`{"k":"${s}"}`).toString('base64'),
  (s) => partsOfMessage([`take ${s.slice(0, 9)}`, s.slice(9), 'done']),
  (s) => `EMP-204113 and TCK-55012 of ${s}`,
]

const action = fc.constantFrom(
  'mask',
  'pseudonym',
  'partial',
  'drop_attribute',
  'drop_event',
  'report',
)
const choice = fc.oneof(
  { weight: 3, arbitrary: fc.constant(false) },
  fc.constant(true),
  fc.record({ action }),
)
const detectors = fc.record(Object.fromEntries(TYPES.map((t) => [t, choice])), { requiredKeys: [] })
const rules = fc.subarray([
  { name: 'employee', pattern: 'EMP-[0-9]{6}', keywords: ['emp-'] },
  { name: 'ticket', pattern: 'TCK-[0-9]{5}' },
  { name: 'chunk_word', pattern: 'take', keys: ['*.chunk.*', 'chunk.*'] },
])
const allow = fc.record({
  values: fc.subarray(SECRETS, { maxLength: 3 }),
  patterns: fc.subarray(['AKIA.*', '[^@]+@[^@]+', 'EMP-204[0-9]*']),
  keys: fc.subarray(['note', 'chunk.*', '*.chunk.1']),
})
const policy = fc.record({ detectors, rules, allow, action }, { requiredKeys: [] })
const config = fc.record({
  detectors,
  allow,
  pseudonym: fc.constant({ key: 'k'.repeat(20) }),
  tenants: fc.dictionary(fc.constantFrom('acme', 'globex'), policy, { minKeys: 1, maxKeys: 2 }),
})

const text = fc
  .tuple(
    fc.constantFrom(...SECRETS),
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...FORMS.slice(0, 2)) },
      fc.constantFrom(...FORMS),
    ),
  )
  .map(([secret, form]) => form(secret))
/** Cut anywhere, often in the first letters of a secret: then no piece alone looks like anything. */
const cut = fc.oneof(
  fc.integer({ min: 1, max: 8 }).map((n) => () => n),
  fc
    .double({ min: 0, max: 1, noNaN: true })
    .map((part) => (length: number) => Math.floor(part * length)),
)
const pieces = fc.tuple(text, fc.array(cut, { minLength: 1, maxLength: 3 })).map(([t, cuts]) => {
  const inner = cuts.map((c) => Math.min(t.length, c(t.length))).toSorted((a, b) => a - b)
  const at = [0, ...inner, t.length]
  return at.slice(1).map((end, i) => t.slice(at[i], end))
})
const tenant = fc.constantFrom(...TENANTS)
const stream: fc.Arbitrary<Item> = fc.record({
  kind: fc.constant('traces'),
  tenant,
  body: fc.oneof(pieces.map(chunkEvents), pieces.map(countedChunks)),
})
const body = fc.oneof(
  pieces.map(chunkEvents),
  pieces.map(countedChunks),
  text.map((t) => span({ name: t, attributes: [attribute('note', t), attribute(t, 'x')] })),
  fc
    .tuple(text, text)
    .map(([a, b]) => span({ attributes: [attribute('a', a), attribute('cookie', b)] })),
)
const item: fc.Arbitrary<Item> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('traces'), tenant, body }) },
  fc.record({
    kind: fc.constant('logs'),
    tenant,
    body: text.map((t) =>
      JSON.stringify({
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: t } }] }] }],
      }),
    ),
  }),
  fc.record({
    kind: fc.constant('metrics'),
    tenant,
    body: text.map((t) =>
      JSON.stringify({
        resourceMetrics: [
          {
            scopeMetrics: [
              {
                metrics: [
                  {
                    name: 'm',
                    gauge: { dataPoints: [{ asInt: '1', attributes: [attribute('note', t)] }] },
                  },
                ],
              },
            ],
          },
        ],
      }),
    ),
  }),
  fc.record({
    kind: fc.constantFrom('text', 'lines'),
    tenant,
    texts: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
)

test('what leaves of an item does not depend on anything that was scrubbed before it', () => {
  const batch = fc.array(item, { minLength: 1, maxLength: 3 })
  // Streams are looked at most roundabout.
  const probe = fc.oneof({ weight: 3, arbitrary: stream }, item)
  fc.assert(
    fc.property(
      config,
      fc.array(batch, { maxLength: 2 }),
      batch,
      probe,
      (settings, past, present, one) => {
        const shared = new Doors(settings)
        for (const items of past) shared.scrub(items)
        // In the batch of others, alone in the next, and alone in the world.
        const together = shared.scrub([...present, one]).at(-1)
        const again = shared.scrub([one])[0]
        const alone = new Doors(settings).scrub([one])[0]
        assert.deepEqual([together, again], [alone, alone])
      },
    ),
    { seed: 20_261_129, numRuns: 150 },
  )
})
