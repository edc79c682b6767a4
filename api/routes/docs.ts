// The API explorer at /docs, made from the OpenAPI document. All its files are served from here.

import scalar from '@scalar/fastify-api-reference'
import type { Api } from '../typed-fastify.ts'

export async function docsRoutes(app: Api): Promise<void> {
  app.get('/', { config: { scope: 'public' }, schema: { hide: true } }, (_req, reply) =>
    reply.redirect('/docs/'),
  )
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: { url: '/api/v1/openapi.json', withDefaultFonts: false },
  })
}
