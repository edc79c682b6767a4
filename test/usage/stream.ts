// Runs requests task by task through a chain and a ledger, as `pipe` and a pipeline do.

import { UsageLedger } from '../../collector/ledger/ledger.ts'
import type { ReportState } from '../../collector/ledger/report-history.ts'
import { buildChain, type PipelineSpec } from '../../collector/worker/build-chain.ts'
import { canonicalizeOnly } from '../../collector/worker/testing/pipeline-spec.ts'
import type { EncodedPart, TaskRequest } from '../../core/task.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import { OUTCOME } from '../../usage/report.ts'

export type Event = Readonly<Record<string, unknown>>

export const SPEC = canonicalizeOnly()

const chain = buildChain(SPEC)
const out = new ByteWriter()

/** The bytes for the exporters of `spec`, task by task. */
export function* encoded(
  spec: PipelineSpec,
  tasks: readonly (readonly TaskRequest[])[],
  ledger = new UsageLedger(),
): Generator<readonly EncodedPart[]> {
  const own = buildChain(spec)
  for (const requests of tasks) {
    let result = own.run({ requests, corrections: [] })
    const corrections = ledger.check(result.facts)
    const revisions = ledger.revisions(result.facts)
    if (corrections.length + revisions.length > 0)
      result = own.run({ requests, corrections, revisions })
    ledger.commit(result.facts)
    // The next task reuses the encoders' buffers.
    yield result.parts.map((p) => ({ ...p, bytes: p.bytes.slice() }))
  }
}

/** The stored events in the order of the tasks, with all corrections up to the last task. */
export function streamed(
  tasks: readonly (readonly TaskRequest[])[],
  ledger = new UsageLedger(),
): Event[] {
  const stored: Event[] = []
  const places = new Map<unknown, number>()
  for (const requests of tasks) {
    if (requests.length === 0) continue
    let result = chain.run({ requests, corrections: [] })
    const corrections = ledger.check(result.facts)
    const revised = ledger.revised(result.facts)
    if (corrections.length > 0) result = chain.run({ requests, corrections })
    ledger.commit(result.facts)
    for (const { id, after } of revised) {
      const at = places.get(Buffer.from(id, 'latin1').toString('hex'))
      if (at !== undefined) stored[at] = revisedEvent(stored[at] as Event, after)
    }
    for (let e = 0; e < chain.events.count; e++) {
      if (chain.skipped.has(e)) continue
      const event = eventOf(e)
      places.set(event['event_id'], stored.length)
      stored.push(event)
    }
  }
  return stored
}

const REPORTED = {
  input_tokens: ['reported_input', 'input'],
  output_tokens: ['reported_output', 'output'],
  cache_read_tokens: ['reported_cache_read', 'read'],
  cache_write_tokens: ['reported_cache_write', 'written'],
  reasoning_tokens: ['reported_reasoning', 'reasoning'],
} as const

/** The plain way to revise an event, beside those of the stores. */
function revisedEvent(event: Event, { outcome, owner, rest }: ReportState): Event {
  const details = { ...(event['usage_details'] as Record<string, number> | undefined) }
  const counts: Record<string, unknown> = {}
  for (const [field, [kept, part]] of Object.entries(REPORTED)) {
    const reported = details[kept] ?? event[field]
    if (typeof reported !== 'number') continue
    counts[field] = rest === null ? reported : rest[part]
    if (rest === null) delete details[kept]
    else details[kept] = reported
  }
  const { usage_duplicate_of: _, ...others } = event
  return {
    ...others,
    ...counts,
    usage_details: details,
    usage_aggregate: outcome !== OUTCOME.COUNTED,
    ...(owner === '' ? {} : { usage_duplicate_of: Buffer.from(owner, 'latin1').toString('hex') }),
  }
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
