// Ends a unary gRPC call: with a message and the trailers of success, or with the trailers of a failure alone.

import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { failureTrailers, type GrpcFailure, OK_TRAILERS } from './status.ts'

const HEADERS: OutgoingHttpHeaders = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity,gzip,deflate,zstd',
}

const PREFIX_BYTES = 5

/** Sends the response message and ends the call with success. */
export function sendMessage(stream: ServerHttp2Stream, message: Uint8Array): void {
  if (isOver(stream)) return
  stream.respond(HEADERS, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers(OK_TRAILERS))
  const framed = Buffer.alloc(PREFIX_BYTES + message.length)
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, PREFIX_BYTES)
  stream.end(framed)
}

/** Ends the call with a failure and no message. The client is told that it need not send the rest of its request. */
export function sendFailure(stream: ServerHttp2Stream, failure: GrpcFailure): void {
  if (isOver(stream)) return
  stream.respond({ ...HEADERS, ...failureTrailers(failure) }, { endStream: true })
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR)
}

function isOver(stream: ServerHttp2Stream): boolean {
  return stream.headersSent || stream.destroyed || stream.closed
}
