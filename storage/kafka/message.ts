// The types of a Kafka message that is produced and of one that was consumed.

export interface KafkaMessage {
  readonly key: Buffer
  readonly value: Buffer
  readonly headers: readonly (readonly [string, Buffer])[]
  /** The original message of a chunk or of a truncated message. */
  readonly origin?: KafkaMessage
}

export interface ReceivedMessage {
  readonly offset: bigint
  readonly key: Buffer
  readonly value: Buffer
  /** The headers by name. If a name occurs more than once, the last value is kept. */
  readonly headers: ReadonlyMap<string, Buffer>
}
