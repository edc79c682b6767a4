// The configuration schema of the `kafka` exporter.

import { z } from 'zod'
import { duration, secret, size } from '../../core/config/config-types.ts'

const tls = z.strictObject({
  enabled: z.boolean().default(false).describe('Connect with TLS.'),
  ca_file: z.string().optional().describe('PEM file of certificate authorities to trust.'),
  cert_file: z.string().optional().describe('PEM file of the client certificate (mutual TLS).'),
  key_file: z.string().optional().describe('PEM file of the key of cert_file.'),
})

const sasl = z.strictObject({
  mechanism: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .default('plain')
    .describe('SASL mechanism.'),
  username: z.string().min(1).describe('User name.'),
  password: secret().describe('Password.'),
})

export const schema = z.strictObject({
  brokers: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Addresses host:port of the first brokers to contact; one entry may hold several, separated by commas.',
    ),
  topic: z.string().min(1).max(249).default('observa.events').describe('Topic of events.'),
  signals_topic: z
    .string()
    .min(1)
    .max(249)
    .optional()
    .describe('Topic of signals; without it, signals are not sent.'),
  driver: z
    .enum(['kafkajs', 'platformatic'])
    .default('kafkajs')
    .describe('Client library: platformatic is faster, kafkajs is older and more widely used.'),
  client_id: z.string().min(1).default('observa').describe('Name shown in the broker’s logs.'),
  compression: z
    .enum(['none', 'gzip', 'zstd'])
    .default('gzip')
    .describe('Compression of record batches.'),
  idempotent: z
    .boolean()
    .default(false)
    .describe(
      'Idempotent producer: no duplicates from retries inside the client; one request at a time.',
    ),
  max_in_flight: z.int().min(1).max(32).default(4).describe('Parallel produce requests.'),
  message_bytes_max: size({ min: 4096 })
    .prefault('1MiB')
    .describe('Largest message, and largest batch of messages: message.max.bytes of the broker.'),
  oversize: z
    .enum(['split', 'offload', 'truncate'])
    .default('split')
    .describe(
      'What to do with an event larger than message_bytes_max: split it into numbered chunks, move it to a file and send a reference, or empty its largest fields.',
    ),
  offload_dir: z
    .string()
    .optional()
    .describe('Folder for oversize: offload; by default one in the data directory.'),
  request_timeout: duration().prefault('30s').describe('Longest time for one request to a broker.'),
  connect_timeout: duration().prefault('5s').describe('Longest time for one connection attempt.'),
  tls: tls.prefault({}).describe('Encryption of connections.'),
  sasl: sasl.optional().describe('Authentication.'),
  batch: z
    .strictObject({
      items: z.int().min(1).default(2000).describe('Most events in one send.'),
      bytes: size().prefault('8MiB').describe('Most bytes in one send.'),
      delay: duration().prefault('100ms').describe('Longest wait to fill a batch.'),
    })
    .prefault({})
    .describe('How much is taken from the log for one send.'),
})

export type Config = z.output<typeof schema>

/** The brokers as a list. One entry may hold several, `a:1,b:2`, as an environment variable does. */
export const brokerList = (config: Config): string[] =>
  config.brokers.flatMap((entry) => entry.split(',')).flatMap((b) => b.trim() || [])
