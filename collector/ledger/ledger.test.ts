// The usage ledger against a plain Map, and its behaviour at the bound and over a restart.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { expandEntry } from '../../core/reports/entry-expander.ts'
import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import { eachEntry } from '../../core/reports/usage-entries.ts'
import type { EventFacts, LedgerCorrection } from '../../core/task.ts'
import { DurableLog } from '../log/log.ts'
import { packFacts, unpackFacts } from './event-facts.ts'
import { UsageLedger } from './ledger.ts'

const quiet = { info: () => {}, warn: () => {}, error: () => {} }

/** Facts of events by number, with claims as pairs of (position, claim number). */
function facts(
  events: readonly number[],
  claims: readonly (readonly [number, number])[],
): EventFacts {
  const eventIds = Buffer.alloc(events.length * 16)
  for (const [i, e] of events.entries()) eventIds.set(eventIdOf(e), i * 16)
  const rows = claims.flatMap(([at, c]) => [at, Math.imul(c + 1, 0x9e37_79b1), c << 12])
  return {
    count: events.length,
    eventIds,
    claims: Int32Array.from(rows),
    reports: reportsOf(claims),
    entries: new Uint8Array(0),
  }
}

/** Each event that makes a claim reports a call, in a trace of its own, with the last of its claims for a response id. */
function reportsOf(claims: readonly (readonly [number, number])[]): Int32Array {
  const byEvent = new Map(claims)
  const rows = new Int32Array(byEvent.size * REPORT_STRIDE)
  for (const [i, [event, claim]] of [...byEvent].toSorted(([a], [b]) => a - b).entries()) {
    const at = i * REPORT_STRIDE
    rows[at + REPORT.EVENT] = event
    rows[at + REPORT.TRACE] = traces++
    rows[at + REPORT.INPUT] = 10
    rows[at + REPORT.OUTPUT] = 1
    rows[at + REPORT.FLAGS] = REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED
    if (!hasResponses) continue
    rows[at + REPORT.FLAGS] = (rows[at + REPORT.FLAGS] as number) | REPORT_FLAG.RESPONSE_ID
    rows[at + REPORT.RESPONSE0] = Math.imul(claim + 1, 0x9e37_79b1)
    rows[at + REPORT.RESPONSE1] = claim << 12
  }
  return rows
}
let traces = 1
/** Whether reports name the response, or are known by their claims alone. */
let hasResponses = false

function eventIdOf(e: number): Buffer {
  const b = Buffer.alloc(16, e & 255)
  b.writeUInt32LE(Math.imul(e + 1, 0x85eb_ca6b) >>> 0, 0)
  b.writeUInt32LE(e, 8)
  return b
}

/** The same rules with maps and strings. */
class PlainLedger {
  readonly #events = new Map<string, object>()
  readonly #claims = new Map<string, { readonly by: string; readonly in: object }>()

