// Shows the spans of a trace as a waterfall with a tree. Only visible rows are rendered, so ten thousand spans cost as little as thirty.

import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { count, duration, exact, money, oneLine } from '../../parts/format.ts'
import { Icon, iconOfKind } from '../../parts/icons.tsx'
import { counts, type SpanTree } from './span-tree.ts'

const ROW_PX = 30
/** The number of rows that are rendered outside of the visible part, so that fast scrolling shows no gaps. */
const SPARE_ROWS = 12
const INDENT_PX = 14
/** The deepest level with its own indentation. Rows of deeper levels show the number of their level. */
const INDENT_LEVELS_MAX = 16

export interface WaterfallProps {
  readonly tree: SpanTree
  readonly rows: readonly number[]
  readonly folded: ReadonlySet<number>
  readonly selected: number | null
  readonly found: ReadonlySet<number> | null
  readonly signals: ReadonlyMap<string, number>
  readonly onSelect: (index: number) => void
  readonly onFold: (index: number, isFolded: boolean) => void
}

export function Waterfall(props: WaterfallProps): JSX.Element {
  const { tree, rows, selected } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 600 })
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight })
    measure()
    element.addEventListener('scroll', measure, { passive: true })
    const resized = new ResizeObserver(measure)
    resized.observe(element)
    return () => {
      element.removeEventListener('scroll', measure)
      resized.disconnect()
    }
  }, [])
  useEffect(
    () => showRow(scroller.current, selected === null ? -1 : rows.indexOf(selected)),
    [selected],
  )
  const first = Math.max(0, Math.floor(view.top / ROW_PX) - SPARE_ROWS)
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW_PX) + SPARE_ROWS)
  return (
    <div class="waterfall">
      <Scale tree={tree} />
      <div
        class="waterfall-rows"
        ref={scroller}
        role="treegrid"
        aria-label="Spans of the trace"
        aria-rowcount={rows.length}
        tabIndex={0}
        aria-activedescendant={selected === null ? undefined : `span-${selected}`}
        onKeyDown={(event) => onTreeKey(event, props)}
      >
        <div
          role="rowgroup"
          style={{ height: `${rows.length * ROW_PX}px` }}
          class="waterfall-canvas"
        >
          {rows.slice(first, last).map((index, i) => (
            <Row {...props} index={index} at={first + i} key={index} />
          ))}
        </div>
      </div>
    </div>
  )
}

function showRow(element: HTMLElement | null, at: number): void {
  if (element === null || at < 0) return
  const top = at * ROW_PX
  if (top < element.scrollTop) element.scrollTop = top
  else if (top + ROW_PX > element.scrollTop + element.clientHeight)
    element.scrollTop = top + ROW_PX - element.clientHeight + ROW_PX
}

function onTreeKey(
  event: KeyboardEvent,
  { tree, rows, selected, folded, onSelect, onFold }: WaterfallProps,
): void {
  const at = selected === null ? -1 : rows.indexOf(selected)
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: rows.length - 1,
    PageDown: at + 20,
    PageUp: at - 20,
  }
  const to = steps[event.key]
  if (to !== undefined) {
    const next = rows[Math.min(Math.max(to, 0), rows.length - 1)]
    if (next !== undefined) onSelect(next)
  } else if (event.key === 'ArrowRight' && selected !== null) onFold(selected, false)
  else if (event.key === 'ArrowLeft' && selected !== null) {
    const up = tree.parent[selected] ?? -1
    if ((tree.children[selected] ?? 0) > 0 && !folded.has(selected)) onFold(selected, true)
    else if (up >= 0) onSelect(up)
  } else return
  event.preventDefault()
}

const MARKS = [0, 0.25, 0.5, 0.75, 1] as const

function Scale({ tree }: { readonly tree: SpanTree }): JSX.Element {
  const whole = tree.endMs - tree.startMs
  return (
    <div class="waterfall-scale" aria-hidden="true">
      <span class="waterfall-name">Span</span>
      <span class="waterfall-time">
        {MARKS.map((mark) => (
          <span key={mark} style={{ left: `${mark * 100}%` }}>
            {duration(mark * whole)}
          </span>
        ))}
      </span>
      <span class="waterfall-number">Duration</span>
      <span class="waterfall-number">Tokens</span>
      <span class="waterfall-number">Cost</span>
    </div>
  )
}

type RowProps = WaterfallProps & { readonly index: number; readonly at: number }

