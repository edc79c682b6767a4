// The columns of a list of traces.

import type { ComponentChildren } from 'preact'
import type { TraceRow } from '../../api/types.ts'
import { Badge, Link, Time } from '../../parts/basics.tsx'
import { count, duration, exact, many, money, NONE, oneLine } from '../../parts/format.ts'

export interface Column {
  readonly key: string
  readonly label: string
  readonly isNumber?: boolean
  /** Not shown on a narrow screen. */
  readonly isWide?: boolean
  /** The value of the API parameter `sort`; absent if the API cannot sort by this column. */
  readonly sort?: string
  readonly cell: (trace: TraceRow, durationMax: number) => ComponentChildren
}

const text = (value: string | null): ComponentChildren =>
  value === null ? (
    <span class="muted">{NONE}</span>
  ) : (
    <span title={value}>{oneLine(value, 80)}</span>
  )

export const COLUMNS: readonly Column[] = [
  {
    key: 'start',
    isWide: true,
    label: 'Started',
    sort: 'start_time',
    cell: (t) => <Time at={t.start_time} />,
  },
  { key: 'service', isWide: true, label: 'Service', cell: (t) => text(t.service_name) },
  { key: 'environment', isWide: true, label: 'Environment', cell: (t) => text(t.environment) },
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
    cell: (t, max) => (
      <span class="duration-cell">
        <span class="duration-bar" aria-hidden="true">
          <span style={{ width: `${max === 0 ? 0 : Math.max(2, (100 * t.duration_ms) / max)}%` }} />
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
    cell: (t) => (
      <span class="marks">
        {t.errors > 0 ? <Badge tone="bad">{many(t.errors, 'error')}</Badge> : null}
        {t.signals > 0 ? <Badge tone="warn">{many(t.signals, 'signal')}</Badge> : null}
        {t.errors + t.signals === 0 ? <span class="muted">{NONE}</span> : null}
      </span>
    ),
  },
  {
    key: 'user',
    isWide: true,
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

export const DEFAULT_COLUMNS: readonly string[] = [
  'start',
  'service',
  'models',
  'duration',
  'spans',
  'tokens',
  'cost',
  'marks',
]
