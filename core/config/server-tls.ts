// TLS of an address that is listened on, with the names that the OpenTelemetry Collector uses.

import { z } from 'zod'
import { duration } from './config-types.ts'

/** Absent: the address speaks plain HTTP. */
export function serverTls() {
  return z
    .strictObject({
      cert_file: z
        .string()
        .describe('PEM file of the certificate, followed by those that sign it.'),
      key_file: z.string().describe('PEM file of the key of cert_file.'),
      client_ca_file: z
        .string()
        .optional()
        .describe(
          'PEM file of the authorities of client certificates. Set it, and nobody connects without one (mutual TLS).',
        ),
      min_version: z
        .enum(['1.2', '1.3'])
        .default('1.2')
        .describe('The oldest version of TLS that is accepted.'),
      reload_interval: duration({ min: 1000 })
        .prefault('10s')
        .describe('How often the files are looked at; new ones hold for new connections.'),
    })
    .optional()
    .describe('Serve this address over TLS. Components that share an address share it.')
}

export type ServerTls = NonNullable<z.output<ReturnType<typeof serverTls>>>
