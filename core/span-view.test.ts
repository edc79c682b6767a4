// Reads back a decoded OTLP JSON request through the views and compares the result with what was sent.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMITS, decodeInto } from '../proto/decode.ts'
import { Arena } from './arena.ts'
import { SpanBatch, VALUE } from './batch.ts'
import { key } from './keys.ts'
import { ResourceView, ScopeView, SpanEventView, SpanLinkView, SpanView } from './span-view.ts'
import { DEFAULT_TENANT } from './tenant.ts'

const text = (k: string, stringValue: string): object => ({ key: k, value: { stringValue } })
const TRACE = '0af7651916cd43dd8448eb211c80319c'

function decoded(): SpanBatch {
  const span = (n: number, more: object): object => ({
    traceId: TRACE,
    spanId: `b7ad6b716920333${n}`,
    name: `call ${n}`,
    kind: 3,
    startTimeUnixNano: '1790000000000000000',
    endTimeUnixNano: '1790000000100000000',
    attributes: [text('app.n', `${n}`), text('app.twice', 'first'), text('app.twice', 'second')],
    ...more,
  })
  const second = {
    parentSpanId: 'b7ad6b7169203331',
    status: { code: 2, message: 'it broke' },
    events: [{ name: 'chunk', timeUnixNano: '1790000000050000000', attributes: [text('e', 'v')] }],
    links: [{ traceId: TRACE, spanId: 'c7ad6b7169203339', attributes: [text('l', 'w')] }],
  }
  const body = {
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', 'shop')] },
        scopeSpans: [
          { scope: { name: 'sdk', version: '1.2' }, spans: [span(1, {}), span(2, second)] },
        ],
      },
      { scopeSpans: [{ spans: [span(3, {})] }] },
    ],
  }
  const batch = new SpanBatch(new Arena())
  const outcome = decodeInto(
    batch,
    {
      payload: Buffer.from(JSON.stringify(body)),
      encoding: 'identity',
      format: 'otlp-json',
      telemetry: 'traces',
      tenant: DEFAULT_TENANT,
      receivedAtMs: 1,
    },
    DEFAULT_LIMITS,
  )
  assert.equal(outcome.kind, 'ok')
  return batch
}

test('a view returns what was sent for each span', () => {
  const batch = decoded()
  const { arena } = batch
  const view = new SpanView(batch)
  const hex = (off: number, bytes: number): string =>
    Buffer.from(arena.bytes.subarray(off, off + bytes)).toString('hex')
  const nanos = (off: number): bigint => arena.view.getBigUint64(off, true)
  assert.deepEqual(
    [0, 1, 2].map((i) => view.at(i).name()),
    ['call 1', 'call 2', 'call 3'],
  )
  view.at(1)
  assert.equal(view.index, 1)
  assert.equal(view.request, 0)
  assert.equal(hex(view.traceIdOffset, 16), TRACE)
  assert.equal(hex(view.spanIdOffset, 8), 'b7ad6b7169203332')
  assert.equal(hex(view.parentIdOffset, 8), 'b7ad6b7169203331')
  assert.equal(view.at(0).parentIdOffset, -1)
  view.at(1)
  assert.equal(view.kind, 3)
  assert.equal(nanos(view.startOffset), 1_790_000_000_000_000_000n)
  assert.equal(nanos(view.endOffset), 1_790_000_000_100_000_000n)
  assert.equal(view.status, 2)
  assert.equal(arena.text(view.statusMessageOffset, view.statusMessageLength), 'it broke')
  assert.equal(view.isLog || view.isDropped || view.isLegacy, false)
  assert.equal(view.scopeName(), 'sdk')
  assert.equal(batch.attrText(view.resourceAttr(key('service.name'))), 'shop')
  assert.equal(view.at(2).scopeName(), null)
  assert.equal(view.at(2).resourceAttr(key('service.name')), -1)
})

test('of two attributes with the same key, the first is found', () => {
  const batch = decoded()
  const view = new SpanView(batch).at(0)
  assert.equal(view.attrCount, 3)
  const attr = view.attr(key('app.twice'))
  assert.equal(batch.attrText(attr), 'first')
  assert.equal(batch.attrKey(attr), key('app.twice'))
  assert.equal(batch.attrKeyText(attr), 'app.twice')
  assert.equal(batch.attrType(attr), VALUE.STRING)
  assert.equal(batch.arena.text(batch.attrOffset(attr), batch.attrLength(attr)), 'first')
  assert.equal(view.attr(key('app.none')), -1)
})

test('views of events, links, resources and scopes return what was sent', () => {
  const batch = decoded()
  const span = new SpanView(batch).at(1)
  assert.deepEqual([span.eventCount, span.linkCount], [1, 1])
  const event = new SpanEventView(batch).at(span.firstEvent)
  assert.equal(event.name(), 'chunk')
  assert.equal(batch.arena.view.getBigUint64(event.timeOffset, true), 1_790_000_000_050_000_000n)
  assert.equal(batch.attrText(event.attr(key('e'))), 'v')
  const link = new SpanLinkView(batch).at(span.firstLink)
  assert.equal(batch.arena.bytes[link.spanIdOffset], 0xc7)
  assert.equal(batch.attrText(link.firstAttr), 'w')
  assert.equal(link.attrCount, 1)
  const scope = new ScopeView(batch).at(span.scope)
  assert.equal(batch.arena.text(scope.nameOffset, scope.nameLength), 'sdk')
  assert.equal(batch.arena.text(scope.versionOffset, scope.versionLength), '1.2')
  assert.equal(new ResourceView(batch).at(span.resource).attrCount, 1)
})

test('a change made through a view is seen by every reader', () => {
  const batch = decoded()
  const span = new SpanView(batch).at(0)
  const copy = batch.copyAttr(span.attr(key('app.n')))
  const off = batch.arena.appendText('app.m')
  batch.setAttrKey(copy, key('app.m'), off, batch.arena.lastLen)
  span.setAttrs(copy, 1)
  span.markEdited()
  assert.equal(batch.findAttr(0, key('app.n')), -1)
  assert.equal(batch.attrText(batch.findAttr(0, key('app.m'))), '1')
  assert.notEqual(span.flags, new SpanView(batch).at(1).flags)
})
