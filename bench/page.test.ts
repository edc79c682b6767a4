// Tests of how measurements become table rows, and rows a page.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measurement } from './measure.ts'
import { renderPage } from './page.ts'
import { measurementTable, median, spread } from './scenario.ts'
import { byLabel, sumMetric } from './subject.ts'

const percentiles = { p50: 1, p95: 2, p99: 3, max: 4, mean: 1.5 }

function measurement(cpuUsPerSpan: number): Measurement {
  return {
    subject: 'observa-otlp',
    drainSeconds: 0.5,
    sustainedSpansPerS: 900,
    cpuUsPerSpan,
    cpuUsPerSpanBy: { own: cpuUsPerSpan, postgres: 0, others: 0 },
    rssPeakBytes: 123e6,
    othersCpus: 0,
    memory: [],
    lost: 1,
    stageUsPerSpan: {},
    load: {
      mode: 'closed',
      connections: 8,
      gzip: false,
      seconds: 1,
      requests: 10,
      spansAccepted: 1000,
      spansRejected: 0,
      spansPerS: 1000,
      status: { 200: 9, 503: 1 },
      errors: { refused: 2 },
      retries: 0,
      latencyMs: percentiles,
      latenessMs: percentiles,
      clientCpuSeconds: 0,
      preparationCpuSeconds: 0,
      gzipOnTheFly: 0,
      copies: 10,
    },
  }
}

test('rounds of one subject become one row with median and spread', () => {
  const { rows } = measurementTable('t', [measurement(30), measurement(10), measurement(20)])
  assert.equal(rows.length, 1)
  assert.equal(rows[0]?.[3], '3')
  assert.equal(rows[0]?.[4], '20.0 (10.0–30.0)')
  // Three rounds, each with one 503 and two failed connections.
  assert.equal(rows[0]?.at(-2), '9')
  assert.equal(rows[0]?.at(-1), '3')
})

test('the page names machine, commit, date and command of every scenario', () => {
  const text = renderPage({
    peers: {
      title: 'side by side',
      date: '2026-11-01 10:00',
      commit: 'abc1234',
      command: 'npm run bench -- peers',
      machine: { cpu: 'TestCPU', cpus: 2, memoryGiB: 8, system: 'linux', node: 'v24.0.0' },
      notes: ['A note.'],
      tables: [{ title: 'T', columns: ['a', 'b'], rows: [['1|2', '3']] }],
      data: null,
    },
  })
  for (const part of [
    'abc1234',
    '2026-11-01 10:00',
    'TestCPU',
    'npm run bench -- peers',
    '- A note.',
  ])
    assert.ok(text.includes(part), part)
  assert.ok(text.includes('| 1\\|2 | 3 |'))
})

test('medians and spreads', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.equal(spread([1234.5], 0), '1,235')
})

test('a metric is summed over its series and not confused with longer names', () => {
  const text = '# TYPE q gauge\nq{a="x y"} 3\nq{a="b"} 4\nq_total 100\nqq 5\n'
  assert.equal(sumMetric(text, 'q'), 7)
  assert.equal(sumMetric(text, 'q_total'), 100)
  assert.equal(sumMetric(text, 'none'), null)
})

test('seconds by stage are read from their label', () => {
  const text =
    's{pipeline="a",stage="decode"} 1.5\ns{pipeline="b",stage="decode"} 2\ns{stage="x"} 4\n'
  assert.deepEqual(
    [...byLabel(text, 's', 'stage')],
    [
      ['decode', 3.5],
      ['x', 4],
    ],
  )
})
