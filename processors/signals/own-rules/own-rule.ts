// A user's own rule: a condition in CEL over an event, with what its signal says. It is tried only on events of the kinds that its
// condition names, and reads only the fields that its condition uses.

import type { EventTable } from '../../../core/event.ts'
import { numberIndex, R, rangeIndex } from '../../../core/fields.ts'
import type { Severity, SignalType } from '../../../core/signals/signal.ts'
import { withCharacters } from '../../../core/visible-text.ts'
import { is } from '../rules/reading.ts'
import type { Finding } from '../rules/rule.ts'
import { compile, type Expression } from './expression.ts'
import { EXPRESSION_FIELDS, type ExpressionField } from './expression-fields.ts'

/** As in the configuration, checked. */
export interface OwnRuleConfig {
  readonly id: string
  readonly when: string
  readonly type: SignalType
  readonly severity: Severity
  readonly title?: string | undefined
  readonly value?: string | undefined
  readonly threshold?: number | undefined
  readonly group_by: readonly string[]
  readonly evidence: readonly string[]
}

/** Of longer texts the beginning is read. */
const TEXT_BYTES_MAX = 16 * 1024
const EVIDENCE_CHARS_MAX = 200

const FIELDS = new Map(EXPRESSION_FIELDS.map((f) => [f.name, f]))

interface Reader {
  readonly name: string
  read(events: EventTable, event: number): string | number
}

export class OwnRule {
  readonly id: string
  readonly type: SignalType
  readonly #config: OwnRuleConfig
  readonly #expression: Expression
  readonly #readers: readonly Reader[]

  /** The condition was checked with the configuration; one that is wrong here is a bug. */
  constructor(config: OwnRuleConfig) {
    const compiled = compile(config.when)
    if (!compiled.ok) throw new Error(`the rule ${config.id}: ${compiled.mistake.message}`)
    this.id = `own.${config.id}@1`
    this.type = config.type
    this.#config = config
    this.#expression = compiled.expression
    this.#readers = compiled.expression.fields.map(readerOf)
  }

  /** `onError` is told when the condition has no value for the event. */
  check(events: EventTable, event: number, onError: () => void): Finding | null {
    const { kinds } = this.#expression
    if (kinds !== null && !kinds.some((kind) => is(events, event, R.kind, kind))) return null
    const values: Record<string, string | number> = {}
    for (const reader of this.#readers) values[reader.name] = reader.read(events, event)
    return this.#expression.isTrue(values, onError) ? this.#finding(events, event) : null
  }

  #finding(events: EventTable, event: number): Finding {
    const { id, type, severity, title, value, threshold, group_by, evidence } = this.#config
    const shown: Record<string, string | number | null> = { rule_id: id }
    if (title !== undefined) shown['title'] = title
    for (const name of new Set([...group_by, ...evidence]))
      shown[name] = shownOf(name, events, event)
    const measured = value === undefined ? Number.NaN : Number(readerOf(value).read(events, event))
    return {
      type,
      severity,
      value: Number.isNaN(measured) ? null : measured,
      threshold: threshold ?? null,
      evidence: shown,
      dimensions: [id, ...group_by.map((name) => String(shownOf(name, events, event) ?? ''))],
    }
  }
}

function shownOf(name: string, events: EventTable, event: number): string | number | null {
  const value = readerOf(name).read(events, event)
  if (typeof value === 'number') return Number.isNaN(value) ? null : value
  return value === '' ? null : value.slice(0, EVIDENCE_CHARS_MAX)
}

/** The readers are few and made once a name. */
const readers = new Map<string, Reader>()

function readerOf(name: string): Reader {
  let reader = readers.get(name)
  if (reader === undefined) {
    reader = newReader(FIELDS.get(name) ?? { name, type: 'string' })
    readers.set(name, reader)
  }
  return reader
}

function newReader({ name, type, isId }: ExpressionField): Reader {
  if (type === 'double') {
    const column = numberIndex(name)
    return { name, read: (events, event) => events.num(event, column) }
  }
  const column = rangeIndex(name)
  if (isId === true) return { name, read: (events, event) => events.hex(event, column) ?? '' }
  return {
    name,
    read(events, event) {
      const len = events.len(event, column)
      return len <= 0
        ? ''
        : withCharacters(
            events.arena.text(events.off(event, column), Math.min(len, TEXT_BYTES_MAX)),
          )
    },
  }
}
