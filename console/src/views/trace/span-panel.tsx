// Shows all details of a span: content, tokens and cost with the way they are counted, signals, attributes, and the raw event.

import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { apiAddress } from '../../api/client.ts'
import type { EventRow, Signal, SpanRow } from '../../api/types.ts'
import { useQuery } from '../../api/use-query.ts'
import { Badge, CopyButton, KindMark, Tabs } from '../../parts/basics.tsx'
import { duration, oneLine, time } from '../../parts/format.ts'
import { Icon } from '../../parts/icons.tsx'
import { JsonView } from '../../parts/json-view.tsx'
import { Answered, Boundary } from '../../parts/states.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import { tabsOf } from '../../view-names.ts'
import { closeSpan } from './close-span.ts'
import { loadEvent } from './load-spans.ts'
import { SpanAttributes } from './span-attributes.tsx'
import { SpanContent } from './span-content.tsx'
import { SpanSignals } from './span-signals.tsx'
import { SpanUsage } from './span-usage.tsx'
import { SpanScores } from './trace-scores.tsx'

export interface SpanPanelProps {
  readonly traceId: string
  readonly span: SpanRow
  readonly signals: readonly Signal[]
  readonly onSelectEvent: (eventId: string) => void
}

export function SpanPanel({ traceId, span, signals, onSelectEvent }: SpanPanelProps): JSX.Element {
  const { query } = useLocation()
  const answer = useQuery<EventRow>(['event', span.event_id], (signal) => loadEvent(span, signal), {
    keepsPrevious: false,
  })
  const panel = useRef<HTMLElement>(null)
  // On a narrow screen the panel stands below the spans, where nobody would see that it has opened.
  useEffect(() => {
    if (window.matchMedia('(width < 1000px)').matches) panel.current?.scrollIntoView()
  }, [span.event_id])
  const tab = query.get('tab') ?? 'content'
  const tabs = tabsOf('span', {
    content: 'Content',
    usage: 'Tokens and cost',
    signals: signals.length === 0 ? 'Signals' : `Signals · ${signals.length}`,
    scores: 'Scores',
    attributes: 'Attributes',
    raw: 'Raw',
  })
  return (
    <aside
      class="span-panel"
      ref={panel}
      aria-label={`Span ${oneLine(span.name ?? span.span_id, 60)}`}
    >
      <SpanHead traceId={traceId} span={span} event={answer.data ?? null} />
      <Tabs
        label="Parts of the span"
        tabs={tabs}
        selected={tab}
        onSelect={(key) => setParams({ tab: key === 'content' ? null : key }, { isReplaced: true })}
      />
      <div class="span-body" role="tabpanel" tabIndex={0} aria-label={`Span: ${tab}`}>
        <Boundary key={`${span.event_id} ${tab}`}>
          <Answered of={answer}>
            {(event) => (
              <Tab
                tab={tab}
                traceId={traceId}
                event={event}
                signals={signals}
                onSelectEvent={onSelectEvent}
              />
            )}
          </Answered>
        </Boundary>
      </div>
    </aside>
  )
}

function SpanHead({
  traceId,
  span,
  event,
}: {
  readonly traceId: string
  readonly span: SpanRow
  readonly event: EventRow | null
}): JSX.Element {
  const started = new Date(span.start_time)
  const { model } = span
  return (
    <header class="span-head">
      <div class="span-title">
        <KindMark kind={span.kind} />
        <h2 title={span.name ?? ''}>{oneLine(span.name ?? span.span_id, 100)}</h2>
        <button type="button" class="button ghost" aria-label="Close the span" onClick={closeSpan}>
          <Icon name="close" />
        </button>
      </div>
      <p class="facts">
        {span.status === 'error' ? <Badge tone="bad">error</Badge> : null}
        <span>{duration(span.duration_ms)}</span>
        <span title={span.start_time}>{time(started, { withMs: true })}</span>
        {model === null ? null : <span>{oneLine(model, 60)}</span>}
        {span.service_name === null ? null : <span>{oneLine(span.service_name, 40)}</span>}
        <code title="span id">{span.span_id}</code>
      </p>
      <p class="span-actions">
        <CopyButton label="JSON" text={() => JSON.stringify(event ?? span, null, 2)} />
        <CopyButton label="curl" text={() => curlOf(traceId)} />
        <CopyButton label="Link" text={() => window.location.href} />
      </p>
    </header>
  )
}

/** Returns a shell command. The API key is a shell variable, because copied commands are pasted in other places. */
function curlOf(traceId: string): string {
  const address = new URL(apiAddress(`/api/v1/traces/${traceId}/events`), window.location.href).href
  return `curl -s -H "authorization: Bearer $OBSERVA_KEY" '${address}'`
}

function Tab({
  tab,
  traceId,
  event,
  signals,
  onSelectEvent,
}: {
  readonly tab: string
  readonly traceId: string
  readonly event: EventRow
  readonly signals: readonly Signal[]
  readonly onSelectEvent: (eventId: string) => void
}): JSX.Element {
  if (tab === 'usage') return <SpanUsage event={event} onSelectEvent={onSelectEvent} />
  if (tab === 'signals') return <SpanSignals signals={signals} />
  if (tab === 'scores') return <SpanScores traceId={traceId} spanId={event.span_id} />
  if (tab === 'attributes') return <SpanAttributes event={event} />
  if (tab === 'raw')
    return (
      <div class="json raw">
        <JsonView value={event} />
      </div>
    )
  return <SpanContent event={event} />
}
