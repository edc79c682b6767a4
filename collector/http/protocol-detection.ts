// Tells HTTP/2 with prior knowledge (RFC 9113, 3.4) from HTTP/1 by the first bytes of a connection, for addresses
// that take both HTTP/1 and gRPC. No method of HTTP/1 begins with the same three letters.

import type { Socket } from 'node:net'

const PREFACE = Buffer.from('PRI * HTTP/2.0')
const COMPARED_BYTES = 3

/**
 * Calls `decided` when the protocol is known. The bytes that were read are put back into the socket first. A
 * connection that sends nothing within `timeoutMs`, or breaks off, is closed.
 */
export function detectProtocol(
  socket: Socket,
  timeoutMs: number,
  decided: (isHttp2: boolean) => void,
): void {
  let seen = Buffer.alloc(0)
  const end = (): void => {
    socket.destroy()
  }
  const timer = setTimeout(end, timeoutMs)
  const onData = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk])
    const compared = Math.min(seen.length, COMPARED_BYTES)
    const isHttp2 = seen.subarray(0, compared).equals(PREFACE.subarray(0, compared))
    if (isHttp2 && compared < COMPARED_BYTES) return
    release()
    socket.pause()
    socket.unshift(seen)
    decided(isHttp2)
    // HTTP/2 reads from the socket's handle. HTTP/1 needs a flowing stream.
    if (!isHttp2) process.nextTick(() => socket.resume())
  }
  const release = (): void => {
    clearTimeout(timer)
    socket.off('data', onData)
    socket.off('end', end)
    socket.off('error', end)
    socket.off('close', release)
  }
  socket.on('data', onData)
  socket.on('end', end)
  socket.on('error', end)
  socket.on('close', release)
}
