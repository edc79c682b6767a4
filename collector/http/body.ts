// Reads a request body within a limit into memory that workers can read in place.

import type { IncomingMessage } from 'node:http'
import type { Reservation } from '../../core/component.ts'
import { SharedBodies } from './shared-bodies.ts'

export type BodyOutcome =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'too_large' }
  /** The client went away; there is nobody to answer. */
  | { readonly kind: 'aborted' }
  /** Its length was not declared, and there is no room for it any more. */
  | { readonly kind: 'no_room' }

/** Of all listeners. What is beyond it falls back to memory of its own; admission bounds the whole. */
export const sharedBodies = new SharedBodies(64 * 1024 * 1024)

/** Declared length, or -1 when chunked. */
export function declaredLength(req: IncomingMessage): number {
  const header = req.headers['content-length']
  return header === undefined ? -1 : Number(header)
}

/**
 * Reads at most `bytesMax`; beyond it the rest is left unread and the caller closes the connection.
 * The body belongs to `sharedBodies`: whoever is done with it releases it.
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

/** The parser gives exactly the declared bytes, so each chunk goes straight to its place. */
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
      if (isDone) return
      bytes.set(chunk, top)
      top += chunk.length
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

const DISCARD_BYTES_MAX = 64 * 1024 * 1024
const DISCARD_MS_MAX = 1000

/**
 * Reads and forgets what is left of a body before an early answer, within bounds: closing a socket with
 * unread data resets it, and the client would never see the answer.
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
      if (left < 0) done()
    }
    const timer = setTimeout(done, DISCARD_MS_MAX)
    req.on('data', onData)
    req.once('end', done)
    req.once('close', done)
    req.resume()
  })
}
