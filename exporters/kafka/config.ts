// The configuration schema of the `kafka` exporter.

import { z } from 'zod'
import { duration, size } from '../../core/config/config-types.ts'
import { brokerOptions, connectionOptions } from '../../storage/kafka/connection-config.ts'

export const schema = z.strictObject({
  ...brokerOptions,
  topic: z.string().min(1).max(249).default('observa.events').describe('Topic of events.'),
  encoding: z
    .enum(['event', 'otlp_proto'])
    .default('event')
    .describe(
      'What a message holds: `event` is one canonical event as JSON; `otlp_proto` the spans of a trace as OTLP, scrubbed, for instances that read them with the `kafka` receiver.',
    ),
  signals_topic: z
    .string()
    .min(1)
    .max(249)
    .optional()
    .describe('Topic of signals; without it, signals are not sent.'),
  scores_topic: z
    .string()
    .min(1)
    .max(249)
    .optional()
    .describe(
      'Topic of scores, of judges, checks and people; without it, scores are not sent. It needs Postgres.',
    ),
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
  ...connectionOptions,
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
