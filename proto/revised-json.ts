// A corrected event as JSON: the event as it was sent before, with the fields that the correction changes. Consumers of Kafka and
// of files know an event by its id and take the last one, so what they get must be the whole event.

import type { RevisedEvent, RevisedEvents } from '../core/component.ts'
import { REVISED_FIELDS } from '../core/reports/revised-fields.ts'
import { ByteWriter } from './byte-writer.ts'
import { writeEventJson } from './event-json.ts'
import { type Member, members, object } from './json-members.ts'

const REVISED: ReadonlySet<string> = new Set(REVISED_FIELDS)

/** Says of an event that it is sent again without what the log no longer has. */
const LOST: Member = { name: 'quality', value: Buffer.from('["without_content"]') }

/** Writes the corrected event as a JSON object, without a line feed after it. */
export function writeRevisedJson(
  out: ByteWriter,
  { events }: RevisedEvents,
  { after, stored }: RevisedEvent,
): void {
  const json = new ByteWriter(4096)
  writeEventJson(json, events, after)
  const now = members(Buffer.from(json.take())) ?? []
  const before = stored === null ? null : members(Buffer.from(stored))
  out.raw(object(before === null ? [...now, LOST] : corrected(before, now)))
}

/** The members of an event in its order, the revised ones from `now`; those that are new come last. */
function corrected(before: readonly Member[], now: readonly Member[]): Member[] {
  const revised = new Map(now.filter((m) => REVISED.has(m.name)).map((m) => [m.name, m]))
  const kept = before.flatMap((m) => {
    if (!REVISED.has(m.name)) return [m]
    const other = revised.get(m.name)
    revised.delete(m.name)
    return other === undefined ? [] : [other]
  })
  return [...kept, ...revised.values()]
}
