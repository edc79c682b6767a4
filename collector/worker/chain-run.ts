// Runs requests one after another as one stream through the chains of pipelines, in this thread, without network or stores: for `pipe`,
// `test`, and payloads that are to be explained. Its settings can be cloned, so that another thread can run it.

import { ObservaError } from '../../core/errors.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type {
  EncodedPart,
  RequestVerdict,
  Task,
  TaskRequest,
  TaskResult,
  TelemetryKind,
} from '../../core/task.ts'
import { SignalDetector } from '../../detection/detector.ts'
import type { DetectionSettings } from '../../detection/settings.ts'
import { UsageLedger } from '../ledger/ledger.ts'
import { buildChain, type PipelineSpec } from './build-chain.ts'
import type { Chain } from './chain.ts'

export interface ChainRunSettings {
  readonly pipelines: readonly {
    readonly telemetry: TelemetryKind
    readonly spec: PipelineSpec
  }[]
  readonly detections: readonly { readonly id: string; readonly settings: DetectionSettings }[]
  /** The pipeline to run. Null selects the first one of the request's telemetry kind. */
  readonly pipelineId: string | null
}

/**
 * The result of one request. `chain` has its events and signals until the next request, and `chain.revised` the
 * events of earlier requests that it revised.
 */
export interface ChainOutcome {
  readonly chain: Chain
  readonly verdict: RequestVerdict
  readonly parts: readonly EncodedPart[]
}

/** Runs requests as one stream, so that usage is counted once over all of them. */
export class ChainRun {
  readonly #settings: ChainRunSettings
  readonly #chains = new Map<string, Chain>()
  readonly #ledger = new UsageLedger()
  readonly #detected = new Map<string, Signal>()
  /** By the id under which the workers' observations go. */
  readonly #detectors = new Map<string, SignalDetector>()

  constructor(settings: ChainRunSettings) {
    this.#settings = settings
    for (const d of settings.detections) this.#detectors.set(d.id, new SignalDetector(d.settings))
  }

  /** The signals about traces and trends, as if all that could still come had come. */
  finish(): Signal[] {
    for (const d of this.#detectors.values()) this.#keep(d.finish())
    return [...this.#detected.values()]
  }

  /** What was found on the way is told at the end, in its final form. */
  #keep(signals: readonly Signal[]): void {
    for (const s of signals) this.#detected.set(s.signal_id, s)
  }

  request(request: TaskRequest): ChainOutcome {
    const chain = this.#chainFor(request.telemetry)
    const result = this.#runWithLedger(chain, { requests: [request], corrections: [] })
    const parts = this.#observe(result.parts, request.receivedAtMs)
    // A task with one request has one verdict.
    return { chain, verdict: result.verdicts[0] as RequestVerdict, parts }
  }

  /** Gives the observations to their detectors and returns the parts of exporters. */
  #observe(parts: readonly EncodedPart[], atMs: number): EncodedPart[] {
    return parts.filter((part) => {
      const detector = this.#detectors.get(part.exporter)
      if (detector === undefined) return true
      this.#keep(detector.observe(part.bytes, atMs))
      return false
    })
  }

  /** Runs the task until the ledger has no further corrections, then commits its facts. */
  #runWithLedger(chain: Chain, task: Task): TaskResult {
    let result = chain.run(task)
    const corrections = this.#ledger.check(result.facts)
    const revisions = this.#ledger.revisions(result.facts)
    if (corrections.length + revisions.length > 0)
      result = chain.run({ ...task, corrections, revisions })
    this.#ledger.commit(result.facts)
    return result
  }

  #chainFor(telemetry: TelemetryKind): Chain {
    const spec = this.#pipelineFor(telemetry)
    let chain = this.#chains.get(spec.id)
    if (chain === undefined) {
      chain = buildChain(spec)
      this.#chains.set(spec.id, chain)
    }
    return chain
  }

  #pipelineFor(telemetry: TelemetryKind): PipelineSpec {
    const { pipelines, pipelineId } = this.#settings
    if (pipelineId !== null) {
      const named = pipelines.find((p) => p.spec.id === pipelineId)
      if (named !== undefined) return named.spec
      throw new ObservaError(
        'OBS_PIPE_PIPELINE',
        `the configuration has no pipeline "${pipelineId}".`,
        `It has: ${pipelines.map((p) => p.spec.id).join(', ')}.`,
      )
    }
    const found =
      pipelines.find((p) => p.telemetry === telemetry) ??
      pipelines.find((p) => p.telemetry === 'traces')
    if (found !== undefined) return found.spec
    throw new ObservaError(
      'OBS_PIPE_PIPELINE',
      `the configuration has no pipeline for ${telemetry}.`,
      'Add one under service.pipelines.',
    )
  }
}
