// The API explorer at /docs, made from the OpenAPI document. All its files are served from here.

import scalar from '@scalar/fastify-api-reference'
import type { Api } from '../../typed-fastify.ts'

export async function docsRoutes(app: Api): Promise<void> {
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: { url: '/api/v1/openapi.json', withDefaultFonts: false },
  })
}
