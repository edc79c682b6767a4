// The schema of all sections of a configuration that are not components, with defaults and descriptions. Components have
// their own schemas; `cross-checks.ts` checks how the sections fit together.

import { z } from 'zod'
import { duration, hostName, secret, size } from '../core/config/config-types.ts'
import type { TelemetryKind } from '../core/task.ts'
import { archiveSection } from './archive-section.ts'
import { controlSection } from './control-section.ts'
import { notifications } from './notifications-section.ts'
import { oidcSection } from './oidc-section.ts'
import type { AnyExporter, AnyExtension, AnyProcessor, AnyReceiver } from './registry-type.ts'
import { retentionSection } from './retention-section.ts'
import { semanticSection } from './semantic-section.ts'
import { telemetrySection } from './telemetry-section.ts'

const limits = z.strictObject({
  max_body_bytes: size({ min: 1024 })
    .prefault('10MiB')
    .describe(
      'Largest request body as sent, before decompression; a larger one is answered with 413.',
    ),
  max_decoded_bytes: size({ min: 1024 })
    .prefault('32MiB')
    .describe('Largest request body after decompression; a larger one is answered with 413.'),
  max_spans: z
    .int()
    .min(1)
    .default(100_000)
    .describe('Largest number of spans, log records or metrics in one request.'),
  max_depth: z
    .int()
    .min(4)
    .max(1000)
    .default(64)
    .describe('Deepest nesting of a value; a request with a deeper one is answered with 400.'),
  max_line_bytes: size({ min: 1024 })
    .prefault('1MiB')
    .describe('Longest NDJSON line; a longer one is rejected, the other lines are accepted.'),
  max_header_bytes: size({ min: 1024, max: 1024 * 1024 })
    .prefault('16KiB')
    .describe('Largest request header; a larger one is answered with 431.'),
  max_connections: z
    .int()
    .min(1)
    .default(10_000)
    .describe('Largest number of open connections of a listener.'),
  max_connections_per_address: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Largest number of open connections of a listener that come from one address, or from one network of 64 bits of IPv6. When absent four fifths of max_connections, because a proxy is one address for all of its clients.',
    ),
  max_key_requests_per_second: z
    .number()
    .min(0.1)
    .max(1_000_000)
    .optional()
    .describe(
      'Largest number of requests with telemetry that one key may send in a second, with bursts of twice as many; more are answered with 429. Without keys it counts for each project. When absent there is no such limit.',
    ),
  header_timeout: duration({ min: 100 })
    .prefault('10s')
    .describe('A client must have sent its headers within this time.'),
  request_timeout: duration({ min: 100 })
    .prefault('25s')
    .describe('A client must have sent its whole request within this time.'),
  idle_timeout: duration({ min: 100 })
    .prefault('65s')
    .describe('An idle connection is closed after this time.'),
  max_pending_bytes: size({ min: 1024 * 1024 })
    .prefault('256MiB')
    .describe(
      'Largest total size, after decompression, of requests that are not yet answered; further clients get 503.',
    ),
  max_wait: duration({ min: 10 })
    .prefault('1s')
    .describe(
      'Requests that would wait longer than this for a worker get 503, or 429 if their API key already has more than its share of waiting requests.',
    ),
})

const maxLag = z
  .strictObject({
    bytes: size()
      .optional()
      .describe('Largest part of the log that the exporter may still need, in whole segments.'),
    age: duration({ min: 1000 })
      .optional()
      .describe('Largest age of the oldest item that waits for the exporter.'),
    action: z
      .enum(['refuse', 'drop_oldest', 'skip'])
      .default('refuse')
      .describe(
        '`refuse`: clients get 503 until the exporter has caught up. `drop_oldest`: its oldest items become dead letters, and the oldest dead letters go when there are too many. `skip`: its oldest items are never sent there, only counted.',
      ),
  })
  .refine((limit) => limit.bytes !== undefined || limit.age !== undefined, {
    error: 'needs bytes, age or both',
  })

const queue = z.strictObject({
  dir: z
    .string()
    .min(1)
    .optional()
    .describe('Directory of the log; `<data_dir>/queue` when absent.'),
  max_bytes: size({ min: 1024 * 1024 })
    .prefault('10GiB')
    .describe('Largest log on disk; when full, clients are asked to try again later.'),
  segment_bytes: size({ min: 64 * 1024, max: 1024 ** 3 })
    .prefault('64MiB')
    .describe('Size at which a segment file is closed; whole segments are freed.'),
  min_free_bytes: size()
    .prefault('512MiB')
    .describe('The log stops growing while the file system has less free space than this.'),
  max_lag: z
    .record(z.string(), maxLag)
    .default({})
    .describe(
      'How far an exporter may fall behind, by its id. Without a limit, an exporter whose destination is down keeps everything until the log is full, and then nobody can send.',
    ),
  dead_letter_max_bytes: size()
    .prefault('1GiB')
    .describe(
      'Largest total size of dead letters, which are batches that a destination refused for good. When it is reached, the exporter waits until some dead letters are retried or dropped.',
    ),
})

