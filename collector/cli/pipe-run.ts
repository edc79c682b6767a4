// Requests through the pipelines of a configuration in this process, with no network and no store: what
// `pipe` prints and `test` compares. Reading inputs is left to `pipe-input.ts`, printing to the commands.

import type { ObservaConfig, Pipeline } from '../../config/root.ts'
import { ObservaError } from '../../core/errors.ts'
import type {
  EncodedPart,
  RequestVerdict,
  Task,
  TaskRequest,
  TaskResult,
  TelemetryKind,
} from '../../core/task.ts'
import { DEFAULT_TENANT, type TenantContext } from '../../core/tenant.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import { UsageLedger } from '../ledger/ledger.ts'
import { pipelineSpec } from '../service/pipeline-spec.ts'
import { secretsOfOneRun } from '../service/pseudonym-keys.ts'
import { buildChain } from '../worker/build-chain.ts'
import type { Chain } from '../worker/chain.ts'

/** Whose data a run is: what a key would say; without a name, what an instance without keys takes all to be. */
export function tenantOf(name: string | undefined): TenantContext {
  return name === undefined ? DEFAULT_TENANT : { ...DEFAULT_TENANT, tenantId: name }
}

export interface PipeRunOptions {
  /** Pipeline to run; the first of the request's telemetry kind when null. */
  readonly pipelineId: string | null
  readonly explain: boolean
  /** Also makes the bytes that exporters would be given. */
  readonly isEncoding: boolean
}

/**
 * One request done: its events and signals are in `chain` until the next one, and events of earlier requests that it revised in
 * `chain.revised`.
 */
export interface Outcome {
  readonly chain: Chain
  readonly verdict: RequestVerdict
  readonly parts: readonly EncodedPart[]
}

/** Requests given one after the other are one stream: usage counts once over all of them. */
export class PipeRun {
  readonly #config: ObservaConfig
  readonly #options: PipeRunOptions
  readonly #chains = new Map<string, Chain>()
  readonly #ledger = new UsageLedger()
  /** Nothing is kept, so neither is a key: pseudonyms are those of this run unless the configuration names one. */
  readonly #secrets = secretsOfOneRun()

  constructor(config: ObservaConfig, options: PipeRunOptions) {
    this.#config = config
    this.#options = options
  }

  request(request: TaskRequest): Outcome {
    const chain = this.#chainFor(request.telemetry)
    const result = this.#runWithLedger(chain, { requests: [request], corrections: [] })
    // A task of one request has one verdict.
    return { chain, verdict: result.verdicts[0] as RequestVerdict, parts: result.parts }
  }

  /** Runs until the ledger has nothing to add, then remembers what was reported. */
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
      chain = buildChain(this.#options.isEncoding ? spec : { ...spec, encoders: [] })
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

/** The events of earlier requests that the last one revised, as JSON with their keys and counts. */
export function* revisedEvents(chain: Chain): Generator<Record<string, unknown>> {
  const { events, items } = chain.revised
  const out = new ByteWriter()
  for (const { after } of items) {
    out.reset()
    writeEventJson(out, events, after)
    // Our own writer made it: an object.
    yield JSON.parse(Buffer.from(out.bytes.subarray(0, out.pos)).toString()) as Record<
      string,
      unknown
    >
  }
}

/** Ordinals of the events that no processor dropped. */
export function* keptEvents(chain: Chain): Generator<number> {
  for (let e = 0; e < chain.events.count; e++)
    if (!chain.batch.isDropped(chain.events.spanOf[e] as number)) yield e
}
