// Tests `encoding: otlp_proto`: the messages decode to the same spans, grouped by trace and tenant.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { Arena } from '../../core/arena.ts'
import { SpanBatch } from '../../core/batch.ts'
import { EventTable } from '../../core/event.ts'
import { SpanView } from '../../core/span-view.ts'
import type { EncodedPart } from '../../core/task.ts'
import type { TenantContext } from '../../core/tenant.ts'
import { DEFAULT_LIMITS, decodeInto } from '../../proto/decode.ts'
import { quietChain } from '../../test/exporter-host.ts'
import { encoder } from './encode.ts'
import { halves, readRecords } from './records.ts'

const CAPTURES = join(import.meta.dirname, '../../test/captures')

interface Payload {
  readonly bytes: Buffer
  readonly telemetry: 'traces' | 'logs'
}

function captures(): Payload[] {
  const out: Payload[] = []
  for (const entry of readdirSync(CAPTURES, { recursive: true, encoding: 'utf8' })) {
    const telemetry = /\.(traces|logs)\.pb$/.exec(entry)?.[1]
    if (telemetry === 'traces' || telemetry === 'logs')
      out.push({ bytes: readFileSync(join(CAPTURES, entry)), telemetry })
  }
  return out
}

const tenant = (tenantId: string): TenantContext => ({
  tenantId,
  projectId: 'shop',
  environment: null,
  keyId: null,
})

function decoded(payloads: readonly (Payload & { readonly tenant: TenantContext })[]): SpanBatch {
  const batch = new SpanBatch(new Arena())
  for (const { bytes, telemetry, tenant } of payloads) {
    const request = { payload: bytes, telemetry, tenant, receivedAtMs: 1 }
    const outcome = decodeInto(
      batch,
      { ...request, encoding: 'identity', format: 'otlp-proto' },
      DEFAULT_LIMITS,
    )
    assert.equal(outcome.kind, 'ok')
  }
  return batch
}

function encoded(batch: SpanBatch, messageBytesMax = 1 << 20): EncodedPart {
  const settings = { signals: false, encoding: 'otlp_proto', messageBytesMax } as const
  const input = { batch, events: new EventTable(batch), signals: [] }
  const [part] = encoder('kafka', settings).encode(input, new Set(), quietChain)
  assert.ok(part !== undefined)
  return part
}

/** A span with its tenant, its id and its bytes as they were received. */
function spansOf(batch: SpanBatch): string[] {
  const view = new SpanView(batch)
  const out: string[] = []
  for (let i = 0; i < batch.spanCount; i++) {
    view.at(i)
    const whose = batch.requests[view.request]?.tenant.tenantId
    const { messageOffset: off, messageLength: len } = view
    const bytes = Buffer.from(batch.arena.bytes.subarray(off, off + len)).toString('hex')
    out.push(`${whose} ${view.isLog} ${bytes}`)
  }
  return out.toSorted()
}

function readBack(part: EncodedPart): Payload[] {
  return readRecords(part.bytes).map(({ value, headers }) => {
    const record = headers.find(([name]) => name === 'record')?.[1].toString()
    return { bytes: value, telemetry: record === 'logs' ? 'logs' : 'traces' }
  })
}

test('all captures come back as the same spans, with their tenant in the headers', () => {
  const all = captures()
  assert.ok(all.length > 20, `${all.length} captures`)
  const batch = decoded(all.map((c, i) => ({ ...c, tenant: tenant(`t${i % 3}`) })))
  const part = encoded(batch)
  assert.equal(part.items, batch.spanCount)
  const back = readRecords(part.bytes).map((record, i) => {
    const header = (name: string): string =>
      record.headers.find(([n]) => n === name)?.[1].toString() ?? ''
    assert.equal(header('project'), 'shop')
    return { ...(readBack(part)[i] as Payload), tenant: tenant(header('tenant')) }
  })
  assert.deepEqual(spansOf(decoded(back)), spansOf(batch))
})

test('a message has the spans of one trace, and the key is its id', () => {
  const batch = decoded(captures().map((c) => ({ ...c, tenant: tenant('t') })))
  const records = readRecords(encoded(batch).bytes)
  const keys = new Set<string>()
  for (const { key, value, headers } of records) {
    const kind =
      headers.find(([n]) => n === 'record')?.[1].toString() === 'logs' ? 'logs' : 'traces'
    const own = decoded([{ bytes: value, telemetry: kind, tenant: tenant('t') }])
    const view = new SpanView(own)
    for (let i = 0; i < own.spanCount; i++) {
      view.at(i)
      const off = view.traceIdOffset
      if (off < 0) continue
      const id = Buffer.from(own.arena.bytes.subarray(off, off + 16)).toString('hex')
      assert.equal(key.toString(), id)
    }
    keys.add(`${kind} ${key.toString()}`)
  }
  assert.ok(keys.size > 20, `${keys.size} traces`)
})

test('a trace above the limit becomes several messages, and a part is halved with its exact items', () => {
  const batch = decoded(captures().map((c) => ({ ...c, tenant: tenant('t') })))
  const part = encoded(batch, 8192)
  const records = readRecords(part.bytes)
  const items = records.map((r) => Number(r.headers.find(([n]) => n === 'items')?.[1].toString()))
  for (const [i, { value }] of records.entries())
    assert.ok(value.length <= 8192 || items[i] === 1, `${value.length} bytes, ${items[i]} spans`)
  assert.equal(
    items.reduce((a, b) => a + b, 0),
    part.items,
  )
  const cut = halves(part.bytes)
  assert.ok(cut !== null)
  assert.equal(cut[1] + cut[3], part.items)
})