const workers = z.strictObject({
  count: z
    .union([z.literal('auto'), z.int().min(1).max(256)], {
      error: 'expected auto or a whole number from 1 to 256',
    })
    .default('auto')
    .describe('Worker threads; `auto`: one for each processor of the machine.'),
  task_bytes: size({ min: 64 * 1024, max: 256 * 1024 * 1024 })
    .prefault('4MiB')
    .describe('Waiting requests are combined into one task of up to this many bytes.'),
  task_spans: z
    .int()
    .min(1)
    .default(20_000)
    .describe('Waiting requests are combined into one task of up to about this many spans.'),
  task_timeout: duration({ min: 100 })
    .prefault('30s')
    .describe('A task that takes longer is stopped and its clients are asked to try again.'),
  heap_bytes: size({ min: 64 * 1024 * 1024 })
    .prefault('512MiB')
    .describe('Heap of a worker; one that needs more is restarted.'),
})

const place = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$/, 'expected letters, digits, _ . : -')

const bootstrap = z.strictObject({
  tenant: place
    .optional()
    .describe('Tenant; from OBSERVA_BOOTSTRAP_TENANT when absent, else `default`.'),
  project: place
    .optional()
    .describe('Its project; from OBSERVA_BOOTSTRAP_PROJECT when absent, else `default`.'),
  key: secret()
    .optional()
    .describe(
      'A secret key of this project with every scope, as `observa keys create` printed it; from OBSERVA_BOOTSTRAP_KEY when absent. Without one, and with `auth: keys` and no other key, the first start makes one and prints it once.',
    ),
  email: z
    .string()
    .optional()
    .describe(
      'E-mail address of the owner of the tenant; from OBSERVA_BOOTSTRAP_EMAIL when absent. Made where nobody has it.',
    ),
  password: secret()
    .optional()
    .describe('Password of the owner to begin with; from OBSERVA_BOOTSTRAP_PASSWORD when absent.'),
})

const anyObject = z.record(z.string(), z.unknown())

const unitTest = z.strictObject({
  name: z.string().min(1).describe('What the test promises; printed by `observa test`.'),
  pipeline: z
    .string()
    .optional()
    .describe('Pipeline to run; the only traces pipeline when absent.'),
  tenant: z
    .string()
    .min(1)
    .optional()
    .describe('Tenant that the input belongs to; `default` when absent.'),
  input: z
    .strictObject({
      spans: z
        .array(anyObject)
        .optional()
        .describe('Spans in OTLP JSON, wrapped in one resource and scope.'),
      otlp: anyObject.optional().describe('A whole ExportTraceServiceRequest in OTLP JSON.'),
      events: z.array(anyObject).optional().describe('Legacy Observa events.'),
      file: z
        .string()
        .optional()
        .describe(
          'A file with input in any format that `pipe` accepts, relative to the configuration.',
        ),
    })
    .describe('The input; exactly one of these keys.'),
  expect: z
    .strictObject({
      events: z
        .array(anyObject)
        .optional()
        .describe('Canonical events in order; only the fields given are compared.'),
      signals: z
        .array(anyObject)
        .optional()
        .describe('Signals in order; only the fields given are compared.'),
      issues: z
        .array(anyObject)
        .optional()
        .describe(
          'Issues that the signals make, by their first signal; only the fields given are compared: `type`, `severity`, `title`, `count`, `fingerprint`, `first_seen`, `last_seen`, `evidence`.',
        ),
      rejected: z.int().min(0).optional().describe('How many items are refused.'),
      absent: z
        .array(z.string())
        .optional()
        .describe('Texts that may appear nowhere in the output.'),
    })
    .describe('The expected output.'),
})

const jobs = z.strictObject({
  in_process: z
    .boolean()
    .default(true)
    .describe(
      'Works jobs (clean-up, deletions, notices) in this process too. `false`: processes of `observa worker` do it.',
    ),
})

const pipeline = z.strictObject({
  receivers: z.array(z.string()).describe('Ids of receivers; the order does not matter.'),
  processors: z
    .array(z.string())
    .default([])
    .describe('Ids of processors, in the order they are run.'),
  exporters: z.array(z.string()).describe('Ids of exporters; each gets all data of the pipeline.'),
})

const service = z.strictObject({
  extensions: z.array(z.string()).default([]).describe('Ids of extensions to start.'),
  pipelines: z
    .record(z.string(), pipeline)
    .describe('Pipelines by `traces`, `logs` or `metrics`, also with a name: `traces/eu`.'),
})

const components = (what: string) =>
  z
    .record(z.string(), z.unknown())
    .prefault({})
    .describe(`${what} by id: \`type\` or \`type/name\`.`)

