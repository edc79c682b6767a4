// The configuration of `scrub`, and what becomes of it: plain settings that can be cloned to a worker.

import { z } from 'zod'
import { secret } from '../../core/config/config-types.ts'
import { DETECTOR_IDS, DETECTORS } from './detectors/table.ts'
import type { AllowSettings } from './judge/allow-list.ts'
import type { Action } from './judge/judge.ts'
import { patternProblem } from './judge/pattern-cost.ts'
import type { PolicySettings, ScrubSettings } from './judge/settings.ts'

const ACTIONS = ['mask', 'pseudonym', 'partial', 'drop_attribute', 'drop_event', 'report'] as const

const action = z
  .enum(ACTIONS)
  .describe(
    'mask: `[REDACTED:type]` · pseudonym: a keyed hash, the same for the same value · partial: the last four characters stay · drop_attribute · drop_event: the whole span or log record · report: count only.',
  )

const pattern = z
  .string()
  .min(1)
  .superRefine((text, ctx) => {
    const problem = patternProblem(text)
    if (problem !== null) ctx.addIssue({ code: 'custom', message: problem, params: { show: true } })
  })

const rule = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/, 'a name is lower_snake_case')
    .refine((n) => !DETECTOR_IDS.includes(n), 'a built-in detector has this name')
    .describe('Type name in markers and metrics.'),
  pattern: pattern.describe(
    'Regular expression over the bytes of a value. Refused when it could not run in bounded time.',
  ),
  keywords: z
    .array(z.string().min(2).max(40))
    .default([])
    .describe('Only near one of these words (any case, 256 bytes); much cheaper.'),
  keys: z
    .array(z.string().min(1))
    .default([])
    .describe('Only under attribute keys that match one of these globs.'),
  allow: z.array(z.string()).default([]).describe('Values that are not reported.'),
  ignore_case: z.boolean().default(false).describe('Match either case.'),
  action: action.optional().describe('Default: the action of the processor.'),
})

const rules = z
  .array(rule)
  .default([])
  .describe('Own detectors.')
  .meta({ examples: [[{ name: 'employee_id', pattern: 'EMP-[0-9]{6}' }]] })

const allow = z
  .strictObject({
    values: z.array(z.string().min(1)).default([]).describe('Exact values that may pass.'),
    patterns: z
      .array(pattern)
      .default([])
      .describe('Values that match one of these as a whole may pass.'),
    keys: z
      .array(z.string().min(1))
      .default([])
      .describe('Attribute keys (globs) whose values may pass.'),
  })
  .prefault({})
  .describe('What is known to be safe.')

const detectorChoice = z.union([
  z.boolean(),
  z.strictObject({
    enabled: z.boolean().default(true).describe('Off leaves the type in clear.'),
    action: action.optional(),
  }),
])

/** Tenants with settings of their own, rules over all of them, and different keywords: the scanner's tables are bounded. */
export const TENANTS_MAX = 500
export const RULES_MAX = 1000
export const KEYWORDS_MAX = 400

const tenant = z.strictObject({
  action: action.optional().describe('Instead of the action of the processor.'),
  detectors: z
    .record(
      z.string().refine((id) => DETECTOR_IDS.includes(id), {
        error: (issue) => `there is no detector "${String(issue.input)}"`,
      }),
      detectorChoice,
    )
    .default({})
    .describe('By detector, instead of what the processor says for it.'),
  rules,
  allow,
})

export const scrubSchema = z
  .strictObject({
    action: action
      .default('mask')
      .describe(
        `What happens to a secret unless its detector says otherwise. One of: ${ACTIONS.join(', ')}.`,
      ),
    detectors: z
      .strictObject(
        Object.fromEntries(
          DETECTOR_IDS.map((id) => [id, detectorChoice.optional().describe(describeDetector(id))]),
        ) as Record<string, z.ZodOptional<typeof detectorChoice>>,
      )
      .default({})
      .describe('By detector: true, false, or `{ enabled, action }`.')
      .meta({ examples: [{ email: { action: 'pseudonym' }, ip_address: true }] }),
    rules,
    allow,
    tenants: z
      .record(z.string().min(1).max(200), tenant)
      .default({})
      .describe(
        'More for single tenants, by tenant id. Whose data a request is comes from its key alone.',
      )
      .meta({ examples: [{ acme: { rules: [{ name: 'badge', pattern: 'B-[0-9]{5}' }] } }] }),
    pseudonym: z
      .strictObject({
        key: secret().describe(
          'Secret of at least 16 characters; each tenant gets a key derived from it.',
        ),
        key_id: z
          .string()
          .regex(/^[a-z0-9]{1,8}$/, 'one to eight lower-case letters or digits')
          .default('k1')
          .describe('Stands in the marker; change it with the key.'),
        retired_keys: z
          .array(secret())
          .max(16)
          .default([])
          .describe('Keys of before: ids that were stored under them can still be looked up.'),
        guessable_types: z
          .boolean()
          .default(false)
          .describe(
            'Also for types with few possible values (card, SSN, phone), which whoever has the key can try out.',
          ),
      })
      .optional()
      .describe(
        'Needed for the action `pseudonym`. Also the key for ids; without it the instance makes one and keeps it in Postgres or in its data directory.',
      ),
    id_fields: z
      .enum(['pseudonym', 'mask'])
      .default('pseudonym')
      .describe(
        'What takes the place of something secret in a field that names somebody or something (`user.id`, `session.id`, ..): `pseudonym`: `[email:4f1c..]`, the same for the same value of a tenant, so that two users stay two. `mask`: what the action of its type says; such an id counts as none.',
      ),
  })
  .superRefine((c, ctx) => {
    const all = [c, ...Object.values(c.tenants)]
    if (c.pseudonym === undefined && all.some(wantsPseudonyms))
      ctx.addIssue({
        code: 'custom',
        path: ['pseudonym'],
        message: 'the action pseudonym needs `pseudonym.key`',
      })
    for (const problem of ruleProblems(c)) ctx.addIssue({ code: 'custom', ...problem })
  })

