// A pipeline at run time: requests in, durable records out. Joins worker, usage ledger and log in the
// order that makes an acknowledgement true: process, check what was counted before, persist, answer.

import type { Clock } from '../../core/clock.ts'
import type { IntakeVerdict } from '../../core/component.ts'
import { messageOf, ObservaError } from '../../core/errors.ts'
import { counter, type Metrics } from '../../core/metrics.ts'
import type { LedgerCorrection, TaskRequest } from '../../core/task.ts'
import { packFacts } from '../ledger/event-facts.ts'
import type { UsageLedger } from '../ledger/ledger.ts'
import type { CommitFailure, CommitOutcome } from '../ledger/pending-commits.ts'
import type { ReportState } from '../ledger/report-history.ts'
import type { Revised } from '../ledger/trace-reports.ts'
import type { DurableLog } from '../log/log.ts'
import type { TapHub } from '../tap/tap-hub.ts'
import { type HandedResult, type Tally, takenApart } from '../worker/handover.ts'
import type { FinishedTask, Submission, WorkerPool } from '../worker/pool.ts'
import { retryVerdict } from './refusals.ts'
import { type FoundRevisions, StoredEvents } from './stored-events.ts'

/** Reruns before a task takes its turn: another task may commit while this one is run again. */
const RERUNS_MAX = 3

export interface PipelineParts {
  readonly id: string
  /** Index in the worker's list of pipelines. */
  readonly index: number
  readonly log: DurableLog
  readonly ledger: UsageLedger
  readonly metrics: Metrics
  readonly clock: Clock
  /** An exporter of the pipeline that sends events as JSON; null when none does. */
  readonly jsonExporter: string | null
  readonly tap?: TapHub
}

export const PIPELINE_METRICS = [
  counter('observa_pipeline_accepted_items_total', 'Items taken by a pipeline.', ['pipeline']),
  counter('observa_pipeline_rejected_items_total', 'Items refused, by reason.', [
    'pipeline',
    'reason',
  ]),
  counter('observa_pipeline_dropped_items_total', 'Items dropped on purpose by a processor.', [
    'pipeline',
  ]),
  counter('observa_pipeline_resent_items_total', 'Items that were accepted before.', ['pipeline']),
  counter(
    'observa_usage_revisions_total',
    'Stored events whose usage was revised when another report of it came.',
    ['pipeline'],
  ),
  counter(
    'observa_usage_revisions_lost_total',
    'Stored events that stay as they are although another report of their call changed the decision: what a revision needs was neither in memory nor in the log.',
    ['pipeline'],
  ),
  counter(
    'observa_usage_revisions_without_content_total',
    'Revisions that exporters of JSON send without the content of the event: the log no longer had it.',
    ['pipeline'],
  ),
  counter('observa_usage_duplicates_total', 'Reports of usage that was counted already.', [
    'pipeline',
  ]),
  counter('observa_stage_seconds_total', 'Time spent by workers, by stage.', ['pipeline', 'stage']),
]

function failureOf(thrown: unknown): CommitFailure {
  const isTooLarge = thrown instanceof ObservaError && thrown.code === 'OBS_LOG_RECORD_TOO_LARGE'
  return { ok: false, message: messageOf(thrown), ...(isTooLarge ? { isTooLarge } : {}) }
}

export class Pipeline {
  readonly id: string
  readonly #parts: PipelineParts
  readonly #labels: string
  readonly #stored: StoredEvents
  /** By stage; a pipeline has as many as it has components. */
  readonly #labelsOfStages = new Map<string, string>()
  /** Set after the pool was built with the pipelines' callback; a reload replaces it. */
  pool: WorkerPool | null = null

  constructor(parts: PipelineParts) {
    this.id = parts.id
    this.#parts = parts
    this.#labels = `pipeline="${parts.id}"`
    this.#stored = new StoredEvents(parts.log, parts.ledger, parts.jsonExporter)
    parts.metrics.declare(PIPELINE_METRICS)
  }

