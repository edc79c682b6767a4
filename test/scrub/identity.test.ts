// Identity survives scrubbing: ids with something personal in them stay apart through the whole chain, no number under the
// name of an id changes, and nothing that counts or joins goes by a placeholder. All addresses and numbers are invented.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PipeRun } from '../../collector/cli/pipe/pipe-run.ts'
import { registry } from '../../collector/registry.ts'
import { pipelineSpec } from '../../collector/service/pipeline-spec.ts'
import { secretsOfOneRun } from '../../collector/service/pseudonym-keys.ts'
import { storedIdsIn } from '../../collector/service/secrets.ts'
import { buildChain } from '../../collector/worker/build-chain.ts'
import { loadConfig } from '../../config/load.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { InstanceSecrets } from '../../core/identity/pseudonym.ts'
import { storedForms } from '../../core/identity/stored-ids.ts'
import type { PayloadFormat, TelemetryKind } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { DIALECTS } from '../../processors/canonicalize/dialects/all.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import { otlpJson } from '../span-batch.ts'

const AT = '@'
const PSEUDONYM = /^\[[a-z_]+:[0-9a-f]{24}\]$/
const secrets = secretsOfOneRun()

async function configWith(scrub = '{}'): Promise<ObservaConfig> {
  const yaml = `
receivers: { otlp: {} }
processors:
  scrub: ${scrub}
  canonicalize: {}
  signals: {}
exporters: { otlp_http: { endpoint: "http://127.0.0.1:9" } }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, signals], exporters: [otlp_http] }
`
  const result = await loadConfig({
    files: ['test.yaml'],
    sets: [],
    env: {},
    readFile: async () => yaml,
    fileMode: async () => 0o600,
    registry,
  })
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result.config
}

interface Given {
  readonly scrub?: string
  readonly tenant?: string
  readonly secrets?: InstanceSecrets
  readonly format?: PayloadFormat
  readonly telemetry?: TelemetryKind
}

interface Outcome {
  readonly events: readonly Record<string, unknown>[]
  readonly signals: readonly string[]
  readonly text: string
}

async function run(payload: string, given: Given = {}): Promise<Outcome> {
  const config = await configWith(given.scrub)
  const pipeline = config.service.pipelines.get('traces')
  assert.ok(pipeline !== undefined)
  const spec = pipelineSpec(config, pipeline, false, given.secrets ?? secrets)
  const chain = buildChain(structuredClone({ ...spec, encoders: [] }))
  const result = chain.run({
    requests: [
      {
        payload: Buffer.from(payload),
        encoding: 'identity',
        format: given.format ?? 'otlp-json',
        telemetry: given.telemetry ?? 'traces',
        tenant: { ...DEFAULT_TENANT, tenantId: given.tenant ?? 'acme' },
        receivedAtMs: 1_790_000_000_000,
      },
    ],
    corrections: [],
  })
  assert.deepEqual(
    result.verdicts.map((v) => v.kind),
    ['accepted'],
  )
  const events: Record<string, unknown>[] = []
  for (let e = 0; e < chain.events.count; e++) {
    const w = new ByteWriter()
    writeEventJson(w, chain.events, e)
    events.push(
      JSON.parse(Buffer.from(w.bytes.subarray(0, w.pos)).toString()) as Record<string, unknown>,
    )
  }
  return { events, signals: chain.signals.map((s) => s.type), text: JSON.stringify(events) }
}

const llm = (more: Record<string, unknown>, input = 10) => ({
  name: 'chat gpt-4.1-mini',
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-4.1-mini',
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.output_tokens': 2,
    ...more,
  },
})

