// Reads the one message of a unary gRPC request: a prefix of five bytes, then the message. Its memory is allocated
// when the length is known and nothing has been read, so that a message can be refused unread.
//   compressed 1 byte (0, 1) | length 4 bytes, big-endian | message      (gRPC over HTTP2, "Length-Prefixed-Message")

import type { ServerHttp2Stream } from 'node:http2'
import { GRPC, type GrpcFailure } from './status.ts'

const PREFIX_BYTES = 5

export type MessageOutcome =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly failure: GrpcFailure }
  /** The client has reset the call, so nobody waits for a response. */
  | { readonly kind: 'aborted' }

export interface MessageAllocator {
  /** Allocates memory for a message of `size` bytes, or returns the reason why it is refused. */
  readonly allocate: (size: number, isCompressed: boolean) => Uint8Array | GrpcFailure
  /** Frees the memory of a message that was not received completely. */
  readonly release: (bytes: Uint8Array) => void
}

/** Reads the message of a stream. The whole message must arrive within `timeoutMs`. */
export function readMessage(
  stream: ServerHttp2Stream,
  allocator: MessageAllocator,
  timeoutMs: number,
): Promise<MessageOutcome> {
  return new Promise((resolve) => {
    const reader = new MessageReader(allocator)
    const finish = (outcome: MessageOutcome): void => {
      clearTimeout(timer)
      stream.off('data', onData)
      if (outcome.kind !== 'message') reader.release()
      resolve(outcome)
    }
    const timer = setTimeout(() => finish(failed(TOO_SLOW)), timeoutMs)
    const onData = (chunk: Buffer): void => {
      const failure = reader.take(chunk)
      if (failure !== null) finish(failed(failure))
    }
    stream.on('data', onData)
    stream.on('end', () => finish(reader.end()))
    stream.on('aborted', () => finish({ kind: 'aborted' }))
    stream.on('close', () => finish({ kind: 'aborted' }))
  })
}

class MessageReader {
  readonly #allocator: MessageAllocator
  readonly #prefix = new Uint8Array(PREFIX_BYTES)
  #prefixTop = 0
  #message: Uint8Array | null = null
  #top = 0

  constructor(allocator: MessageAllocator) {
    this.#allocator = allocator
  }

  /** Adds received bytes. Returns what is wrong with the message, or null. */
  take(chunk: Buffer): GrpcFailure | null {
    let at = 0
    if (this.#message === null) {
      while (at < chunk.length && this.#prefixTop < PREFIX_BYTES)
        this.#prefix[this.#prefixTop++] = chunk[at++] ?? 0
      if (this.#prefixTop < PREFIX_BYTES) return null
      const failure = this.#begin()
      if (failure !== null) return failure
    }
    const message = this.#message
    if (message === null) return null
    if (chunk.length - at > message.length - this.#top) return SEVERAL
    message.set(at === 0 ? chunk : chunk.subarray(at), this.#top)
    this.#top += chunk.length - at
    return null
  }

  end(): MessageOutcome {
    if (this.#message === null) return failed(this.#prefixTop === 0 ? NONE : CUT)
    if (this.#top < this.#message.length) return failed(CUT)
    return { kind: 'message', bytes: this.#message }
  }

  release(): void {
    if (this.#message !== null) this.#allocator.release(this.#message)
    this.#message = null
  }

  #begin(): GrpcFailure | null {
    const [flag = 0] = this.#prefix
    if (flag > 1) return BAD_FLAG
    const size = new DataView(this.#prefix.buffer).getUint32(1)
    const memory = this.#allocator.allocate(size, flag === 1)
    if (!(memory instanceof Uint8Array)) return memory
    this.#message = memory
    return null
  }
}

function failed(failure: GrpcFailure): MessageOutcome {
  return { kind: 'failed', failure }
}

/**
 * How many messages a request has and how they are framed: the codes that gRPC's documents on status codes assign.
 */
const NONE: GrpcFailure = { code: GRPC.UNIMPLEMENTED, message: 'the request holds no message' }
const SEVERAL: GrpcFailure = {
  code: GRPC.UNIMPLEMENTED,
  message: 'the request holds more than one message',
}
const CUT: GrpcFailure = {
  code: GRPC.INTERNAL,
  message: 'the request ended before its message was complete',
}
const BAD_FLAG: GrpcFailure = { code: GRPC.INTERNAL, message: 'the compressed flag is 0 or 1' }
const TOO_SLOW: GrpcFailure = {
  code: GRPC.DEADLINE_EXCEEDED,
  message: 'the request did not arrive in time',
}
