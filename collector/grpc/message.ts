// The one message of a unary gRPC request: five bytes that say how long it is, then itself. Its memory is asked for when
// the length is known and before anything of it is kept, so that it can be refused unread.
//   compressed 1 byte (0, 1) | length 4 bytes, big-endian | message      (gRPC over HTTP2, "Length-Prefixed-Message")

import type { ServerHttp2Stream } from 'node:http2'
import { GRPC, type GrpcFailure } from './status.ts'

const PREFIX_BYTES = 5

export type MessageOutcome =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly failure: GrpcFailure }
  /** The client reset the call; there is nobody to answer. */
  | { readonly kind: 'aborted' }

export interface MessageAllocator {
  /** Memory for a message of this size, or why it may not come in. */
  readonly allocate: (size: number, isCompressed: boolean) => Uint8Array | GrpcFailure
  /** Of a message that did not come to its end. */
  readonly release: (bytes: Uint8Array) => void
}

/** Reads the message of a stream, within `timeoutMs` for all of it. */
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

  /** What is wrong with the message so far. */
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

/** Cardinality and framing as the gRPC documents on status codes have them. */
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
