// The thread that explains payloads. It builds new chains for each payload, so that no payload influences the next one.

import { parentPort } from 'node:worker_threads'
import { FIELDS, type Field } from '../../core/fields.ts'
import type { Explained, ExplainedEvent, ExplainRequest } from '../../core/operations.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import { requestsOf } from '../cli/pipe/pipe-input.ts'
import type { Chain } from '../worker/chain.ts'
import { keptEvents, revisedEvents } from '../worker/chain-output.ts'
import { ChainRun, type ChainRunSettings } from '../worker/chain-run.ts'

export interface ExplainTask {
  readonly settings: ChainRunSettings
  readonly request: ExplainRequest
}

/** The most events of a response. */
const EVENTS_MAX = 500

export async function explained({ settings, request }: ExplainTask): Promise<Explained> {
  const run = new ChainRun(settings)
  const events: ExplainedEvent[] = []
  const signals: Signal[] = []
  const rejected: { item: number | null; reason: string }[] = []
  let dropped = 0
  const bytes = Buffer.from(request.payload)
  const limits = settings.pipelines[0]?.spec.limits
  const source = {
    file: 'payload',
    input: request.input === 'ndjson' ? ('auto' as const) : request.input,
    telemetry: request.telemetry,
    open: () => process.stdin,
    read: () => Promise.resolve(bytes),
  }
  for await (const piece of requestsOf(source, limits?.lineBytesMax ?? 1024 * 1024)) {
    const { chain, verdict } = run.request({ ...piece, tenant: request.tenant })
    if (verdict.kind === 'refused') {
      rejected.push({ item: null, reason: `${verdict.code}: ${verdict.message}` })
      continue
    }
    for (const { item, reason } of verdict.rejectedItems) rejected.push({ item, reason })
    // Nothing was taken, and nothing refused by itself: the payload is of another kind than it seems.
    if (verdict.accepted + verdict.dropped + verdict.rejected === 0)
      for (const reason of verdict.reasons) rejected.push({ item: null, reason })
    revise(events, chain)
    events.push(...eventsOf(chain))
    signals.push(...chain.signals)
    dropped += [...chain.batch.secretNotes.keys()].filter((s) => chain.batch.isDropped(s)).length
  }
  signals.push(...run.finish())
  const isCut = events.length > EVENTS_MAX
  return { events: events.slice(0, EVENTS_MAX), signals, rejected, dropped, isCut }
}

/** Applies the revisions of a chain to the events: a later report of a call may change what an earlier one counts. */
function revise(events: ExplainedEvent[], chain: Chain): void {
  for (const revised of revisedEvents(chain)) {
    const at = events.findIndex(({ event }) => event['event_id'] === revised['event_id'])
    const known = events[at]
    if (known !== undefined) events[at] = { ...known, event: { ...known.event, ...revised } }
  }
}

function* eventsOf(chain: Chain): Generator<ExplainedEvent> {
  const out = new ByteWriter()
  for (const e of keptEvents(chain)) {
    out.reset()
    writeEventJson(out, chain.events, e)
    const sources = chain.events.explain?.[e] ?? []
    yield {
      event: eventOf(Buffer.from(out.bytes.subarray(0, out.pos)).toString()),
      explain: Object.fromEntries(
        sources.map((p) => [p.field, { source: p.source, rule: p.rule }]),
      ),
      scrubbed: [...(chain.batch.secretNotes.get(chain.events.spanRowOf(e)) ?? [])],
    }
  }
}

const TIMES: ReadonlySet<string> = new Set(
  (FIELDS as readonly Field[]).filter((f) => f.type === 'time').map((f) => f.name),
)

/** Parses an event. Times in nanoseconds have too many digits for a number, so they become strings, as everywhere in the API. */
function eventOf(json: string): ExplainedEvent['event'] {
  const revived = JSON.parse(json, (key, value: unknown, context?: { source?: string }) => {
    const digits = context?.source
    const isTime = TIMES.has(key) && digits !== undefined && /^\d{16,19}$/.test(digits)
    return isTime ? rfc3339(BigInt(digits)) : value
  }) as unknown
  // The event writer of this project made the JSON, which is always an object.
  return revived as ExplainedEvent['event']
}

function rfc3339(ns: bigint): string {
  const whole = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19)
  return `${whole}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`
}

parentPort?.on('message', (task: ExplainTask) => {
  explained(task).then(
    (answer) => parentPort?.postMessage({ answer }),
    (thrown: unknown) =>
      parentPort?.postMessage({ error: thrown instanceof Error ? thrown.message : String(thrown) }),
  )
})
