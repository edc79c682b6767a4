// What the usage ledger and its corrections add to a span of the bench traffic: tasks run through the chain with the ledger and
// without it, in turns. The ledger's tables are full. `node collector/ledger/traffic.bench.ts [rounds] [spans a task]`

import { generateRequests } from '../../bench/traffic/generate.ts'
import type { TaskRequest } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { buildChain } from '../worker/build-chain.ts'
import { canonicalizeOnly } from '../worker/testing/pipeline-spec.ts'
import { UsageLedger } from './ledger.ts'

const SPANS_PER_REQUEST = 100
const REQUESTS = 60
const WARM_UP_ROUNDS = 25
/** More than the ledger remembers: from then on each report takes the place of another one. */
const FILL_ROUNDS = 20

const rounds = Number(process.argv[2] ?? 15)
const perTask = Math.max(1, Math.round(Number(process.argv[3] ?? 1000) / SPANS_PER_REQUEST))

const chain = buildChain(canonicalizeOnly())
const ledger = new UsageLedger()
let runAgain = 0
let spans = 0

type Tasks = readonly (readonly TaskRequest[])[]

function tasksOf(seed: number): Tasks {
  const traffic = generateRequests({
    seed,
    requests: REQUESTS,
    spansPerRequest: SPANS_PER_REQUEST,
  })
  const requests: TaskRequest[] = traffic.map(({ protobuf }) => ({
    payload: protobuf,
    encoding: 'identity',
    format: 'otlp-proto',
    telemetry: 'traces',
    tenant: DEFAULT_TENANT,
    receivedAtMs: Date.now(),
  }))
  const count = Math.ceil(requests.length / perTask)
  return Array.from({ length: count }, (_, i) => requests.slice(i * perTask, (i + 1) * perTask))
}

/** CPU time in µs, user and system. */
function timed(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function without(tasks: Tasks): void {
  for (const requests of tasks) chain.run({ requests, corrections: [] })
}

/** As a pipeline does it; `ledgerUs` gets the part on the main thread. */
function withLedger(tasks: Tasks, ledgerUs: { sum: number }): void {
  for (const requests of tasks) {
    let { facts } = chain.run({ requests, corrections: [] })
    let corrections: ReturnType<UsageLedger['check']> = []
    let revisions: ReturnType<UsageLedger['revisions']> = []
    ledgerUs.sum += timed(() => {
      corrections = ledger.check(facts)
      revisions = ledger.revisions(facts)
    })
    if (corrections.length + revisions.length > 0) {
      runAgain += facts.count
      facts = chain.run({ requests, corrections, revisions }).facts
    }
    ledgerUs.sum += timed(() => ledger.commit(facts))
    spans += facts.count
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

let seed = 1
for (let round = 0; round < WARM_UP_ROUNDS + FILL_ROUNDS; round++)
  withLedger(tasksOf(seed++), { sum: 0 })
runAgain = 0
spans = 0
const all = REQUESTS * SPANS_PER_REQUEST
const times = { without: [] as number[], with: [] as number[], ledger: [] as number[] }
for (let round = 0; round < rounds; round++) {
  const [a, b] = [tasksOf(seed++), tasksOf(seed++)]
  const ledgerUs = { sum: 0 }
  const measure = [
    () => times.without.push(timed(() => without(a)) / all),
    () => times.with.push(timed(() => withLedger(b, ledgerUs)) / all),
  ]
  for (const one of round % 2 === 0 ? measure : measure.toReversed()) one()
  times.ledger.push(ledgerUs.sum / all)
}
const { reports, bytes } = ledger.stats()
process.stdout.write(`µs CPU a span of the bench traffic, median of ${rounds} rounds, ${perTask * SPANS_PER_REQUEST} spans a task, one thread
chain without the ledger      ${median(times.without).toFixed(2)}
chain with the ledger         ${median(times.with).toFixed(2)}
of these check and commit     ${median(times.ledger).toFixed(2)}
${((runAgain / spans) * 100).toFixed(1)} % of the spans were in tasks that ran again; ${reports} reports remembered, ${(bytes / 1e6).toFixed(1)} MB
`)