  /** Runs one request; resolves when it is durable, refused, or must be tried again. */
  async accept(request: TaskRequest, submission: Submission): Promise<IntakeVerdict> {
    const pool = this.pool as WorkerPool
    if (pool.isQuarantined(request))
      return { kind: 'refused', code: 'malformed', message: 'this payload failed repeatedly' }
    const shared = await pool.submit(this.#parts.index, request, submission)
    if (shared === null) return retryVerdict('workerLost')
    const verdict = shared.task.result.verdicts[shared.index]
    if (verdict === undefined) return retryVerdict('noVerdict')
    if (verdict.kind === 'refused') {
      this.#parts.metrics.add(
        'observa_pipeline_rejected_items_total',
        `${this.#labels},reason="${verdict.code}"`,
      )
      return verdict
    }
    const outcome = await shared.commit
    if (!outcome.ok) {
      // Of a task of several requests none is known to be the one, and each may fit when it comes again.
      const isTooLarge = outcome.isTooLarge === true && shared.task.requests.length === 1
      return isTooLarge ? this.#tooLarge() : retryVerdict('notDurable', outcome.message)
    }
    const m = this.#parts.metrics
    m.add('observa_pipeline_accepted_items_total', this.#labels, verdict.accepted)
    if (verdict.dropped > 0)
      m.add('observa_pipeline_dropped_items_total', this.#labels, verdict.dropped)
    if (verdict.rejected > 0)
      m.add(
        'observa_pipeline_rejected_items_total',
        `${this.#labels},reason="invalid_item"`,
        verdict.rejected,
      )
    return verdict
  }

  /** A client that sent it again would send it again forever. */
  #tooLarge(): IntakeVerdict {
    const m = this.#parts.metrics
    m.add('observa_pipeline_rejected_items_total', `${this.#labels},reason="too_large"`)
    const message = 'what the exporters need of this request is larger than a record of the queue'
    return { kind: 'refused', code: 'too_large', message: `${message}: send fewer items at a time` }
  }

  /** Called once for each finished task: ledger, then log. */
  async finish(task: FinishedTask): Promise<CommitOutcome> {
    try {
      return await this.#runUntilLedgerAgrees(task)
    } catch (thrown) {
      return failureOf(thrown)
    }
  }

  /**
   * Runs the task again until the ledger says what it was run with. The last check and the commit are one step, with
   * nothing awaited between them: another task could be checked meanwhile and count the same call.
   */
  async #runUntilLedgerAgrees(task: FinishedTask): Promise<CommitOutcome> {
    const { ledger } = this.#parts
    let releaseLock: (() => void) | null = null
    let result = task.result
    let corrections: readonly LedgerCorrection[] = []
    let revised: readonly Revised[] = []
    let found: FoundRevisions = NO_REVISIONS
    let outcome: Promise<CommitOutcome>
    try {
      for (let round = 0; ; round++) {
        while (releaseLock === null && ledger.commitLock.released() !== null)
          await ledger.commitLock.released()
        const wanted = ledger.check(result.facts)
        const changed = ledger.revised(result.facts)
        if (isSameCorrections(wanted, corrections) && isSameRevisions(changed, revised)) break
        // Other tasks commit while this one is run again. A task that was overtaken so often makes the others wait.
        if (round >= RERUNS_MAX && releaseLock === null) {
          releaseLock = await ledger.commitLock.acquire()
          continue
        }
        corrections = wanted
        revised = changed
        found = await this.#stored.revisionsOf(revised)
        const { requests } = task
        const again = { requests, corrections, revisions: found.revisions }
        result = await (this.pool as WorkerPool).rerun(this.#parts.index, again)
      }
      outcome = this.#persist(result, corrections, found)
    } finally {
      releaseLock?.()
    }
    return outcome
  }

  /**
   * The ledger, then the log, in one turn. A task whose events are all known has nothing to append: its answer
   * waits for the records that hold them, and fails with them. One that appends needs no such wait, for the log makes
   * records durable in order and refuses all behind one that failed.
   */
  #persist(
    result: HandedResult,
    corrections: readonly LedgerCorrection[],
    found: FoundRevisions,
  ): Promise<CommitOutcome> {
    const { ledger } = this.#parts
    this.#countCorrections(corrections)
    this.#countRevisions(found)
    this.#countWork(result)
    if (result.parts.length === 0) return ledger.durabilityOf(result.facts)
    ledger.commit(result.facts)
    const outcome = this.#append(result)
    if (result.tap !== undefined) void outcome.then(({ ok }) => this.#show(result, ok))
    ledger.track(result.facts, outcome)
    return outcome
  }

  /** What is shown is durable. */
  #show({ tap }: HandedResult, isDurable: boolean): void {
    if (isDurable && tap !== undefined) this.#parts.tap?.publish(this.id, tap)
  }

