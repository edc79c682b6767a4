// CORS for senders in browsers: exact origins, and never a wildcard with credentials.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Authenticator } from '../../core/component.ts'

export interface CorsSettings {
  /** Checked for each request, because a reload may bring keys for other origins. */
  readonly isAllowed: (origin: string) => boolean
  readonly allowedHeaders: readonly string[]
  readonly maxAgeS: number
}

/**
 * Accepts the origins that a receiver lists, and the origins of publishable keys, because such a key is meant for use
 * there.
 */
export function originCheck(
  listed: readonly string[],
  auth: Authenticator,
): (origin: string) => boolean {
  const own = new Set(listed)
  return (origin) => own.has(origin) || (auth.hasKeyFor?.(origin) ?? false)
}

/** Adds the headers for an allowed origin. Returns true when the request was a preflight and has been answered. */
export function handleCors(req: IncomingMessage, res: ServerResponse, cors: CorsSettings): boolean {
  const { origin } = req.headers
  if (origin === undefined && req.method !== 'OPTIONS') return false
  const isAllowed = origin !== undefined && cors.isAllowed(origin)
  res.setHeader('vary', 'Origin')
  if (isAllowed) {
    res.setHeader('access-control-allow-origin', origin)
    res.setHeader('access-control-allow-credentials', 'true')
  }
  if (req.method !== 'OPTIONS') return false
  if (isAllowed) {
    res.setHeader('access-control-allow-methods', 'POST')
    res.setHeader('access-control-allow-headers', cors.allowedHeaders.join(', '))
    res.setHeader('access-control-max-age', String(cors.maxAgeS))
  }
  res.writeHead(204)
  res.end()
  return true
}
