// Routes that will go: they say so in `Deprecation` (RFC 9745) and `Sunset` (RFC 8594), name what to use instead in `Link`, and are
// marked in the document.

import type { Api } from './typed-fastify.ts'

export interface Going {
  /** Dates, such as 2026-12-01: since when another route should be used, and from when on this one may be gone. */
  readonly since: string
  readonly until: string
  /** The path that takes its place. */
  readonly successor: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set for a route that will go. */
    going?: Going
  }
}

/** Call it before the routes are added. */
export function registerDeprecations(app: Api): void {
  app.addHook('onRequest', async (req, reply) => {
    const { going } = req.routeOptions.config
    if (going === undefined) return
    void reply.headers({
      deprecation: `@${Date.parse(going.since) / 1000}`,
      sunset: new Date(going.until).toUTCString(),
      link: `<${going.successor}>; rel="successor-version"`,
    })
  })
}
