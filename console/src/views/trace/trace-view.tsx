// The view of one trace: totals, signals, the waterfall with the selected span, and the conversation. The selection is part of the URL.

import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
import type { Page, Signal, TraceRow } from '../../api/types.ts'
import { useApi, useQuery } from '../../api/use-query.ts'
import { Tabs } from '../../parts/basics.tsx'
import { exact } from '../../parts/format.ts'
import { Answered, Boundary, Failure, Loading } from '../../parts/states.tsx'
import { useKeys } from '../../state/keyboard.ts'
import { addressOfList, go, locationNow, setParams, useLocation } from '../../state/location.ts'
import { useTitle } from '../../state/title.ts'
import { tabsOf } from '../../view-names.ts'
import { closeSpan } from './close-span.ts'
import { type LoadedSpans, loadSpans } from './load-spans.ts'
import { SpanPanel } from './span-panel.tsx'
import { inSight, matching, type SpanTree, treeOf } from './span-tree.ts'
import { TraceConversation } from './trace-conversation.tsx'
import { TraceGraph } from './trace-graph.tsx'
import { TraceHead } from './trace-head.tsx'
import { SpanScores } from './trace-scores.tsx'
import { TraceSimilar } from './trace-similar.tsx'
import { Waterfall } from './waterfall.tsx'

const SIGNALS_MAX = 500

const TABS = tabsOf('trace', {
  waterfall: 'Waterfall',
  conversation: 'Conversation',
  graph: 'Graph',
  scores: 'Scores',
  similar: 'Like this one',
})

export function TraceView({ traceId }: { readonly traceId: string }): JSX.Element {
  // The tree comes from the skeleton; here only the sums are asked for.
  const trace = useApi<TraceRow>(
    `/api/v1/traces/${encodeURIComponent(traceId)}`,
    { limit: 0 },
    { keepsPrevious: false },
  )
  const signals = useQuery<readonly Signal[]>(
    ['trace-signals', traceId],
    async (signal) => {
      const parameters = { trace_id: traceId, limit: SIGNALS_MAX }
      return (await call<Page<Signal>>('/api/v1/signals', { parameters, signal })).data
    },
    { keepsPrevious: false },
  )
  const { query } = useLocation()
  const view = query.get('view') ?? 'waterfall'
  useTitle(trace.data === undefined ? null : (trace.data.name ?? traceId))
  useKeys([{ keys: 'Escape', says: 'Close the span, then back to traces', run: leave }])
  return (
    <div class="trace-view">
      <Answered of={trace} lines={2}>
        {(row) => <TraceHead trace={row} signals={signals.data ?? []} />}
      </Answered>
      <Tabs
        label="Ways to see the trace"
        tabs={TABS}
        selected={view}
        onSelect={(key) =>
          setParams({ view: key === 'waterfall' ? null : key }, { isReplaced: true })
        }
      />
      {trace.error !== null ? null : view === 'scores' ? (
        <SpanScores traceId={traceId} spanId={null} />
      ) : view === 'similar' ? (
        <TraceSimilar traceId={traceId} />
      ) : (
        <Spans traceId={traceId} signals={signals.data ?? []} view={view} />
      )}
    </div>
  )
}

function leave(): void {
  if (locationNow().query.has('span')) closeSpan()
  else go(addressOfList())
}

function Spans({
  traceId,
  signals,
  view,
}: {
  readonly traceId: string
  readonly signals: readonly Signal[]
  readonly view: string
}): JSX.Element {
  const [early, setEarly] = useState<LoadedSpans | null>(null)
  useEffect(() => setEarly(null), [traceId])
  const answer = useQuery<LoadedSpans>(
    ['spans', traceId],
    (signal) => loadSpans(traceId, signal, setEarly),
    {
      keepsPrevious: false,
    },
  )
  const loaded = answer.data ?? early
  const tree = useMemo(() => (loaded === null ? null : treeOf(loaded.spans)), [loaded])
  if (tree === null || loaded === null) {
    if (answer.error !== null)
      return <Failure error={answer.error} onRetry={() => void answer.refetch()} />
    return <Loading lines={10} />
  }
  return (
    <Boundary key={view}>
      {loaded.isWhole ? null : (
        <p class="stale" role="status">
          {exact(loaded.spans.length)} spans so far
          {answer.isFetching ? ', more are coming' : '; the trace has more than are shown here'}
        </p>
      )}
      {view === 'conversation' ? (
        <TraceConversation traceId={traceId} tree={tree} />
      ) : view === 'graph' ? (
        <TraceGraph tree={tree} />
      ) : (
        <WaterfallWithSpan traceId={traceId} tree={tree} signals={signals} />
      )}
    </Boundary>
  )
}

