// The icons, drawn with strokes of one width. An icon always accompanies a word or has a label.

import type { JSX } from 'preact'

const PATHS = {
  overview: 'M3 12h4l2.5-7 5 14L17 12h4',
  traces: 'M3 6h9M8 12h9M12 18h9',
  issues:
    'M12 8v5M12 16.5v.01M10.3 4.2 2.9 17a2 2 0 0 0 1.7 3h14.8a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0Z',
  costs:
    'M12 3v18M16.5 7.5C16 6 14.4 5 12 5c-2.700 0-4.500 1.300-4.500 3.300 0 4.700 9.500 2.400 9.500 7.200 0 2-1.900 3.500-5 3.500-2.700 0-4.500-1.200-5-3',
  conversations: 'M4 5h16v11H9l-5 4V5Z',
  sessions: 'M12 7v5l3 2M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  users: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 20c1-4 4-5.500 8-5.500s7 1.500 8 5.500',
  setup: 'M9 4v5M15 4v5M6 9h12v3a6 6 0 0 1-12 0V9ZM12 18v3',
  try: 'M9 3h6M10 3v6L5 18a2 2 0 0 0 1.800 3h10.400a2 2 0 0 0 1.800-3l-5-9V3M7.500 14h9',
  operations: 'M4 6h16M4 12h16M4 18h16M8 4v4M15 10v4M10 16v4',
  account: 'M15 8a4 4 0 1 0-3.500 4l-1 1v2h-2v2h-2v3H3v-3l6-6',
  search: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM15.500 15.500 21 21',
  topics:
    'M8 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM17 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM11 21a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  close: 'M6 6l12 12M18 6 6 18',
  right: 'M9 5l7 7-7 7',
  down: 'M5 9l7 7 7-7',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500 19 19M5 19l1.500-1.500M17.500 6.500 19 5',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500Z',
  refresh: 'M20 11a8 8 0 1 0-.5 4M20 4v7h-7',
  check: 'M4 12.500 9.500 18 20 6.500',
  keyboard: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8',
  llm: 'M12 3l2.200 6.800L21 12l-6.800 2.200L12 21l-2.200-6.800L3 12l6.800-2.200Z',
  tool: 'M14.500 6.500a4 4 0 0 0-5.200 5.200L4 17l3 3 5.300-5.300a4 4 0 0 0 5.200-5.200L15 12l-3-3 2.500-2.500Z',
  agent: 'M6 8h12v10H6zM12 4v4M9.500 12v1.500M14.500 12v1.500M3 12v3M21 12v3',
  chain:
    'M10 14a4 4 0 0 1 0-5.600l2.800-2.800a4 4 0 0 1 5.600 5.600L17 12.700M14 10a4 4 0 0 1 0 5.600l-2.800 2.800a4 4 0 0 1-5.600-5.600L7 11.300',
  retrieval:
    'M4 6c0-1.700 3.600-3 8-3s8 1.300 8 3-3.600 3-8 3-8-1.300-8-3ZM4 6v12c0 1.700 3.600 3 8 3s8-1.300 8-3V6M4 12c0 1.700 3.600 3 8 3s8-1.300 8-3',
  span: 'M4 12h16M4 8v8M20 8v8',
  shield: 'M12 3 5 6v5c0 5 3 8.500 7 10 4-1.500 7-5 7-10V6l-7-3Z',
  menu: 'M4 7h16M4 12h16M4 17h16',
} as const

export type IconName = keyof typeof PATHS

export function Icon({
  name,
  size = 16,
}: {
  readonly name: IconName
  readonly size?: number
}): JSX.Element {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}

const OF_KIND: Readonly<Record<string, IconName>> = {
  llm: 'llm',
  tool: 'tool',
  mcp: 'tool',
  agent: 'agent',
  workflow: 'agent',
  chain: 'chain',
  retrieval: 'retrieval',
  rerank: 'retrieval',
  embedding: 'retrieval',
  guardrail: 'shield',
  evaluator: 'check',
}

export const iconOfKind = (kind: string | null): IconName => OF_KIND[kind ?? ''] ?? 'span'
