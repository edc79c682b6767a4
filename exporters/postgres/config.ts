// The configuration schema of the `postgres` exporter.

import { z } from 'zod'
import { allowLinkLocal, duration, outboundUrl, size } from '../../core/config/config-types.ts'
import { isUnverifiedPostgres } from '../../core/config/unverified-tls.ts'

export const schema = z
  .strictObject({
    url: outboundUrl(['postgres:', 'postgresql:'])
      .optional()
      .describe(
        'Connection URL, such as postgres://user:password@host:5432/observa?sslmode=verify-full.',
      ),
    embedded: z
      .boolean()
      .default(false)
      .describe('Run the embedded server instead, with its files in data_dir.'),
    allow_link_local: allowLinkLocal(),
    accept_risk: z
      .boolean()
      .default(false)
      .describe(
        'Must be true where the URL says not to verify the certificate of the server (sslmode=no-verify): anybody on the network path can then read the data.',
      ),
    migrate: z
      .boolean()
      .default(true)
      .describe('Create and update the tables at start. If false, run `observa migrate` yourself.'),
    connect_timeout: duration({ min: 100 })
      .prefault('10s')
      .describe('Longest time to open a connection; 30s suits databases that sleep when idle.'),
    statement_timeout: duration({ min: 100 })
      .prefault('30s')
      .describe('Longest time for one statement of a batch.'),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe('Port of the embedded server on 127.0.0.1. Default: any free one.'),
    batch: z
      .strictObject({
        items: z.int().min(1).default(20_000).describe('Most events in one transaction.'),
        bytes: size({ min: 1024 }).prefault('16MiB').describe('Most bytes in one transaction.'),
        delay: duration().prefault('500ms').describe('Longest wait to fill a transaction.'),
      })
      .prefault({})
      .describe('How much is taken from the log for one send.'),
  })
  .refine((c) => c.embedded !== (c.url !== undefined), {
    message: 'give either url, or embedded: true',
    path: ['url'],
  })
  .refine((c) => c.accept_risk || c.url === undefined || !isUnverifiedPostgres(c.url.reveal()), {
    message: 'it turns the check of the certificate off, which needs accept_risk: true beside it',
    path: ['url'],
  })

export type Config = z.output<typeof schema>
