// Reads users and sessions, which Laminar names in a span event.

import { R } from '../../../../core/fields.ts'
import { key } from '../../../../core/keys.ts'
import type { Hooks } from '../../rules/dialect.ts'
import type { CurrentSpan } from '../../span/current-span.ts'

const USER = key('lmnr.event.user_id')
const SESSION = key('lmnr.event.session_id')

/** Reads the user from an event. Whatever else the event has is kept. */
function readEvent(span: CurrentSpan, first: number, count: number): boolean {
  let found = 0
  for (let i = first; i < first + count; i++) {
    const id = span.batch.attrKey(i)
    if (id !== USER && id !== SESSION) continue
    found++
    if (!span.isNull(i)) span.setText(i, id === USER ? R.user_id : R.session_id)
  }
  return found > 0 && found === count
}

export const hooks: Hooks = { readEvent }
