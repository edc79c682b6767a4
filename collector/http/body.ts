// Reads a request body into one buffer of its own, within a limit. The buffer must own its whole
// ArrayBuffer: it is cloned to a worker, and a view of a pool would clone the pool.

import type { IncomingMessage } from 'node:http'

export type BodyOutcome =
  | { readonly kind: 'body'; readonly bytes: Uint8Array }
  | { readonly kind: 'too_large' }
  /** The client went away; there is nobody to answer. */
  | { readonly kind: 'aborted' }

/** Declared length, or -1 when chunked. */
export function declaredLength(req: IncomingMessage): number {
  const header = req.headers['content-length']
  return header === undefined ? -1 : Number(header)
}

/** Reads at most `bytesMax`; beyond it the rest is left unread and the caller closes the connection. */
export function readBody(req: IncomingMessage, bytesMax: number): Promise<BodyOutcome> {
  const declared = declaredLength(req)
  if (declared > bytesMax) return Promise.resolve({ kind: 'too_large' })
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
      chunks.push(chunk)
    })
    req.on('end', () => finish({ kind: 'body', bytes: joined(chunks, size) }))
    req.on('error', () => finish({ kind: 'aborted' }))
    req.on('close', () => finish({ kind: 'aborted' }))
  })
}

function joined(chunks: readonly Buffer[], size: number): Uint8Array {
  const all = new Uint8Array(size)
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
