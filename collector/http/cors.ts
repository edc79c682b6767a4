// CORS for browser senders: exact origins, never a wildcard with credentials.

import type { IncomingMessage, ServerResponse } from 'node:http'

export interface CorsSettings {
  readonly allowedOrigins: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly maxAgeS: number
}

/** Adds the headers for a listed origin; true when the request was a preflight and is answered. */
export function handleCors(req: IncomingMessage, res: ServerResponse, cors: CorsSettings): boolean {
  const origin = req.headers.origin
  const listed = origin !== undefined && cors.allowedOrigins.includes(origin)
  if (cors.allowedOrigins.length > 0) res.setHeader('vary', 'Origin')
  if (listed) {
    res.setHeader('access-control-allow-origin', origin)
    res.setHeader('access-control-allow-credentials', 'true')
  }
  if (req.method !== 'OPTIONS') return false
  if (listed) {
    res.setHeader('access-control-allow-methods', 'POST')
    res.setHeader('access-control-allow-headers', cors.allowedHeaders.join(', '))
    res.setHeader('access-control-max-age', String(cors.maxAgeS))
  }
  res.writeHead(204)
  res.end()
  return true
}
