// Scrubbing in the chain that workers run, built from a configuration and cloned as it is for a worker: settings of
// single tenants, the audit trail from the counter to the signal, and metrics.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registry } from '../../collector/registry.ts'
import { pipelineSpec } from '../../collector/service/pipeline-spec.ts'
import { buildChain, buildMetricsChain } from '../../collector/worker/build-chain.ts'
import type { Chain } from '../../collector/worker/chain.ts'
import { loadConfig } from '../../config/load.ts'
import type { TaskRequest, TelemetryKind } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { DETECTORS } from '../../processors/scrub/detectors/table.ts'
import { PERSONAL } from '../../processors/signals/rules/content.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import { otlpJson } from '../span-batch.ts'

const KEY = ['ghp', '_', '0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX'].join('')
const MAIL = ['jane.roe', 'corvalin.io'].join('@')
const PAN = ['4532', '0151', '1283', '0366'].join('')

const YAML = `
receivers: { otlp: {} }
processors:
  scrub:
    rules: [{ name: ticket, pattern: 'TCK-[0-9]{5}', keywords: [tck-] }]
    allow: { values: ['help@corvalin.io'] }
    pseudonym: { key: 0123456789abcdef0123 }
    tenants:
      acme:
        rules:
          - { name: employee_id, pattern: 'EMP-[0-9]{6}', keywords: [emp-], action: drop_attribute }
          - { name: room, pattern: '[A-Z][0-9]{3}', keys: ['office.*'] }
        allow: { values: [${MAIL}], keys: ['public.*'] }
        detectors: { credit_card: false, ip_address: true }
      globex:
        rules: [{ name: employee_id, pattern: 'GX[0-9]{4}' }]
        detectors: { email: { action: pseudonym } }
  canonicalize: {}
  signals: {}
exporters: { otlp_http: { endpoint: "http://127.0.0.1:9" } }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, signals], exporters: [otlp_http] }
    metrics: { receivers: [otlp], processors: [scrub], exporters: [otlp_http] }
`

async function spec(telemetry: 'traces' | 'metrics'): Promise<ReturnType<typeof pipelineSpec>> {
  const result = await loadConfig({
    files: ['test.yaml'],
    sets: [],
    env: {},
    readFile: async () => YAML,
    fileMode: async () => 0o600,
    registry,
  })
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  const pipeline = result.config.service.pipelines.get(telemetry)
  assert.ok(pipeline !== undefined)
  // The configuration is cloned, as it is for a worker.
  return structuredClone(pipelineSpec(result.config, pipeline, false))
}

function request(tenantId: string, text: string, telemetry: TelemetryKind = 'traces'): TaskRequest {
  return {
    payload: Buffer.from(text),
    encoding: 'identity',
    format: 'otlp-json',
    telemetry,
    tenant: { ...DEFAULT_TENANT, tenantId },
    receivedAtMs: 1_790_000_000_000,
  }
}

function eventsOf(chain: Chain): Record<string, unknown>[] {
  const out: Record<string, unknown>[] = []
  for (let e = 0; e < chain.events.count; e++) {
    const w = new ByteWriter()
    writeEventJson(w, chain.events, e)
    out.push(
      JSON.parse(Buffer.from(w.bytes.subarray(0, w.pos)).toString()) as Record<string, unknown>,
    )
  }
  return out
}

const note = `TCK-12345 EMP-123456 GX1234 ${MAIL} help@corvalin.io card ${PAN} host 203.0.113.9`
const attributes = { note, 'office.room': 'in B204', 'public.contact': 'eve@corvalin.io' }
const call = otlpJson([{ name: 'chat', attributes }], { 'service.name': 's', owner: MAIL })

