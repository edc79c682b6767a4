// The view of the list of traces, with filters, columns, saved views and live tail.

import type { JSX } from 'preact'
import { apiAddress } from '../../api/client.ts'
import type { TraceRow } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Link } from '../../parts/basics.tsx'
import { HeatMap, type Heatmap } from '../../parts/charts/heat-map.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import { ColumnChoice, useSorting } from '../../parts/list-table.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { useKeys } from '../../state/keyboard.ts'
import { setParams, useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { COLUMNS } from './columns.tsx'
import { type FilterField, Filters } from './filters.tsx'
import { LiveTail } from './live-tail.tsx'
import { SavedViews } from './saved-views.tsx'
import { TracesTable } from './traces-table.tsx'
import { usePages } from './use-pages.ts'

const KINDS = [
  'llm',
  'agent',
  'tool',
  'chain',
  'workflow',
  'retrieval',
  'rerank',
  'embedding',
  'guardrail',
  'evaluator',
  'mcp',
  'span',
]

const SEARCH: FilterField = {
  name: 'name',
  label: 'Name',
  type: 'text',
  placeholder: 'Search names of root spans',
}
const FIELDS: readonly FilterField[] = [
  { name: 'kind', label: 'Kind', type: 'choice', choices: KINDS.map((k) => [k, k]), isMain: true },
  { name: 'model', label: 'Model', type: 'text', placeholder: 'Model', isMain: true },
  { name: 'errors', label: 'Errors', type: 'flag', isMain: true },
  { name: 'signals', label: 'Signals', type: 'flag', isMain: true },
  { name: 'text', label: 'Words in messages', type: 'text', placeholder: 'refund policy' },
  { name: 'service', label: 'Service', type: 'text', placeholder: 'service' },
  { name: 'environment', label: 'Environment', type: 'text', placeholder: 'production' },
  { name: 'route', label: 'Route', type: 'text', placeholder: '/chat' },
  { name: 'provider', label: 'Provider', type: 'text', placeholder: 'openai' },
  { name: 'tool', label: 'Tool', type: 'text', placeholder: 'tool name' },
  { name: 'type', label: 'Issue type', type: 'text', placeholder: 'loop_detected' },
  { name: 'user_id', label: 'User', type: 'text', placeholder: 'user id' },
  { name: 'session_id', label: 'Session', type: 'text', placeholder: 'session id' },
  { name: 'conversation_id', label: 'Conversation', type: 'text', placeholder: 'conversation id' },
  { name: 'min_cost_usd', label: 'Cost at least, USD', type: 'number', placeholder: '0.10' },
  { name: 'max_cost_usd', label: 'Cost at most, USD', type: 'number', placeholder: '1' },
  { name: 'min_duration_ms', label: 'Duration at least, ms', type: 'number', placeholder: '1000' },
  { name: 'max_duration_ms', label: 'Duration at most, ms', type: 'number', placeholder: '5000' },
]
const NAMES = [SEARCH, ...FIELDS].map((f) => f.name)

const RELATIVE_MS = 30_000
const PAGE = 100

export function TracesView(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const isLive = query.get('live') === 'true' && range.isRelative
  const sorting = useSorting('-start_time')
  const set = Object.fromEntries([...NAMES, 'sort'].map((name) => [name, query.get(name)]))
  const parameters = () => ({ ...set, ...range.bounds(), limit: PAGE })
  const pages = usePages<TraceRow>(
    '/api/v1/traces',
    [range.key, query.get('project'), set],
    parameters,
    {
      everyMs: range.isRelative && RELATIVE_MS,
      isEnabled: !isLive,
    },
  )
  const hasMap = query.get('map') === 'true'
  const isFiltered = NAMES.some((name) => query.has(name))
  return (
    <>
      <header class="view-head">
        <h1>Traces</h1>
        <div class="view-actions">
          <Toggles isLive={isLive} hasMap={hasMap} />
          <SavedViews page="traces" />
          <ColumnChoice list="traces" columns={COLUMNS} />
          <a
            class="button"
            href={apiAddress('/api/v1/traces', { ...set, ...range.bounds(), format: 'csv' })}
            download="traces.csv"
          >
            CSV
          </a>
        </div>
      </header>
      <Filters fields={FIELDS} search={SEARCH} />
      {hasMap && !isLive ? <LatencyMap set={set} /> : null}
      {isLive ? (
        <LiveTail filters={set} />
      ) : (
        <Answered of={pages.answer} lines={12}>
          {() =>
            pages.rows.length === 0 ? (
              <NoTraces isFiltered={isFiltered} label={range.label} />
            ) : (
              <>
                <TracesTable rows={pages.rows} label="Traces" sorting={sorting} />
                <ListEnd pages={pages} noun="traces" />
              </>
            )
          }
        </Answered>
      )}
    </>
  )
}

/** Live tail and heat map, on or off, by buttons and by keys. */
function Toggles({
  isLive,
  hasMap,
}: {
  readonly isLive: boolean
  readonly hasMap: boolean
}): JSX.Element {
  const { isRelative } = useTimeRange()
  const toggleLive = (): void => setParams({ live: isLive ? null : 'true' })
  const toggleMap = (): void => setParams({ map: hasMap ? null : 'true' }, { isReplaced: true })
  useKeys([
    { keys: 'l', says: 'Live tail on or off', run: toggleLive },
    { keys: 'm', says: 'Heat map of latency on or off', run: toggleMap },
  ])
  return (
    <>
      <button
        type="button"
        class="button toggle live"
        aria-pressed={isLive}
        disabled={!isRelative}
        title={
          isRelative
            ? 'Spans and signals as they come (key l)'
            : 'Only with a time range that ends now'
        }
        onClick={toggleLive}
      >
        Live
      </button>
      <button
        type="button"
        class="button toggle"
        aria-pressed={hasMap}
        title="Heat map of latency (key m)"
        onClick={toggleMap}
      >
        Map
      </button>
    </>
  )
}

/** Draws the heat map of the traces that the list has. */
function LatencyMap({
  set,
}: {
  readonly set: Readonly<Record<string, string | null>>
}): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const filters = { ...set, sort: null }
  const answer = useApi<Heatmap>(
    '/api/v1/analytics/heatmap',
    () => ({ ...filters, ...range.bounds() }),
    { key: [range.key, query.get('project'), filters] },
  )
  return (
    <Answered of={answer} lines={4}>
      {(map) => <HeatMap map={map} title="Latency of traces" />}
    </Answered>
  )
}

function NoTraces({
  isFiltered,
  label,
}: {
  readonly isFiltered: boolean
  readonly label: string
}): JSX.Element {
  return isFiltered ? (
    <Empty title="No trace matches these filters">
      Take one away, or choose a longer time than “{label}”.
    </Empty>
  ) : (
    <Empty title="No traces in this time">
      <p>Nothing has come in “{label}”.</p>
      <p>
        <Link to="/set-up" class="button primary">
          Send the first trace
        </Link>
      </p>
    </Empty>
  )
}
