// The columns of a list of traces.

import type { ComponentChildren } from 'preact'
import type { TraceRow } from '../../api/types.ts'
import { KindMark, Link, Time } from '../../parts/basics.tsx'
import { Findings } from '../../parts/findings.tsx'
import { count, duration, exact, money, NONE, oneLine } from '../../parts/format.ts'
import type { Column } from '../../parts/list-table.tsx'

const text = (value: string | null): ComponentChildren =>
  value === null ? (
    <span class="muted">{NONE}</span>
  ) : (
    <span title={value}>{oneLine(value, 80)}</span>
  )

/** The longest duration of each list that is drawn, so that it is not looked for again for each row. */
const longestOf = new WeakMap<readonly TraceRow[], number>()

/** Its duration in per cent of the longest in the list, at least as much as can be seen. */
function shareOfLongest(trace: TraceRow, traces: readonly TraceRow[]): number {
  const longest = longestOf.get(traces) ?? Math.max(0, ...traces.map((t) => t.duration_ms))
  longestOf.set(traces, longest)
  return longest === 0 ? 0 : Math.max(2, (100 * trace.duration_ms) / longest)
}

export const COLUMNS: readonly Column<TraceRow>[] = [
  {
    key: 'trace',
    label: 'Trace',
    isMain: true,
    cell: (trace) => (
      <>
        <KindMark kind={trace.kind} isPlain />
        <Link
          to={`/traces/${trace.trace_id}`}
          class="row-link"
          row
          title={trace.name ?? trace.trace_id}
        >
          {trace.name === null ? 'root span has not come' : oneLine(trace.name, 90)}
        </Link>
        <span class="narrow-only muted">
          <Time at={trace.start_time} />
        </span>
      </>
    ),
  },
  {
    key: 'start',
    isWide: true,
    label: 'Started',
    sort: 'start_time',
    cell: (t) => <Time at={t.start_time} />,
  },
  { key: 'service', isWide: true, label: 'Service', cell: (t) => text(t.service_name) },
  {
    key: 'environment',
    isWide: true,
    isExtra: true,
    label: 'Environment',
    cell: (t) => text(t.environment),
  },
  {
    key: 'models',
    isWide: true,
    label: 'Models',
    cell: (t) =>
      t.models.length === 0 ? (
        <span class="muted">{NONE}</span>
      ) : (
        <span title={t.models.join('\n')}>
          {oneLine(t.models[0] ?? '', 40)}
          {t.models.length > 1 ? <span class="muted"> +{t.models.length - 1}</span> : null}
        </span>
      ),
  },
  {
    key: 'duration',
    label: 'Duration',
    isNumber: true,
    sort: 'duration_ms',
    cell: (t, traces) => (
      <span class="duration-cell">
        <span class="duration-bar" aria-hidden="true">
          <span style={{ width: `${shareOfLongest(t, traces)}%` }} />
        </span>
        <span>{duration(t.duration_ms)}</span>
      </span>
    ),
  },
  {
    key: 'spans',
    isWide: true,
    label: 'Spans',
    isNumber: true,
    sort: 'events',
    cell: (t) => (
      <span title={`${t.llm_calls} model calls, ${t.tool_calls} tool calls`}>
        {count(t.events)}
      </span>
    ),
  },
  {
    key: 'tokens',
    isWide: true,
    label: 'Tokens',
    isNumber: true,
    sort: 'total_tokens',
    cell: (t) => (
      <span title={`${exact(t.input_tokens)} in, ${exact(t.output_tokens)} out; each call once`}>
        {count(t.total_tokens)}
      </span>
    ),
  },
  {
    key: 'calls',
    isWide: true,
    isExtra: true,
    label: 'Model calls',
    isNumber: true,
    sort: 'llm_calls',
    cell: (t) => count(t.llm_calls),
  },
  {
    key: 'cost',
    label: 'Cost',
    isNumber: true,
    sort: 'cost_usd',
    cell: (t) => (
      <span title={`${t.cost_usd} USD`}>
        {money(t.cost_usd)}
        {t.unpriced > 0 ? (
          <span class="unpriced" title={`${t.unpriced} calls have no known price`}>
            +?
          </span>
        ) : null}
      </span>
    ),
  },
  {
    key: 'marks',
    label: 'Findings',
    sort: 'signals',
    cell: (t) => <Findings row={t} />,
  },
  {
    key: 'user',
    isWide: true,
    isExtra: true,
    label: 'User',
    cell: (t) =>
      t.user_id === null ? (
        text(null)
      ) : (
        <Link to={`/users/${encodeURIComponent(t.user_id)}`}>{oneLine(t.user_id, 40)}</Link>
      ),
  },
  {
    key: 'session',
    isWide: true,
    isExtra: true,
    label: 'Session',
    cell: (t) =>
      t.session_id === null ? (
        text(null)
      ) : (
        <Link to={`/sessions/${encodeURIComponent(t.session_id)}`}>
          {oneLine(t.session_id, 30)}
        </Link>
      ),
  },
  {
    key: 'conversation',
    isWide: true,
    isExtra: true,
    label: 'Conversation',
    cell: (t) =>
      t.conversation_id === null ? (
        text(null)
      ) : (
        <Link to={`/conversations/${encodeURIComponent(t.conversation_id)}`}>
          {oneLine(t.conversation_id, 30)}
        </Link>
      ),
  },
]
