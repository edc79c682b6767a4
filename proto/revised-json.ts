// A corrected event as JSON: the event as it was sent before, with the fields that the correction changes. Consumers of Kafka
// and of files identify an event by its id and keep the last one, so they must get the whole event.

import type { RevisedEvent, RevisedEvents } from '../core/component.ts'
import { REVISED_FIELDS } from '../core/reports/revised-fields.ts'
import { ByteWriter } from './byte-writer.ts'
import { writeEventJson } from './event-json.ts'
import { type Member, members, object } from './json-members.ts'

const REVISED: ReadonlySet<string> = new Set(REVISED_FIELDS)

/** Marks an event that is sent again without its content, because the log no longer has it. */
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

/** Returns the members of an event in their order, with revised members taken from `now`. New members come last. */
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
