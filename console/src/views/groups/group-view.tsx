// The view of one conversation, session or user: totals, messages in order, and traces.

import type { ComponentChildren, JSX } from 'preact'
import type { GroupRow, TraceRow } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Ago, CopyButton, Link, Tabs } from '../../parts/basics.tsx'
import { Findings } from '../../parts/findings.tsx'
import { count, duration, exact, money, oneLine } from '../../parts/format.ts'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import { useTitle } from '../../state/title.ts'
import { TracesTable } from '../traces/traces-table.tsx'
import { usePages } from '../traces/use-pages.ts'
import { type GroupKind, ID_OF } from './group-columns.tsx'
import { GroupMessages } from './group-messages.tsx'

const PAGE = 100

export function GroupView({
  kind,
  id,
}: {
  readonly kind: GroupKind
  readonly id: string
}): JSX.Element {
  const { query } = useLocation()
  const answer = useApi<GroupRow>(
    `/api/v1/${kind}/${encodeURIComponent(id)}`,
    {},
    { keepsPrevious: false },
  )
  useTitle(id)
  const tab = query.get('tab') ?? (kind === 'conversations' ? 'messages' : 'traces')
  return (
    <Answered of={answer}>
      {(row) => (
        <>
          <header class="view-head">
            <h1 title={id}>
              <span class="muted">{kind.slice(0, -1)}</span> {oneLine(id, 90)}
            </h1>
            <div class="view-actions">
              <CopyButton label="Id" text={id} />
            </div>
          </header>
          <Sums row={row} kind={kind} />
          <Tabs
            label="Parts"
            tabs={[
              ['messages', 'Messages'],
              ['traces', `Traces · ${count(row.traces)}`],
            ]}
            selected={tab}
            onSelect={(key) => setParams({ tab: key }, { isReplaced: true })}
          />
          {tab === 'messages' ? (
            <GroupMessages field={ID_OF[kind]} id={id} />
          ) : (
            <GroupTraces field={ID_OF[kind]} id={id} />
          )}
        </>
      )}
    </Answered>
  )
}

function Sums({ row, kind }: { readonly row: GroupRow; readonly kind: GroupKind }): JSX.Element {
  const fact = (label: string, value: ComponentChildren, title?: string): JSX.Element => (
    <div class="fact" title={title}>
      <span class="fact-label">{label}</span>
      <span class="fact-value">{value}</span>
    </div>
  )
  return (
    <>
      <div class="numbers">
        {fact('Last active', <Ago at={row.last_at} />)}
        {fact('Span of time', duration(row.duration_ms))}
        {row.message_count == null ? null : fact('Messages', count(row.message_count))}
        {fact('Model calls', count(row.llm_calls))}
        {fact(
          'Tokens',
          count(row.total_tokens),
          `${exact(row.input_tokens)} in, ${exact(row.output_tokens)} out`,
        )}
        {fact('Cost', money(row.cost_usd), `${row.cost_usd} USD`)}
        {fact('Findings', <Findings row={row} />)}
      </div>
      <p class="facts">
        {kind !== 'users' && row.user_id != null ? (
          <span>
            <span class="muted">user</span>{' '}
            <Link to={`/users/${encodeURIComponent(row.user_id)}`}>{oneLine(row.user_id, 60)}</Link>
          </span>
        ) : null}
        {kind === 'conversations' && row.session_id != null ? (
          <span>
            <span class="muted">session</span>{' '}
            <Link to={`/sessions/${encodeURIComponent(row.session_id)}`}>
              {oneLine(row.session_id, 60)}
            </Link>
          </span>
        ) : null}
        {row.models.length === 0 ? null : (
          <span>
            <span class="muted">models</span> {oneLine(row.models.join(', '), 200)}
          </span>
        )}
      </p>
    </>
  )
}

function GroupTraces({ field, id }: { readonly field: string; readonly id: string }): JSX.Element {
  const pages = usePages<TraceRow>('/api/v1/traces', [field, id], () => ({
    [field]: id,
    limit: PAGE,
  }))
  return (
    <Answered of={pages.answer}>
      {() =>
        pages.rows.length === 0 ? (
          <Empty title="No traces" />
        ) : (
          <>
            <TracesTable rows={pages.rows} label="Traces" />
            <ListEnd pages={pages} noun="traces" />
          </>
        )
      }
    </Answered>
  )
}
