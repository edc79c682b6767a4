// All routes of the API. Instances serve them, and the OpenAPI document and the typed client are made of them.

import type { OidcProvider } from '../accounts/oidc/oidc-provider.ts'
import { SignInAttempts } from '../accounts/sign-in-attempts.ts'
import type { Clock } from '../core/clock.ts'
import type { ExtensionContext, ServiceView } from '../core/component.ts'
import type { Metrics } from '../core/metrics.ts'
import { archiveRoutes } from './routes/control/archives.ts'
import { auditRoutes } from './routes/control/audit.ts'
import { authRoutes } from './routes/control/auth.ts'
import { budgetRoutes } from './routes/control/budgets.ts'
import { deletionRoutes } from './routes/control/deletions.ts'
import { invitationRoutes } from './routes/control/invitations.ts'
import { keyRoutes } from './routes/control/keys.ts'
import { memberRoutes } from './routes/control/members.ts'
import { muteRoutes } from './routes/control/mutes.ts'
import { oidcRoutes } from './routes/control/oidc.ts'
import { passwordResetRoutes } from './routes/control/password-reset.ts'
import { projectRoutes } from './routes/control/projects.ts'
import { quotaRoutes } from './routes/control/quota.ts'
import { retentionRoutes } from './routes/control/retention.ts'
import { targetRoutes } from './routes/control/targets.ts'
import { tenantRoutes } from './routes/control/tenants.ts'
import { viewRoutes } from './routes/control/views.ts'
import { conversationMessageRoutes } from './routes/data/conversation-messages.ts'
import { driftRoutes } from './routes/data/drift.ts'
import { eventRoutes } from './routes/data/events.ts'
import { groupRoutes } from './routes/data/groups.ts'
import { scoreRoutes } from './routes/data/scores.ts'
import { searchRoutes } from './routes/data/search.ts'
import { similarRoutes } from './routes/data/similar.ts'
import { streamRoutes } from './routes/data/stream.ts'
import { topicRoutes } from './routes/data/topics.ts'
import { traceTreeRoutes } from './routes/data/trace-trees.ts'
import { traceRoutes } from './routes/data/traces.ts'
import { issueRoutes } from './routes/issues/issues.ts'
import { judgeRoutes } from './routes/issues/judges.ts'
import { ruleRoutes } from './routes/issues/rules.ts'
import { signalRoutes } from './routes/issues/signals.ts'
import { configurationRoutes } from './routes/operations/configuration.ts'
import { deadLetterRoutes } from './routes/operations/dead-letters.ts'
import { diagnosticsRoutes } from './routes/operations/diagnostics.ts'
import { explainRoutes } from './routes/operations/explain.ts'
import { jobRoutes } from './routes/operations/jobs.ts'
import { mcpRoutes } from './routes/operations/mcp.ts'
import { pipelineRoutes } from './routes/operations/pipeline.ts'
import { systemRoutes } from './routes/operations/system.ts'
import { analyticsRoutes } from './routes/sums/analytics.ts'
import { dashboardRoutes } from './routes/sums/dashboards.ts'
import { heatmapRoutes } from './routes/sums/heatmap.ts'
import { reconcileRoutes } from './routes/sums/reconcile.ts'
import { scoreSeriesRoutes } from './routes/sums/score-series.ts'
import { timeseriesRoutes } from './routes/sums/timeseries.ts'
import { usageRoutes } from './routes/sums/usage.ts'
import type { Stores } from './stores.ts'
import type { Api } from './typed-fastify.ts'

export interface RouteSettings {
  readonly stores: Stores
  readonly service: ServiceView
  readonly metrics: Metrics
  readonly clock: Clock
  readonly keyPepper: ExtensionContext['keyPepper']
  /** Who may create an account. */
  readonly accounts: ExtensionContext['accounts']['mode']
  /** Null where people sign in with a password only. */
  readonly oidc: OidcProvider | null
}

/** Adds all routes. Hooks that they share (`useAuth`, `registerListOptions`, ...) must have been registered before. */
export function registerRoutes(app: Api, settings: RouteSettings): void {
  const { stores, service, metrics, clock, keyPepper, accounts, oidc } = settings
  systemRoutes(app, service, stores)
  pipelineRoutes(app, service, metrics)
  configurationRoutes(app, service.operations)
  deadLetterRoutes(app, {
    letters: service.operations.deadLetters,
    stores,
    hasAuditLog: () => service.stores.postgres !== null,
  })
  explainRoutes(app, service.operations)
  ruleRoutes(app, stores, service.operations, clock)
  jobRoutes(app, stores)
  diagnosticsRoutes(app, service, metrics)
  mcpRoutes(app, service.version)
  traceRoutes(app, stores)
  traceTreeRoutes(app, stores)
  searchRoutes(app, stores, service)
  similarRoutes(app, stores)
  topicRoutes(app, stores)
  driftRoutes(app, stores)
  analyticsRoutes(app, stores)
  heatmapRoutes(app, stores)
  scoreSeriesRoutes(app, stores)
  dashboardRoutes(app, stores)
  eventRoutes(app, stores, service)
  streamRoutes(app, service)
  signalRoutes(app, stores)
  issueRoutes(app, stores)
  judgeRoutes(app, stores, service)
  groupRoutes(app, stores)
  conversationMessageRoutes(app, stores)
  scoreRoutes(app, stores)
  usageRoutes(app, stores)
  timeseriesRoutes(app, stores)
  const attempts = new SignInAttempts(clock)
  authRoutes(app, { stores, service, mode: accounts, attempts })
  oidcRoutes(app, { stores, service, metrics, clock, mode: accounts, oidc, attempts })
  passwordResetRoutes(app, { stores, service, attempts })
  invitationRoutes(app, stores, attempts)
  tenantRoutes(app, stores)
  projectRoutes(app, stores)
  quotaRoutes(app, stores)
  memberRoutes(app, stores)
  keyRoutes(app, stores, keyPepper)
  targetRoutes(app, stores, service)
  budgetRoutes(app, stores)
  muteRoutes(app, stores)
  auditRoutes(app, stores)
  deletionRoutes(app, stores)
  retentionRoutes(app, stores)
  archiveRoutes(app, stores)
  viewRoutes(app, stores)
  reconcileRoutes(app, stores)
}
