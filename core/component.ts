// What a component is: a folder with an `index.ts` that exports one factory. The registry lists the factories, the
// configuration loader validates against their schemas, and the service builds components with them.

import type { Logger } from 'pino'
import type { z } from 'zod'
import type { SpanBatch } from './batch.ts'
import type { Clock, Random } from './clock.ts'
import type { AccountsSettings } from './config/accounts-settings.ts'
import type { Secret } from './config/config-types.ts'
import type { StoreAddress } from './config/store-address.ts'
import type { EventTable, Provenance } from './event.ts'
import type { HttpListeners } from './http/listeners.ts'
import type { GuardOptions, RequestGuard } from './http/request-guard.ts'
import type { InstanceSecrets } from './identity/pseudonym.ts'
import type { StoredIds } from './identity/stored-ids.ts'
import type { MetricDeclaration, Metrics } from './metrics.ts'
import type { AnsweredRequest, EmbedText, JudgeOffer, MailReset, Operations } from './operations.ts'
import type { LimitDetails } from './quota.ts'
import type { Decisions } from './reports/decisions.ts'
import type { ScoreChange } from './scores/score-change.ts'
import type { Signal } from './signals/signal.ts'
import type { Tap } from './tap.ts'
import type {
  ContentEncoding,
  EncodedPart,
  LedgerCorrection,
  RequestVerdict,
  TaskRequest,
  TelemetryKind,
} from './task.ts'
import type { KeyScope, TenantContext } from './tenant.ts'
import type { SendVerdict } from './verdict.ts'

export type Stability = 'stable' | 'beta' | 'alpha'

interface FactoryBase<Kind extends string, Config> {
  readonly kind: Kind
  /** Name in the configuration, lower_snake_case, equal to the folder. */
  readonly type: string
  readonly stability: Stability
  /** One sentence for `observa components`. */
  readonly summary: string
  /**
   * Strict zod object. Every key has a description, and a default where there is a sensible one; `{}` must parse unless
   * a key is truly required.
   */
  readonly schema: z.ZodType<Config>
  /** Every metric that the component counts or sets, including those counted in workers. */
  readonly metrics: readonly MetricDeclaration[]
}

/**
 * The life of a component on the main thread:
 *
 *     create      the factory makes it from a checked configuration: no I/O, no timer, nothing that would have to be undone
 *     start       opens what it needs; rejects when the instance cannot run without it, or when `signal` aborts. A
 *                 destination that is down is no reason: its sender starts and answers `send` with a retry
 *     work        requests, batches, routes; from here on a failure is a verdict, never an exception
 *     stop        finishes or gives back what is under way and closes everything; safe twice, and without `start`
 *
 * The service starts exporters, then receivers and extensions, and stops in the reverse order: nothing is accepted that
 * could not be delivered. A component is started once; a new configuration gets a new one.
 * Processors and encoders have no life of this kind: they are made in each worker and end with it.
 */
