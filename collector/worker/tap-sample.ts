// The sample of a task for those who look at the tap: its first events of the tenants that are looked at, and its signals. In a worker,
// after all processors, so that what is shown is what is stored.

import type { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type { TapRequest, TapSample } from '../../core/tap.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'

/** Larger events are left out: nobody reads them in a terminal. */
const EVENT_BYTES_MAX = 256 * 1024
const SAMPLE_BYTES_MAX = 1024 * 1024

export function sampleOf(
  events: EventTable,
  skip: ReadonlySet<number>,
  signals: readonly Signal[],
  { tenants, max }: TapRequest,
): TapSample {
  const lines: string[] = []
  let omitted = 0
  let bytes = 0
  const out = new ByteWriter()
  for (let event = 0; event < events.count; event++) {
    if (skip.has(event) || events.batch.isDropped(events.spanOf[event] as number)) continue
    if (
      !tenants.some((t) =>
        events.arena.equals(events.off(event, R.tenant_id), events.len(event, R.tenant_id), t),
      )
    )
      continue
    if (lines.length >= max || bytes > SAMPLE_BYTES_MAX) {
      omitted++
      continue
    }
    out.reset()
    writeEventJson(out, events, event)
    if (out.pos > EVENT_BYTES_MAX) {
      omitted++
      continue
    }
    bytes += out.pos
    const json = Buffer.from(out.bytes.subarray(0, out.pos)).toString('utf8')
    lines.push(`{"record":"event",${json.slice(1)}`)
  }
  for (const signal of signals)
    if (tenants.includes(signal.tenant_id)) {
      if (lines.length < max * 2) lines.push(JSON.stringify({ record: 'signal', ...signal }))
      else omitted++
    }
  return { lines, omitted }
}
