// Conditions. A condition has exactly one subject (what it looks at) and exactly one operator (how it compares). It is
// compiled into a function once. The subject's text is decoded only when a condition needs it.

import { z } from 'zod'
import { type SpanBatch, VALUE } from '../../core/batch.ts'
import type { EventTable } from '../../core/event.ts'
import { FIELDS, numberIndex, rangeIndex } from '../../core/fields.ts'
import { key } from '../../core/keys.ts'
import type { SpanView } from '../../core/span-view.ts'

const subjects = ['attribute', 'resource', 'field', 'name', 'scope'] as const
const operators = [
  'equals',
  'in',
  'starts_with',
  'contains',
  'exists',
  'greater_than',
  'less_than',
] as const

const scalar = z.union([z.string(), z.number(), z.boolean()])

export const conditionSchema = z
  .strictObject({
    attribute: z.string().optional().describe('Attribute of the span or log record.'),
    resource: z.string().optional().describe('Attribute of the resource.'),
    field: z
      .enum(FIELDS.map((f) => f.name))
      .optional()
      .describe('Field of the canonical event; only after `canonicalize`.'),
    name: z.literal(true).optional().describe('The name of the span or log record.'),
    scope: z.literal(true).optional().describe('The name of the instrumentation scope.'),
    equals: scalar.optional().describe('Equal to this.'),
    in: z.array(scalar).optional().describe('Equal to one of these.'),
    starts_with: z.string().optional().describe('Begins with this.'),
    contains: z.string().optional().describe('Contains this text.'),
    exists: z
      .boolean()
      .optional()
      .describe('Whether the subject must be present (true) or absent (false).'),
    greater_than: z.number().optional().describe('A number greater than this.'),
    less_than: z.number().optional().describe('A number less than this.'),
  })
  .refine((c) => subjects.filter((s) => c[s] !== undefined).length === 1, {
    message: `name exactly one subject: ${subjects.join(', ')}`,
  })
  .refine((c) => operators.filter((o) => c[o] !== undefined).length === 1, {
    message: `name exactly one operator: ${operators.join(', ')}`,
  })

export type Condition = z.output<typeof conditionSchema>
type Value = string | number | boolean | null
/** `event` is the event made of the span; -1 when there is none yet. */
export type Test = (span: SpanView, events: EventTable, event: number) => boolean
type Subject = (span: SpanView, events: EventTable, event: number) => Value

export function testsOf(condition: Condition): Test {
  const subject = subjectOf(condition)
  const compare = comparisonOf(condition)
  return (span, events, event) => compare(subject(span, events, event))
}

function comparisonOf(condition: Condition): (value: Value) => boolean {
  if (condition.exists !== undefined) return (v) => (v !== null) === condition.exists
  if (condition.equals !== undefined)
    return (v) => v !== null && String(v) === String(condition.equals)
  if (condition.in !== undefined) {
    const wanted = new Set(condition.in.map(String))
    return (v) => v !== null && wanted.has(String(v))
  }
  const { starts_with: start, contains, greater_than: above, less_than: below } = condition
  if (start !== undefined) return (v) => typeof v === 'string' && v.startsWith(start)
  if (contains !== undefined) return (v) => typeof v === 'string' && v.includes(contains)
  if (above !== undefined) return (v) => v !== null && Number(v) > above
  return (v) => v !== null && below !== undefined && Number(v) < below
}

function subjectOf(condition: Condition): Subject {
  if (condition.attribute !== undefined) {
    const id = key(condition.attribute)
    return (span) => attrValue(span.batch, span.attr(id))
  }
  if (condition.resource !== undefined) {
    const id = key(condition.resource)
    return (span) => attrValue(span.batch, span.resourceAttr(id))
  }
  if (condition.field !== undefined) return fieldSubject(condition.field)
  if (condition.scope === true) return (span) => span.scopeName()
  return (span) => span.name()
}

function fieldSubject(field: (typeof FIELDS)[number]['name']): Subject {
  const type = FIELDS.find((f) => f.name === field)?.type
  const r = rangeIndex(field)
  const n = numberIndex(field)
  return (_span, events, event) => {
    if (event < 0) return null
    if (n >= 0) {
      const v = events.num(event, n)
      if (Number.isNaN(v)) return null
      return type === 'bool' ? v === 1 : v
    }
    if (r < 0) return null
    return type === 'id16' || type === 'id8' ? events.hex(event, r) : events.text(event, r)
  }
}

function attrValue(batch: SpanBatch, attr: number): Value {
  if (attr < 0) return null
  const type = batch.attrType(attr)
  if (type === VALUE.STRING) return batch.attrText(attr)
  if (type === VALUE.BOOL) return batch.nums[attr] === 1
  return type === VALUE.INT || type === VALUE.DOUBLE ? (batch.nums[attr] as number) : ''
}