type Choices = Readonly<Record<string, z.output<typeof detectorChoice> | undefined>>

function wantsPseudonyms(c: {
  readonly action?: Action | undefined
  readonly rules: readonly { readonly action?: Action | undefined }[]
  readonly detectors: Choices
}): boolean {
  return (
    c.action === 'pseudonym' ||
    c.rules.some((r) => r.action === 'pseudonym') ||
    Object.values(c.detectors).some((d) => typeof d === 'object' && d.action === 'pseudonym')
  )
}

type Rules = readonly z.output<typeof rule>[]

function* ruleProblems(c: {
  readonly rules: Rules
  readonly tenants: Readonly<Record<string, { readonly rules: Rules }>>
}): Generator<{ path: (string | number)[]; message: string }> {
  const names = c.rules.map((r) => r.name)
  yield* doubles(names, 0, ['rules'])
  for (const [id, t] of Object.entries(c.tenants))
    yield* doubles([...names, ...t.rules.map((r) => r.name)], names.length, [
      'tenants',
      id,
      'rules',
    ])
  const lists = [c.rules, ...Object.values(c.tenants).map((t) => t.rules)]
  const total = lists.reduce((n, l) => n + l.length, 0)
  const keywords = new Set(lists.flat().flatMap((r) => r.keywords.map((k) => k.toLowerCase())))
  const bounds: readonly (readonly [number, number, string])[] = [
    [Object.keys(c.tenants).length, TENANTS_MAX, 'tenants'],
    [total, RULES_MAX, 'rules, over all tenants'],
    [keywords.size, KEYWORDS_MAX, 'different keywords, over all rules'],
  ]
  for (const [n, max, what] of bounds)
    if (n > max) yield { path: ['tenants'], message: `${n} ${what}; at most ${max}` }
}

/** Names from `first` on that stood before. */
function* doubles(
  names: readonly string[],
  first: number,
  path: (string | number)[],
): Generator<{ path: (string | number)[]; message: string }> {
  for (let i = first; i < names.length; i++)
    if (names.indexOf(names[i] as string) < i)
      yield { path: [...path, i - first, 'name'], message: `two rules are named ${names[i]}` }
}

export type ScrubConfig = z.output<typeof scrubSchema>

function describeDetector(id: string): string {
  const row = DETECTORS.find((d) => d.id === id)
  return `${row?.title ?? id}${row?.on === false ? ' (off by default)' : ''}.`
}

export function settingsOf(config: ScrubConfig): ScrubSettings {
  const base = policyOf(config.action, config.detectors, config.rules, config.allow)
  const tenants = Object.entries(config.tenants).map(([id, t]) => {
    const own = policyOf(t.action ?? config.action, t.detectors, t.rules, t.allow)
    return [id, joined(base, own)] as const
  })
  const p = config.pseudonym
  return {
    ...base,
    tenants: Object.fromEntries(tenants),
    pseudonym:
      p === undefined
        ? null
        : {
            key: p.key.reveal(),
            keyId: p.key_id,
            guessable: p.guessable_types,
            retired: p.retired_keys.map((k) => k.reveal()),
          },
    keepsIdsApart: config.id_fields === 'pseudonym',
  }
}

function policyOf(
  byDefault: Action,
  detectors: Choices,
  rules: Rules,
  allow: AllowSettings,
): PolicySettings {
  const off: string[] = []
  const on: string[] = []
  const actions: Record<string, Action> = {}
  for (const [id, choice] of Object.entries(detectors)) {
    if (choice === undefined) continue
    const enabled = typeof choice === 'boolean' ? choice : choice.enabled
    ;(enabled ? on : off).push(id)
    if (typeof choice === 'object' && choice.action !== undefined) actions[id] = choice.action
  }
  return {
    action: byDefault,
    off,
    on,
    actions,
    rules: rules.map((r) => ({
      name: r.name,
      pattern: r.pattern,
      keywords: r.keywords,
      keys: r.keys,
      allow: r.allow,
      ignoreCase: r.ignore_case,
      action: r.action ?? null,
    })),
    allow,
  }
}

/** The tenant's word counts where it says something; rules and allow lists add up. */
function joined(base: PolicySettings, own: PolicySettings): PolicySettings {
  const says = new Set([...own.on, ...own.off])
  return {
    action: own.action,
    on: [...base.on.filter((id) => !says.has(id)), ...own.on],
    off: [...base.off.filter((id) => !says.has(id)), ...own.off],
    actions: { ...base.actions, ...own.actions },
    rules: [...base.rules, ...own.rules],
    allow: {
      values: [...base.allow.values, ...own.allow.values],
      patterns: [...base.allow.patterns, ...own.allow.patterns],
      keys: [...base.allow.keys, ...own.allow.keys],
    },
  }
}

/** The settings of an empty configuration: all detectors that are on by default, masked. */
export function defaultSettings(): ScrubSettings {
  return settingsOf(scrubSchema.parse({}))
}
