// Targets of notifications: their addresses, the issues about which they are notified, and the times. The API and the command
// line check their input with these schemas, which also read the stored rows.

import { z } from 'zod'
import { SEVERITIES, SIGNAL_TYPES } from '../core/signals/signal.ts'
import { timeOfDay, timeZone } from '../core/signals/timetable.ts'
import type { SecretTargetRow, TargetKind } from '../storage/control/notification-targets.ts'

const url = z
  .url({ protocol: /^https?$/, error: 'expected a URL with http:// or https://' })
  .max(2000)

/** `whsec_` and the base64 of 24 to 64 bytes, as Standard Webhooks defines it. */
export const webhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'expected whsec_ and 24 to 64 bytes in base64')

const labelName = z.enum([
  'project_id',
  'type',
  'severity',
  'environment',
  'service',
  'route',
  'provider',
  'model',
  'tool',
  'rule',
  'issue_id',
])
const label = z.string().min(1).max(256)

/** The public settings and the secrets of each kind of target. */
const KINDS = {
  email: {
    settings: z.strictObject({ to: z.array(z.email().max(254)).min(1).max(50) }),
    secrets: z.strictObject({}),
  },
  webhook: {
    settings: z.strictObject({ url }),
    secrets: z.strictObject({
      secret: webhookSecret.optional().describe('Drawn when absent; shown once.'),
      old_secret: webhookSecret
        .optional()
        .describe('Signed with besides, while receivers move to the new one.'),
    }),
  },
  slack: {
    settings: z.strictObject({}),
    secrets: z.strictObject({ url: url.describe('Address of the incoming webhook.') }),
  },
  alertmanager_webhook: {
    settings: z.strictObject({ url }),
    secrets: z.strictObject({ bearer_token: z.string().min(1).max(4000).optional() }),
  },
  alertmanager: {
    settings: z.strictObject({ url: url.describe('Base address; `/api/v2/alerts` is added.') }),
    secrets: z.strictObject({ bearer_token: z.string().min(1).max(4000).optional() }),
  },
  pagerduty: {
    settings: z.strictObject({
      url: url.default('https://events.pagerduty.com/v2/enqueue'),
    }),
    secrets: z.strictObject({ routing_key: z.string().min(1).max(255) }),
  },
} as const satisfies Record<TargetKind, { settings: z.ZodType; secrets: z.ZodType }>

/** An issue matches if it matches each given label. */
export const filterSchema = z.strictObject({
  severity_min: z
    .enum(SEVERITIES)
    .default('medium')
    .describe('Lowest severity of issues about which the target is notified.'),
  type: z.array(z.enum(SIGNAL_TYPES)).max(50).optional(),
  environment: z.array(label).max(50).optional(),
  service: z.array(label).max(50).optional(),
  route: z.array(label).max(50).optional(),
  provider: z.array(label).max(50).optional(),
  model: z.array(label).max(50).optional(),
  tool: z.array(label).max(50).optional(),
  rule: z.array(label).max(50).optional(),
  notices: z
    .boolean()
    .default(true)
    .describe('Whether the target is also notified about budgets and quotas.'),
})

const ms = (least: number, most: number, value: number) =>
  z.int().min(least).max(most).default(value)
const DAY_MS = 86_400_000

export const timingSchema = z.strictObject({
  group_by: z
    .array(labelName)
    .max(11)
    .default(['project_id', 'type'])
    .describe(
      'Issues with equal values of these labels are in one notification; `[]` puts all issues into one.',
    ),
  group_wait_ms: ms(0, DAY_MS, 30_000).describe(
    'Wait from the first issue of a group until its notification.',
  ),
  group_interval_ms: ms(0, DAY_MS, 300_000).describe(
    'Shortest time between two notifications of a group.',
  ),
  repeat_interval_ms: ms(60_000, 30 * DAY_MS, 4 * 3_600_000).describe(
    'Time after which the notification about an issue that still occurs is repeated.',
  ),
  send_resolved: z.boolean().default(true),
  digest: z
    .strictObject({
      severities: z.array(z.enum(SEVERITIES)).min(1).default(['low']),
      at: timeOfDay.default('09:00'),
      time_zone: timeZone.default('UTC'),
    })
    .nullable()
    .default(null)
    .describe('Issues of these severities are in one notification a day.'),
  quiet_hours: z
    .strictObject({
      from: timeOfDay,
      to: timeOfDay,
      time_zone: timeZone.default('UTC'),
      except: z
        .array(z.enum(SEVERITIES))
        .default(['high'])
        .describe('Severities that are notified nevertheless.'),
    })
    .nullable()
    .default(null)
    .describe('Hours of the day in which notifications wait until the end of these hours.'),
})

