// The `api` extension: the REST API on the endpoint that it names, which it may share with receivers.

import { isIP } from 'node:net'
import { z } from 'zod'
import { loadOidcLibrary, OidcProvider } from '../accounts/oidc/oidc-provider.ts'
import { SessionCache } from '../accounts/session-cache.ts'
import type { Component, ExtensionContext, ExtensionFactory, Host } from '../core/component.ts'
import { duration, endpoint, size } from '../core/config/config-types.ts'
import { serverTls } from '../core/config/server-tls.ts'
import { DEFAULT_TENANT } from '../core/tenant.ts'
import { registerRoutes } from './all-routes.ts'
import { handlerOf, makeApp } from './app.ts'
import { useAuth } from './auth.ts'
import { ConsoleFiles } from './console/console-files.ts'
import { consoleRoutes, sendMissingPage } from './console/console-routes.ts'
import { registerDeprecations } from './deprecations.ts'
import { useFreeText } from './free-text.ts'
import { registerIdempotency } from './idempotency.ts'
import { registerListOptions } from './lists.ts'
import { REQUEST_METRICS, useRequestMetrics } from './request-metrics.ts'
import { OIDC_METRICS } from './routes/control/oidc.ts'
import { forgetAfterChanges, SessionAuth } from './session-auth.ts'
import { SHARED_ANSWER_METRICS, useSharedAnswers } from './shared-answers.ts'
import { Stores } from './stores.ts'

export { type ApiAnswer, McpServer } from './mcp/mcp-server.ts'

export const apiSchema = z.strictObject({
  endpoint: endpoint()
    .default('127.0.0.1:3000')
    .describe('Address of the REST API; shared with the observa receiver when both name the same.'),
  tls: serverTls(),
  trusted_proxies: z
    .array(
      z.string().refine((text) => isIP(text.replace(/\/\d{1,3}$/, '')) !== 0, {
        error: 'expected an address or a network, such as 10.0.0.0/8',
      }),
    )
    .default([])
    .describe(
      'Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; of all others the headers are ignored.',
    ),
  operators: z
    .array(z.string())
    .optional()
    .describe(
      'Tenants whose admins may see and change what concerns the whole instance: configuration, dead letters, jobs of all tenants. When absent: `default`, and the tenant of the keys in the configuration if they all name one.',
    ),
  queries: z
    .strictObject({
      timeout: duration({ min: 1000, max: 300_000 })
        .prefault('20s')
        .describe('Longest run of a statement in ClickHouse and Postgres.'),
      max_rows_read: z
        .int()
        .min(1)
        .default(2_000_000_000)
        .describe('Rows that a statement may read in ClickHouse.'),
      max_bytes_read: size({ min: 1024 ** 2 })
        .prefault('64GiB')
        .describe('Bytes that a statement may read in ClickHouse, before compression.'),
    })
    .prefault({})
    .describe(
      'Limits of each question to a store; beyond them the answer is a 422 QUERY_TOO_EXPENSIVE.',
    ),
})

export type ApiConfig = z.output<typeof apiSchema>

export const api: ExtensionFactory<ApiConfig> = {
  kind: 'extension',
  type: 'api',
  stability: 'beta',
  summary: 'REST API over the stores, with OpenAPI and an explorer.',
  schema: apiSchema as z.ZodType<ApiConfig>,
  metrics: [...REQUEST_METRICS, ...SHARED_ANSWER_METRICS, ...OIDC_METRICS],
  create: (config, host, ctx) => new ApiExtension(config, host, ctx),
}

class ApiExtension implements Component {
  readonly #config: ApiConfig
  readonly #host: Host
  readonly #ctx: ExtensionContext
  readonly #stores: Stores
  /**
   * Number of items that the exporters of this instance have delivered. When it changes, shared responses are out of date.
   */
  readonly #revision = (): number => this.#host.metrics.total('otelcol_exporter_sent_spans')
  readonly #console: ConsoleFiles

  constructor(config: ApiConfig, host: Host, ctx: ExtensionContext) {
    this.#config = config
    this.#host = host
    this.#ctx = ctx
    this.#stores = new Stores(
      ctx.service,
      { clock: host.clock, revision: this.#revision },
      config.queries,
    )
    this.#console = new ConsoleFiles(host.log)
  }

  async start(): Promise<void> {
    const cache = new SessionCache(this.#host.clock)
    this.#ctx.onControlChange(() => cache.forget())
    const sessions = new SessionAuth(this.#stores, cache)
    const app = await makeApp({
      log: this.#host.log,
      version: this.#ctx.service.version,
      auth: this.#ctx.auth,
      signedIn: (req) => sessions.signedIn(req, 'session'),
      guard: this.#ctx.guard(this.#config.endpoint),
      trustedProxies: this.#config.trusted_proxies,
      scrub: (field, text) => this.#ctx.service.storedIds.textOf('', field, text),
      missingPage: (req, reply) => sendMissingPage(req, reply, this.#console),
    })
    useAuth(app, this.#ctx.auth, sessions, (tenantId) => this.#operators().has(tenantId))
    forgetAfterChanges(app, cache)
    useFreeText(app, () => this.#ctx.service.storedIds)
    registerDeprecations(app)
    registerListOptions(app)
    registerIdempotency(app, this.#stores)
    const { clock, metrics } = this.#host
    useRequestMetrics(app, metrics, this.#ctx.service)
    useSharedAnswers(app, { clock, metrics, revision: this.#revision })
    registerRoutes(app, {
      stores: this.#stores,
      service: this.#ctx.service,
      metrics,
      clock,
      keyPepper: this.#ctx.keyPepper,
      accounts: this.#ctx.accounts.mode,
      oidc: await this.#oidc(),
    })
    consoleRoutes(app, this.#console)
    this.#console.start()
    this.#ctx.listeners.secure(this.#config.endpoint, this.#config.tls)
    this.#ctx.listeners.fallback(this.#config.endpoint, await handlerOf(app))
  }

  async #oidc(): Promise<OidcProvider | null> {
    const { oidc } = this.#ctx.accounts
    if (oidc === null) return null
    const { clock, log } = this.#host
    return new OidcProvider(oidc, { library: await loadOidcLibrary(), clock, log })
  }

  #operators(): ReadonlySet<string> {
    if (this.#config.operators !== undefined) return new Set(this.#config.operators)
    const configured = this.#ctx.service.operations.configuredTenants()
    return new Set([DEFAULT_TENANT.tenantId, ...(configured.length === 1 ? configured : [])])
  }

  async stop(): Promise<void> {
    this.#console.stop()
    await this.#stores.close()
  }
}
