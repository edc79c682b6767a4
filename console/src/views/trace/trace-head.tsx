// The head of the trace view: name, totals that count each call once, user, session, environment and so on, and signals.

import type { ComponentChildren, JSX } from 'preact'
import { apiAddress } from '../../api/client.ts'
import type { Signal, TraceRow } from '../../api/types.ts'
import {
  Badge,
  CopyButton,
  KindMark,
  Link,
  Severity,
  SignalType,
  Time,
} from '../../parts/basics.tsx'
import { measureOf } from '../../parts/evidence.tsx'
import { count, duration, exact, money, oneLine } from '../../parts/format.ts'
import { setParams } from '../../state/location.ts'

const SIGNALS_SHOWN = 8

export function TraceHead({
  trace,
  signals,
}: {
  readonly trace: TraceRow
  readonly signals: readonly Signal[]
}): JSX.Element {
  return (
    <header class="trace-head">
      <div class="view-head">
        <h1>
          <KindMark kind={trace.kind} isPlain />{' '}
          {trace.name === null ? 'Root span has not come' : oneLine(trace.name, 140)}
        </h1>
        <div class="view-actions">
          <CopyButton label="Trace id" text={trace.trace_id} />
          <CopyButton
            label="curl"
            text={() =>
              `curl -s -H "authorization: Bearer $OBSERVA_KEY" '${new URL(apiAddress(`/api/v1/traces/${trace.trace_id}/events`), window.location.href).href}'`
            }
          />
          <a
            class="button small"
            href={apiAddress(`/api/v1/traces/${trace.trace_id}/events`, { format: 'ndjson' })}
            download={`${trace.trace_id}.ndjson`}
          >
            NDJSON
          </a>
        </div>
      </div>
      <div class="numbers">
        <Fact label="Started">
          <Time at={trace.start_time} />
        </Fact>
        <Fact label="Duration">{duration(trace.duration_ms)}</Fact>
        <Fact label="Spans">{count(trace.events)}</Fact>
        <Fact label="Model calls">{count(trace.llm_calls)}</Fact>
        <Fact
          label="Tokens"
          title={`${exact(trace.input_tokens)} in, ${exact(trace.output_tokens)} out; each call once`}
        >
          {count(trace.total_tokens)}
          <span class="muted">
            {' '}
            {count(trace.input_tokens)} in · {count(trace.output_tokens)} out
          </span>
        </Fact>
        <Fact label="Cost" title={`${trace.cost_usd} USD`}>
          {money(trace.cost_usd)}
          {trace.unpriced > 0 ? ' ' : ''}
          {trace.unpriced > 0 ? <Badge tone="warn">{trace.unpriced} without a price</Badge> : null}
        </Fact>
        {trace.errors > 0 ? (
          <Fact label="Errors">
            <Badge tone="bad">{count(trace.errors)}</Badge>
          </Fact>
        ) : null}
      </div>
      <Who trace={trace} />
      <Found signals={signals} />
    </header>
  )
}

function Fact({
  label,
  title,
  children,
}: {
  readonly label: string
  readonly title?: string
  readonly children: ComponentChildren
}): JSX.Element {
  return (
    <div class="fact" title={title}>
      <span class="fact-label">{label}</span>
      <span class="fact-value">{children}</span>
    </div>
  )
}

function Who({ trace }: { readonly trace: TraceRow }): JSX.Element {
  const link = (label: string, path: string, id: string | null): ComponentChildren =>
    id === null ? null : (
      <span>
        <span class="muted">{label}</span>{' '}
        <Link to={`/${path}/${encodeURIComponent(id)}`}>{oneLine(id, 60)}</Link>
      </span>
    )
  return (
    <p class="facts">
      {trace.service_name === null ? null : (
        <span>
          <span class="muted">service</span> {oneLine(trace.service_name, 60)}
        </span>
      )}
      {trace.environment === null ? null : (
        <span>
          <span class="muted">environment</span> {oneLine(trace.environment, 40)}
        </span>
      )}
      {link('user', 'users', trace.user_id)}
      {link('session', 'sessions', trace.session_id)}
      {link('conversation', 'conversations', trace.conversation_id)}
      {trace.models.length === 0 ? null : (
        <span>
          <span class="muted">models</span> {oneLine(trace.models.join(', '), 160)}
        </span>
      )}
    </p>
  )
}

function Found({ signals }: { readonly signals: readonly Signal[] }): JSX.Element | null {
  if (signals.length === 0) return null
  return (
    <ul class="found" aria-label="What the rules found">
      {signals.slice(0, SIGNALS_SHOWN).map((signal) => (
        <li key={signal.signal_id}>
          <button
            type="button"
            class={`found-signal severity-${signal.severity}`}
            disabled={signal.span_id === null}
            onClick={() => setParams({ span: signal.span_id, tab: 'signals', view: null })}
          >
            <Severity of={signal.severity} /> <SignalType type={signal.type} />
            {signal.value === null ? null : <span class="muted">{measureOf(signal)}</span>}
          </button>
        </li>
      ))}
      {signals.length > SIGNALS_SHOWN ? (
        <li class="muted">{exact(signals.length - SIGNALS_SHOWN)} more</li>
      ) : null}
    </ul>
  )
}
