// Deprecated routes. Their responses have the headers `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link`, which names
// the replacement, and the OpenAPI document marks them.

import type { Api } from './typed-fastify.ts'

export interface Going {
  /** The dates, such as 2026-12-01, from which on another route should be used, and from which on this one may be removed. */
  readonly since: string
  readonly until: string
  /** The path of the replacement. */
  readonly successor: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Set for a deprecated route. */
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
