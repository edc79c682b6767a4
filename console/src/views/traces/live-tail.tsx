// The live tail: the spans that the instance accepts now, newest first. The number of rows is limited, the page is rendered at most twice a
// second, and a hidden tab reads nothing.

import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { readStream, type StreamRecord } from '../../api/stream.ts'
import { Badge, KindMark, Link, Severity, SignalType, Time } from '../../parts/basics.tsx'
import { count, duration, many, money, NONE, oneLine } from '../../parts/format.ts'
import { useKeys } from '../../state/keyboard.ts'

const ROWS_MAX = 200
const DRAW_MS = 500
const PER_SECOND = 100
/** Texts of a record are truncated on arrival, because an event also contains its messages. */
const TEXT_MAX = 120

/** The filters of the list by their names in the stream. The other filters need a complete trace. */
const IN_STREAM: Readonly<Record<string, string>> = {
  kind: 'kind',
  service: 'service_name',
  environment: 'environment',
  route: 'route',
  provider: 'provider',
  model: 'request_model',
  tool: 'tool_name',
  type: 'type',
}

interface TailRow {
  readonly key: number
  readonly record: 'event' | 'signal'
  readonly at: string
  readonly traceId: string | null
  readonly spanId: string | null
  readonly name: string
  readonly kind: string | null
  readonly severity: string | null
  readonly service: string | null
  readonly model: string | null
  readonly ms: number | null
  readonly tokens: number | null
  readonly cost: number | null
  readonly isError: boolean
}

interface Tail {
  readonly rows: readonly TailRow[]
  readonly seen: number
  readonly dropped: number
  /** The number of records that arrived while the tail was paused. */
  readonly waiting: number
  readonly trouble: string | null
}

const NOTHING: Tail = { rows: [], seen: 0, dropped: 0, waiting: 0, trouble: null }

export function LiveTail({
  filters,
}: {
  readonly filters: Readonly<Record<string, string | null>>
}): JSX.Element {
  const [isPaused, setPaused] = useState(false)
  const tail = useTail(filters, isPaused)
  const toggle = (): void => setPaused(!isPaused)
  useKeys([{ keys: 'p', says: isPaused ? 'Let the tail run' : 'Hold the tail', run: toggle }])
  const left = Object.keys(filters).filter(
    (name) => filters[name] !== null && IN_STREAM[name] === undefined && name !== 'errors',
  )
  return (
    <section class="live-tail" aria-label="Live tail">
      <div class="panel-head">
        <button
          type="button"
          class="button small"
          aria-pressed={isPaused}
          title="key p"
          onClick={toggle}
        >
          {isPaused ? 'Go on' : 'Pause'}
        </button>
        <span class="muted" role="status">
          {tail.trouble ?? saidOf(tail, isPaused)}
        </span>
        {left.length === 0 ? null : (
          <span class="muted">Not applied to single spans: {left.join(', ')}</span>
        )}
      </div>
      {tail.rows.length === 0 ? (
        <p class="muted">Waiting for what comes next.</p>
      ) : (
        <TailTable rows={tail.rows} />
      )}
    </section>
  )
}

function saidOf(tail: Tail, isPaused: boolean): string {
  const dropped = tail.dropped === 0 ? '' : `, ${count(tail.dropped)} more than fit`
  if (isPaused) return `Paused; ${count(tail.waiting)} came since${dropped}`
  return `${many(tail.seen, 'record')} since it was opened${dropped}; the newest ${ROWS_MAX} are kept`
}

