// What a notification target is: where issues are told to, which of them, and when. These schemas are the door for the API and the
// command line, and read what is stored.

import { z } from 'zod'
import { SEVERITIES, SIGNAL_TYPES } from '../core/signals/signal.ts'
import { timeOfDay, timeZone } from '../core/signals/timetable.ts'
import type { SecretTargetRow, TargetKind } from '../storage/control/notification-targets.ts'

const url = z
  .url({ protocol: /^https?$/, error: 'expected a URL with http:// or https://' })
  .max(2000)

/** `whsec_` and base64 of 24 to 64 bytes, as Standard Webhooks has it. */
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

/** What is public of a target of each kind, and what is secret. */
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

export const TARGET_KINDS = Object.keys(KINDS) as readonly TargetKind[]

/** An issue fits when it fits each label that is given; an absent one fits all. */
export const filterSchema = z.strictObject({
  severity_min: z.enum(SEVERITIES).default('medium').describe('Least severity that is told.'),
  type: z.array(z.enum(SIGNAL_TYPES)).max(50).optional(),
  environment: z.array(label).max(50).optional(),
  service: z.array(label).max(50).optional(),
  route: z.array(label).max(50).optional(),
  provider: z.array(label).max(50).optional(),
  model: z.array(label).max(50).optional(),
  tool: z.array(label).max(50).optional(),
  rule: z.array(label).max(50).optional(),
  notices: z.boolean().default(true).describe('Whether budgets and quotas are told too.'),
})

const ms = (least: number, most: number, value: number) =>
  z.int().min(least).max(most).default(value)
const DAY_MS = 86_400_000

export const timingSchema = z.strictObject({
  group_by: z
    .array(labelName)
    .max(11)
    .default(['project_id', 'type'])
    .describe('Issues with equal labels are told together; `[]` tells all together.'),
  group_wait_ms: ms(0, DAY_MS, 30_000).describe(
    'From the first issue of a group until it is told.',
  ),
  group_interval_ms: ms(0, DAY_MS, 300_000).describe('Between two notifications of a group.'),
  repeat_interval_ms: ms(60_000, 30 * DAY_MS, 4 * 3_600_000).describe(
    'Until an issue that still occurs is told again.',
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
    .describe('Issues of these severities are told once a day.'),
  quiet_hours: z
    .strictObject({
      from: timeOfDay,
      to: timeOfDay,
      time_zone: timeZone.default('UTC'),
      except: z.array(z.enum(SEVERITIES)).default(['high']).describe('Told anyway.'),
    })
    .nullable()
    .default(null)
    .describe('What comes in these hours of a day is told after them.'),
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

/** A target as the sender sees it. */
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

/** A new target; its secrets stand beside its settings and are taken apart when it is stored. */
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

/** Divides what a user gave into what may be shown and what may not. */
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

/** The settings and secrets of a kind as they must be; throws a `ZodError`. */
export function checkSettings(kind: TargetKind, settings: unknown, secrets: unknown): void {
  KINDS[kind].settings.parse(settings)
  KINDS[kind].secrets.parse(secrets)
}

/** Null for a row of another version, which cannot be read. */
export function targetOf(row: SecretTargetRow): Target | null {
  const schema = KINDS[row.kind]
  const settings = schema.settings.safeParse(row.settings)
  const secrets = schema.secrets.safeParse(row.secrets)
  const filter = filterSchema.safeParse(row.filter)
  const timing = timingSchema.safeParse(row.timing)
  if (!settings.success || !secrets.success || !filter.success || !timing.success) return null
  // The kind chose both schemas.
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