export interface Component {
  start(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

/** What a component may use of its surroundings on the main thread. */
export interface Host {
  /** Id in the config, e.g. `otlp/eu`. */
  readonly id: string
  readonly log: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: Random
  /** Directory of the instance for state, mode 0700; a component uses a subfolder named after itself. */
  readonly dataDir: string
  /** Shows progress of long start-up work on the terminal; also logged. */
  readonly progress: (text: string) => void
}

// ---------------------------------------------------------------- receivers

/** The service, as receivers see it: it takes their requests for all pipelines that the receiver feeds. */
export interface Intake {
  /** Decides, before the body is read, whether there is memory for the request. Cheap, and never waits. */
  admit(request: AdmissionRequest): Admission
  /** Largest request body on the wire, bytes. */
  readonly bodyBytesMax: number
  /**
   * Runs the request through its pipelines and resolves when the data is as durable as the configuration asks. Bad
   * input does not reject the promise: the verdict says so. `isGone` tells whether the client has hung up, in which
   * case work not yet begun is skipped.
   */
  accept(
    request: TaskRequest,
    reservation: Reservation,
    isGone: () => boolean,
  ): Promise<IntakeVerdict>
}

export interface AdmissionRequest {
  /** Who shares memory and workers with this request: `shareKey` of the tenant. */
  readonly key: string
  /** Declared length of the body, -1 when it is not declared. */
  readonly wireBytes: number
  readonly encoding: ContentEncoding
}

/** Memory that a request holds from its first byte until it is answered. */
export interface Reservation {
  readonly bytes: number
  /**
   * Grows or shrinks the reservation to `bytes`. Returns false, and changes nothing, when there is not that much
   * memory.
   */
  set(bytes: number): boolean
  /** Gives the whole reservation back. May be called twice. */
  release(): void
}

export type Admission =
  | { readonly ok: true; readonly reservation: Reservation }
  | {
      readonly ok: false
      readonly status: 429 | 503
      readonly retryAfterS: number
      readonly message: string
      readonly details?: LimitDetails
    }

/** The outcome for the client: the worker's verdict, or a request to try again. */
export type IntakeVerdict =
  | RequestVerdict
  | {
      readonly kind: 'retry'
      readonly status: 429 | 503
      readonly retryAfterS: number
      readonly message: string
      readonly details?: LimitDetails
    }

/** The tenant of a request, as its credential identifies it. Without API keys all data belongs to the default tenant. */
export type AuthResult =
  | { readonly ok: true; readonly tenant: TenantContext; readonly scopes: ReadonlySet<KeyScope> }
  | {
      readonly ok: false
      readonly status: 401 | 403 | 429 | 503
      readonly code: string
      readonly message: string
      /** With 429 and 503: when to try again. */
      readonly retryAfterS?: number
    }

export interface Authenticator {
  /** Checks the credential in constant time and never logs it. `scope` is what the route needs. */
  authenticate(
    headers: Readonly<Record<string, string | string[] | undefined>>,
    url: string,
    scope: KeyScope,
  ): AuthResult | Promise<AuthResult>
  /** Whether there is a publishable key for web pages of this origin. */
  hasKeyFor?(origin: string): boolean
}

export interface ReceiverContext {
  readonly intake: Readonly<Record<TelemetryKind, Intake | null>>
  readonly auth: Authenticator
  /**
   * The guard of an endpoint. Where the endpoint needs a key, the guard lets every request through, because the key is
   * the protection.
   */
  guard(endpoint: string, options?: GuardOptions): RequestGuard
  /** One HTTP server for each `host:port`, shared by all components that name it. */
  readonly listeners: HttpListeners
}

export type { GrpcCall, GrpcHandler, HttpHandler, HttpListeners } from './http/listeners.ts'

export interface ReceiverFactory<Config> extends FactoryBase<'receiver', Config> {
  create(config: Config, host: Host, ctx: ReceiverContext): Component
}

// ---------------------------------------------------------------- processors

/** What processors and encoders may use. They have no I/O, clock or logger of their own. */
export interface ChainContext {
  /** Adds to a counter of the worker, reported with the task; `labels` is Prometheus text such as `type="email"`, or ''. */
  count(metric: string, labels: string, by: number): void
  /** Emits a signal. */
  signal(signal: Signal): void
  /** Signals emitted so far for this task. */
  readonly signals: readonly Signal[]
  /** Whether `pipe --explain` runs, so that `events.explain` must be filled. */
  readonly explain: boolean
}

/**
 * One step of the chain, run in a worker. `process` is synchronous, so that no other code sees a batch half processed.
 * `events` is empty until `canonicalize` has run; earlier steps work on `batch` only.
 */
export interface Processor {
  process(batch: SpanBatch, events: EventTable, ctx: ChainContext): void
  /**
   * For the processor that makes the events: applies what the usage ledger knows about them when a task is run again.
   * Called right after `process` and before the next step, so that prices and signal rules see the events as they will
   * be stored.
   */
  applyLedger?(events: EventTable, corrections: readonly LedgerCorrection[]): void
  /** For the signal rules: judges stored events whose figures were revised, so that their signals may have changed. */
  reprice?(events: EventTable): void
  /** For the processor of the rules: stored events have other figures now, so that a signal about them may no longer hold, or holds now. */
  judgeRevised?(revised: RevisedEvents, ctx: ChainContext): void
}

/** Read-only file access for `prepare`, relative to the config file. */
export interface PrepareContext {
  readFile(path: string): Promise<string>
}

export interface ProcessorFactory<Config, Settings = Config>
  extends FactoryBase<'processor', Config> {
  /**
   * Runs on the main thread at each start and reload: reads files, compiles tables. The result is cloned to the
   * workers.
   */
  prepare?(config: Config, ctx: PrepareContext): Promise<Settings>
  /** Creates the processor in a worker. */
  create(settings: Settings, secrets?: InstanceSecrets): Processor
  /** For processors that handle metrics too: the visitor is called for every string of a metrics request. */
  createMetricsVisitor?(settings: Settings, secrets?: InstanceSecrets): MetricsVisitor
  /** For processors that replace ids, on the main thread: the pseudonym key that the configuration names, or null. */
  pseudonymKey?(settings: Settings): string | null
  /** For processors that replace ids, on the main thread: translates a plain id into the one that is stored. */
  storedIds?(settings: Settings, secrets: InstanceSecrets): StoredIds
  /** For processors that fill fields, on the main thread: which rule filled each field, by `field_sources` of a stored event. */
  explainStored?(event: Readonly<Record<string, unknown>>): readonly Provenance[]
}

/**
 * Called with every string and bytes value of a metrics request; `key` is the key of its attribute, or null. Returns
 * the bytes to put in its place, or null to leave it.
 */
export type MetricsVisitor = (
  kind: string,
  key: Uint8Array | null,
  value: Uint8Array,
  ctx?: MetricsContext,
) => Uint8Array | null

/** The tenant of the metrics, and the worker's counters. */
export interface MetricsContext {
  readonly tenantId: string
  count(metric: string, labels: string, by: number): void
}

// ---------------------------------------------------------------- exporters

/** What an encoder is given: a batch that went through the whole chain. */
export interface ProcessedBatch extends Decisions {
  readonly batch: SpanBatch
  readonly events: EventTable
  readonly signals: readonly Signal[]
}

/**
 * Stored events whose usage was revised, each with its old and its new values. They have counts, keys and ids, but no
 * content.
 */
export interface RevisedEvents {
  readonly events: EventTable
  readonly items: readonly RevisedEvent[]
}

export interface RevisedEvent {
  /** Rows of the event in the table. */
  readonly before: number
  readonly after: number
  readonly revision: number
  readonly receivedAtMs: number
  /** The event as JSON as it was sent before; null when the log no longer has it, and where no exporter sends JSON. */
  readonly stored: Uint8Array | null
}

/** The half of an exporter that runs in workers and makes the bytes. Its `Sender` only ships them. */
export interface Encoder {
  /** Encodes the events except those in `skip`, which were stored before (re-sends). */
  encode(input: ProcessedBatch, skip: ReadonlySet<number>, ctx: ChainContext): EncodedPart[]
  /** For exporters that store events or sums of them: encodes the changes to stored events. */
  encodeRevisions?(revised: RevisedEvents): EncodedPart[]
  /** For exporters that pass scores on. Runs on the main thread. */
  encodeScores?(changes: readonly ScoreChange[]): EncodedPart[]
  /** For exporters that take metrics. */
  encodeMetrics?(request: MetricsRequest): EncodedPart[]
}

/** A metrics request that went through the chain. */
export interface MetricsRequest {
  /** The scrubbed ExportMetricsServiceRequest as protobuf; valid during the call. */
  readonly bytes: Uint8Array
  readonly dataPoints: number
  readonly tenant: TenantContext
  readonly receivedAtMs: number
}

/** Parts of consecutive log records on their way to one destination. */
export interface SendBatch {
  /** Identity of exactly this batch: the same on every retry, also after a restart. 32 hex digits. */
  readonly batchId: string
  /** Log sequence numbers this batch covers, inclusive. */
  readonly firstSequence: bigint
  readonly lastSequence: bigint
  readonly parts: readonly EncodedPart[]
}

/**
 * The half of an exporter that runs on the main thread. A sender gets one call at a time; the caller retries from the
 * log.
 */
export interface Sender extends Component {
  /**
   * True for a sender that reads the bytes of a batch at no time after `send` has resolved. Their memory is then freed at once
   * instead of by a garbage collection some seconds later.
   */
  readonly keepsNoBytes?: boolean
  send(batch: SendBatch, signal: AbortSignal): Promise<SendVerdict>
  /** For stores that can be queried: the address that the API connects to. Known after the start. */
  storeAddress?(): StoreAddress
  /** For senders that store their cursor together with the data (Postgres, files): the last sequence stored, or null. */
  committedSequence?(): Promise<bigint | null>
  /**
   * True once after the sender has made the tables of its store, which held nothing then. Asked after the start and after each
   * batch.
   */
  madeStore?(): boolean
  /**
   * Cuts a rejected part into smaller ones with the same items, so that the caller can find the bad item; null when it
   * cannot be cut. The same part is always cut the same way.
   */
  split?(part: EncodedPart): EncodedPart[] | null
}

/** How much a sender wants in one call. The log reader makes batches of that size. */
export interface SendLimits {
  readonly itemsMax: number
  readonly bytesMax: number
  /** Longest wait for a batch to fill, ms. */
  readonly delayMs: number
}

export interface ExporterFactory<Config, EncoderSettings = Config>
  extends FactoryBase<'exporter', Config> {
  readonly telemetry: readonly TelemetryKind[]
  /** True when it sends events as JSON, and therefore needs the whole event again when a correction is sent. */
  sendsEventJson?(config: Config): boolean
  /** True when it passes scores on: its encoder has `encodeScores`. */
  takesScores?(config: Config): boolean
  /** Runs on the main thread: what the worker's encoder needs to know. Must be cloneable and without secrets. */
  encoderSettings(config: Config): EncoderSettings
  limits(config: Config): SendLimits
  createSender(config: Config, host: Host): Promise<Sender>
}

/** Exported by an exporter's `encode.ts` and listed in the worker's entry file. */
export type EncoderFactory<Settings> = (exporterId: string, settings: Settings) => Encoder

// ---------------------------------------------------------------- extensions

export interface ExtensionContext {
  readonly listeners: HttpListeners
  readonly auth: Authenticator
  /**
   * The guard of an endpoint. Where the endpoint needs a key, the guard lets every request through, because the key is
   * the protection.
   */
  guard(endpoint: string, options?: GuardOptions): RequestGuard
  /** Live state of the service for health, metrics and the API. */
  readonly service: ServiceView
  /** The secret with which hashes of API keys are made; null when there is none. */
  readonly keyPepper: Secret | null
  /** Who may create an account, and how people sign in. */
  readonly accounts: AccountsSettings
  /** Registers a callback for changes of sessions, people, roles or keys, in this instance or another. */
  onControlChange(watcher: () => void): void
}

export interface RunningPipeline {
  readonly id: string
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
}

/** URLs of receivers, of which an instance need not have each. */
export interface ReceiverUrls {
  /** OTLP over gRPC. */
  readonly grpc: string | null
  /** OTLP over HTTP. */
  readonly otlp: string | null
  /** The formats of old SDKs. */
  readonly http: string | null
}

export interface ServiceView {
  readonly version: string
  readonly startedAtMs: number
  /** Whether the service accepts data now, and if not, why. */
  readiness(): { readonly ok: boolean; readonly reasons: readonly string[] }
  /** The pipelines that run, with the ids of their components as the configuration has them. */
  pipelines(): readonly RunningPipeline[]
  /** Where applications send. */
  receiverUrls(): ReceiverUrls
  /** State by component id. */
  health(): Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>
  /**
   * Translates a plain id into the one that is stored. A caller who asks for a user, or deletes one, knows only the
   * plain id.
   */
  readonly storedIds: StoredIds
  explainStored(event: Readonly<Record<string, unknown>>): readonly Provenance[]
  /** Makes a vector of a text like those of sampled traces; null when the daily cap is used up, absent without an endpoint. */
  readonly embedText?: EmbedText | undefined
  /** Absent when no judge is configured. */
  readonly judges?: JudgeOffer | undefined
  /** Sends the mail with which somebody replaces a forgotten password; absent when no mail server is configured. */
  readonly mailReset?: MailReset | undefined
  /** Throws an `ObservaError` where a notification target may not have this URL, such as one of a private network. */
  checkTargetUrl(url: string): Promise<void>
  /** Tells a service of error reports, such as Sentry, of answered requests; absent where none is configured. */
  readonly reportRequest?: ((answered: AnsweredRequest) => void) | undefined
  /** What the operators of the instance may do through the API. */
  readonly operations: Operations
  /** A live sample of what is stored. */
  readonly tap: Tap
  /** The storage connections the API may read: set by the clickhouse and postgres exporters. */
  readonly stores: {
    readonly clickhouse: StoreAddress | null
    readonly postgres: StoreAddress | null
  }
}

export interface ExtensionFactory<Config> extends FactoryBase<'extension', Config> {
  create(config: Config, host: Host, ctx: ExtensionContext): Component
}
