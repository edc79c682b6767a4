// Runs requests through the pipelines of a configuration in this process, without network or stores. `pipe` prints
// the results and `test` compares them. `pipe-input.ts` reads the inputs.

import type { ObservaConfig, Pipeline } from '../../config/root.ts'
import { ObservaError } from '../../core/errors.ts'
import type { Signal } from '../../core/signal.ts'
import type {
  EncodedPart,
  RequestVerdict,
  Task,
  TaskRequest,
  TaskResult,
  TelemetryKind,
} from '../../core/task.ts'
import { DEFAULT_TENANT, type TenantContext } from '../../core/tenant.ts'
import { Detector } from '../../detection/detector.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import { DETECTION, detectionsOf } from '../detection/detections.ts'
import { UsageLedger } from '../ledger/ledger.ts'
import { pipelineSpec } from '../service/pipeline-spec.ts'
import { secretsOfOneRun } from '../service/pseudonym-keys.ts'
import { buildChain, type PipelineSpec } from '../worker/build-chain.ts'
import type { Chain } from '../worker/chain.ts'

/** The tenant that the data belongs to. Without a name it is the tenant that an instance without keys uses. */
export function tenantOf(name: string | undefined): TenantContext {
  return name === undefined ? DEFAULT_TENANT : { ...DEFAULT_TENANT, tenantId: name }
}

export interface PipeRunOptions {
  /** The pipeline to run. Null selects the first one of the request's telemetry kind. */
  readonly pipelineId: string | null
  readonly explain: boolean
  /** True to make also the bytes for the exporters. */
  readonly isEncoding: boolean
}

/**
 * The result of one request. `chain` has its events and signals until the next request, and `chain.revised` the
 * events of earlier requests that it revised.
 */
export interface Outcome {
  readonly chain: Chain
  readonly verdict: RequestVerdict
  readonly parts: readonly EncodedPart[]
}

/** Runs requests one after another as one stream, so that usage is counted once over all of them. */
export class PipeRun {
  readonly #config: ObservaConfig
  readonly #options: PipeRunOptions
  readonly #chains = new Map<string, Chain>()
  readonly #ledger = new UsageLedger()
  readonly #detected = new Map<string, Signal>()
  /** By the id under which the workers' observations go. */
  readonly #detectors = new Map<string, Detector>()
  /**
   * Nothing is stored, so no key is stored either. Pseudonyms differ in each run unless the configuration names a
   * key.
   */
  readonly #secrets = secretsOfOneRun()

  constructor(config: ObservaConfig, options: PipeRunOptions) {
    this.#config = config
    this.#options = options
    for (const { id, settings } of detectionsOf(config))
      this.#detectors.set(id, new Detector(settings))
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

  request(request: TaskRequest): Outcome {
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
    const pipeline = this.#pipelineFor(telemetry)
    let chain = this.#chains.get(pipeline.id)
    if (chain === undefined) {
      const spec = pipelineSpec(this.#config, pipeline, this.#options.explain, this.#secrets)
      chain = buildChain(
        this.#options.isEncoding ? spec : { ...spec, encoders: observationsOnly(spec) },
      )
      this.#chains.set(pipeline.id, chain)
    }
    return chain
  }

  #pipelineFor(telemetry: TelemetryKind): Pipeline {
    const { pipelines } = this.#config.service
    const { pipelineId } = this.#options
    if (pipelineId !== null) {
      const named = pipelines.get(pipelineId)
      if (named !== undefined) return named
      throw new ObservaError(
        'OBS_PIPE_PIPELINE',
        `the configuration has no pipeline "${pipelineId}".`,
        `It has: ${[...pipelines.keys()].join(', ')}.`,
      )
    }
    const all = [...pipelines.values()]
    const found =
      all.find((p) => p.telemetry === telemetry) ?? all.find((p) => p.telemetry === 'traces')
    if (found !== undefined) return found
    throw new ObservaError(
      'OBS_PIPE_PIPELINE',
      `the configuration has no pipeline for ${telemetry}.`,
      'Add one under service.pipelines.',
    )
  }
}

const observationsOnly = ({ encoders }: PipelineSpec) =>
  encoders.filter((e) => e.type === DETECTION)

/** The events of earlier requests that the last request revised, each as an object with its keys and counts. */
export function* revisedEvents(chain: Chain): Generator<Record<string, unknown>> {
  const { events, items } = chain.revised
  const out = new ByteWriter()
  for (const { after } of items) {
    out.reset()
    writeEventJson(out, events, after)
    // Our own writer made this JSON, and it is an object.
    yield JSON.parse(Buffer.from(out.bytes.subarray(0, out.pos)).toString()) as Record<
      string,
      unknown
    >
  }
}

/** The ordinals of the events that no processor dropped. */
export function* keptEvents(chain: Chain): Generator<number> {
  for (let e = 0; e < chain.events.count; e++)
    if (!chain.batch.isDropped(chain.events.spanOf[e] as number)) yield e
}
