// The running service: builds everything that a checked configuration names, starts it in order and stops it in
// reverse order. The order is log, exporters, workers, pipelines, receivers, extensions. No other code knows all of
// them.

import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { Bootstrap } from '../../accounts/bootstrap.ts'
import type { ObservaConfig } from '../../config/root.ts'
import type { Clock, Random } from '../../core/clock.ts'
import type { Component, Host, Intake, ReceiverUrls, ServiceView } from '../../core/component.ts'
import type { StoreAddress } from '../../core/config/store-address.ts'
import { tombstoneMemory } from '../../core/deletion/tombstone-set.ts'
import type { Provenance } from '../../core/event.ts'
import { type InstanceSecrets, NO_SECRETS } from '../../core/identity/pseudonym.ts'
import { PLAIN_IDS, type StoredIds } from '../../core/identity/stored-ids.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { EmbedText, JudgeOffer, MailReset } from '../../core/operations.ts'
import type { TelemetryKind } from '../../core/task.ts'
import { deletionParts } from '../deletions/deletion-parts.ts'
import { derivedSpans } from '../detection/derived-spans.ts'
import type { OutboxLoop } from '../detection/outbox-loop.ts'
import { RunningDetections } from '../detection/running-detections.ts'
import { Listeners } from '../http/listeners.ts'
import { AdmissionControl } from '../intake/admission.ts'
import { ReceiverIntake } from '../intake/intake.ts'
import { Pipeline, type PipelineParts } from '../intake/pipeline.ts'
import { embedTextOf, judgesOf, mailResetOf } from '../jobs/model-offers.ts'
import { notificationSettingsOf } from '../jobs/notification-settings.ts'
import { UsageLedger } from '../ledger/ledger.ts'
import { reportLedger } from '../ledger/ledger-metrics.ts'
import type { DurableLog } from '../log/log.ts'
import { InstanceOperations } from '../operations/instance-operations.ts'
import { TapHub } from '../tap/tap-hub.ts'
import type { PipelineSpec } from '../worker/build-chain.ts'
import type { WorkerPool } from '../worker/pool.ts'
import { type Authenticators, credentialSettingsOf, makeAuthenticators } from './authenticators.ts'
import { ControlPlane, followedControl } from './control-plane.ts'
import { openDataDir, warnOfDoubts } from './data-dir.ts'
import { declareMetrics } from './declared-metrics.ts'
import { metricsHandler, watchProcess } from './metrics-endpoint.ts'
import { openQueue } from './open-queue.ts'
import {
  endpointsOf,
  idsWithExporters,
  isUsed,
  jsonExporterOf,
  pipelineSpec,
  pipelinesWith,
  receiverUrls,
  UNKEPT_METRICS,
  unkeptMetricsSpec,
} from './pipeline-spec.ts'
import { watchPools } from './pool-settings.ts'
import {
  type Health,
  healthOf,
  type Readiness,
  readinessOf,
  runningPipelines,
} from './readiness.ts'
import { planReload } from './reload.ts'
import { heldUp, type RunningExporter, startedExporters } from './running-exporters.ts'
import { RunningPools } from './running-pools.ts'
import { openSecrets, storedIdsIn } from './secrets.ts'
import { stopOnFailure } from './stop-on-failure.ts'

export interface ServiceDeps {
  readonly log: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
  readonly version: string
  readonly progress: (text: string) => void
  readonly bootstrap: Bootstrap
  /** Called with the first key of an empty control plane, which is shown once. */
  readonly onFirstKey: (key: string) => void
  readonly reportRequest?: ServiceView['reportRequest']
}

/**
 * How long a stop may take, ms: first for running requests, then for the exporters. It is less than the limit of the
 * command line.
 */
const STOP_MS = 20_000
const UPLOADS_MS = 5000
/** The least time that the exporters get, ms, even if the requests took longer. */
const DRAIN_MS_MIN = 5000

