// The events in a chain after a request, for commands that print them: those that were kept, and earlier ones that were revised.

import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import type { Chain } from './chain.ts'

/** The events of earlier requests that the last request revised, each as an object with its keys and counts. */
export function* revisedEvents(chain: Chain): Generator<Record<string, unknown>> {
  const { events, items } = chain.revised
  const out = new ByteWriter()
  for (const { after } of items) {
    out.reset()
    writeEventJson(out, events, after)
    // Our own writer made this JSON, and it is an object.
    yield JSON.parse(Buffer.from(out.bytes.subarray(0, out.pos)).toString()) as Record<
      string,
      unknown
    >
  }
}

/** The ordinals of the events that no processor dropped. */
export function* keptEvents(chain: Chain): Generator<number> {
  for (let e = 0; e < chain.events.count; e++)
    if (!chain.batch.isDropped(chain.events.spanOf[e] as number)) yield e
}
