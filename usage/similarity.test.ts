// Two reports in two traces, tied by nothing but time: which are one call, and which look alike and are two.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../core/reports/report-rows.ts'
import { decideReports } from './call-matching.ts'
import { OUTCOME, UsageReport } from './report.ts'

type Columns = Partial<Record<keyof typeof REPORT, number>>

const FLAGS = REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED | REPORT_FLAG.TIMES
const GPT = 0x1234_1234
const CLAUDE = 0x5678_5678

/** The framework's span, around the call. */
const OUTER: Columns = {
  TRACE: 1,
  SPAN: 11,
  SCOPE: 101,
  MODELS: GPT,
  START: 1000,
  DURATION: 900,
  INPUT: 500,
  OUTPUT: 70,
  PROJECT: 7,
  FLAGS,
}
/** The SDK's own span, the root of a trace of its own. */
const INNER: Columns = { ...OUTER, TRACE: 2, SPAN: 22, SCOPE: 202, START: 1010, DURATION: 850 }

function callsOf(...reports: readonly Columns[]): number {
  const rows = new Int32Array(reports.length * REPORT_STRIDE)
  for (const [i, columns] of reports.entries()) {
    rows[i * REPORT_STRIDE + REPORT.EVENT] = i
    for (const [name, value] of Object.entries(columns))
      rows[i * REPORT_STRIDE + REPORT[name as keyof typeof REPORT]] = value
  }
  const all = reports.map((_, i) => new UsageReport(rows, i * REPORT_STRIDE))
  decideReports(all)
  return all.filter((n) => n.outcome === OUTCOME.COUNTED).length
}

const WITH_ID = FLAGS | REPORT_FLAG.RESPONSE_ID

const ONE_CALL: Readonly<Record<string, Columns>> = {
  'the same counts': INNER,
  'an input without what was read from the cache': { ...INNER, INPUT: 100, CACHE_READ: 400 },
  'an input without what was written to the cache': { ...INNER, INPUT: 300, CACHE_WRITE: 200 },
  'an input without both': { ...INNER, INPUT: 50, CACHE_READ: 400, CACHE_WRITE: 50 },
  'no input': { ...INNER, INPUT: 0 },
  'clocks that differ by some milliseconds': { ...INNER, START: 998, DURATION: 904 },
  'a response id that the other does not say': { ...INNER, FLAGS: WITH_ID, RESPONSE0: 5 },
}

for (const [what, inner] of Object.entries(ONE_CALL))
  test(`one call in two traces, with ${what}, counts once`, () => {
    assert.equal(callsOf(OUTER, inner), 1)
    assert.equal(callsOf(inner, OUTER), 1)
  })

const TWO_CALLS: Readonly<Record<string, Columns>> = {
  'another input': { ...INNER, INPUT: 320 },
  'an input whose difference no cache explains': { ...INNER, INPUT: 100, CACHE_READ: 90 },
  'another output': { ...INNER, OUTPUT: 90 },
  'another model': { ...INNER, MODELS: CLAUDE },
  'no model': { ...INNER, MODELS: 0 },
  'another service': { ...INNER, PROJECT: 8 },
  'the same instrumentation': { ...INNER, SCOPE: 101 },
  'a beginning before the other': { ...INNER, START: 990 },
  'an end after the other': { ...INNER, DURATION: 900 },
  'a small part of the time of the other': { ...INNER, DURATION: 300 },
  'a parent that was seen': { ...INNER, FLAGS: FLAGS | REPORT_FLAG.PARENT, PARENT: 33, UNDER: 33 },
}

for (const [what, inner] of Object.entries(TWO_CALLS))
  test(`two calls of one model at a time in two traces, with ${what}, count twice`, () => {
    const root: Columns = { TRACE: 2, SPAN: 33, FLAGS: REPORT_FLAG.BARRIER }
    assert.equal(callsOf(OUTER, inner, root), 2)
    assert.equal(callsOf(root, inner, OUTER), 2)
  })

const NO_USAGE = { INPUT: 0, OUTPUT: 0 }
const FAILED = FLAGS | REPORT_FLAG.NO_USAGE | REPORT_FLAG.ERROR

test('a failed call in two traces is one, and a retry of it that the client reports as well is another', () => {
  const outer = { ...OUTER, ...NO_USAGE, FLAGS: FAILED }
  const inner = { ...INNER, ...NO_USAGE, FLAGS: FAILED }
  assert.equal(callsOf(outer, inner), 1)
  const retry = { ...inner, TRACE: 3, SPAN: 33, START: 1020 }
  for (const all of [
    [outer, inner, retry],
    [retry, inner, outer],
  ])
    assert.equal(callsOf(...all), 2)
  // What did not fail may be the call of another request.
  assert.equal(callsOf(outer, { ...inner, FLAGS: FLAGS | REPORT_FLAG.NO_USAGE }), 2)
  assert.equal(callsOf(outer, { ...inner, MODELS: CLAUDE }), 2)
  assert.equal(callsOf(outer, { ...inner, PROJECT: 8 }), 2)
})

test('an agent whose only call is the root of another trace contains it', () => {
  const agent = { ...OUTER, FLAGS: FLAGS | REPORT_FLAG.CONTAINER | REPORT_FLAG.BARRIER }
  assert.equal(callsOf(agent, INNER), 1)
  assert.equal(callsOf(INNER, agent), 1)
  assert.equal(callsOf(agent, { ...INNER, INPUT: 499 }), 1)
  assert.equal(callsOf(agent, { ...INNER, INPUT: 320 }), 2)
  assert.equal(callsOf(agent, { ...INNER, PROJECT: 8 }), 2)
  assert.equal(callsOf(agent, { ...INNER, START: 1100 }), 2)
})

test('two calls that each name a response count twice, though all else is equal', () => {
  const outer = { ...OUTER, FLAGS: WITH_ID, RESPONSE0: 5 }
  assert.equal(callsOf(outer, { ...INNER, FLAGS: WITH_ID, RESPONSE0: 6 }), 2)
})

test('of twenty calls at a time, each reported in two traces, every one counts once', () => {
  const pairs = Array.from({ length: 20 }, (_, i): readonly Columns[] => {
    const of = { INPUT: 500 + i * 13, OUTPUT: 70 + (i % 5) }
    return [
      { ...OUTER, ...of, TRACE: 100 + i, SPAN: 1000 + i },
      { ...INNER, ...of, TRACE: 200 + i, SPAN: 2000 + i },
    ]
  }).flat()
  assert.equal(callsOf(...pairs), 20)
  assert.equal(callsOf(...pairs.toReversed()), 20)
})
