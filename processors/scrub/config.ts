// The configuration of `scrub`, and what becomes of it: plain settings that can be cloned to a worker.

import { z } from 'zod'
import { secret } from '../../core/config-types.ts'
import type { Action, PseudonymSettings } from './actions.ts'
import type { AllowSettings } from './allow.ts'
import type { RuleSettings } from './custom-rules.ts'
import { DETECTOR_IDS, DETECTORS } from './detectors.ts'
import { patternProblem } from './pattern-cost.ts'

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

const detectorChoice = z.union([
  z.boolean(),
  z.strictObject({
    enabled: z.boolean().default(true).describe('Off leaves the type in clear.'),
    action: action.optional(),
  }),
])

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
    rules: z
      .array(rule)
      .default([])
      .describe('Own detectors.')
      .meta({ examples: [[{ name: 'employee_id', pattern: 'EMP-[0-9]{6}' }]] }),
    allow: z
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
      .describe('What is known to be safe.'),
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
        guessable_types: z
          .boolean()
          .default(false)
          .describe(
            'Also for types with few possible values (card, SSN, phone), which whoever has the key can try out.',
          ),
      })
      .optional()
      .describe('Needed for the action `pseudonym`.'),
  })
  .superRefine((c, ctx) => {
    const wanted =
      c.action === 'pseudonym' ||
      c.rules.some((r) => r.action === 'pseudonym') ||
      Object.values(c.detectors).some((d) => typeof d === 'object' && d?.action === 'pseudonym')
    if (wanted && c.pseudonym === undefined)
      ctx.addIssue({
        code: 'custom',
        path: ['pseudonym'],
        message: 'the action pseudonym needs `pseudonym.key`',
      })
    const names = c.rules.map((r) => r.name)
    for (const [i, n] of names.entries())
      if (names.indexOf(n) < i)
        ctx.addIssue({
          code: 'custom',
          path: ['rules', i, 'name'],
          message: `two rules are named ${n}`,
        })
  })

export type ScrubConfig = z.output<typeof scrubSchema>

function describeDetector(id: string): string {
  const row = DETECTORS.find((d) => d.id === id)
  return `${row?.title ?? id}${row?.on === false ? ' (off by default)' : ''}.`
}

/** What workers get. */
export interface ScrubSettings {
  readonly action: Action
  readonly off: readonly string[]
  readonly on: readonly string[]
  readonly actions: Readonly<Record<string, Action>>
  readonly rules: readonly RuleSettings[]
  readonly allow: AllowSettings
  readonly pseudonym: PseudonymSettings | null
}

export function settingsOf(config: ScrubConfig): ScrubSettings {
  const off: string[] = []
  const on: string[] = []
  const actions: Record<string, Action> = {}
  for (const [id, choice] of Object.entries(config.detectors)) {
    if (choice === undefined) continue
    const enabled = typeof choice === 'boolean' ? choice : choice.enabled
    ;(enabled ? on : off).push(id)
    if (typeof choice === 'object' && choice.action !== undefined) actions[id] = choice.action
  }
  const rules = config.rules.map((r) => {
    if (r.action !== undefined) actions[r.name] = r.action
    return {
      name: r.name,
      pattern: r.pattern,
      keywords: r.keywords,
      keys: r.keys,
      allow: r.allow,
      ignoreCase: r.ignore_case,
      action: r.action ?? null,
    }
  })
  const p = config.pseudonym
  return {
    action: config.action,
    off,
    on,
    actions,
    rules,
    allow: config.allow,
    pseudonym:
      p === undefined
        ? null
        : { key: p.key.reveal(), keyId: p.key_id, guessable: p.guessable_types },
  }
}
