// A client that declares a body and never sends its end.

import { connect, type Socket } from 'node:net'

/** Sends all but the last byte of a body of `bytes` bytes. */
export function stalledUpload(port: number, bytes: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {
    // The server may end the connection; only what it answered before counts.
  })
  socket.write('POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n')
  socket.write(`Content-Length: ${bytes}\r\n\r\n`)
  socket.write(Buffer.alloc(bytes - 1, 0x20))
  return socket
}
