// The routes that a user may rely on, as `METHOD path` below `/api/v1` or, with a leading slash, outside it. `:id` stands for any
// parameter.

const of = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

export const CONTRACT = of(`
  POST auth/signup
  POST auth/login
  POST auth/logout
  GET auth/me
  POST auth/password
  POST auth/reset
  POST auth/reset/confirm
  GET tenants
  GET projects
  POST projects
  GET projects/:id/quota
  PUT projects/:id/quota
  GET members
  GET invitations
  POST invitations
  GET keys
  POST keys
  DELETE keys/:id
  POST keys/:id/rotate
  GET audit
  GET budgets
  POST budgets
  GET budgets/remaining
  GET views
  POST views
  GET retention
  GET targets
  POST targets
  POST targets/:id/test
  GET deliveries
  POST deliveries/:id/retry
  GET deletions
  POST deletions
  POST deletions/:id/retry
  GET events
  GET events/:id
  POST events/ingest
  POST traces/ingest
  GET traces
  GET traces/:id
  GET traces/:id/events
  GET traces/:id/skeleton
  GET traces/:id/similar
  GET conversations
  GET conversations/:id
  GET conversations/:id/messages
  GET sessions
  GET sessions/:id
  GET users
  GET users/:id
  GET search
  GET topics
  GET drift
  GET scores
  POST scores
  GET stream
  GET fields/:id/values
  GET dashboard/overview
  GET dashboard/metrics
  GET dashboard/latency
  GET dashboard/errors
  GET dashboard/costs
  GET analytics/timeseries
  GET analytics/breakdown
  GET analytics/compare
  GET costs
  GET costs/breakdown
  GET issues
  GET issues/:id
  PATCH issues/:id
  GET issues/:id/signals
  GET issues/:id/history
  GET issues/:id/comments
  GET issues/summary
  POST issues/bulk
  GET signals
  GET rules
  POST rules/:id/replay
  GET mutes
  POST mutes
  GET jobs
  GET jobs/:id
  GET judges
  POST judges/:id/runs
  GET pipeline
  GET config/effective
  POST config/validate
  POST explain
  GET dead-letters
  GET dead-letters/:id
  DELETE dead-letters/:id
  POST dead-letters/:id/retry
  POST reconcile
  GET /health
  GET /health/ready
  GET /health/detailed
  GET /version
  GET /diagnostics
  POST /mcp
`)

/** Routes of the contract that are not served. The test fails when one of them is served and still listed here. */
export const PLANNED = of(`
`)