function Row({
  tree,
  folded,
  selected,
  found,
  signals,
  onSelect,
  onFold,
  index,
  at,
}: RowProps): JSX.Element | null {
  const span = tree.spans[index]
  if (span === undefined) return null
  const level = tree.level[index] ?? 0
  const hasChildren = (tree.children[index] ?? 0) > 0
  const isFolded = folded.has(index)
  const signalCount = signals.get(span.span_id) ?? 0
  const faded = found !== null && !found.has(index) ? ' faded' : ''
  return (
    <div
      role="row"
      id={`span-${index}`}
      class={`waterfall-row${selected === index ? ' selected' : ''}${faded}`}
      style={{ transform: `translateY(${at * ROW_PX}px)` }}
      aria-level={level + 1}
      aria-rowindex={at + 1}
      aria-selected={selected === index}
      aria-expanded={hasChildren ? !isFolded : undefined}
      onClick={() => onSelect(index)}
    >
      <span
        role="gridcell"
        class="waterfall-name"
        style={{ paddingLeft: `${Math.min(level, INDENT_LEVELS_MAX) * INDENT_PX}px` }}
      >
        <Fold
          hasChildren={hasChildren}
          isFolded={isFolded}
          onFold={() => onFold(index, !isFolded)}
        />
        <span class={`kind kind-${span.kind ?? 'span'}`} title={`kind: ${span.kind ?? 'span'}`}>
          <Icon name={iconOfKind(span.kind)} size={14} />
        </span>
        <span class="span-name" title={span.name ?? span.span_id}>
          {oneLine(span.name ?? span.span_id, 120)}
        </span>
        {isFolded ? <span class="muted">+{count(tree.below[index])}</span> : null}
        <Marks
          isError={span.status === 'error'}
          errorsBelow={isFolded ? (tree.errors[index] ?? 0) : 0}
          signals={signalCount}
        />
      </span>
      <span role="gridcell" class="waterfall-time">
        <Bar tree={tree} index={index} />
      </span>
      <span role="gridcell" class="waterfall-number">
        {duration(span.duration_ms)}
      </span>
      <Numbers tree={tree} index={index} isFolded={isFolded} />
    </div>
  )
}

function Fold({
  hasChildren,
  isFolded,
  onFold,
}: {
  readonly hasChildren: boolean
  readonly isFolded: boolean
  readonly onFold: () => void
}): JSX.Element {
  if (!hasChildren) return <span class="fold" />
  return (
    <span
      class="fold"
      aria-hidden="true"
      onClick={(event) => {
        event.stopPropagation()
        onFold()
      }}
    >
      <Icon name={isFolded ? 'right' : 'down'} size={12} />
    </span>
  )
}

function Marks({
  isError,
  errorsBelow,
  signals,
}: {
  readonly isError: boolean
  readonly errorsBelow: number
  readonly signals: number
}): JSX.Element {
  return (
    <span class="marks">
      {isError ? <span class="badge tone-bad">error</span> : null}
      {!isError && errorsBelow > 0 ? <span class="badge tone-bad">{errorsBelow} below</span> : null}
      {signals > 0 ? (
        <span class="badge tone-warn">{signals === 1 ? 'signal' : `${signals} signals`}</span>
      ) : null}
    </span>
  )
}

function Bar({ tree, index }: { readonly tree: SpanTree; readonly index: number }): JSX.Element {
  const span = tree.spans[index]
  const whole = Math.max(tree.endMs - tree.startMs, 0.001)
  const start = span === undefined ? 0 : ((tree.starts[index] ?? 0) - tree.startMs) / whole
  const width = (span?.duration_ms ?? 0) / whole
  return (
    <span
      class={`bar kind-${span?.kind ?? 'span'}${span?.status === 'error' ? ' is-error' : ''}`}
      style={{ left: `min(${start * 100}%, 100% - 3px)`, width: `max(3px, ${width * 100}%)` }}
    />
  )
}

function Numbers({
  tree,
  index,
  isFolded,
}: {
  readonly tree: SpanTree
  readonly index: number
  readonly isFolded: boolean
}): JSX.Element {
  const span = tree.spans[index]
  if (isFolded)
    return (
      <>
        <span role="gridcell" class="waterfall-number" title="With all spans below; each call once">
          Σ {count(tree.tokens[index])}
        </span>
        <span role="gridcell" class="waterfall-number">
          Σ {money(tree.cost[index])}
        </span>
      </>
    )
  const isCounted = span !== undefined && counts(span)
  const tokens = span?.total_tokens ?? null
  const why =
    span?.usage_duplicate_of == null
      ? 'repeats what spans below report'
      : 'a second report of the same call'
  const title = isCounted
    ? `${exact(span.input_tokens ?? 0)} in, ${exact(span.output_tokens ?? 0)} out`
    : `Not counted: ${why}`
  return (
    <>
      <span
        role="gridcell"
        class={`waterfall-number${isCounted ? '' : ' not-counted'}`}
        title={tokens === null ? undefined : title}
      >
        {tokens === null ? '' : count(tokens)}
        {tokens === null || isCounted ? null : <span class="unseen"> not counted</span>}
      </span>
      <span role="gridcell" class="waterfall-number">
        {span?.cost_usd == null ? '' : money(span.cost_usd)}
      </span>
    </>
  )
}