const PEOPLE: readonly (readonly [string, string, string])[] = [
  ['mails', ['ines', 'quellbach.eu'].join(AT), ['tomo', 'quellbach.eu'].join(AT)],
  ['numbers of phones', '+49 30 23125 017', '+46 8 465 004 12'],
  ['numbers of phones without spaces', '+442079460317', '+442079460318'],
  [
    'a mail inside an id',
    `crm:${['ines', 'quellbach.eu'].join(AT)}:7`,
    `crm:${['tomo', 'quellbach.eu'].join(AT)}:7`,
  ],
  ['social security numbers', '536-22-8145', '536-22-8146'],
  ['bank accounts', 'DE89370400440532013000', 'FR1420041010050500013M02606'],
  [
    'keys',
    ['ghp', '_', '0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX'].join(''),
    ['ghp', '_', '1aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX'].join(''),
  ],
]
const PLACES: readonly (readonly [string, string, (id: string) => Record<string, unknown>])[] = [
  ['user.id', 'user_id', (id) => ({ 'user.id': id })],
  ['enduser.id', 'user_id', (id) => ({ 'enduser.id': id })],
  ['gen_ai.user', 'user_id', (id) => ({ 'gen_ai.user': id })],
  ['traceloop', 'user_id', (id) => ({ 'traceloop.association.properties.user_id': id })],
  ['langfuse', 'session_id', (id) => ({ 'langfuse.session.id': id })],
  ['session', 'session_id', (id) => ({ 'session.id': id })],
  ['conversation', 'conversation_id', (id) => ({ 'gen_ai.conversation.id': id })],
  ['response', 'response_id', (id) => ({ 'gen_ai.response.id': id })],
]

for (const [what, one, other] of PEOPLE)
  test(`${what} as ids: two stay two, one stays one, and none is told`, async () => {
    for (const [, field, at] of PLACES) {
      const spans = [one, other, one].map((id, i) => llm(at(id), 10 + i))
      const { events, text } = await run(otlpJson(spans))
      const ids = events.map((e) => e[field] as string)
      assert.equal(typeof ids[0], 'string', field)
      assert.equal(ids[0], ids[2])
      assert.notEqual(ids[0], ids[1])
      assert.match(ids[0] as string, /\[[a-z_]+:[0-9a-f]{24}\]/)
      for (const plain of [one, other])
        assert.equal(text.includes(plain), false, `${field}: ${plain}`)
      // Scrubbed again, as by the next instance of a fleet, it stays as it is.
      const again = await run(otlpJson([llm(at(ids[0] as string))]))
      assert.equal(again.events[0]?.[field], ids[0])
    }
  })

test('an id inside JSON, a map or a legacy event stays apart as well', async () => {
  const [, one, other] = PEOPLE[0] as (typeof PEOPLE)[number]
  const forms: readonly ((id: string) => Promise<Outcome>)[] = [
    (id) => run(otlpJson([llm({ metadata: JSON.stringify({ user_id: id, plan: 'pro' }) })])),
    (id) =>
      run(otlpJson([llm({ 'llm.metadata': JSON.stringify(JSON.stringify({ userId: id })) })])),
    (id) => run(otlpJson([llm({ 'mlflow.trace.user': JSON.stringify(id) })])),
    (id) =>
      run(
        `${JSON.stringify({ event_type: 'llm_call', trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16), user_id: id, attributes: {} })}\n`,
        { format: 'ndjson' },
      ),
  ]
  for (const [i, form] of forms.entries()) {
    const [a, b, again] = [await form(one), await form(other), await form(one)]
    const ids = [a, b, again].map((o) => /\[email:[0-9a-f]{24}\]/.exec(o.text)?.[0])
    assert.notEqual(ids[0], undefined, `form ${i}`)
    assert.equal(ids[0], ids[2], `form ${i}`)
    assert.notEqual(ids[0], ids[1], `form ${i}`)
    assert.equal(a.text.includes(one), false)
  }
})

test('one mailbox is one user however it is written, in each tenant another, under each key another', async () => {
  const mail = ['Ines.Vogt', 'quellbach.eu'].join(AT)
  const idOf = async (id: string, given: Given = {}) =>
    (await run(otlpJson([llm({ 'user.id': id })]), given)).events[0]?.['user_id']
  const id = await idOf(mail)
  assert.match(String(id), PSEUDONYM)
  assert.equal(await idOf(mail.toLowerCase()), id)
  assert.notEqual(await idOf(mail, { tenant: 'globex' }), id)
  assert.notEqual(await idOf(mail, { secrets: secretsOfOneRun() }), id)
  const configured = { scrub: '{ pseudonym: { key: 0123456789abcdef0123 } }' }
  assert.equal(
    await idOf(mail, configured),
    await idOf(mail, { ...configured, secrets: secretsOfOneRun() }),
  )
})

