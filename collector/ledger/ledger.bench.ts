// What check and commit of an event cost with tables that are full, and what these take.
// `node collector/ledger/ledger.bench.ts` prints one line for each way of traffic.

import { REPORT_FLAG } from '../../core/reports/report-rows.ts'
import type { EventFacts } from '../../core/task.ts'
import { UsageLedger } from './ledger.ts'

const EVENTS = 1000
const FILL_TASKS = 1000
const GROUPS = 10
const TASKS_A_GROUP = 50

/** Which trace the event `e` of a task belongs to. */
const TRAFFIC: Readonly<Record<string, (task: number, e: number) => number>> = {
  'traces of ten in one task': (task, e) => task * 100 + Math.floor(e / 10),
  'traces of ten over ten tasks': (task, e) => Math.floor(task / 10) * EVENTS + e,
  'twenty traces without end': (_, e) => e % 20,
}

function factsOf(task: number, traceOf: (task: number, e: number) => number): EventFacts {
  const eventIds = Buffer.alloc(EVENTS * 16)
  const claims: number[] = []
  const reports: number[] = []
  for (let e = 0; e < EVENTS; e++) {
    const id = task * EVENTS + e
    eventIds.writeInt32LE(Math.imul(id + 1, 0x9e37_79b1), e * 16)
    eventIds.writeInt32LE(id, e * 16 + 4)
    claims.push(e, Math.imul(id + 1, 0x85eb_ca6b), id)
    const flags = REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED | REPORT_FLAG.TIMES | REPORT_FLAG.PARENT
    const trace = Math.imul(traceOf(task, e) + 1, 0xc2b2_ae35)
    const usage = [100 + (id % 77), 5 + (id % 7), id % 3]
    const response = [Math.imul(id + 1, 0x85eb_ca6b), id]
    const parts = [0, 0, 0, ...response, 0, 0, id - 1]
    reports.push(e, trace, id, id - 1, ...usage, 0x0001_0001, id * 10, 5, flags, ...parts)
  }
  const count = EVENTS
  const entries = new Uint8Array(0)
  return {
    count,
    eventIds,
    claims: Int32Array.from(claims),
    reports: Int32Array.from(reports),
    // The worker has decided that all of them count.
    outcomes: new Int32Array(0),
    entries,
  }
}

function run(ledger: UsageLedger, facts: readonly EventFacts[]): void {
  for (const f of facts) {
    ledger.check(f)
    ledger.commit(f)
  }
}

process.stdout.write('one claim and one report an event, batches of 1000, tables full\n')
for (const [name, traceOf] of Object.entries(TRAFFIC)) {
  const ledger = new UsageLedger()
  for (let task = 0; task < FILL_TASKS; task++) run(ledger, [factsOf(task, traceOf)])
  const times: number[] = []
  for (let g = 0; g < GROUPS; g++) {
    const first = FILL_TASKS + g * TASKS_A_GROUP
    const facts = Array.from({ length: TASKS_A_GROUP }, (_, i) => factsOf(first + i, traceOf))
    const started = process.cpuUsage()
    run(ledger, facts)
    const { user, system } = process.cpuUsage(started)
    times.push((user + system) / (TASKS_A_GROUP * EVENTS))
  }
  const median = times.sort((a, b) => a - b)[GROUPS / 2] ?? 0
  const { bytes, reports } = ledger.stats()
  process.stdout.write(
    `${name.padEnd(30)} ${median.toFixed(2)} µs CPU an event, ${reports} reports, ${(bytes / 1e6).toFixed(1)} MB\n`,
  )
}
