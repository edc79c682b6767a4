// The configuration schema of the `kafka` receiver. It shares the connection options with the `kafka` exporter.

import { z } from 'zod'
import { duration, size } from '../../../core/config/config-types.ts'
import { brokerOptions, connectionOptions } from '../../../storage/kafka/connection-config.ts'

const topicName = () => z.string().min(1).max(249)

export const schema = z.strictObject({
  ...brokerOptions,
  topics: z.array(topicName()).min(1).default(['observa.spans']).describe('Topics to consume.'),
  group_id: z
    .string()
    .min(1)
    .default('observa')
    .describe('Consumer group: instances with the same one share the partitions.'),
  driver: z
    .enum(['platformatic', 'kafkajs'])
    .default('platformatic')
    .describe('Client library: platformatic is faster, kafkajs is older and more widely used.'),
  client_id: z.string().min(1).default('observa').describe('Name shown in the broker’s logs.'),
  format: z
    .enum(['auto', 'otlp_proto', 'otlp_json', 'ndjson'])
    .default('auto')
    .describe(
      'What a message holds. `auto` goes by the header `record` that the exporter writes, then by the first bytes.',
    ),
  telemetry: z
    .enum(['traces', 'logs', 'metrics'])
    .default('traces')
    .describe('What OTLP protobuf is that says nothing of it in a header `record`.'),
  tenancy: z
    .enum(['static', 'headers'])
    .default('static')
    .describe(
      'Whose data it is: `static` is that of `tenant` and `project`; `headers` trusts the headers `tenant`, `project` and `environment`, for topics that only instances of Observa can write.',
    ),
  tenant: z.string().min(1).default('default').describe('Tenant of all messages (static).'),
  project: z.string().min(1).default('default').describe('Project of all messages (static).'),
  environment: z
    .string()
    .min(1)
    .optional()
    .describe('Environment of all messages (static); without it, that of the payload.'),
  quotas: z
    .enum(['count', 'counted'])
    .optional()
    .describe(
      'Whether messages use up the quotas of their project here, or did where they came in. By default `counted` with `tenancy: headers`, else `count`.',
    ),
  initial_offset: z
    .enum(['earliest', 'latest'])
    .default('earliest')
    .describe('Where a partition is begun for which the group has no offset.'),
  dead_letter_topic: topicName()
    .optional()
    .describe(
      'Topic for messages that are refused, with the reason in headers. Without it they are counted and logged with their offset.',
    ),
  session_timeout: duration({ min: 6000 })
    .prefault('10s')
    .describe('How long a member may be silent before its partitions are given to others.'),
  heartbeat_interval: duration({ min: 100 })
    .prefault('2s')
    .describe('How often a member shows that it is there.'),
  replay: duration()
    .prefault('0s')
    .describe(
      'How far back a partition is read again when it comes to this instance, so that it knows the traces that go on. Only for topics of edge instances whose events go to stores that count each once.',
    ),
  batch: z
    .strictObject({
      messages: z.int().min(1).max(10_000).default(500).describe('Most messages in one request.'),
      bytes: size({ min: 1024 }).prefault('1MiB').describe('Most bytes in one request.'),
    })
    .prefault({})
    .describe('How many messages of a partition are joined to one request.'),
  buffer_bytes: size({ min: 1 << 20 })
    .prefault('32MiB')
    .describe('Bytes of fetched messages that may wait; above it nothing is fetched.'),
  incomplete_bytes: size({ min: 1 << 20 })
    .prefault('64MiB')
    .describe('Bytes of chunks of oversized messages that may wait for the rest.'),
  ...connectionOptions,
})

export type Config = z.output<typeof schema>
