// Tests what the process reports about itself: valid Prometheus metrics, its own spans if configured, and JSON logs without payload.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import test, { after, before } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { registry } from '../../collector/registry.ts'
import { PARTS } from '../../collector/service/declared-metrics.ts'
import { type MetricDeclaration, UNDECLARED } from '../../core/metrics.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const received: Buffer[] = []
const sink = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on('data', (c: Buffer) => chunks.push(c))
  req.on('end', () => {
    const body = Buffer.concat(chunks)
    received.push(req.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
    res.writeHead(200, { 'content-type': 'application/x-protobuf' })
    res.end()
  })
})

let instance: Instance

before(async () => {
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  const address = sink.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  instance = await Instance.start({
    config: `telemetry: { traces: { endpoint: "http://127.0.0.1:${port}", sample: 1 } }`,
  })
})

after(async () => {
  // Closed first: the test process ends only when nothing is open, even if the instance did not start.
  sink.close()
  sink.closeAllConnections()
  await instance.stop()
})

test('with an endpoint configured, requests make spans about Observa itself', async () => {
  const res = await instance.post('/v1/traces', otlpJson([{ name: 'a prompt nobody may log' }]))
  assert.equal(res.status, 200)
  await until(() => received.some((b) => b.includes('observa.accept')), 'traced', 30_000)
  assert.ok(!Buffer.concat(received).includes('a prompt nobody may log'))
})

test('every metric is declared, with its labels', async () => {
  await instance.drained()
  const text = await (await fetch(instance.url('/metrics', 'metrics'))).text()
  const declared = new Map(
    [...PARTS.flatMap((p) => p.metrics), ...componentMetrics()].map((m) => [m.name, m]),
  )
  let seen = 0
  for (const line of text.split('\n')) {
    const [, full, labels = ''] = /^([a-z_0-9]+)(?:\{(.*)\})? /.exec(line) ?? []
    if (line.startsWith('# HELP')) assert.ok(!line.endsWith(UNDECLARED), line)
    if (full === undefined) continue
    seen++
    const metric = declared.get(full) ?? declared.get(full.replace(/_(bucket|sum|count)$/, ''))
    assert.ok(metric, `${full} is declared`)
    for (const [, label] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g))
      assert.ok(label === 'le' || metric.labels.includes(label as string), `${full}: ${label}`)
  }
  assert.ok(seen > 40, `${seen} series`)
})

function componentMetrics(): MetricDeclaration[] {
  const { receivers, processors, exporters, extensions } = registry
  const all = [receivers, processors, exporters, extensions].flatMap((m) => [...m.values()])
  return all.flatMap((f) => [...f.metrics])
}

test('metrics are Prometheus text, each family declared once', async () => {
  await instance.drained()
  const text = await (await fetch(instance.url('/metrics', 'metrics'))).text()
  const families = text.split('\n').filter((line) => line.startsWith('# TYPE '))
  assert.equal(new Set(families).size, families.length)
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    assert.match(line, /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? -?[0-9.e+-]+$/, line)
  }
  for (const name of [
    'otelcol_receiver_accepted_spans',
    'otelcol_exporter_sent_spans',
    'observa_stage_seconds_total',
    'observa_exporter_queue_age_seconds',
    'observa_pipeline_accepted_items_total',
  ])
    assert.ok(text.includes(`\n${name}{`), name)
})

test('the log is JSON lines without payload text', () => {
  const lines = instance.stderr.split('\n').filter((line) => line.startsWith('{'))
  assert.ok(lines.length > 0)
  for (const line of lines) assert.ok('level' in (JSON.parse(line) as object))
  assert.ok(!instance.stderr.includes('a prompt nobody may log'))
})