test('text in messages keeps the plain marker, and a user may ask for it in ids too', async () => {
  const mail = ['ines', 'quellbach.eu'].join(AT)
  const said = JSON.stringify([
    { role: 'user', parts: [{ type: 'text', content: `mail ${mail}` }] },
  ])
  const { text } = await run(otlpJson([llm({ 'gen_ai.input.messages': said })]))
  assert.match(text, /mail \[REDACTED:email\]/)
  const masked = await run(otlpJson([llm({ 'user.id': mail }), llm({ 'user.id': mail })]), {
    scrub: '{ id_fields: mask }',
  })
  assert.deepEqual(
    masked.events.map((e) => e['user_id']),
    [null, null],
  )
  const dropped = await run(otlpJson([llm({ 'user.id': mail })]), {
    scrub: '{ detectors: { email: { action: drop_attribute } } }',
  })
  assert.equal(dropped.events[0]?.['user_id'], null)
})

const NUMBERS = ['4511681018565748', '4012890407980756', '378282246310005', '5105481935126578']
const ID_NAMES =
  'user.id session.id gen_ai.response.id order.id thread.id messaging.message.id orderNumber invoice_no ticket.number tracking_number run_id requestId db.row_count http.response.size items.total app.version job.uuid parent_id correlation_id transaction_reference customerNo member_number snowflake seq offset size_bytes kafka.offset batch.number revision epoch_ms serial sku gtin barcode shipment_number phone_number_id order_id_str userids'.split(
    ' ',
  )

test('digits under the name of an id stay, as text and as numbers, and numbers stay numbers', async () => {
  const texts = ID_NAMES.flatMap((name) => NUMBERS.map((digits) => ({ name, digits })))
  const asText = await run(otlpJson(texts.map(({ name, digits }) => llm({ [name]: digits }))))
  for (const [i, { name, digits }] of texts.entries())
    assert.equal(JSON.stringify(asText.events[i]).includes(digits), true, `${name}: ${digits}`)
  const numbers = texts.filter(({ name }) => !/^(?:user|session|gen_ai|thread)/.test(name))
  const asNumber = await run(
    otlpJson(numbers.map(({ name, digits }) => llm({ [name]: Number(digits) }))),
  )
  for (const [i, { name, digits }] of numbers.entries()) {
    const attributes = asNumber.events[i]?.['attributes'] as Record<string, unknown> | undefined
    assert.equal(attributes?.[name], Number(digits), `${name}: ${digits}`)
  }
  const cards = ['card', 'card_number', 'payment.card_id', 'amount', 'value'].flatMap((name) =>
    NUMBERS.map((digits) => llm({ [name]: digits, n: 1 })),
  )
  const { text } = await run(otlpJson(cards))
  for (const digits of NUMBERS) assert.equal(text.includes(digits), false, digits)
})

test('ids that are personal do not make one call of several: every token counts', async () => {
  for (const ids of [NUMBERS, PEOPLE.map(([, one]) => one), PEOPLE.map(([, , other]) => other)]) {
    const spans = ids.map((id, i) => llm({ 'gen_ai.response.id': id }, 100 + i))
    const { events } = await run(otlpJson(spans))
    assert.deepEqual(
      events.map((e) => e['usage_aggregate']),
      ids.map(() => false),
    )
  }
})

const PLACEHOLDERS = [
  '[REDACTED]',
  '[REDACTED:email]',
  'x-[REDACTED:email]-y',
  '<EMAIL_ADDRESS>',
  '[Filtered]',
  '***',
  'xxxxxxxx',
  '{{user}}',
  'REDACTED',
  '<redacted>',
  '[PERSON]',
  '********',
  'null',
  'None',
  'undefined',
  'NaN',
  '00000000-0000-0000-0000-000000000000',
  '00000000000000000000000000000000',
]

test('a placeholder of somebody else is no id: nothing counts, groups or joins by it', async () => {
  for (const id of PLACEHOLDERS) {
    const at = {
      'gen_ai.response.id': id,
      'user.id': id,
      'session.id': id,
      'gen_ai.conversation.id': id,
    }
    const { events } = await run(otlpJson([llm(at, 100), llm(at, 200)]))
    for (const e of events) {
      assert.equal(e['usage_aggregate'], false, id)
      for (const field of ['user_id', 'session_id', 'conversation_id', 'response_id'])
        assert.equal(e[field], null, `${field}: ${id}`)
    }
  }
  for (const id of [
    'resp_1',
    'guest',
    'team-[a]',
    'user-x',
    'alice',
    '[email:1]',
    'nullam',
    '0',
    '0000',
    'none-7',
    '000000000000000000007',
    '00000000-0000-4000-8000-000000000001',
  ]) {
    const { events } = await run(otlpJson([llm({ 'user.id': id })]))
    assert.equal(events[0]?.['user_id'], id)
  }
})

