// The `api` extension: the REST API on the endpoint that it names, which it may share with receivers.

import { isIP } from 'node:net'
import { z } from 'zod'
import { SessionCache } from '../accounts/session-cache.ts'
import { SignInAttempts } from '../accounts/sign-in-attempts.ts'
import type { Component, ExtensionContext, ExtensionFactory, Host } from '../core/component.ts'
import { endpoint } from '../core/config/config-types.ts'
import { DEFAULT_TENANT } from '../core/tenant.ts'
import { handlerOf, makeApp } from './app.ts'
import { useAuth } from './auth.ts'
import { ConsoleFiles } from './console/console-files.ts'
import { consoleRoutes } from './console/console-routes.ts'
import { registerIdempotency } from './idempotency.ts'
import { registerListOptions } from './lists.ts'
import { REQUEST_METRICS, useRequestMetrics } from './request-metrics.ts'
import { auditRoutes } from './routes/control/audit.ts'
import { authRoutes } from './routes/control/auth.ts'
import { invitationRoutes } from './routes/control/invitations.ts'
import { keyRoutes } from './routes/control/keys.ts'
import { memberRoutes } from './routes/control/members.ts'
import { muteRoutes } from './routes/control/mutes.ts'
import { projectRoutes } from './routes/control/projects.ts'
import { quotaRoutes } from './routes/control/quota.ts'
import { targetRoutes } from './routes/control/targets.ts'
import { tenantRoutes } from './routes/control/tenants.ts'
import { viewRoutes } from './routes/control/views.ts'
import { conversationMessageRoutes } from './routes/data/conversation-messages.ts'
import { eventRoutes } from './routes/data/events.ts'
import { groupRoutes } from './routes/data/groups.ts'
import { scoreRoutes } from './routes/data/scores.ts'
import { searchRoutes } from './routes/data/search.ts'
import { traceTreeRoutes } from './routes/data/trace-trees.ts'
import { traceRoutes } from './routes/data/traces.ts'
import { issueRoutes } from './routes/issues/issues.ts'
import { signalRoutes } from './routes/issues/signals.ts'
import { configurationRoutes } from './routes/operations/configuration.ts'
import { deadLetterRoutes } from './routes/operations/dead-letters.ts'
import { diagnosticsRoutes } from './routes/operations/diagnostics.ts'
import { docsRoutes } from './routes/operations/docs.ts'
import { explainRoutes } from './routes/operations/explain.ts'
import { jobRoutes } from './routes/operations/jobs.ts'
import { mcpRoutes } from './routes/operations/mcp.ts'
import { pipelineRoutes } from './routes/operations/pipeline.ts'
import { systemRoutes } from './routes/operations/system.ts'
import { analyticsRoutes } from './routes/sums/analytics.ts'
import { dashboardRoutes } from './routes/sums/dashboards.ts'
import { reconcileRoutes } from './routes/sums/reconcile.ts'
import { timeseriesRoutes } from './routes/sums/timeseries.ts'
import { usageRoutes } from './routes/sums/usage.ts'
import { SessionAuth } from './session-auth.ts'
import { SHARED_ANSWER_METRICS, useSharedAnswers } from './shared-answers.ts'
import { Stores } from './stores.ts'

export { type ApiAnswer, McpServer } from './mcp/mcp-server.ts'

export const apiSchema = z.strictObject({
  endpoint: endpoint()
    .default('127.0.0.1:3000')
    .describe('Address of the REST API; shared with the observa receiver when both name the same.'),
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
})

export type ApiConfig = z.output<typeof apiSchema>

export const api: ExtensionFactory<ApiConfig> = {
  kind: 'extension',
  type: 'api',
  stability: 'beta',
  summary: 'REST API over the stores, with OpenAPI and an explorer.',
  schema: apiSchema as z.ZodType<ApiConfig>,
  metrics: [...REQUEST_METRICS, ...SHARED_ANSWER_METRICS],
  create: (config, host, ctx) => new ApiExtension(config, host, ctx),
}

class ApiExtension implements Component {
  readonly #config: ApiConfig
  readonly #host: Host
  readonly #ctx: ExtensionContext
  readonly #stores: Stores
  /** Items that this instance's exporters have delivered: after a change, what was read before is old. */
  readonly #revision = (): number => this.#host.metrics.total('otelcol_exporter_sent_spans')
  readonly #console: ConsoleFiles

  constructor(config: ApiConfig, host: Host, ctx: ExtensionContext) {
    this.#config = config
    this.#host = host
    this.#ctx = ctx
    this.#stores = new Stores(ctx.service, { clock: host.clock, revision: this.#revision })
    this.#console = new ConsoleFiles(host.log)
  }

  async start(): Promise<void> {
    const app = await makeApp({
      log: this.#host.log,
      version: this.#ctx.service.version,
      auth: this.#ctx.auth,
      guard: this.#ctx.guard(this.#config.endpoint),
      trustedProxies: this.#config.trusted_proxies,
    })
    const sessions = new SessionCache(this.#host.clock)
    this.#ctx.onControlChange(() => sessions.forget())
    useAuth(app, this.#ctx.auth, new SessionAuth(this.#stores, sessions), (tenantId) =>
      this.#operators().has(tenantId),
    )
    registerListOptions(app)
    registerIdempotency(app, this.#stores)
    const { clock, metrics } = this.#host
    useRequestMetrics(app, metrics)
    useSharedAnswers(app, { clock, metrics, revision: this.#revision })
    systemRoutes(app, this.#ctx.service, this.#stores)
    pipelineRoutes(app, this.#ctx.service, this.#host.metrics)
    configurationRoutes(app, this.#ctx.service.operations)
    deadLetterRoutes(app, this.#ctx.service.operations.deadLetters)
    explainRoutes(app, this.#ctx.service.operations)
    jobRoutes(app, this.#stores)
    diagnosticsRoutes(app, this.#ctx.service, this.#host.metrics)
    mcpRoutes(app, this.#ctx.service.version)
    traceRoutes(app, this.#stores)
    traceTreeRoutes(app, this.#stores)
    searchRoutes(app, this.#stores)
    analyticsRoutes(app, this.#stores)
    dashboardRoutes(app, this.#stores)
    eventRoutes(app, this.#stores, this.#ctx.service)
    signalRoutes(app, this.#stores)
    issueRoutes(app, this.#stores)
    groupRoutes(app, this.#stores)
    conversationMessageRoutes(app, this.#stores)
    scoreRoutes(app, this.#stores)
    usageRoutes(app, this.#stores)
    timeseriesRoutes(app, this.#stores)
    const attempts = new SignInAttempts(this.#host.clock)
    authRoutes(app, { stores: this.#stores, mode: this.#ctx.accounts, attempts })
    invitationRoutes(app, this.#stores, attempts)
    tenantRoutes(app, this.#stores)
    projectRoutes(app, this.#stores)
    quotaRoutes(app, this.#stores)
    memberRoutes(app, this.#stores)
    keyRoutes(app, this.#stores, this.#ctx.keyPepper)
    targetRoutes(app, this.#stores)
    muteRoutes(app, this.#stores)
    auditRoutes(app, this.#stores)
    viewRoutes(app, this.#stores)
    reconcileRoutes(app, this.#stores)
    consoleRoutes(app, this.#console)
    await docsRoutes(app)
    this.#console.start()
    this.#ctx.listeners.fallback(this.#config.endpoint, await handlerOf(app))
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
