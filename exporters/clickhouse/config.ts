// The configuration schema of the `clickhouse` exporter.

import { z } from 'zod'
import {
  allowLinkLocal,
  duration,
  outboundUrl,
  secret,
  size,
} from '../../core/config/config-types.ts'

const tls = z
  .strictObject({
    ca_file: z.string().optional().describe('PEM file of certificate authorities to trust.'),
    cert_file: z.string().optional().describe('PEM file of the client certificate (mutual TLS).'),
    key_file: z.string().optional().describe('PEM file of the key of cert_file.'),
    insecure_skip_verify: z
      .boolean()
      .default(false)
      .describe('Do not verify the certificate of the server.'),
    accept_risk: z
      .boolean()
      .default(false)
      .describe(
        'Must be true together with insecure_skip_verify: without verification anybody on the network path can read the data.',
      ),
  })
  .refine((t) => !t.insecure_skip_verify || t.accept_risk, {
    message: 'insecure_skip_verify needs accept_risk: true beside it',
    path: ['accept_risk'],
  })

export const schema = z
  .strictObject({
    url: outboundUrl()
      .optional()
      .describe('HTTP interface of a ClickHouse server, such as https://clickhouse:8443.'),
    embedded: z
      .boolean()
      .default(false)
      .describe(
        'Run the embedded engine instead, in a process of its own, with its files in data_dir.',
      ),
    allow_link_local: allowLinkLocal(),
    database: z
      .string()
      .regex(/^[A-Za-z_]\w{0,62}$/, 'expected letters, digits and _')
      .default('observa')
      .describe('Database; created when missing.'),
    username: z.string().optional().describe('User name. Default: the one in url, else `default`.'),
    password: secret().optional().describe('Password. Default: the one in url, else none.'),
    reader: z
      .strictObject({
        username: z.string().min(1).describe('Login that the REST API reads with.'),
        password: secret().describe('Its password.'),
      })
      .optional()
      .describe(
        'A login that sees one tenant at a time by row policies, which `deploy/clickhouse-reader.sql` makes on a server. Default: the API reads with the login above.',
      ),
    migrate: z
      .boolean()
      .default(true)
      .describe('Create and update the tables at start. If false, run `observa migrate` yourself.'),
    // A row's end of life must be before 2106, because ClickHouse's DateTime ends there.
    ttl: duration({ min: 3_600_000, max: 438_000 * 3_600_000 })
      .optional()
      .describe(
        'Rows are deleted this long after they were received. Default: never; points of metrics after 30 days at the latest.',
      ),
    compression: z
      .enum(['gzip', 'none'])
      .default('none')
      .describe(
        'Compression of inserts. gzip saves network traffic and costs the collector about 5 µs of CPU a row.',
      ),
    timeout: duration({ min: 1000 })
      .prefault('60s')
      .describe('Longest time for one insert and its response.'),
    connections: z
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe('Largest number of connections. They are kept alive; inserts use one at a time.'),
    insert_settings: z
      .record(z.string().regex(/^[a-z]\w*$/), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe('ClickHouse settings for inserts, for example {insert_quorum: 2}.'),
    memory: size({ min: 512 * 1024 ** 2 })
      .optional()
      .describe(
        'Memory limit of the embedded engine. Default: a quarter of the memory of the machine, but at least 1 and at most 4 GiB.',
      ),
    tls: tls.prefault({}).describe('TLS options for https.'),
    batch: z
      .strictObject({
        items: z.int().min(1).default(50_000).describe('Most rows in one insert.'),
        bytes: size({ min: 1024 }).prefault('32MiB').describe('Most bytes in one insert.'),
        delay: duration().prefault('500ms').describe('Longest wait to fill an insert.'),
      })
      .prefault({})
      .describe(
        'How much is taken from the log at once. Few large inserts are cheaper than many small ones.',
      ),
  })
  .refine((c) => c.embedded !== (c.url !== undefined), {
    message: 'give either url, or embedded: true',
    path: ['url'],
  })
  .refine((c) => !c.embedded || c.reader === undefined, {
    message: 'the embedded engine has no row policies: reader needs a url',
    path: ['reader'],
  })

export type Config = z.output<typeof schema>
