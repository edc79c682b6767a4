// Whether a connection begins as HTTP/2 with prior knowledge does (RFC 9113, 3.4), for addresses that take both HTTP/1 and
// gRPC. No method of HTTP/1 begins with the same three letters.

import type { Socket } from 'node:net'

const PREFACE = Buffer.from('PRI * HTTP/2.0')
const TOLD_BY = 3

/** Calls `decided` once it is clear; the socket then holds all its bytes again. Silent and broken connections end here. */
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
    const told = Math.min(seen.length, TOLD_BY)
    const isHttp2 = seen.subarray(0, told).equals(PREFACE.subarray(0, told))
    if (isHttp2 && told < TOLD_BY) return
    release()
    socket.pause()
    socket.unshift(seen)
    decided(isHttp2)
    // HTTP/2 reads the handle itself; HTTP/1 waits for the stream to flow.
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
