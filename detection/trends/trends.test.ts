// Trends over days: a new level is told once and becomes the usual one, an hour of the week has its own level, nothing is learned from an
// anomaly, and what late calls take back is marked.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Signal } from '../../core/signals/signal.ts'
import { signalsSchema } from '../../processors/signals/config.ts'
import { SignalDetector } from '../detector.ts'
import { moved, observed } from '../testing/observed.ts'

const settings = signalsSchema.parse({})
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A Monday at midnight. */
const MONDAY = Date.UTC(2026, 10, 30)

interface Level {
  readonly ms?: number
  /** Every n-th call fails. */
  readonly errorEvery?: number
  readonly calls?: number
}

/** The calls of a minute. Those of a level are made once and moved. */
function minuteOf(atMs: number, level: Level): Uint8Array {
  const name = JSON.stringify(level)
  const known = MADE.get(name) ?? callsOf(level)
  MADE.set(name, known)
  return moved(known, atMs - MONDAY)
}

const MADE = new Map<string, Uint8Array>()

function callsOf({ ms = 100, errorEvery = 0, calls = 60 }: Level): Uint8Array {
  return observed(
    Array.from({ length: calls }, (_, n) => {
      const endMs = MONDAY + 1000 + Math.floor((n * (calls <= 30 ? 28_000 : 58_000)) / calls)
      const isError = errorEvery > 0 && n % errorEvery === 0
      return {
        event: 0,
        trace: 0,
        span: 0,
        parent: 0,
        startMs: endMs - Math.round(ms * (0.9 + (n % 10) / 50)),
        endMs,
        fields: {
          tenant_id: 'default',
          project_id: 'default',
          service_name: 'shop',
          kind: 'tool',
          tool_name: 'pricing',
          ...(isError ? { status: 'error' } : {}),
        },
      }
    }),
  )
}

class Timeline {
  detector = new SignalDetector(settings)
  readonly found = new Map<string, Signal>()
  /** Every form of every signal, in order. */
  readonly told: Signal[] = []

  keep(signals: readonly Signal[]): void {
    for (const s of signals) this.found.set(s.signal_id, s)
    this.told.push(...signals)
  }

  run(fromMs: number, toMs: number, levelAt: (ms: number) => Level | null): void {
    for (let at = fromMs; at < toMs; at += MINUTE) {
      const level = levelAt(at)
      if (level !== null) this.keep(this.detector.observe(minuteOf(at, level), at + MINUTE))
    }
  }

  /** Time goes on, with a snapshot in between. */
  restart(): void {
    const pieces = [...this.detector.snapshot()]
    this.detector = new SignalDetector(settings)
    assert.ok(this.detector.restore(pieces))
  }
}

test('a level that stays for a day is one signal, which says that it is the usual one now; what was usual before is forgotten', () => {
  const t = new Timeline()
  t.run(MONDAY, MONDAY + 3 * HOUR, () => ({}))
  t.run(MONDAY + 3 * HOUR, MONDAY + 15 * HOUR, () => ({ ms: 900 }))
  t.restart()
  // Nothing was learned from the anomaly, however long it lasts.
  assert.deepEqual(
    [...t.found.values()].map((s) => s.type),
    ['latency_anomaly'],
  )
  assert.equal(t.told.length, 1)
  t.run(MONDAY + 15 * HOUR, MONDAY + 30 * HOUR, () => ({ ms: 900 }))
  const [signal, ...others] = [...t.found.values()]
  assert.deepEqual(others, [])
  assert.equal(t.told.length, 2)
  assert.equal(signal?.evidence['new_normal_from'], '2026-12-01T03:01:00.000Z')
  assert.equal(signal?.evidence['usual'], t.told[0]?.evidence['usual'])
  // The new level is what is compared with.
  t.run(MONDAY + 30 * HOUR, MONDAY + 31 * HOUR, () => ({ ms: 8000 }))
  const last = t.told.at(-1)
  assert.equal(t.found.size, 2)
  assert.ok(Math.abs(Number(last?.evidence['usual']) - 900) < 100, JSON.stringify(last))
})

test('an anomaly that ends is told, and what was usual before is usual again at once', () => {
  const t = new Timeline()
  t.run(MONDAY, MONDAY + 3 * HOUR, () => ({}))
  t.run(MONDAY + 3 * HOUR, MONDAY + 7 * HOUR, () => ({ errorEvery: 2 }))
  t.run(MONDAY + 7 * HOUR, MONDAY + 7 * HOUR + 10 * MINUTE, () => ({}))
  t.run(MONDAY + 7 * HOUR + 10 * MINUTE, MONDAY + 8 * HOUR, () => ({ errorEvery: 2 }))
  const rates = [...t.found.values()].filter((s) => s.type === 'error_rate')
  assert.equal(rates.length, 2)
  assert.deepEqual(
    rates.map((s) => s.evidence['usual']),
    ['0 %', '0 %'],
  )
})

