// The configuration schema of the `kafka` receiver. It shares the connection options with the `kafka` exporter.

import { z } from 'zod'
import { duration, size } from '../../../core/config/config-types.ts'
import { brokerOptions, connectionOptions } from '../../../storage/kafka/connection-config.ts'

const topicName = () => z.string().min(1).max(249)

const options = z.strictObject({
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
    .enum(['auto', 'otlp_proto', 'otlp_json', 'ndjson', 'event'])
    .default('auto')
    .describe(
      'Format of the messages. `auto` uses the header `record` that the exporter writes, or else the first bytes. `event`: canonical events, also where that header is missing.',
    ),
  telemetry: z
    .enum(['traces', 'logs', 'metrics'])
    .default('traces')
    .describe('Telemetry kind of OTLP protobuf messages without the header `record`.'),
  tenancy: z
    .enum(['static', 'headers'])
    .default('static')
    .describe(
      'How the tenant of a message is determined: `static` uses the options `tenant` and `project`; `headers` trusts the headers `tenant`, `project` and `environment`, for topics that only instances of Observa can write.',
    ),
  tenant: z.string().min(1).default('default').describe('Tenant of all messages (static).'),
  project: z.string().min(1).default('default').describe('Project of all messages (static).'),
  environment: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Environment of all messages (static). Without it, the environment in the payload is used.',
    ),
  quotas: z
    .enum(['count', 'counted'])
    .optional()
    .describe(
      '`count`: this instance counts messages against the quotas of their project. `counted`: the instance that received them has done so. By default `counted` with `tenancy: headers`, else `count`.',
    ),
  initial_offset: z
    .enum(['earliest', 'latest'])
    .default('earliest')
    .describe('Where consumption starts in a partition without a committed offset.'),
  dead_letter_topic: topicName()
    .optional()
    .describe(
      'Topic to which refused messages are written, with the reason in headers. Without it, refused messages are counted, and logged with their offset.',
    ),
  session_timeout: duration({ min: 6000 })
    .prefault('10s')
    .describe(
      'Time without a heartbeat after which the partitions of a member are assigned to others.',
    ),
  heartbeat_interval: duration({ min: 100 })
    .prefault('2s')
    .describe('Interval of the heartbeats to the group coordinator.'),
  replay: duration()
    .prefault('0s')
    .describe(
      'How far before the committed offset consumption starts in a newly assigned partition, so that this instance knows the running traces. Only for topics of edge instances whose events go to stores that count each event once.',
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
    .describe(
      'Most bytes of fetched messages that wait for delivery. Above this limit nothing more is fetched.',
    ),
  incomplete_bytes: size({ min: 1 << 20 })
    .prefault('64MiB')
    .describe('Most bytes of chunks that wait for the missing chunks of their message.'),
  ...connectionOptions,
})

export const schema = options.refine(
  ({ topics, dead_letter_topic }) =>
    dead_letter_topic === undefined || !topics.includes(dead_letter_topic),
  {
    path: ['dead_letter_topic'],
    error: 'is one of the topics, so each letter would be consumed, refused and written again',
  },
)

export type Config = z.output<typeof schema>