function WaterfallWithSpan({
  traceId,
  tree,
  signals,
}: {
  readonly traceId: string
  readonly tree: SpanTree
  readonly signals: readonly Signal[]
}): JSX.Element {
  const { query } = useLocation()
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set())
  const spanId = query.get('span')
  const selected = spanId === null ? null : (tree.byId.get(spanId) ?? null)
  const words = query.get('find') ?? ''
  const found = useMemo(() => (words === '' ? null : matching(tree, words)), [tree, words])
  const rows = useMemo(() => inSight(tree, folded), [tree, folded])
  const bySpan = useMemo(() => countBySpan(signals), [signals])
  const select = (index: number): void => {
    const id = tree.spans[index]?.span_id
    if (id !== undefined) setParams({ span: id }, { isReplaced: locationNow().query.has('span') })
  }
  const step = (by: number): void => {
    // The selection is read from the URL, because the next key may be pressed before the view is rendered again.
    const at = tree.byId.get(locationNow().query.get('span') ?? '')
    const next = rows[(at === undefined ? -1 : rows.indexOf(at)) + by]
    if (next !== undefined) select(next)
  }
  useKeys([
    { keys: 'j', says: 'Next span', run: () => step(1) },
    { keys: 'k', says: 'Span before', run: () => step(-1) },
    { keys: 'e', says: 'Unfold all spans', run: () => setFolded(new Set()) },
    { keys: 'c', says: 'Fold all spans', run: () => setFolded(parentsOf(tree)) },
  ])
  const span = selected === null ? null : (tree.spans[selected] ?? null)
  return (
    <div class={`trace-split${span === null ? '' : ' with-span'}`}>
      <div class="trace-spans">
        <FindBar words={words} found={found} tree={tree} onStep={select} onFold={setFolded} />
        <Waterfall
          tree={tree}
          rows={rows}
          folded={folded}
          selected={selected}
          found={found}
          signals={bySpan}
          onSelect={select}
          onFold={(index, isFolded) => setFolded(withFold(folded, index, isFolded))}
        />
      </div>
      {span === null ? null : (
        <SpanPanel
          traceId={traceId}
          span={span}
          signals={signals.filter((s) => s.span_id === span.span_id)}
          onSelectEvent={(eventId) => {
            const index = tree.spans.findIndex((s) => s.event_id === eventId)
            if (index >= 0) select(index)
          }}
        />
      )}
    </div>
  )
}

function FindBar({
  words,
  found,
  tree,
  onStep,
  onFold,
}: {
  readonly words: string
  readonly found: ReadonlySet<number> | null
  readonly tree: SpanTree
  readonly onStep: (index: number) => void
  readonly onFold: (folded: ReadonlySet<number>) => void
}): JSX.Element {
  return (
    <div class="find-bar">
      <label class="search inline">
        <span class="unseen">Find spans</span>
        <input
          type="search"
          data-search=""
          placeholder="Find spans by name, model, tool"
          value={words}
          onInput={(event) => setParams({ find: event.currentTarget.value }, { isReplaced: true })}
          onKeyDown={(event) => {
            const first = tree.order.find((i) => found?.has(i) === true)
            if (event.key === 'Enter' && first !== undefined) onStep(first)
            if (event.key === 'Escape') event.currentTarget.blur()
          }}
        />
      </label>
      <span class="muted" role="status">
        {found === null
          ? tree.spans.length === 1
            ? '1 span'
            : `${exact(tree.spans.length)} spans`
          : `${exact(found.size)} of ${exact(tree.spans.length)} spans`}
      </span>
      <button type="button" class="button small" onClick={() => onFold(new Set())}>
        Unfold all
      </button>
      <button type="button" class="button small" onClick={() => onFold(parentsOf(tree))}>
        Fold all
      </button>
    </div>
  )
}

function countBySpan(signals: readonly Signal[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { span_id: id } of signals) if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

function parentsOf(tree: SpanTree): ReadonlySet<number> {
  return new Set(tree.order.filter((i) => (tree.children[i] ?? 0) > 0))
}

function withFold(
  folded: ReadonlySet<number>,
  index: number,
  isFolded: boolean,
): ReadonlySet<number> {
  const next = new Set(folded)
  if (isFolded) next.add(index)
  else next.delete(index)
  return next
}