  check(f: EventFacts): LedgerCorrection[] {
    const ids = idsOf(f)
    const corrections = new Map<number, LedgerCorrection>()
    for (const [event, id] of ids.entries())
      if (this.#events.has(id) || ids.indexOf(id) < event)
        corrections.set(event, { event, reason: 'resend', of: Buffer.from(id, 'hex') })
    for (const [event, name] of claimsOf(f)) {
      if (corrections.has(event)) continue
      const owner = this.#claims.get(name)?.by
      if (owner === undefined || owner === ids[event]) continue
      corrections.set(event, { event, reason: 'duplicate', of: Buffer.from(owner, 'hex') })
    }
    return [...corrections.values()]
  }

  commit(f: EventFacts): void {
    const ids = idsOf(f)
    const corrections = new Map(this.check(f).map((h) => [h.event, h]))
    for (const id of ids) if (!this.#events.has(id)) this.#events.set(id, f)
    for (const [event, name] of claimsOf(f))
      if (!this.#claims.has(name))
        this.#claims.set(name, {
          by: ownerOf(corrections.get(event)) ?? (ids[event] as string),
          in: f,
        })
  }

  rollback(f: EventFacts): void {
    for (const [id, by] of this.#events) if (by === f) this.#events.delete(id)
    for (const [name, c] of this.#claims) if (c.in === f) this.#claims.delete(name)
  }
}

/** What a duplicate also goes by belongs to the event that it repeats. */
function ownerOf(correction: LedgerCorrection | undefined): string | null {
  return correction?.reason === 'duplicate' ? Buffer.from(correction.of).toString('hex') : null
}

function idsOf(f: EventFacts): string[] {
  const all = Buffer.from(f.eventIds)
  return Array.from({ length: f.count }, (_, i) => all.toString('hex', i * 16, i * 16 + 16))
}

function claimsOf(f: EventFacts): [number, string][] {
  const out: [number, string][] = []
  for (let i = 0; i < f.claims.length; i += 3)
    out.push([f.claims[i] as number, `${f.claims[i + 1]} ${f.claims[i + 2]}`])
  return out
}

function plain(corrections: readonly LedgerCorrection[]): string[] {
  return corrections
    .toSorted((a, b) => a.event - b.event)
    .map((c) => `${c.event} ${c.reason} ${'of' in c ? Buffer.from(c.of).toString('hex') : ''}`)
}

const factsArbitrary = fc
  .array(fc.nat(30), { minLength: 1, maxLength: 8 })
  .chain((events) =>
    fc
      .array(fc.tuple(fc.nat(events.length - 1), fc.nat(20)), { maxLength: 8 })
      .map((claims) => facts(events, claims)),
  )

test('the ledger answers as a plain map would, over commits and rollbacks', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('commit', 'fail'), factsArbitrary), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(steps, (all) => {
      const ledger = new UsageLedger()
      const model = new PlainLedger()
      for (const [what, f] of all) {
        assert.deepEqual(plain(ledger.check(f)), plain(model.check(f)))
        ledger.commit(f)
        model.commit(f)
        if (what === 'commit') continue
        ledger.rollback(f)
        model.rollback(f)
      }
    }),
    { numRuns: 300 },
  )
})

test('a rollback leaves the table as if the facts had never been seen, whatever was beside them', () => {
  const ledger = new UsageLedger()
  for (let e = 0; e < 5000; e++) ledger.commit(facts([e], [[0, e]]))
  const failed = facts(
    [9000, 3, 9001],
    [
      [0, 7],
      [2, 9000],
    ],
  )
  ledger.commit(failed)
  ledger.rollback(failed)
  assert.equal(ledger.stats().entries, 10_000)
  assert.deepEqual(ledger.check(facts([9000, 9001], [[0, 9000]])), [])
  for (let e = 0; e < 5000; e++) assert.equal(ledger.check(facts([e], [])).length, 1, `event ${e}`)
})

test('an event sent twice in one task is a resend of the first', () => {
  const ledger = new UsageLedger()
  const corrections = ledger.check(facts([1, 2, 1], []))
  assert.deepEqual(plain(corrections), [`2 resend ${eventIdOf(1).toString('hex')}`])
})

test('the second report of a call names the event that reported it first', () => {
  const ledger = new UsageLedger()
  ledger.commit(facts([1], [[0, 77]]))
  const corrections = ledger.check(facts([2], [[0, 77]]))
  assert.deepEqual(plain(corrections), [`0 duplicate ${eventIdOf(1).toString('hex')}`])
})

test('two requests of one task that report the same call count once', (t) => {
  hasResponses = true
  t.after(() => {
    hasResponses = false
  })
  const corrections = new UsageLedger().check(
    facts(
      [1, 2, 3],
      [
        [0, 77],
        [1, 78],
        [2, 77],
      ],
    ),
  )
  assert.deepEqual(plain(corrections), [`2 duplicate ${eventIdOf(1).toString('hex')}`])
})

test('the table is bounded and forgets the oldest first', () => {
  const ledger = new UsageLedger(4000)
  for (let e = 0; e < 20_000; e++) ledger.commit(facts([e], []))
  const { entries, entriesMax, evicted } = ledger.stats()
  assert.ok(entries <= entriesMax && entries >= entriesMax * 0.7, `${entries} of ${entriesMax}`)
  assert.equal(entries + evicted, 20_000)
  assert.equal(ledger.check(facts([19_999], [])).length, 1)
  assert.equal(ledger.check(facts([17_500], [])).length, 1)
  assert.equal(ledger.check(facts([0], [])).length, 0)
})