  async #append({ parts, facts, memory }: HandedResult): Promise<CommitOutcome> {
    const { ledger, log, clock } = this.#parts
    const record = {
      pipeline: this.id,
      parts,
      eventCount: facts.count,
      eventIds: facts.eventIds,
      claims: facts.packed ?? packFacts(facts),
      createdAtMs: clock.nowMs(),
      memory,
    }
    try {
      // Taken back in the very moment of the refusal, or another task could rely on what is not there.
      const sequence = await log.append(record, () => ledger.rollback(facts))
      ledger.noteRecord(facts, sequence)
      return { ok: true }
    } catch (thrown) {
      // A second time is harmless; the first was missed if the append threw instead of refusing.
      ledger.rollback(facts)
      return failureOf(thrown)
    }
  }

  #countRevisions({ revisions, lost, withoutContent }: FoundRevisions): void {
    const m = this.#parts.metrics
    const add = (name: string, by: number): void => {
      if (by > 0) m.add(name, this.#labels, by)
    }
    add('observa_usage_revisions_total', revisions.length)
    add('observa_usage_revisions_lost_total', lost)
    add('observa_usage_revisions_without_content_total', withoutContent)
  }

  #countCorrections(corrections: readonly LedgerCorrection[]): void {
    const resent = corrections.filter((h) => h.reason === 'resend').length
    const m = this.#parts.metrics
    if (resent > 0) m.add('observa_pipeline_resent_items_total', this.#labels, resent)
    if (corrections.length > resent)
      m.add('observa_usage_duplicates_total', this.#labels, corrections.length - resent)
  }

  #countWork({ tally, counters, timingsUs }: HandedResult): void {
    const m = this.#parts.metrics
    if (tally !== undefined) this.#countTally(tally)
    for (const [name, by] of Object.entries(counters)) {
      const { metric, labels } = takenApart(name)
      m.add(metric, labels, by)
    }
    for (const [stage, us] of Object.entries(timingsUs))
      m.add('observa_stage_seconds_total', this.#stageLabels(stage), us / 1e6)
  }

  #countTally({ names, counters, timings }: Tally): void {
    const m = this.#parts.metrics
    for (let at = 0; at < counters.length; at += 2) {
      const name = names[counters[at] ?? -1]
      if (name !== undefined) m.add(name.metric, name.labels, counters[at + 1])
    }
    for (let at = 0; at < timings.length; at += 2) {
      const name = names[timings[at] ?? -1]
      const us = timings[at + 1] ?? 0
      if (name !== undefined)
        m.add('observa_stage_seconds_total', this.#stageLabels(name.text), us / 1e6)
    }
  }

  #stageLabels(stage: string): string {
    let labels = this.#labelsOfStages.get(stage)
    if (labels === undefined) {
      labels = `${this.#labels},stage="${stage}"`
      this.#labelsOfStages.set(stage, labels)
    }
    return labels
  }
}

const NO_REVISIONS: FoundRevisions = { revisions: [], lost: 0, withoutContent: 0 }

function isSameRevisions(a: readonly Revised[], b: readonly Revised[]): boolean {
  const state = ({ outcome, owner, rest }: ReportState): string =>
    `${outcome} ${owner} ${JSON.stringify(rest)}`
  const text = (r: Revised): string => `${r.id} ${r.revision} ${state(r.before)} ${state(r.after)}`
  if (a.length !== b.length) return false
  const known = new Set(b.map(text))
  return a.every((r) => known.has(text(r)))
}

function isSameCorrections(
  a: readonly LedgerCorrection[],
  b: readonly LedgerCorrection[],
): boolean {
  const text = (h: LedgerCorrection): string =>
    `${h.event} ${h.reason} ${'of' in h ? Buffer.from(h.of).toString('latin1') : ''} ${'rest' in h ? JSON.stringify(h.rest) : ''}`
  if (a.length !== b.length) return false
  const known = new Set(b.map(text))
  return a.every((h) => known.has(text(h)))
}