function useTail(filters: Readonly<Record<string, string | null>>, isPaused: boolean): Tail {
  const [tail, setTail] = useState<Tail>(NOTHING)
  const paused = useRef(isPaused)
  paused.current = isPaused
  const parameters: Record<string, string | number> = { per_second: PER_SECOND }
  for (const [name, value] of Object.entries(filters)) {
    const inStream = IN_STREAM[name]
    if (inStream !== undefined && value !== null) parameters[inStream] = value
  }
  if (filters['errors'] === 'true') parameters['status'] = 'error'
  const asked = JSON.stringify(parameters)
  useEffect(() => {
    let held: Tail = NOTHING
    let fresh: TailRow[] = []
    const draw = (): void => {
      if (!paused.current && fresh.length > 0) {
        held = { ...held, rows: [...fresh.toReversed(), ...held.rows].slice(0, ROWS_MAX) }
        fresh = []
      }
      held = { ...held, waiting: fresh.length === 0 ? 0 : held.waiting }
      setTail(held)
    }
    const onRecord = (event: string, data: StreamRecord): void => {
      if (event === 'dropped')
        held = { ...held, dropped: held.dropped + (Number(data['records']) || 0) }
      else {
        held = { ...held, seen: held.seen + 1, waiting: held.waiting + 1 }
        fresh.push(rowOf(held.seen, event, data))
        if (fresh.length > ROWS_MAX) fresh.shift()
      }
    }
    let reading: AbortController | null = null
    const follow = (): void => {
      reading?.abort()
      reading = null
      if (document.hidden) return
      reading = new AbortController()
      const listener = {
        onOpen: () => void (held = { ...held, trouble: null }),
        onRecord,
        onClosed: (why: string) =>
          void (held = { ...held, trouble: `Not live: ${why}; it is tried again.` }),
      }
      void readStream('/api/v1/stream', parameters, listener, reading.signal)
    }
    follow()
    const timer = setInterval(draw, DRAW_MS)
    document.addEventListener('visibilitychange', follow)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', follow)
      reading?.abort()
    }
  }, [asked])
  return tail
}

/** Copies the few fields that are shown, so that the event with its messages can be freed. */
function rowOf(key: number, event: string, data: StreamRecord): TailRow {
  const text = (name: string): string | null => {
    const value = data[name]
    return typeof value === 'string' ? copied(value) : null
  }
  const number = (name: string): number | null => {
    const value = data[name]
    return typeof value === 'number' ? value : null
  }
  const isSignal = event === 'signal'
  return {
    key,
    record: isSignal ? 'signal' : 'event',
    at: text(isSignal ? 'at' : 'start_time') ?? '',
    traceId: text('trace_id'),
    spanId: text('span_id'),
    name: text(isSignal ? 'type' : 'name') ?? NONE,
    kind: text('kind'),
    severity: text('severity'),
    service: text('service_name'),
    model: text('response_model') ?? text('request_model'),
    ms: number('duration_ms'),
    tokens: data['usage_aggregate'] === true ? null : number('total_tokens'),
    cost: data['usage_aggregate'] === true ? null : number('cost_usd'),
    isError: data['status'] === 'error',
  }
}

/** Copies a part of a text, because a slice would keep the whole text in memory. */
const copied = (text: string): string =>
  text.length <= TEXT_MAX ? text : Array.from(text.slice(0, TEXT_MAX)).join('')

function TailTable({ rows }: { readonly rows: readonly TailRow[] }): JSX.Element {
  return (
    <div class="scroll-x" role="region" aria-label="Newest records" tabIndex={0}>
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">Span or signal</th>
            <th scope="col">When</th>
            <th scope="col" class="wide-cell">
              Service
            </th>
            <th scope="col" class="wide-cell">
              Model
            </th>
            <th scope="col" class="number">
              Duration
            </th>
            <th scope="col" class="number">
              Tokens
            </th>
            <th scope="col" class="number">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <td class="main-cell">
                <What row={row} />
              </td>
              <td>{row.at === '' ? NONE : <Time at={row.at} />}</td>
              <td class="wide-cell">{oneLine(row.service ?? NONE, 40)}</td>
              <td class="wide-cell">{oneLine(row.model ?? NONE, 40)}</td>
              <td class="number">{duration(row.ms)}</td>
              <td class="number">{count(row.tokens)}</td>
              <td class="number">{money(row.cost)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function What({ row }: { readonly row: TailRow }): JSX.Element {
  const mark =
    row.record === 'signal' ? (
      <Severity of={row.severity ?? 'low'} />
    ) : (
      <KindMark kind={row.kind} isPlain />
    )
  const name = row.record === 'signal' ? <SignalType type={row.name} /> : oneLine(row.name, 90)
  return (
    <>
      {mark}{' '}
      {row.traceId === null ? (
        name
      ) : (
        <Link
          to={`/traces/${row.traceId}`}
          params={{ span: row.spanId, live: null }}
          class="row-link"
          row
        >
          {name}
        </Link>
      )}
      {row.isError ? <Badge tone="bad">error</Badge> : null}
    </>
  )
}