test('after a restart the log gives the ledger back, for the pipelines that share it', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'observa-ledger-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const options = { dir, clock: systemClock, metrics: new Metrics(), log: quiet, freeBytesMin: 0 }
  const log = await DurableLog.open(options)
  const append = (pipeline: string, f: EventFacts): Promise<bigint> => {
    const parts = [{ exporter: 'x', stream: 's', items: 1, bytes: Buffer.from('x') }]
    const { count: eventCount, eventIds, claims } = f
    return log.append({ pipeline, parts, eventCount, eventIds, claims, createdAtMs: 0 })
  }
  await append('mine', facts([1, 2], [[1, 5]]))
  await append('other', facts([3], []))
  await log.close()
  const again = await DurableLog.open(options)
  const ledger = new UsageLedger()
  await ledger.rebuild(again, (pipeline) => pipeline === 'mine')
  await again.close()
  assert.deepEqual(plain(ledger.check(facts([3, 2, 4], [[2, 5]]))), [
    `1 resend ${eventIdOf(2).toString('hex')}`,
    `2 duplicate ${eventIdOf(2).toString('hex')}`,
  ])
})

test('facts come out of a log record as they were put in, whatever they are', () => {
  const int = fc.oneof(
    fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
    fc.constantFrom(0, 0, 1),
  )
  const rows = (stride: number, count: number): fc.Arbitrary<Int32Array> =>
    fc
      .array(
        fc
          .tuple(fc.nat(count - 1), fc.array(int, { minLength: stride - 1, maxLength: stride - 1 }))
          .map(([event, others]) => [event, ...others]),
        { maxLength: 6 },
      )
      .map((all) => Int32Array.from(all.toSorted(([a = 0], [b = 0]) => a - b).flat()))
  const bytes = fc.uint8Array({ maxLength: 50 })
  fc.assert(
    fc.property(rows(3, 5), rows(REPORT_STRIDE, 5), bytes, (claims, reports, entries) => {
      const eventIds = new Uint8Array(5 * 16).map((_, i) => i * 7)
      // Claims are mostly those of the event or of its response.
      for (let at = 0; at < claims.length; at += 6)
        claims.set(new Int32Array(eventIds.buffer, (claims[at] as number) * 16, 2), at + 1)
      const packed = packFacts({ eventIds, claims, reports, entries })
      assert.equal(packed.length % 3, 0)
      const out = unpackFacts(packed, eventIds)
      assert.deepEqual([...out.claims], [...claims])
      assert.deepEqual([...out.reports], [...reports])
      assert.deepEqual([...out.entries], [...entries])
    }),
  )
})

/** As versions before the packed form wrote them: rows one after the other, entries behind a mark. */
function writtenBefore(claims: Int32Array, reports: Int32Array, entries: Uint8Array): Int32Array {
  const rows = Math.ceil((claims.length + reports.length) / 3)
  const packed = new Int32Array((rows + 2 + Math.ceil(entries.length / 12)) * 3)
  packed.set(claims)
  packed.set(reports, claims.length)
  const end = claims.length + reports.length
  for (let at = claims.length; at < end; at += REPORT_STRIDE)
    packed[at] = -1 - (packed[at] as number)
  packed[end] = -0x8000_0000
  packed[end + 1] = entries.length
  new Uint8Array(packed.buffer).set(entries, (end + 3) * 4)
  return packed
}

test('facts of a log that an older version wrote are read', () => {
  hasResponses = true
  const { claims, reports, eventIds } = facts(
    [1, 2],
    [
      [0, 5],
      [1, 6],
    ],
  )
  hasResponses = false
  const entry = new Uint8Array(70).fill(7)
  new DataView(entry.buffer).setUint32(0, entry.length, true)
  new DataView(entry.buffer).setUint32(4, 1, true)
  const out = unpackFacts(writtenBefore(claims, reports, entry), eventIds)
  assert.deepEqual([...out.claims], [...claims])
  assert.deepEqual([...out.reports], [...reports])
  const found: unknown[] = []
  eachEntry(out.entries, (event, offset) => {
    found.push([event, [...expandEntry(out.entries, offset, '')]])
  })
  assert.deepEqual(found, [[1, [...entry]]])
  // Claims alone, as of a task without reports.
  assert.deepEqual([...unpackFacts(claims, eventIds).claims], [...claims])
})

