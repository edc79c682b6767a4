// A Kafka message on its way to a topic, and one that came from a topic.

export interface KafkaMessage {
  readonly key: Buffer
  readonly value: Buffer
  readonly headers: readonly (readonly [string, Buffer])[]
  /** For a chunk or a reduced message: the message it was made from. */
  readonly origin?: KafkaMessage
}

export interface ReceivedMessage {
  readonly offset: bigint
  readonly key: Buffer
  readonly value: Buffer
  /** By name; of a name that is there twice, the last. */
  readonly headers: ReadonlyMap<string, Buffer>
}
