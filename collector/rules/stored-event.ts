// Fills a row of an event table from the columns of a stored event, so that rules read it like one that has just come in. Maps stay out:
// no rule reads them.

import type { EventTable } from '../../core/event.ts'
import { FIELDS, type Field, numberIndex, rangeIndex } from '../../core/fields.ts'
import type { StoredEventRow } from '../../core/operations.ts'

type Fill = (events: EventTable, event: number, value: unknown) => void

const FILLS: readonly (readonly [column: string, fill: Fill])[] = FIELDS.flatMap((field) => {
  const fill = fillOf(field)
  return fill === null ? [] : [[`${field.name}_`, fill] as const]
})

/** Returns the number of the event. */
export function addStored(events: EventTable, row: StoredEventRow): number {
  const event = events.add(0)
  for (const [column, fill] of FILLS) {
    const value = row[column]
    if (value !== null && value !== undefined && value !== '') fill(events, event, value)
  }
  return event
}

function fillOf({ name, type }: (typeof FIELDS)[number] & Field): Fill | null {
  switch (type) {
    case 'map':
      return null
    case 'number':
    case 'int':
    case 'bool': {
      const field = numberIndex(name)
      return (events, event, value) => events.setNum(event, field, Number(value))
    }
    case 'time': {
      const field = rangeIndex(name)
      return (events, event, value) => {
        const { arena } = events
        const at = arena.reserve(8)
        arena.view.setBigUint64(at, BigInt(String(value)), true)
        events.setRange(event, field, at, 8)
      }
    }
    case 'id16':
    case 'id8': {
      const field = rangeIndex(name)
      return (events, event, value) => {
        const id = Buffer.from(String(value), 'hex')
        // Zeros stand for none.
        if (id.some((byte) => byte !== 0))
          events.setRange(event, field, events.arena.append(id), id.length)
      }
    }
    case 'strings': {
      const field = rangeIndex(name)
      return (events, event, value) => {
        if (Array.isArray(value) && value.length > 0)
          events.setText(event, field, JSON.stringify(value))
      }
    }
    case 'text':
    case 'json': {
      const field = rangeIndex(name)
      return (events, event, value) => events.setText(event, field, String(value))
    }
  }
}