test('two tenants in one task: each has its own rules, detectors, actions and allow list', async () => {
  const chain = buildChain(await spec('traces'))
  const result = chain.run({
    requests: [request('acme', call), request('globex', call), request('other', call)],
    corrections: [],
  })
  assert.deepEqual(
    result.verdicts.map((v) => v.kind),
    ['accepted', 'accepted', 'accepted'],
  )
  const [acme, globex, other] = eventsOf(chain).map((e) => JSON.stringify(e)) as [
    string,
    string,
    string,
  ]
  // acme: its rule drops the attribute, a room is found under its key, its own address may pass.
  assert.equal(acme.includes('TCK-'), false)
  assert.equal(acme.includes('EMP-123456'), false)
  assert.match(acme, /in \[REDACTED:room\]/)
  assert.match(acme, /eve@corvalin\.io/)
  // globex: the same rule name with another pattern, pseudonyms, no rule for rooms.
  assert.match(
    globex,
    /\[REDACTED:ticket\] EMP-123456 \[REDACTED:employee_id\] \[REDACTED:email:k1:/,
  )
  assert.match(globex, /help@corvalin\.io card \[REDACTED:credit_card\] host 203\.0\.113\.9/)
  assert.match(globex, /in B204/)
  // anybody else: what the processor says.
  assert.match(
    other,
    /\[REDACTED:ticket\] EMP-123456 GX1234 \[REDACTED:email\] help@corvalin\.io card \[REDACTED:credit_card\]/,
  )
  assert.equal(other.includes('eve@corvalin.io'), false)
})

test('a tenant switches a detector off and another on, for itself alone', async () => {
  const chain = buildChain(await spec('traces'))
  const text = otlpJson([{ attributes: { a: `pan ${PAN} from 203.0.113.9` } }])
  chain.run({ requests: [request('acme', text), request('globex', text)], corrections: [] })
  const [acme, globex] = eventsOf(chain).map((e) => JSON.stringify(e)) as [string, string]
  assert.match(acme, new RegExp(`pan ${PAN} from \\[REDACTED:ip_address\\]`))
  assert.match(globex, /pan \[REDACTED:credit_card\] from 203\.0\.113\.9/)
})

test('resources belong to the tenant of the request they came in', async () => {
  const chain = buildChain(await spec('traces'))
  const text = otlpJson([{ attributes: { a: 'x' } }], { 'service.name': 's', owner: MAIL })
  chain.run({
    requests: [request('acme', text), request('globex', text), request('other', text)],
    corrections: [],
  })
  const [acme, globex, other] = eventsOf(chain).map((e) => JSON.stringify(e)) as [
    string,
    string,
    string,
  ]
  assert.ok(acme.includes(MAIL))
  assert.match(globex, /\[REDACTED:email:k1:[a-z2-7]{16}\]/)
  assert.match(other, /\[REDACTED:email\]/)
})

test('the payload cannot say whose it is', async () => {
  const chain = buildChain(await spec('traces'))
  const claims = { 'observa.tenant_id': 'acme', 'tenant.id': 'acme', tenant_id: 'acme' }
  const text = otlpJson([{ attributes: { ...claims, a: `pan ${PAN}` } }], claims)
  chain.run({ requests: [request('other', text)], corrections: [] })
  assert.match(JSON.stringify(eventsOf(chain)[0]), /pan \[REDACTED:credit_card\]/)
})

test('audit: counted by type and place, listed in the event, raised as signals, and no value anywhere', async () => {
  const chain = buildChain(await spec('traces'))
  const text = otlpJson([{ name: `use ${KEY}`, attributes: { a: `${KEY} ${PAN}`, b: MAIL } }])
  const result = chain.run({ requests: [request('other', text)], corrections: [] })
  const counters = Object.entries(result.counters).filter(([k]) =>
    k.startsWith('observa_scrub_findings_total'),
  )
  assert.deepEqual(Object.fromEntries(counters), {
    'observa_scrub_findings_total{type="github_token",place="span_name"}': 1,
    'observa_scrub_findings_total{type="github_token",place="attribute"}': 1,
    'observa_scrub_findings_total{type="credit_card",place="attribute"}': 1,
    'observa_scrub_findings_total{type="email",place="attribute"}': 1,
  })
  const [event] = eventsOf(chain)
  assert.deepEqual(event?.['secrets'], { github_token: 2, credit_card: 1, email: 1 })
  const found = (type: string) => chain.signals.find((s) => s.type === type)
  assert.equal(found('secret_detected')?.value, 2)
  assert.deepEqual(found('secret_detected')?.evidence, { github_token: 2 })
  assert.equal(found('pii_detected')?.value, 2)
  assert.deepEqual(found('pii_detected')?.evidence, { credit_card: 1, email: 1 })
  const all =
    JSON.stringify([event, chain.signals, result.counters]) +
    result.parts.map((p) => Buffer.from(p.bytes).toString('latin1')).join('')
  for (const secret of [KEY, PAN, MAIL]) assert.equal(all.includes(secret), false)
})

test('metrics are scrubbed for their tenant and counted once', async () => {
  const chain = buildMetricsChain(await spec('metrics'))
  const body = JSON.stringify({
    resourceMetrics: [
      {
        resource: {},
        scopeMetrics: [
          {
            scope: {},
            metrics: [
              {
                name: 'm',
                gauge: {
                  dataPoints: [
                    {
                      asInt: '1',
                      attributes: [{ key: 'k', value: { stringValue: `${MAIL} ${KEY}` } }],
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  })
  const result = chain.run({
    requests: [request('acme', body, 'metrics'), request('globex', body, 'metrics')],
    corrections: [],
  })
  const [acme, globex] = result.parts.map((p) => Buffer.from(p.bytes).toString('latin1')) as [
    string,
    string,
  ]
  assert.ok(acme.includes(`${MAIL} [REDACTED:github_token]`))
  assert.match(globex, /\[REDACTED:email:k1:[a-z2-7]{16}\] \[REDACTED:github_token\]/)
  assert.deepEqual(result.counters, {
    'observa_scrub_findings_total{type="github_token",place="metric"}': 2,
    'observa_scrub_findings_total{type="email",place="metric"}': 1,
  })
})

test('what a detector of personal data finds is a pii_detected, what any other finds a secret_detected', () => {
  const personal = DETECTORS.filter(({ group }) => group === 'personal').map(({ id }) => id)
  assert.deepEqual([...PERSONAL].toSorted(), [...new Set(personal)].toSorted())
})
