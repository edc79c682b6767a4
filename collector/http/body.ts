// Reads a request body within a limit into memory that workers can read without a copy.

import type { IncomingMessage } from 'node:http'
import type { Reservation } from '../../core/component.ts'
import { SharedBodies } from './shared-bodies.ts'

export type BodyOutcome =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'too_large' }
  /** The client has disconnected, so nobody waits for a response. */
  | { readonly kind: 'aborted' }
  /** The length was not declared, and no more memory is available. */
  | { readonly kind: 'no_room' }

/** The body memory of all listeners. Bodies that do not fit get memory of their own; admission limits the total. */
export const sharedBodies = new SharedBodies(64 * 1024 * 1024)

/** The declared length in bytes, or -1 when the body is chunked. */
export function declaredLength(req: IncomingMessage): number {
  const header = req.headers['content-length']
  return header === undefined ? -1 : Number(header)
}

/**
 * Reads at most `bytesMax` bytes. If the body is longer, the rest stays unread and the caller closes the connection.
 * The memory belongs to `sharedBodies`: the last user of the body releases it.
 */
export function readBody(
  req: IncomingMessage,
  bytesMax: number,
  reservation: Reservation,
): Promise<BodyOutcome> {
  const declared = declaredLength(req)
  if (declared > bytesMax) return Promise.resolve({ kind: 'too_large' })
  return declared >= 0 ? readDeclared(req, declared) : readChunked(req, bytesMax, reservation)
}

/** Writes each chunk straight to its place. The parser guarantees exactly the declared number of bytes. */
function readDeclared(req: IncomingMessage, size: number): Promise<BodyOutcome> {
  return new Promise((resolve) => {
    const bytes = sharedBodies.allocate(size)
    let top = 0
    let isDone = false
    const finish = (isWhole: boolean): void => {
      if (isDone) return
      isDone = true
      if (isWhole) resolve({ kind: 'body', bytes })
      else {
        sharedBodies.release(bytes)
        resolve({ kind: 'aborted' })
      }
    }
    req.on('data', (chunk: Buffer) => {
      if (!isDone) bytes.set(chunk, top)
      top += chunk.length
      free(chunk)
    })
    req.on('end', () => finish(top === size))
    req.on('error', () => finish(false))
    req.on('close', () => finish(false))
  })
}

function readChunked(
  req: IncomingMessage,
  bytesMax: number,
  reservation: Reservation,
): Promise<BodyOutcome> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const finish = (outcome: BodyOutcome): void => {
      req.removeAllListeners('data')
      resolve(outcome)
    }
    req.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > bytesMax) {
        req.pause()
        finish({ kind: 'too_large' })
        return
      }
      if (size > reservation.bytes && !reservation.set(size)) {
        req.pause()
        finish({ kind: 'no_room' })
        return
      }
      chunks.push(chunk)
    })
    let isEnded = false
    req.on('end', () => {
      isEnded = true
      finish({ kind: 'body', bytes: joined(chunks, size) })
    })
    req.on('error', () => finish({ kind: 'aborted' }))
    req.on('close', () => {
      if (!isEnded) finish({ kind: 'aborted' })
    })
  })
}

function joined(chunks: readonly Buffer[], size: number): Uint8Array {
  const all = sharedBodies.allocate(size)
  let top = 0
  for (const c of chunks) {
    all.set(c, top)
    top += c.length
  }
  return all
}

/** A body of this length is on its way already. */
const SHORT_BODY_BYTES = 1024 * 1024

/**
 * Reads and forgets a body that nobody wants, without a wait, if it is short: the response need not wait for its end, and the connection
 * goes on. A client under refusal hears it sooner, and needs no new connection to come again. Returns false for other bodies.
 */
export function forgetShortBody(req: IncomingMessage): boolean {
  const declared = declaredLength(req)
  if (declared < 0 || declared > SHORT_BODY_BYTES) return false
  req.on('data', free)
  return true
}

/**
 * Frees the memory of a chunk, which the parser made for it. It is outside V8's heap, so that V8 would not notice how much of it
 * waits to be collected: as much as clients send in half a second.
 */
function free(chunk: Buffer): void {
  const { buffer, length } = chunk
  const isWhole = length > 0 && buffer.byteLength === length
  if (isWhole && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

const DISCARD_BYTES_MAX = 64 * 1024 * 1024
const DISCARD_MS_MAX = 1000

/**
 * Reads and discards the rest of a body before an early response, within limits. Closing a socket that has unread
 * data resets it, and the client would never see the response.
 */
export function discardBody(req: IncomingMessage): Promise<void> {
  if (req.complete) return Promise.resolve()
  return new Promise((resolve) => {
    let left = DISCARD_BYTES_MAX
    const done = (): void => {
      clearTimeout(timer)
      req.off('data', onData)
      resolve()
    }
    const onData = (chunk: Buffer): void => {
      left -= chunk.length
      free(chunk)
      if (left < 0) done()
    }
    const timer = setTimeout(done, DISCARD_MS_MAX)
    req.on('data', onData)
    req.once('end', done)
    req.once('close', done)
    req.resume()
  })
}
