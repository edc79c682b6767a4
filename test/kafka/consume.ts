// Creates topics and reads all messages of a topic, with a client other than the drivers under test.

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkajs, patchKafkajs } from '../../storage/kafka/kafkajs-faults.ts'

patchKafkajs()
const { AssignerProtocol, Kafka, logLevel } = kafkajs

export interface Consumed {
  readonly partition: number
  readonly offset: bigint
  readonly key: string
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
}

type Admin = ReturnType<InstanceType<typeof Kafka>['admin']>

const client = (brokers: readonly string[]): InstanceType<typeof Kafka> =>
  new Kafka({ brokers: [...brokers], clientId: 'test', logLevel: logLevel.NOTHING })

/** A consumer that fails while it is disconnected would be restarted for ever, and keep the process of the test alive. */
const RETRY = { restartOnFailure: () => Promise.resolve(false) }

export async function createTopic(
  brokers: readonly string[],
  topic: string,
  config: Readonly<Record<string, string>> = {},
  numPartitions = 3,
): Promise<void> {
  const admin = client(brokers).admin()
  await admin.connect()
  try {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
    await admin.createTopics({
      topics: [{ topic, numPartitions, configEntries }],
      waitForLeaders: false,
    })
    // A busy broker does not know for a while what it has created, and the client does not wait for that.
    for (let tries = 0; !(await hasLeaders(admin, topic)); tries++) {
      if (tries > 300) throw new Error(`${topic} has no leaders`)
      await sleep(100)
    }
  } finally {
    await admin.disconnect()
  }
}

/** Reads all messages that the topic has at this moment. */
export async function consumeAll(brokers: readonly string[], topic: string): Promise<Consumed[]> {
  const ends = await endOffsets(brokers, topic)
  const out: Consumed[] = []
  if (ends.size === 0) return out
  const consumer = client(brokers).consumer({ groupId: randomUUID(), retry: RETRY })
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ partition, message }: Arrival): Promise<void> => {
        out.push(consumed(partition, message))
        if (BigInt(message.offset) + 1n >= (ends.get(partition) ?? 0n)) ends.delete(partition)
        if (ends.size === 0) resolve()
      }
      consumer.run({ eachMessage }).catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
  return out
}

type Arrival = import('kafkajs').EachMessagePayload

function consumed(partition: number, message: Arrival['message']): Consumed {
  const headers = Object.entries(message.headers ?? {})
  return {
    partition,
    offset: BigInt(message.offset),
    key: message.key?.toString() ?? '',
    value: message.value ?? Buffer.alloc(0),
    headers: Object.fromEntries(headers.map(([name, text]) => [name, String(text)])),
  }
}

/** Partitions that are not empty, each with the offset after its last message. */
async function endOffsets(brokers: readonly string[], topic: string): Promise<Map<number, bigint>> {
  const admin = client(brokers).admin()
  await admin.connect()
  try {
    const all = await admin.fetchTopicOffsets(topic)
    const held = all.filter((p) => p.high !== p.low)
    return new Map(held.map((p) => [p.partition, BigInt(p.high)]))
  } finally {
    await admin.disconnect()
  }
}

/** A member of a consumer group that leads it, because it is the first one, and takes a second to assign a partition to each member. */
export async function slowLeader(brokers: readonly string[], topic: string, groupId: string) {
  const leader = { assignments: 0, disconnect: () => consumer.disconnect() }
  const consumer = client(brokers).consumer({
    groupId,
    retry: RETRY,
    sessionTimeout: 6000,
    heartbeatInterval: 200,
    maxWaitTimeInMs: 200,
    partitionAssigners: [
      () => ({
        name: 'roundrobin',
        version: 1,
        assign: async ({ members }) => {
          leader.assignments++
          await sleep(1000)
          return members.map(({ memberId }, i) => ({
            memberId,
            memberAssignment: AssignerProtocol.MemberAssignment.encode({
              version: 1,
              assignment: { [topic]: [i] },
              userData: Buffer.alloc(0),
            }),
          }))
        },
        protocol: ({ topics }) => ({
          name: 'roundrobin',
          metadata: AssignerProtocol.MemberMetadata.encode({
            version: 1,
            topics,
            userData: Buffer.alloc(0),
          }),
        }),
      }),
    ],
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic] })
  await consumer.run({ eachMessage: () => Promise.resolve() })
  return leader
}

/** True when every partition has a leader that knows it is one: the metadata name a leader before it takes anything. */
async function hasLeaders(admin: Admin, topic: string): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    if (!topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0)))
      return false
    await admin.fetchTopicOffsets(topic)
    return true
  } catch {
    // The broker answers that it does not know the topic yet.
    return false
  }
}