test('a series whose only call repeats another one is judged without a minute', () => {
  const t = new Timeline()
  const call = {
    event: 0,
    trace: 0,
    span: 0,
    parent: 0,
    startMs: MONDAY,
    endMs: MONDAY + 100,
    fields: {
      tenant_id: 'default',
      project_id: 'default',
      kind: 'llm',
      usage_duplicate_of: 'another one',
    },
  }
  t.keep(t.detector.observe(observed([call]), MONDAY + MINUTE))
  t.restart()
  t.run(MONDAY + MINUTE, MONDAY + 5 * MINUTE, () => ({}))
  assert.equal(t.detector.stats().series, 2)
  t.keep(t.detector.finish())
  assert.deepEqual(t.told, [])
})

test('after a night without calls nothing has to be learned again', () => {
  const t = new Timeline()
  t.run(MONDAY + 8 * HOUR, MONDAY + 18 * HOUR, () => ({}))
  t.run(MONDAY + DAY + 8 * HOUR, MONDAY + DAY + 8 * HOUR + 6 * MINUTE, () => ({ ms: 900 }))
  t.keep(t.detector.finish())
  assert.deepEqual(
    [...t.found.values()].map((s) => s.type),
    ['latency_anomaly'],
  )
})

test('a peak of every Monday morning is an anomaly twice, then it is the season; a higher one is not', () => {
  const t = new Timeline()
  const isPeak = (ms: number): boolean => ms % (7 * DAY) === (MONDAY + 9 * HOUR) % (7 * DAY)
  const hours =
    (level: number) =>
    (at: number): Level | null => {
      const hourOf = Math.floor(at / HOUR) * HOUR
      // Only what is near a peak, so that the test is quick.
      const near = [-3, -2, -1, 0, 1].some((h) => isPeak(hourOf + h * -HOUR))
      return near ? { ms: isPeak(hourOf) ? level : 100 } : null
    }
  t.run(MONDAY, MONDAY + 14 * DAY, hours(700))
  assert.equal(t.found.size, 2)
  t.restart()
  t.run(MONDAY + 14 * DAY, MONDAY + 21 * DAY, hours(750))
  assert.equal(t.found.size, 2)
  t.run(MONDAY + 21 * DAY, MONDAY + 22 * DAY, hours(3000))
  assert.equal(t.found.size, 3)
  const usual = Number(t.told.at(-1)?.evidence['usual_at_this_hour_of_the_week'])
  assert.ok(usual > 100 && usual < 1000, String(usual))
})

test('a signal that late calls take back is marked as superseded, and stays', () => {
  const t = new Timeline()
  t.run(MONDAY, MONDAY + 2 * HOUR, () => ({}))
  // The quick calls of these minutes are late: only slow ones are there at first.
  const from = MONDAY + 2 * HOUR
  t.run(from, from + 4 * MINUTE, () => ({ ms: 900 }))
  t.keep(t.detector.advance(from + 6 * MINUTE))
  t.run(from + 4 * MINUTE, from + 6 * MINUTE, () => ({}))
  assert.equal(t.found.size, 1)
  for (let m = 0; m < 4; m++)
    t.keep(t.detector.observe(minuteOf(from + m * MINUTE, { calls: 2400 }), from + 6 * MINUTE))
  t.keep(t.detector.finish())
  assert.deepEqual(
    [...t.found.values()].map((s) => s.evidence['superseded']),
    [true],
  )
})

test('any order of calls within the lateness gives the same signals, also over days', () => {
  const levelAt = (at: number): Level => ({ ms: at % (5 * HOUR) > 4 * HOUR ? 900 : 100 })
  const found = (lateMs: number): string[] => {
    const t = new Timeline()
    for (let at = MONDAY; at < MONDAY + 30 * HOUR; at += MINUTE) {
      // The first half of a minute comes after the second half, or before.
      const parts = [0, 30_000].map((from) => minuteOf(at + from, { ...levelAt(at), calls: 30 }))
      const arrived = lateMs > 0 ? parts.toReversed() : parts
      for (const part of arrived) t.keep(t.detector.observe(part, at + MINUTE + lateMs))
    }
    t.keep(t.detector.finish())
    return [...t.found.values()].map((s) => JSON.stringify(s)).toSorted()
  }
  const expected = found(0)
  assert.equal(expected.length, 6)
  assert.deepEqual(found(25_000), expected)
})
