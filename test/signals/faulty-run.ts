// Runs spans through the processors, the ledger and the detection as an instance does, with faults: any batching, any order within the
// lateness, duplicates, and a kill after which the detection goes on from its last snapshot and the log.

import { requestOf, type ScenarioSpan } from '../../bench/detection/scenarios.ts'
import { detectionsOf } from '../../collector/detection/detections.ts'
import { UsageLedger } from '../../collector/ledger/ledger.ts'
import { pipelineSpec } from '../../collector/service/pipeline-spec.ts'
import { secretsOfOneRun } from '../../collector/service/pseudonym-keys.ts'
import { buildChain } from '../../collector/worker/build-chain.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { SignalDetector } from '../../detection/detector.ts'
import { taskRequest } from './configured.ts'

/** A client sends a batch at the latest then; with the lateness this stays within what the detection allows. */
const BATCH_MS_MAX = 5000

export interface Faults {
  readonly random: () => number
  /** Spans of a request. */
  readonly batch: number
  /** The longest delay of a span relative to others, in ms. */
  readonly latenessMs: number
  /** Share of the requests that are sent twice. */
  readonly duplicates: number
  readonly isKilled: boolean
}

/** The signals by id in their final form. Secrets are those of one run, so a test gives the same to all of its runs. */
export function signalsUnder(
  config: ObservaConfig,
  spans: readonly ScenarioSpan[],
  faults: Faults,
  secrets: ReturnType<typeof secretsOfOneRun>,
): ReadonlyMap<string, Signal> {
  const { random, latenessMs, batch } = faults
  const arrivals = spans
    .map((span) => ({ span, atMs: span.startMs + span.ms + random() * latenessMs }))
    .toSorted((a, b) => a.atMs - b.atMs)
  const [pipeline] = config.service.pipelines.values()
  const [detection] = detectionsOf(config)
  if (pipeline === undefined || detection === undefined) throw new Error('no pipeline')
  const spec = pipelineSpec(config, pipeline, false, secrets)
  const chain = buildChain({
    ...spec,
    encoders: spec.encoders.filter((e) => e.id === detection.id),
  })
  const ledger = new UsageLedger()
  const found = new Map<string, Signal>()
  const keep = (signals: readonly Signal[]): void => {
    for (const s of signals) found.set(s.signal_id, s)
  }
  const log: { bytes: Uint8Array; atMs: number }[] = []
  let detector = new SignalDetector(detection.settings)
  let saved = { pieces: [...detector.snapshot()], next: 0 }
  const feed = (from: number): void => {
    for (const { bytes, atMs } of log.slice(from)) keep(detector.observe(bytes, atMs))
  }
  const send = (part: readonly { span: ScenarioSpan; atMs: number }[]): void => {
    const atMs = part.at(-1)?.atMs ?? 0
    const request = taskRequest(requestOf(part.map((p) => p.span)), atMs)
    let result = chain.run({ requests: [request], corrections: [] })
    const corrections = ledger.check(result.facts)
    const revisions = ledger.revisions(result.facts)
    if (corrections.length + revisions.length > 0)
      result = chain.run({ requests: [request], corrections, revisions })
    ledger.commit(result.facts)
    keep(chain.signals)
    for (const p of result.parts) {
      log.push({ bytes: p.bytes.slice(), atMs })
      feed(log.length - 1)
    }
  }
  const size = (): number => Math.max(1, Math.floor(batch * (0.5 + random())))
  const killAt = faults.isKilled ? Math.floor(arrivals.length * (0.3 + random() * 0.4)) : -1
  let isKilled = false
  for (let i = 0; i < arrivals.length; ) {
    const first = arrivals[i]?.atMs ?? 0
    const part = arrivals.slice(i, i + size()).filter((a) => a.atMs - first <= BATCH_MS_MAX)
    send(part)
    if (random() < faults.duplicates) send(part)
    i += part.length
    if (random() < 0.05) saved = { pieces: [...detector.snapshot()], next: log.length }
    if (isKilled || killAt < 0 || i < killAt) continue
    isKilled = true
    detector = new SignalDetector(detection.settings)
    if (!detector.restore(saved.pieces)) throw new Error('the snapshot was not taken')
    feed(saved.next)
  }
  // Time goes on until all is quiet.
  const end = arrivals.at(-1)?.atMs ?? 0
  for (const later of [31_000, 62_000, 93_000]) keep(detector.advance(end + later))
  keep(detector.finish())
  return found
}