export class Service implements ServiceView {
  readonly version: string
  readonly startedAtMs: number
  readonly stores: { clickhouse: StoreAddress | null; postgres: StoreAddress | null } = {
    clickhouse: null,
    postgres: null,
  }
  readonly listeners: Listeners
  #config: ObservaConfig
  readonly #deps: ServiceDeps
  readonly #admission: AdmissionControl
  readonly #exporters: RunningExporter[] = []
  readonly #detections = new RunningDetections()
  #derivedSpans: OutboxLoop | null = null
  readonly #components: { readonly id: string; readonly component: Component }[] = []
  /** The pipelines that receivers push into. Their `pool` is the one in use. */
  readonly #pipelines: Pipeline[] = []
  readonly #pipelineParts: PipelineParts[] = []
  readonly #pools: RunningPools
  readonly #logs: Logger[] = []
  readonly #auth: Authenticators
  /** What was deleted; the control plane writes it, workers read it. */
  readonly #tombstones = tombstoneMemory()
  #control: ControlPlane | ReturnType<typeof followedControl> = null
  mailReset: MailReset | undefined
  readonly reportRequest: ServiceView['reportRequest']
  readonly checkTargetUrl: ServiceView['checkTargetUrl']
  #log: DurableLog | null = null
  #operations: InstanceOperations | null = null
  #secrets: InstanceSecrets = NO_SECRETS
  #ids: StoredIds = PLAIN_IDS
  #ready = false
  readonly tap: TapHub
  readonly receiverUrls = (): ReceiverUrls => receiverUrls(this.#config, this.listeners)

  constructor(config: ObservaConfig, deps: ServiceDeps) {
    this.#config = config
    this.#deps = deps
    this.#auth = makeAuthenticators(config)
    this.tap = new TapHub(deps.metrics, (component) => pipelinesWith(this.#config, component))
    this.version = deps.version
    this.reportRequest = deps.reportRequest
    const { guard } = notificationSettingsOf(config)
    this.checkTargetUrl = (url) => guard.checkUrl(url)
    this.startedAtMs = deps.clock.nowMs()
    const { limits } = config
    this.listeners = Listeners.of(limits, deps)
    this.#admission = AdmissionControl.of(limits, deps)
    this.#pools = new RunningPools({
      parts: this.#pipelineParts,
      tombstones: this.#tombstones,
      metrics: deps.metrics,
      log: deps.log,
      tapRequest: () => this.tap.request,
    })
  }

  /**
   * Starts everything. If a part fails, stops what has started and throws an `ObservaError` that names the reason.
   */
  async start(): Promise<void> {
    try {
      await this.#start()
      this.#ready = true
    } catch (thrown) {
      await this.stop()
      throw thrown
    }
  }

  /**
   * Stops receiving, finishes accepted requests, lets exporters drain for a limited time, and closes everything. A
   * second call has no effect.
   */
  async stop(): Promise<void> {
    this.#ready = false
    this.#admission.draining = true
    const startedAt = this.#deps.clock.monotonicMs()
    await this.listeners.close(UPLOADS_MS)
    await this.#derivedSpans?.stop()
    for (const { component } of this.#components.toReversed()) await component.stop()
    const spentMs = this.#deps.clock.monotonicMs() - startedAt
    const drainMs = Math.max(DRAIN_MS_MIN, STOP_MS - spentMs)
    // Exporters then send what it found last.
    await this.#detections.stop()
    await this.#operations?.stop()
    await Promise.all(this.#exporters.map((e) => e.loop.stop(drainMs)))
    await this.#control?.stop()
    await Promise.all(this.#exporters.map((e) => e.sender.stop()))
    await this.#pools.close()
    await this.#log?.close()
  }

  /**
   * Applies another configuration while everything runs, and returns what changed. Throws, and changes nothing, if
   * the new configuration needs a restart or if workers do not start with it. Only one call may run at a time.
   */
  async reload(next: ObservaConfig): Promise<readonly string[]> {
    const changed = planReload(this.#config, next)
    const secrets = await this.#openSecrets(next)
    const specs = this.#specs(next, secrets)
    const isSame = isDeepStrictEqual(specs, this.#specs(this.#config, this.#secrets))
    const pool = isSame ? null : await this.#pools.start(this.#config, specs)
    // Nothing is awaited from here on, so that each request sees either the old or the new configuration as a whole.
    if (pool !== null) this.#usePool(pool)
    this.#auth.useKeysOf(next)
    for (const log of [this.#deps.log, ...this.#logs]) log.level = next.telemetry.logs.level
    this.#config = next
    this.#detections.useSettingsOf(next)
    this.#secrets = secrets
    this.#ids = storedIdsIn(next, secrets)
    declareMetrics(this.#deps.metrics, next)
    return changed
  }

  get ready(): boolean {
    return this.#ready
  }

  /** The state of the log for the detailed health report. */
  get log(): DurableLog | null {
    return this.#log
  }

  /** The instance is ready when everything has started, nothing stops, and the log takes data. */
  readiness(): Readiness {
    const stats = this.#log?.stats() ?? null
    const isStopping = this.#admission.draining
    return readinessOf({ isReady: this.#ready, isStopping, stats, exporters: this.#exporters })
  }

  pipelines(): ReturnType<typeof runningPipelines> {
    return runningPipelines(this.#config)
  }

  health(): Health {
    return healthOf(this.#log?.stats() ?? null, this.#exporters, this.#control?.keys ?? null)
  }

  async #start(): Promise<void> {
    const dataDir = await openDataDir(this.#config.data_dir)
    warnOfDoubts(this.#config, this.#deps.log)
    declareMetrics(this.#deps.metrics, this.#config)
    watchProcess(this.#deps.metrics, this.version)
    const log = this.#logOf('queue')
    this.#log = await openQueue(this.#config, dataDir, { ...this.#deps, log })
    // The first key is printed once, so nothing that is easily foreseen may fail after it.
    await Listeners.assertFree(endpointsOf(this.#config))
    this.#operations = this.#operationsOf(dataDir, this.#log)
    await this.#startExporters(dataDir, this.#log)
    this.#secrets = await this.#openSecrets(this.#config)
    this.#ids = storedIdsIn(this.#config, this.#secrets)
    await this.#startControlPlane(this.#log)
    await this.#buildPipelines(this.#log)
    const dir = this.#config.queue.dir ?? join(dataDir, 'queue')
    const postgresUrl = this.stores.postgres?.url ?? null
    const logger = this.#logOf('detection')
    const shared = { ...this.#deps, log: this.#log, dir, logger, postgresUrl }
    await this.#detections.open(this.#config, shared)
    this.#deps.progress('starting workers')
    this.#usePool(await this.#pools.start(this.#config, this.#specs(this.#config, this.#secrets)))
    watchPools(this.#pools.all, this.#deps.metrics)
    await this.#startEdges(dataDir)
    for (const e of this.#exporters) e.loop.start()
    this.#detections.start()
    this.#startDerivedSpans()
    await this.listeners.open()
  }

  get operations(): InstanceOperations {
    if (this.#operations === null) throw new Error('the service has not started')
    return this.#operations
  }

  #operationsOf(dataDir: string, log: DurableLog): InstanceOperations {
    return new InstanceOperations({
      config: () => this.#config,
      secrets: () => this.#secrets,
      log,
      queueDir: this.#config.queue.dir ?? join(dataDir, 'queue'),
      nowMs: () => this.#deps.clock.nowMs(),
      metrics: this.#deps.metrics,
    })
  }

  async #startExporters(dataDir: string, log: DurableLog): Promise<void> {
    const options = { ...this.#deps, config: this.#config, dataDir, durable: log }
    const hostOf = (id: string): Host => this.#host(id, dataDir)
    for await (const exporter of startedExporters(options, hostOf)) {
      this.#exporters.push(exporter)
      const address = exporter.sender.storeAddress?.()
      if (address !== undefined) this.stores[address.kind] = address
    }
  }

  /** Starts the control plane in the Postgres of the exporter, after that exporter and before the first request. */
  async #startControlPlane(durable: DurableLog): Promise<void> {
    const { clickhouse, postgres: address } = this.stores
    const shared = { ...this.#deps, log: this.#logOf('control'), durable }
    const pools = this.#pools.all
    const parts = { tombstones: this.#tombstones, exporters: this.#exporters, pools }
    const own = { ...shared, clickhouse, deletions: deletionParts(parts) }
    this.#control =
      address === null
        ? followedControl(this.#config, shared)
        : ControlPlane.of(this.#config, { ...own, address })
    if (this.#control?.jobs) this.mailReset = mailResetOf(this.#control.jobs)
    await this.#control?.start()
    this.#admission.quotas = this.#control?.quotas ?? null
    if (this.#control !== null) this.#auth.useControlPlane(this.#control.keys)
  }

  /**
   * Pipelines with the same exporters share a usage ledger, so that a call that is both in a log record and in a span
   * counts once.
   */
  async #buildPipelines(log: DurableLog): Promise<void> {
    const ledgers = new Map<string, UsageLedger>()
    const { metrics, clock } = this.#deps
    for (const [id, p] of this.#config.service.pipelines) {
      const group = p.exporters.toSorted().join(' ')
      let ledger = ledgers.get(group)
      if (ledger === undefined) {
        ledger = new UsageLedger()
        const members = idsWithExporters(this.#config, group)
        await ledger.rebuild(log, (pipeline) => members.has(pipeline))
        ledgers.set(group, ledger)
        reportLedger(ledger, `pipelines="${[...members].join(' ')}"`, metrics)
      }
      const index = this.#pipelines.length
      const jsonExporter = jsonExporterOf(this.#config, p.exporters)
      this.#addPipeline({ id, index, log, ledger, metrics, clock, jsonExporter, tap: this.tap })
    }
    // This pipeline passes nothing to the log or the ledger.
    const shared = { log, ledger: new UsageLedger(), metrics, clock, jsonExporter: null }
    this.#addPipeline({ ...shared, id: UNKEPT_METRICS, index: this.#pipelines.length })
  }

  #addPipeline(parts: PipelineParts): void {
    this.#pipelineParts.push(parts)
    this.#pipelines.push(new Pipeline(parts))
  }

  get storedIds(): StoredIds {
    return this.#ids
  }

  get judges(): JudgeOffer | undefined {
    return judgesOf(this.#control?.jobs)
  }

  get embedText(): EmbedText | undefined {
    return embedTextOf(this.#control?.jobs)
  }

  explainStored(event: Readonly<Record<string, unknown>>): readonly Provenance[] {
    const factories = new Set([...this.#config.processors.values()].map((p) => p.factory))
    return [...factories].flatMap((factory) => factory.explainStored?.(event) ?? [])
  }

  #openSecrets(config: ObservaConfig): Promise<InstanceSecrets> {
    const dataDir = resolve(config.data_dir)
    return openSecrets(config, { ...this.stores, dataDir, clock: this.#deps.clock })
  }

  /** The specs are in the order of the running pipelines, which is that of the first configuration. */
  #specs(config: ObservaConfig, secrets: InstanceSecrets): PipelineSpec[] {
    return this.#pipelines.flatMap(({ id }) => {
      if (id === UNKEPT_METRICS) return [unkeptMetricsSpec(config)]
      const pipeline = config.service.pipelines.get(id)
      return pipeline === undefined ? [] : [pipelineSpec(config, pipeline, false, secrets)]
    })
  }

  /** New requests go to this pool. The previous pool finishes its tasks and is closed. */
  #usePool(pool: WorkerPool): void {
    this.#admission.pool = pool
    this.#pools.use(pool, this.#pipelines)
  }

  async #startEdges(dataDir: string): Promise<void> {
    const auth = this.#auth
    for (const [id, { factory, config }] of this.#config.receivers) {
      const intake = this.#intakeOf(id)
      if (!isUsed(this.#config, id)) continue
      const ctx = {
        intake,
        listeners: this.listeners,
        auth: auth.forReceiver(config),
        guard: auth.guardOfReceiver(config),
      }
      await this.#add(id, factory.create(config, this.#host(id, dataDir), ctx))
    }
    for (const id of this.#config.service.extensions) {
      const extension = this.#config.extensions.get(id)
      if (extension === undefined) continue
      const ctx = {
        listeners: this.listeners,
        auth: auth.forApi(),
        guard: auth.guard,
        service: this,
        ...credentialSettingsOf(this.#config),
        onControlChange: (watcher: () => void) => this.#control?.keys.onChange(watcher),
      }
      const host = this.#host(id, dataDir)
      await this.#add(id, extension.factory.create(extension.config, host, ctx))
    }
    const { metrics } = this.#config.telemetry
    if (!metrics.enabled) return
    const handler = metricsHandler(this.#deps.metrics, auth.guardWithoutKey(metrics.endpoint))
    this.listeners.route(metrics.endpoint, '/metrics', handler)
  }

  async #add(id: string, component: Component): Promise<void> {
    await stopOnFailure(component, () => component.start(AbortSignal.timeout(60_000)))
    this.#components.push({ id, component })
  }

  /** Calls of models that jobs make come in by the first pipeline of traces. */
  #startDerivedSpans(): void {
    const url = this.stores.postgres?.url
    const traces = [...this.#config.service.pipelines.values()].find(
      (p) => p.telemetry === 'traces',
    )
    const intake = traces && this.#intakeOf(traces.receivers[0] ?? '').traces
    if (url === undefined || !intake) return
    const shared = { url, clock: this.#deps.clock, logger: this.#logOf('derived') }
    this.#derivedSpans = derivedSpans({ ...shared, intake })
    this.#derivedSpans.start()
  }

  #intakeOf(receiver: string): Record<TelemetryKind, Intake | null> {
    const log = this.#log as DurableLog
    const behind = (telemetry: TelemetryKind): Intake | null => {
      const ids = [...this.#config.service.pipelines.values()]
        .filter((p) => p.telemetry === telemetry && p.receivers.includes(receiver))
        .map((p) => p.id)
      if (ids.length === 0 && telemetry === 'metrics') ids.push(UNKEPT_METRICS)
      const pipelines = this.#pipelines.filter((p) => ids.includes(p.id))
      if (pipelines.length === 0) return null
      const { max_body_bytes, max_decoded_bytes } = this.#config.limits
      const limits = { bodyBytesMax: max_body_bytes, decodedBytesMax: max_decoded_bytes }
      const isHeldUp = heldUp(this.#config, ids, this.#exporters)
      return new ReceiverIntake(pipelines, this.#admission, log, limits, isHeldUp)
    }
    return { traces: behind('traces'), logs: behind('logs'), metrics: behind('metrics') }
  }

  #host(id: string, dataDir: string): Host {
    const { metrics, clock, random, progress } = this.#deps
    return { id, log: this.#logOf(id), metrics, clock, random, dataDir, progress }
  }

  /** The logger is kept, because a child logger keeps the level that it was created with. */
  #logOf(id: string): Logger {
    const log = this.#deps.log.child({ component: id })
    this.#logs.push(log)
    return log
  }
}
