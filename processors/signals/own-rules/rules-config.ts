// The schemas of what users add to the rules: limits that differ in some scopes, pauses, and rules of their own.

import { z } from 'zod'
import { SEVERITIES, SIGNAL_TYPES } from '../../../core/signals/signal.ts'
import { OVERRIDES_MAX } from '../../../core/signals/signal-scopes.ts'
import { timeZone, windowSchema } from '../../../core/signals/timetable.ts'
import { compile, EXPRESSION_CHARS_MAX } from './expression.ts'
import { EXPRESSION_FIELDS } from './expression-fields.ts'

const RULES_MAX = 50

const label = (what: string) =>
  z.array(z.string().min(1).max(256)).min(1).max(100).optional().describe(what)

export const scopeSchema = z
  .strictObject({
    tenant: label('Tenants.'),
    project: label('Projects.'),
    environment: label('Environments.'),
    service: label('Names of services.'),
    kind: label('Kinds of events, such as llm or tool.'),
    route: label('Routes.'),
    provider: label('Providers.'),
    model: label('Models that were asked for.'),
    tool: label('Names of tools.'),
    agent: label('Names of agents.'),
  })
  .describe(
    'Labels with the values that are meant; `*` at the end of a value stands for anything. All labels that are given must fit.',
  )

/** The defaults of the limits apply only at the top; a scope changes what it names. */
export function overridesOf(limits: z.ZodRawShape) {
  const partial = Object.fromEntries(
    Object.entries(limits).map(([name, schema]) => [name, withoutDefault(schema as z.ZodType)]),
  )
  return z
    .array(z.strictObject({ match: scopeSchema.describe('Calls that are meant.'), ...partial }))
    .max(OVERRIDES_MAX)
    .default([])
    .describe(
      'Other limits for some calls, such as `{match: {environment: [dev]}, high_latency: 60s}`. Of several that fit the last one wins. A trace is known by tenant, project, environment and service.',
    )
}

function withoutDefault(schema: z.ZodType): z.ZodType {
  const inner =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? schema.unwrap() : schema
  // Both wrap a schema of the same kind.
  return (inner as z.ZodType).optional().describe(schema.description ?? '')
}

export const pausesSchema = z
  .array(
    z.strictObject({
      types: z.array(z.enum(SIGNAL_TYPES)).min(1).optional().describe('All when absent.'),
      match: scopeSchema.prefault({}).describe('Calls that are meant; all when absent.'),
      ...windowSchema.shape,
      time_zone: timeZone.default('UTC').describe('Time zone of the hours.'),
    }),
  )
  .max(50)
  .default([])
  .describe(
    'Hours of the week in which signals are not raised, by the time of the call, such as `{types: [error_rate], days: [sun], from: "02:00", to: "04:00"}`.',
  )

const fieldName = z.enum(EXPRESSION_FIELDS.map((f) => f.name) as [string, ...string[]])
const numberName = z.enum(
  EXPRESSION_FIELDS.filter((f) => f.type === 'double').map((f) => f.name) as [string, ...string[]],
)

export const ownRulesSchema = z
  .array(
    z.strictObject({
      id: z
        .string()
        .regex(/^[a-z][a-z0-9_-]{0,63}$/, 'expected letters, digits, - and _')
        .describe('Name of the rule; its signals have `own.NAME@1`.'),
      when: z
        .string()
        .max(EXPRESSION_CHARS_MAX)
        .superRefine((text, ctx) => {
          const compiled = compile(text)
          if (compiled.ok) return
          const { message, offset } = compiled.mistake
          ctx.addIssue({ code: 'custom', message, params: { offset } })
        })
        .describe(
          'Condition in CEL over the fields of an event, such as `kind == "tool" && tool_name == "refund" && environment == "prod"`; `re(text, "pattern")` looks for a pattern of RE2.',
        ),
      type: z.enum(SIGNAL_TYPES).default('custom').describe('Type of its signals.'),
      severity: z.enum(SEVERITIES).default('medium').describe('Severity of its signals.'),
      title: z.string().min(1).max(200).optional().describe('Title of its issues.'),
      value: numberName.optional().describe('Field that is reported as the value.'),
      threshold: z.number().optional().describe('Reported beside the value.'),
      group_by: z
        .array(fieldName)
        .max(5)
        .default([])
        .describe('Fields that tell its issues apart.'),
      evidence: z.array(fieldName).max(10).default([]).describe('Fields that are shown.'),
      enabled: z.boolean().default(true).describe('`false` keeps it and leaves it out.'),
    }),
  )
  .max(RULES_MAX)
  .superRefine((rules, ctx) => {
    rules.forEach((rule, i) => {
      if (rules.findIndex((r) => r.id === rule.id) < i)
        ctx.addIssue({
          code: 'custom',
          path: [i, 'id'],
          message: `there is another rule ${rule.id}`,
        })
    })
  })
  .default([])
  .describe('Rules of your own over single events.')