/** The calls, one per second. */
const tool = (args: object, second: number) => ({
  name: 'execute_tool send_mail',
  startMs: second * 1000,
  durationMs: 100,
  attributes: {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'send_mail',
    'gen_ai.tool.call.arguments': JSON.stringify(args),
  },
})

async function isLoop(spans: Parameters<typeof otlpJson>[0], scrub?: string): Promise<boolean> {
  const options = { pipelineId: null, explain: false, isEncoding: false }
  const pipe = new PipeRun(await configWith(scrub), options)
  pipe.request({
    payload: Buffer.from(otlpJson(spans)),
    encoding: 'identity',
    format: 'otlp-json',
    telemetry: 'traces',
    tenant: DEFAULT_TENANT,
    receivedAtMs: 1_790_000_000_000,
  })
  return pipe.finish().some((signal) => signal.type === 'loop_detected')
}

test('ten calls with ten masked values are no loop, ten with one are', async () => {
  const numbered: readonly ((i: number) => object)[] = [
    (i) => ({ to: [`p${i}`, 'quellbach.eu'].join(AT) }),
    (i) => ({ text: `write to ${[`p${i}`, 'quellbach.eu'].join(AT)}, please` }),
    (i) => ({ phone: `+44207946031${i}` }),
    (i) => ({ ssn: `536-22-814${i}` }),
    (i) => ({ token: ['ghp', '_', `${i}aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX`].join('') }),
  ]
  for (const args of numbered) {
    const ten = Array.from({ length: 10 }, (_, i) => tool(args(i), i))
    assert.equal(await isLoop(ten), false)
    const same = Array.from({ length: 10 }, (_, i) => tool(args(1), i))
    assert.equal(await isLoop(same), true)
    // If the meaning of the markers is unknown, the test claims nothing.
    assert.equal(await isLoop(same, '{ id_fields: mask }'), false)
  }
})

test('the plain id leads to what is stored, under the key in use and under retired ones, and to nothing else', async () => {
  const old = secretsOfOneRun().pseudonymKeys
  const now = secretsOfOneRun().pseudonymKeys
  assert.ok(old !== null && now !== null)
  const rotated = { pseudonymKeys: { current: now.current, retired: [old.current] } }
  const ids = storedIdsIn(await configWith(), rotated)
  for (const [what, one] of PEOPLE)
    for (const field of ['user_id', 'session_id', 'conversation_id'] as const) {
      const key = {
        user_id: 'user.id',
        session_id: 'session.id',
        conversation_id: 'gen_ai.conversation.id',
      }[field]
      const stored = async (ring: InstanceSecrets) =>
        (await run(otlpJson([llm({ [key]: one })]), { secrets: ring })).events[0]?.[field]
      const both: unknown[] = [await stored(rotated), await stored({ pseudonymKeys: old })]
      assert.deepEqual(ids.of('acme', field, one), both, `${what} ${field}`)
      assert.notDeepEqual(ids.of('globex', field, one), both)
      for (const form of both) assert.deepEqual(ids.of('acme', field, String(form)), [form])
    }
  for (const plain of ['user-17', '4511681018565748', 'a b', ''])
    assert.deepEqual(ids.of('acme', 'user_id', plain), [plain])
  const mail = ['ines', 'quellbach.eu'].join(AT)
  const forms = storedForms(ids, 'acme', { user_id: mail, session_id: 's-1' })
  assert.equal(forms.get('user_id')?.length, 2)
  assert.deepEqual(forms.get('session_id'), ['s-1'])
  assert.equal(forms.has('conversation_id'), false)
})

const ID_TARGETS = new Set([
  'user_id',
  'session_id',
  'conversation_id',
  'response_id',
  'tool_call_id',
  'agent_id',
])

test('every source key of an id in every dialect is known as the name of an id', async () => {
  const missed: string[] = []
  for (const dialect of DIALECTS)
    for (const [key, second, third] of dialect.rows as readonly (readonly unknown[])[]) {
      const target = [second, third].find((t) => typeof t === 'string' && ID_TARGETS.has(t))
      if (typeof key !== 'string' || target === undefined || /[*{]/.test(key)) continue
      const mail = ['ines', 'quellbach.eu'].join(AT)
      const { text } = await run(otlpJson([llm({ [key]: mail })]))
      if (text.includes('[REDACTED:email]')) missed.push(key)
    }
  assert.deepEqual(missed, [])
})
