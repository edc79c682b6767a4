// Requests one task after the other through a chain and a ledger, as `pipe` and a pipeline do it.

import { UsageLedger } from '../../collector/ledger/ledger.ts'
import { buildChain, type PipelineSpec } from '../../collector/worker/build-chain.ts'
import type { TaskRequest } from '../../core/task.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { DEFAULT_LIMITS } from '../../proto/decode.ts'
import { writeEventJson } from '../../proto/event-json.ts'

export type Event = Readonly<Record<string, unknown>>

export const SPEC: PipelineSpec = {
  id: 'traces',
  processors: [
    {
      id: 'canonicalize',
      type: 'canonicalize',
      settings: {
        keep_attributes: false,
        keep_resource_attributes: false,
        attribute_bytes_max: 65_536,
        drop_keys: [],
        provider_aliases: {},
      },
    },
  ],
  encoders: [],
  limits: DEFAULT_LIMITS,
  explain: false,
}

const chain = buildChain(SPEC)
const out = new ByteWriter()

/** The events that are stored, task by task. */
export function streamed(
  tasks: readonly (readonly TaskRequest[])[],
  ledger = new UsageLedger(),
): Event[] {
  const stored: Event[] = []
  for (const requests of tasks) {
    if (requests.length === 0) continue
    let result = chain.run({ requests, corrections: [] })
    const corrections = ledger.check(result.facts)
    if (corrections.length > 0) result = chain.run({ requests, corrections })
    ledger.commit(result.facts)
    for (let e = 0; e < chain.events.count; e++) if (!chain.skipped.has(e)) stored.push(eventOf(e))
  }
  return stored
}

function eventOf(e: number): Event {
  out.reset()
  writeEventJson(out, chain.events, e)
  return JSON.parse(Buffer.from(out.bytes.subarray(0, out.pos)).toString()) as Event
}

export interface Sums {
  readonly input: number
  readonly output: number
}

/** Each call once: what repeats other reports is marked and left out. */
export function sums(events: readonly Event[]): Sums {
  const counted = events.filter((e) => e['usage_aggregate'] === false)
  const add = (field: string): number => counted.reduce((n, e) => n + Number(e[field] ?? 0), 0)
  return { input: add('input_tokens'), output: add('output_tokens') }
}
