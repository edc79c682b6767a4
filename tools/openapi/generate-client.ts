// Writes the types of the API's client, `console/src/api/openapi.generated.ts`, from the document that an instance serves. `--check`
// writes nothing and exits 1 when they are stale. Part of `npm run generate`.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { registerRoutes } from '../../api/all-routes.ts'
import { makeApp } from '../../api/app.ts'
import { useAuth } from '../../api/auth.ts'
import { registerIdempotency } from '../../api/idempotency.ts'
import { registerListOptions } from '../../api/lists.ts'
import { documentOf } from '../../api/openapi.ts'
import { Stores } from '../../api/stores.ts'
import { anonymousAuthenticator } from '../../collector/extensions/keys/index.ts'
import { openGuard } from '../../collector/http/request-guard.ts'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { testService } from '../../test/service-view.ts'
import { clientTypes, type OpenApiDocument } from './client-types.ts'

const PATH = 'console/src/api/openapi.generated.ts'
const root = join(import.meta.dirname, '../..')

/** The document, without stores and without a listener. */
export async function servedDocument(): Promise<OpenApiDocument> {
  const log = pino({ level: 'silent' })
  const auth = anonymousAuthenticator()
  const app = await makeApp({ log, version: 'generated', auth, guard: openGuard })
  const service = testService()
  const stores = new Stores(service)
  useAuth(app, auth)
  registerListOptions(app)
  registerIdempotency(app, stores)
  const metrics = new Metrics()
  const shared = { stores, service, metrics, clock: systemClock, keyPepper: null }
  registerRoutes(app, { ...shared, accounts: 'invite', oidc: null })
  await app.ready()
  // The plugin's type of a document is that of all versions of OpenAPI.
  return documentOf(app) as OpenApiDocument
}

if (import.meta.main) {
  const wanted = clientTypes(await servedDocument())
  const before = await readFile(join(root, PATH), 'utf8').catch(() => '')
  if (before !== wanted) {
    const isCheck = process.argv.includes('--check')
    process.stdout.write(`${isCheck ? 'stale' : 'wrote'}  ${PATH}\n`)
    if (isCheck) process.exitCode = 1
    else await writeFile(join(root, PATH), wanted)
  }
}