export type TargetFilter = z.output<typeof filterSchema>
export type TargetTiming = z.output<typeof timingSchema>
export type TargetSettings = { readonly [K in TargetKind]: z.output<(typeof KINDS)[K]['settings']> }
export type TargetSecrets = { readonly [K in TargetKind]: z.output<(typeof KINDS)[K]['secrets']> }

interface TargetBase {
  readonly tenantId: string
  readonly targetId: string
  readonly projectId: string | null
  readonly name: string
  readonly filter: TargetFilter
  readonly timing: TargetTiming
}

/** A target with its secrets, as the sender needs it. */
export type Target = {
  [K in TargetKind]: TargetBase & {
    readonly kind: K
    readonly settings: TargetSettings[K]
    readonly secrets: TargetSecrets[K]
  }
}[TargetKind]

const shared = {
  name: z.string().min(1).max(200),
  project_id: z.string().min(1).max(128).nullable().default(null).describe('null: all projects.'),
  filter: filterSchema.prefault({}),
  timing: timingSchema.prefault({}),
}

/** A new target. Its secrets are given beside its settings and are separated from them before storing. */
export const newTargetSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('email'), ...KINDS.email.settings.shape, ...shared }),
  z.strictObject({
    kind: z.literal('webhook'),
    ...KINDS.webhook.settings.shape,
    ...KINDS.webhook.secrets.shape,
    ...shared,
  }),
  z.strictObject({ kind: z.literal('slack'), ...KINDS.slack.secrets.shape, ...shared }),
  z.strictObject({
    kind: z.literal('alertmanager_webhook'),
    ...KINDS.alertmanager_webhook.settings.shape,
    ...KINDS.alertmanager_webhook.secrets.shape,
    ...shared,
  }),
  z.strictObject({
    kind: z.literal('alertmanager'),
    ...KINDS.alertmanager.settings.shape,
    ...KINDS.alertmanager.secrets.shape,
    ...shared,
  }),
  z.strictObject({
    kind: z.literal('pagerduty'),
    ...KINDS.pagerduty.settings.shape,
    ...KINDS.pagerduty.secrets.shape,
    ...shared,
  }),
])
export type NewTargetInput = z.output<typeof newTargetSchema>

const text = z.string()

/** Separates the settings that may be shown from the secrets. */
export function dividedSettings(
  kind: TargetKind,
  given: Readonly<Record<string, unknown>>,
): { readonly settings: Record<string, unknown>; readonly secrets: Record<string, string> } {
  const settings: Record<string, unknown> = {}
  const secrets: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    if (name in KINDS[kind].secrets.shape) secrets[name] = text.parse(value)
    else if (name in KINDS[kind].settings.shape) settings[name] = value
  }
  return { settings, secrets }
}

/** Checks the settings and secrets of a kind. Throws a `ZodError`. */
export function checkSettings(kind: TargetKind, settings: unknown, secrets: unknown): void {
  KINDS[kind].settings.parse(settings)
  KINDS[kind].secrets.parse(secrets)
}

/** Returns null for a row of another version that cannot be read. */
export function targetOf(row: SecretTargetRow): Target | null {
  const schema = KINDS[row.kind]
  const settings = schema.settings.safeParse(row.settings)
  const secrets = schema.secrets.safeParse(row.secrets)
  const filter = filterSchema.safeParse(row.filter)
  const timing = timingSchema.safeParse(row.timing)
  if (!settings.success || !secrets.success || !filter.success || !timing.success) return null
  // The type is right: both schemas belong to the kind.
  return {
    tenantId: row.tenant_id,
    targetId: row.target_id,
    projectId: row.project_id,
    name: row.name,
    kind: row.kind,
    settings: settings.data,
    secrets: secrets.data,
    filter: filter.data,
    timing: timing.data,
  } as Target
}
