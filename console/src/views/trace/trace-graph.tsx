// The graph of agents and tools in a trace. Spans with one name are one node with a counter, and edges are calls. The same trace always
// has the same layout.

import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { KindMark, Link } from '../../parts/basics.tsx'
import { count, duration, money, oneLine } from '../../parts/format.ts'
import { Empty } from '../../parts/states.tsx'
import { locationNow } from '../../state/location.ts'
import { counts, type SpanTree } from './span-tree.ts'

interface Node {
  readonly key: string
  readonly name: string
  readonly kind: string | null
  readonly firstSpan: string
  level: number
  calls: number
  errors: number
  ms: number
  cost: number
}

interface Edge {
  readonly from: string
  readonly to: string
  calls: number
}

const NODES_MAX = 120
const NODE_W = 208
const NODE_H = 56
const GAP_X = 72
const GAP_Y = 18

export function TraceGraph({ tree }: { readonly tree: SpanTree }): JSX.Element {
  const { nodes, edges, left } = useMemo(() => graphOf(tree), [tree])
  const positions = useMemo(() => positionsOf(nodes), [nodes])
  if (nodes.length === 0) return <Empty title="No spans" />
  const width = Math.max(...[...positions.values()].map((p) => p.x)) + NODE_W + GAP_X
  const height = Math.max(...[...positions.values()].map((p) => p.y)) + NODE_H + GAP_Y
  return (
    <div class="graph scroll-x" role="region" aria-label="Who called whom" tabIndex={0}>
      {left > 0 ? <p class="muted">{left} more names are not drawn.</p> : null}
      <div class="graph-canvas" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true">
          {edges.map((edge) => (
            <EdgeLine edge={edge} positions={positions} key={`${edge.from} ${edge.to}`} />
          ))}
        </svg>
        <ul class="plain">
          {nodes.map((node) => (
            <NodeBox
              node={node}
              position={positions.get(node.key) ?? { x: 0, y: 0 }}
              key={node.key}
            />
          ))}
        </ul>
      </div>
    </div>
  )
}

function NodeBox({
  node,
  position,
}: {
  readonly node: Node
  readonly position: Position
}): JSX.Element {
  return (
    <li
      class={`graph-node${node.errors > 0 ? ' is-error' : ''}`}
      style={{
        transform: `translate(${position.x}px, ${position.y}px)`,
        width: `${NODE_W}px`,
        height: `${NODE_H}px`,
      }}
    >
      <div class="graph-node-name">
        <KindMark kind={node.kind} isPlain />
        <Link to={locationNow().path} params={{ span: node.firstSpan }} title={node.name}>
          {oneLine(node.name, 40)}
        </Link>
        <strong>×{count(node.calls)}</strong>
      </div>
      <div class="muted">
        {duration(node.ms)}
        {node.cost > 0 ? ` · ${money(node.cost)}` : ''}
        {node.errors > 0 ? ` · ${node.errors} failed` : ''}
      </div>
    </li>
  )
}

function EdgeLine({
  edge,
  positions,
}: {
  readonly edge: Edge
  readonly positions: ReadonlyMap<string, Position>
}): JSX.Element | null {
  const from = positions.get(edge.from)
  const to = positions.get(edge.to)
  if (from === undefined || to === undefined) return null
  const isBack = to.x <= from.x
  const x1 = from.x + NODE_W
  const y1 = from.y + NODE_H / 2
  const x2 = isBack ? to.x + NODE_W : to.x
  const y2 = to.y + NODE_H / 2
  const bend = isBack ? GAP_X * 0.7 : (x2 - x1) / 2
  const path = isBack
    ? `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 + bend} ${y2} ${x2} ${y2}`
    : `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`
  return (
    <>
      <path class={`graph-edge${isBack ? ' is-back' : ''}`} d={path} />
      {edge.calls > 1 ? (
        <text
          class="graph-edge-label"
          x={isBack ? x1 + bend * 0.8 : (x1 + x2) / 2}
          y={(y1 + y2) / 2 - 4}
          text-anchor="middle"
        >
          ×{count(edge.calls)}
        </text>
      ) : null}
    </>
  )
}

interface Graph {
  readonly nodes: readonly Node[]
  readonly edges: readonly Edge[]
  readonly left: number
}

function graphOf(tree: SpanTree): Graph {
  const nodes = new Map<string, Node>()
  const edges = new Map<string, Edge>()
  const keys = tree.spans.map((s) => `${s.kind} ${s.tool_name ?? s.agent_name ?? s.name ?? ''}`)
  let left = 0
  for (const i of tree.order) {
    const span = tree.spans[i]
    const key = keys[i]
    if (span === undefined || key === undefined) continue
    let node = nodes.get(key)
    if (node === undefined && nodes.size >= NODES_MAX) {
      left++
      continue
    }
    if (node === undefined) {
      const name = span.tool_name ?? span.agent_name ?? span.name ?? span.span_id
      node = {
        key,
        name,
        kind: span.kind,
        firstSpan: span.span_id,
        level: levelOf(tree, i, keys, nodes),
        calls: 0,
        errors: 0,
        ms: 0,
        cost: 0,
      }
      nodes.set(key, node)
    }
    node.calls++
    node.errors += span.status === 'error' ? 1 : 0
    node.ms += span.duration_ms ?? 0
    node.cost += counts(span) ? (span.cost_usd ?? 0) : 0
    countEdge(edges, keys[tree.parent[i] ?? -1], key)
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()], left }
}

function levelOf(
  tree: SpanTree,
  i: number,
  keys: readonly string[],
  nodes: ReadonlyMap<string, Node>,
): number {
  const up = keys[tree.parent[i] ?? -1]
  return up === undefined ? 0 : (nodes.get(up)?.level ?? -1) + 1
}

function countEdge(edges: Map<string, Edge>, from: string | undefined, to: string): void {
  if (from === undefined) return
  const key = `${from} > ${to}`
  const edge = edges.get(key) ?? { from, to, calls: 0 }
  edge.calls++
  edges.set(key, edge)
}

interface Position {
  readonly x: number
  readonly y: number
}

/** Places nodes in columns by depth, and in each column in the order of the first call. */
function positionsOf(nodes: readonly Node[]): ReadonlyMap<string, Position> {
  const inColumn = new Map<number, number>()
  const positions = new Map<string, Position>()
  for (const node of nodes) {
    const row = inColumn.get(node.level) ?? 0
    inColumn.set(node.level, row + 1)
    positions.set(node.key, { x: node.level * (NODE_W + GAP_X), y: row * (NODE_H + GAP_Y) })
  }
  return positions
}
