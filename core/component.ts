// What a component is. A component is a folder with an `index.ts` that exports one factory; the
// registry lists factories, the config loader validates against their schemas, the service builds from them.

import type { Logger } from 'pino'
import type { z } from 'zod'
import type { SpanBatch } from './batch.ts'
import type { Clock, Random } from './clock.ts'
import type { EventTable } from './event.ts'
import type { InstanceSecrets } from './identity/pseudonym.ts'
import type { StoredIds } from './identity/stored-ids.ts'
import type { MetricDeclaration, Metrics } from './metrics.ts'
import type { Signal } from './signal.ts'
import type {
  ContentEncoding,
  EncodedPart,
  LedgerCorrection,
  RequestVerdict,
  TaskRequest,
  TelemetryKind,
} from './task.ts'
import type { Scope, TenantContext } from './tenant.ts'
import type { SendVerdict } from './verdict.ts'

export type Stability = 'stable' | 'beta' | 'alpha'

interface FactoryBase<Kind extends string, Config> {
  readonly kind: Kind
  /** Name in the configuration, lower_snake_case, equal to the folder. */
  readonly type: string
  readonly stability: Stability
  /** One sentence for `observa components`. */
  readonly summary: string
  /** Strict zod object; every key with a description, defaults where there is a sensible one. `{}` must parse unless a key is truly required. */
  readonly schema: z.ZodType<Config>
  /** Every metric that the component counts or sets, in workers too. */
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

/** Where receivers push. Resolves when durable (as the pipeline's durability says), for all pipelines behind it. */
export interface Intake {
  /** Before the body is read: is there room for it? The answer is cheap and never waits. */
  admit(request: AdmissionRequest): Admission
  /** Largest request body on the wire, bytes. */
  readonly bodyBytesMax: number
  /**
   * Runs the request through its pipelines. Never rejects for bad input: that is a verdict. `isGone` says whether the client
   * has hung up: work that nobody waits for is not begun.
   */
  accept(
    request: TaskRequest,
    reservation: Reservation,
    isGone: () => boolean,
  ): Promise<IntakeVerdict>
}

export interface AdmissionRequest {
  /** Among whom the room is shared: `shareKey` of the tenant. */
  readonly key: string
  /** Declared length of the body, -1 when it is not declared. */
  readonly wireBytes: number
  readonly encoding: ContentEncoding
}

/** Room that a request holds from its first byte to its answer. */
export interface Reservation {
  readonly bytes: number
  /** Takes or gives back room up to so many bytes; false when there is none, and what was held stays. */
  set(bytes: number): boolean
  /** Gives all of it back. Safe twice. */
  release(): void
}

export type Admission =
  | { readonly ok: true; readonly reservation: Reservation }
  | {
      readonly ok: false
      readonly status: 429 | 503
      readonly retryAfterS: number
      readonly message: string
    }

/** Outcome for the client: what the worker said, or that it must try again. */
export type IntakeVerdict =
  | RequestVerdict
  | {
      readonly kind: 'retry'
      readonly status: 429 | 503
      readonly retryAfterS: number
      readonly message: string
    }

/** Who a request is; from a `keys` extension or, without one, the default tenant. */
export type AuthResult =
  | { readonly ok: true; readonly tenant: TenantContext; readonly scopes: ReadonlySet<Scope> }
  | {
      readonly ok: false
      readonly status: 401 | 403 | 429 | 503
      readonly code: string
      readonly message: string
      /** With 429 and 503: when to try again. */
      readonly retryAfterS?: number
    }

export interface Authenticator {
  /** `scope` is what the route needs. Constant-time; never logs the credential. */
  authenticate(
    headers: Readonly<Record<string, string | string[] | undefined>>,
    url: string,
    scope: Scope,
  ): AuthResult | Promise<AuthResult>
  /** Is there a publishable key for pages of this origin? */
  hasKeyFor?(origin: string): boolean
}

/** Looks at a request before anything else does: may it come in at all? For the routes of one endpoint. */
export interface RequestGuard {
  /** Why the request is refused, in words for its sender; null lets it in. Cheap, and never waits. */
  refusalOf(req: GuardedRequest): RequestRefusal | null
}

/** What a guard looks at: an `IncomingMessage`, or a gRPC call in the words of one. */
export type GuardedRequest = Pick<
  import('node:http').IncomingMessage,
  'headers' | 'method' | 'rawHeaders' | 'url'
> & { readonly socket: { readonly localAddress?: string | undefined } }

export interface RequestRefusal {
  readonly status: 403 | 415
  readonly code: string
  readonly message: string
}

export interface GuardOptions {
  /** May pages of this origin send although they are another site, as CORS is set up? */
  readonly isAllowedOrigin?: (origin: string) => boolean
  /** What is posted must be declared as JSON. */
  readonly isJsonOnly?: boolean
}

export interface ReceiverContext {
  readonly intake: Readonly<Record<TelemetryKind, Intake | null>>
  readonly auth: Authenticator
  /** The guard of an endpoint; one that lets everything in where a key is needed. */
  guard(endpoint: string, options?: GuardOptions): RequestGuard
  /** Shares one HTTP server among all who name the same `host:port`. */
  readonly listeners: HttpListeners
}

/** Raw node:http routes on a shared server. A receiver's hot routes go here; the REST API is the fallback of its endpoint. */
export interface HttpListeners {
  /** Adds a handler for `path` (exact) on `endpoint` (`host:port`, port 0 = any). Before start only. */
  route(endpoint: string, path: string, handler: HttpHandler): void
  /** Like `route`, but gives way to a `route` for the same path, whoever comes first. */
  spareRoute(endpoint: string, path: string, handler: HttpHandler): void
  /** Adds a handler for calls of a gRPC method (`/package.Service/Method`) on `endpoint`. Before start only. */
  grpc(endpoint: string, method: string, handler: GrpcHandler): void
  /** Handler for everything no route takes on this endpoint. One only. */
  fallback(endpoint: string, handler: HttpHandler): void
  /** The address bound, once started: `host:port` with the real port. */
  address(endpoint: string): string
}
export type HttpHandler = (
  req: import('node:http').IncomingMessage,
  res: import('node:http').ServerResponse,
) => void

/** A call of a gRPC method, from its headers on; the handler answers and ends it. */
export interface GrpcCall {
  readonly stream: import('node:http2').ServerHttp2Stream
  readonly headers: import('node:http2').IncomingHttpHeaders
  /** A client must have sent its message within this time. */
  readonly requestTimeoutMs: number
}
export type GrpcHandler = (call: GrpcCall) => void

export interface ReceiverFactory<Config> extends FactoryBase<'receiver', Config> {
  create(config: Config, host: Host, ctx: ReceiverContext): Component
}

// ---------------------------------------------------------------- processors

/** Given to processors and encoders: they have no I/O, clock or logger of their own. */
export interface ChainContext {
  /** Adds to a counter of the worker, reported with the task; `labels` is Prometheus text such as `type="email"`, or ''. */
  count(metric: string, labels: string, by: number): void
  /** Emits a signal. */
  signal(signal: Signal): void
  /** Signals emitted so far for this task. */
  readonly signals: readonly Signal[]
  /** `pipe --explain`: fill `events.explain`. */
  readonly explain: boolean
}

/**
 * One step of the chain, in a worker. Synchronous: a batch is never half processed.
 * Before `canonicalize` has run, `events` is empty and processors work on `batch`; after it, both are there.
 */
export interface Processor {
  process(batch: SpanBatch, events: EventTable, ctx: ChainContext): void
  /**
   * For the processor that makes events: what the usage ledger knows of them, when a task is run again. Called right after
   * `process` and before the next step, so that prices and rules see events as they will be stored.
   */
  applyLedger?(events: EventTable, corrections: readonly LedgerCorrection[]): void
}

/** Read-only file access for `prepare`, relative to the config file. */
export interface PrepareContext {
  readFile(path: string): Promise<string>
}

export interface ProcessorFactory<Config, Settings = Config>
  extends FactoryBase<'processor', Config> {
  /** On main, once for each (re)load: reads files, compiles tables. The result is cloned to the workers. */
  prepare?(config: Config, ctx: PrepareContext): Promise<Settings>
  /** In the worker. */
  create(settings: Settings, secrets?: InstanceSecrets): Processor
  /** For processors that also look at metrics: called for every string of a metrics request. */
  createMetricsVisitor?(settings: Settings, secrets?: InstanceSecrets): MetricsVisitor
  /** On main, for processors that replace ids: the key that the configuration names for them, or null. */
  pseudonymKey?(settings: Settings): string | null
  /** On main, for processors that replace ids: what a plain id is stored as. */
  storedIds?(settings: Settings, secrets: InstanceSecrets): StoredIds
}

/**
 * Sees every string and bytes value of a metrics request; `key` is the attribute key it stands under, or null.
 * Returns the bytes to put there instead, or null to leave it.
 */
export type MetricsVisitor = (
  kind: string,
  key: Uint8Array | null,
  value: Uint8Array,
  ctx?: MetricsContext,
) => Uint8Array | null

/** Whose metrics they are, and the worker's counters. */
export interface MetricsContext {
  readonly tenantId: string
  count(metric: string, labels: string, by: number): void
}

// ---------------------------------------------------------------- exporters

/** What an encoder gets: a batch that went through the whole chain. */
export interface ProcessedBatch {
  readonly batch: SpanBatch
  readonly events: EventTable
  readonly signals: readonly Signal[]
}

/** Worker half of an exporter: bytes once, for a sender that only ships them. */
export interface Encoder {
  /** Skips events that `skip` names: those were stored before (`resend`). */
  encode(input: ProcessedBatch, skip: ReadonlySet<number>, ctx: ChainContext): EncodedPart[]
  /** For exporters that take metrics: the scrubbed ExportMetricsServiceRequest as protobuf bytes. */
  encodeMetrics?(request: Uint8Array, dataPoints: number): EncodedPart[]
}

/** Parts of consecutive log records on their way to one destination. */
export interface SendBatch {
  /** Frozen identity of this composition: equal on every retry, also after a restart. 32 hex. */
  readonly batchId: string
  /** Log sequence numbers this batch covers, inclusive. */
  readonly firstSequence: bigint
  readonly lastSequence: bigint
  readonly parts: readonly EncodedPart[]
}

/** Main-thread half of an exporter. One call at a time for each sender; the log is the queue and the caller retries. */
export interface Sender extends Component {
  send(batch: SendBatch, signal: AbortSignal): Promise<SendVerdict>
  /** For stores that can be read back: where the API connects. Once started. */
  storeAddress?(): StoreAddress
  /** For senders that keep their cursor with the data (Postgres): the last sequence stored, or null. */
  committedSequence?(): Promise<bigint | null>
  /** Cuts a part that was rejected into smaller ones with the same items, to find the bad item; null when it cannot be cut. Deterministic. */
  split?(part: EncodedPart): EncodedPart[] | null
}

/** How much a sender wants in one call; the log reader cuts there. */
export interface SendLimits {
  readonly itemsMax: number
  readonly bytesMax: number
  /** Waits at most this long to fill a batch. */
  readonly delayMs: number
}

export interface ExporterFactory<Config, EncoderSettings = Config>
  extends FactoryBase<'exporter', Config> {
  readonly telemetry: readonly TelemetryKind[]
  /** On main: what the worker's encoder needs to know, cloneable; no secrets. */
  encoderSettings(config: Config): EncoderSettings
  limits(config: Config): SendLimits
  createSender(config: Config, host: Host): Promise<Sender>
}

/** Exported by an exporter's `encode.ts` and listed in the worker entry. */
export type EncoderFactory<Settings> = (exporterId: string, settings: Settings) => Encoder

// ---------------------------------------------------------------- extensions

export interface ExtensionContext {
  readonly listeners: HttpListeners
  readonly auth: Authenticator
  /** The guard of an endpoint; one that lets everything in where a key is needed. */
  guard(endpoint: string, options?: GuardOptions): RequestGuard
  /** Live view of the service for health, metrics and the API. */
  readonly service: ServiceView
}

export interface ServiceView {
  readonly version: string
  readonly startedAtMs: number
  /** Does it take data now? With the reasons why not. */
  readiness(): { readonly ok: boolean; readonly reasons: readonly string[] }
  /** Component id -> state. */
  health(): Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>
  /** What plain ids are stored as: whoever asks for a user, or deletes one, knows the plain id. */
  readonly storedIds: StoredIds
  /** The storage connections the API may read: set by the clickhouse and postgres exporters. */
  readonly stores: {
    readonly clickhouse: StoreAddress | null
    readonly postgres: StoreAddress | null
  }
}

/** A store somebody else may connect to. `url` may hold credentials: never log it. */
export interface StoreAddress {
  readonly kind: 'clickhouse' | 'postgres'
  readonly url: string
  readonly database: string
  /** Where the URL does not carry them. */
  readonly username?: string
  readonly password?: string
}

export interface ExtensionFactory<Config> extends FactoryBase<'extension', Config> {
  create(config: Config, host: Host, ctx: ExtensionContext): Component
}