/** Everything that a user may write, except inside components. */
export const rootSchema = z.strictObject({
  receivers: components('Receivers'),
  processors: components('Processors'),
  exporters: components('Exporters'),
  extensions: components('Extensions'),
  service: service.describe('Which components run, and how they are connected.'),
  auth: z
    .enum(['none', 'keys'])
    .optional()
    .describe(
      '`keys`: every request needs an API key, of the control plane in Postgres or of the `keys` extension. `none`: a request without a key is the tenant `default`, and web pages are kept out. When absent: `keys` if a `keys` extension is started, else `none`, and then only loopback addresses may be listened on.',
    ),
  accounts: z
    .enum(['open', 'mail', 'invite', 'closed'])
    .default('invite')
    .describe(
      'Who may make an account: `open`: everybody, with a tenant of their own; `mail`: the same with a link that is sent to the address (`notifications.smtp`), so that nobody learns who has an account; `invite`: who was invited to a tenant; `closed`: nobody, accounts are made by `observa users`.',
    ),
  oidc: oidcSection
    .optional()
    .describe('An OpenID provider with which people sign in, beside passwords.'),
  bootstrap: bootstrap
    .prefault({})
    .describe('What the control plane in Postgres begins with; made at start where it is missing.'),
  control: controlSection
    .prefault({})
    .describe('The control plane that an instance without a postgres exporter follows.'),
  allowed_hosts: z
    .array(hostName())
    .default([])
    .describe(
      'More names that clients may use for this instance, in any case, with or without port. Without keys a request must name the address that is listened on, `localhost`, `127.0.0.1`, `[::1]`, `host.docker.internal` or one of these.',
    ),
  durability: z
    .enum(['durable', 'buffered', 'memory'])
    .default('durable')
    .describe(
      'What a 200 means. `durable`: on disk, survives power loss. `buffered`: handed to the operating system, survives a crash of the process. `memory`: survives nothing.',
    ),
  data_dir: z
    .string()
    .min(1)
    .default('.observa')
    .describe('Directory for the log, dead letters and embedded stores.'),
  limits: limits.prefault({}).describe('Bounds on what a client may send.'),
  queue: queue.prefault({}).describe('The durable log between pipelines and exporters.'),
  workers: workers.prefault({}).describe('Threads that run the processors.'),
  jobs: jobs.prefault({}).describe('Work that is not part of a request; it waits in Postgres.'),
  notifications: notifications
    .prefault({})
    .describe('How people are notified about issues. Targets are made in the API, by tenants.'),
  retention: retentionSection
    .prefault({})
    .describe(
      'How long data is kept where neither its project nor its tenant says otherwise (`observa retention`). Needs a postgres exporter.',
    ),
  archive: archiveSection
    .prefault({})
    .describe(
      'Where data goes that retention removes, of the classes that `retention.archive` or a project names (`observa archive`).',
    ),
  semantic: semanticSection
    .prefault({})
    .describe('What is found in texts after storage: quality, similarity, verdicts of judges.'),
  telemetry: telemetrySection
    .prefault({})
    .describe('Logs, metrics, spans and reports of errors about Observa itself.'),
  tests: z
    .array(unitTest)
    .default([])
    .describe('Unit tests of this configuration, run by `observa test`.'),
})

type Root = z.output<typeof rootSchema>
export type Limits = Root['limits']
export type UnitTest = Root['tests'][number]

/** One configured component: its factory and the configuration that the factory's schema parsed. */
export interface Configured<Factory> {
  /** As in the file: `otlp` or `otlp/eu`. */
  readonly id: string
  readonly factory: Factory
  readonly config: unknown
}

/** A processor together with what its `prepare` returned, or with its configuration if it has no `prepare`. */
export interface ConfiguredProcessor extends Configured<AnyProcessor> {
  readonly settings: unknown
}

export interface Pipeline {
  /** Such as `traces` or `logs/eu`. */
  readonly id: string
  readonly telemetry: TelemetryKind
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
}

/** A configuration that passed every check. Components are keyed by id, in the order of the file. */
export interface ObservaConfig
  extends Omit<Root, 'receivers' | 'processors' | 'exporters' | 'extensions' | 'service' | 'auth'> {
  readonly receivers: ReadonlyMap<string, Configured<AnyReceiver>>
  readonly processors: ReadonlyMap<string, ConfiguredProcessor>
  readonly exporters: ReadonlyMap<string, Configured<AnyExporter>>
  readonly extensions: ReadonlyMap<string, Configured<AnyExtension>>
  readonly service: {
    readonly extensions: readonly string[]
    readonly pipelines: ReadonlyMap<string, Pipeline>
  }
  readonly auth: 'none' | 'keys'
  /** The configuration as printable data: references not expanded, secrets masked. */
  readonly printable: unknown
}