test('reports of the oldest logs, of twelve columns, are compared by place and no longer by response', () => {
  const { claims, eventIds } = facts([1, 2], [[0, 5]])
  const flags = REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED | REPORT_FLAG.RESPONSE_ID
  const rows = [0, 1].flatMap((event) => [-1 - event, 9, 3, 4, 100, 20, 5, 6, 1000, 50, flags, -1])
  const { reports, ...out } = unpackFacts(Int32Array.from([...claims, ...rows]), eventIds)
  assert.deepEqual([...out.claims], [...claims])
  assert.equal(out.entries.length, 0)
  assert.equal(reports.length, 2 * REPORT_STRIDE)
  const second = reports.subarray(REPORT_STRIDE)
  assert.equal(second[REPORT.EVENT], 1)
  assert.equal(second[REPORT.UNDER], 4)
  assert.equal(second[REPORT.DURATION], 50)
  assert.equal(second[REPORT.FLAGS], REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED)
})

test('commits that fail together are taken back as if they had never been', () => {
  const report = (trace: number, span: number, parent: number, response: number) => ({
    trace,
    span,
    parent,
    response,
  })
  type Drawn = ReturnType<typeof report>
  const drawn = fc
    .tuple(fc.nat(3), fc.nat(4), fc.nat(5), fc.oneof(fc.constant(0), fc.nat(4)))
    .map((all) => report(...all))
  let events = 1000
  const factsFrom = (all: readonly Drawn[]): EventFacts => {
    const base = facts(
      all.map(() => events++),
      [],
    )
    const reports = new Int32Array(all.length * REPORT_STRIDE)
    for (const [i, { trace, span, parent, response }] of all.entries()) {
      const put = (column: number, value: number): void => {
        reports[i * REPORT_STRIDE + column] = value
      }
      put(REPORT.EVENT, i)
      put(REPORT.TRACE, trace + 1)
      put(REPORT.SPAN, Math.imul(span + 1, 0x5bd1_e995))
      put(REPORT.PARENT, parent === 0 ? 0 : Math.imul(parent, 0x5bd1_e995))
      put(REPORT.UNDER, parent === 0 ? 0 : Math.imul(parent, 0x5bd1_e995))
      put(REPORT.INPUT, 30)
      put(REPORT.OUTPUT, 4)
      put(REPORT.SCOPE, span)
      put(REPORT.MODELS, 0x1234_1234)
      put(REPORT.START, span)
      put(REPORT.DURATION, 20 - span * 2)
      put(REPORT.RESPONSE0, response)
      const flags = REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED | REPORT_FLAG.TIMES
      const named = response === 0 ? 0 : REPORT_FLAG.RESPONSE_ID
      const richness = (span + 1) << 16
      put(REPORT.FLAGS, flags | named | richness | (parent === 0 ? 0 : REPORT_FLAG.PARENT))
    }
    return { ...base, reports }
  }
  const task = fc.array(drawn, { minLength: 1, maxLength: 3 })
  let revised = 0
  fc.assert(
    fc.property(
      fc.array(task, { maxLength: 5 }),
      fc.array(task, { minLength: 1, maxLength: 4 }),
      fc.array(task, { minLength: 1, maxLength: 5 }),
      (kept, failed, after) => {
        const ledger = new UsageLedger()
        const never = new UsageLedger()
        const both = (f: EventFacts): void => {
          assert.deepEqual(plain(ledger.check(f)), plain(never.check(f)))
          assert.deepEqual(statesIn(ledger, f), statesIn(never, f))
          ledger.commit(f)
          never.commit(f)
        }
        for (const t of kept) both(factsFrom(t))
        const pending = failed.map(factsFrom)
        for (const f of pending) {
          revised += ledger.revised(f).length
          ledger.commit(f)
        }
        // As the log refuses them: all behind the first that failed, the latest first.
        for (const f of pending.toReversed()) ledger.rollback(f)
        for (const t of after) both(factsFrom(t))
      },
    ),
    { numRuns: 500 },
  )
  // What is taken back had changed something.
  assert.ok(revised > 100, `${revised} revised`)
})

function statesIn(ledger: UsageLedger, f: EventFacts): unknown[] {
  return ledger
    .revised(f)
    .map(({ trace, id, before, after, revision }) => ({ trace, id, before, after, revision }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
}
