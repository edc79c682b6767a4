// Scores of a trace and its spans: what checks, judges, SDKs and people said of it.

import type { JSX } from 'preact'
import type { RowOf } from '../../api/operations.ts'
import type { Page } from '../../api/types.ts'
import { type Answer, useApi } from '../../api/use-query.ts'
import { Badge, Time } from '../../parts/basics.tsx'
import { NONE, oneLine } from '../../parts/format.ts'
import { LongText } from '../../parts/json-view.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { setParams } from '../../state/location.ts'

export type Score = RowOf<'GET /api/v1/scores'>

const SCORES_MAX = 500

export const useScores = (traceId: string): Answer<Page<Score>> =>
  useApi<Page<Score>>(
    '/api/v1/scores',
    { trace_id: traceId, limit: SCORES_MAX },
    { keepsPrevious: false },
  )

export const valueOf = (value: Score['value']): string =>
  typeof value === 'number'
    ? String(Math.round(value * 1000) / 1000)
    : typeof value === 'boolean'
      ? value
        ? 'yes'
        : 'no'
      : oneLine(value ?? 'not shown', 80)

/** Shows the scores of one span, or of the whole trace when `spanId` is null. */
export function SpanScores({
  traceId,
  spanId,
}: {
  readonly traceId: string
  readonly spanId: string | null
}): JSX.Element {
  const answer = useScores(traceId)
  return (
    <Answered of={answer}>
      {({ data }) => {
        const own = spanId === null ? data : data.filter((score) => score.span_id === spanId)
        return own.length === 0 ? (
          <Empty title="No scores">
            Checks of quality find faults, judges and people give scores; nobody gave one here.
          </Empty>
        ) : (
          <ScoresTable rows={own} hasSpans={spanId === null} />
        )
      }}
    </Answered>
  )
}

function ScoresTable({
  rows,
  hasSpans,
}: {
  readonly rows: readonly Score[]
  readonly hasSpans: boolean
}): JSX.Element {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Scores">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Score</th>
            <th scope="col">Value</th>
            <th scope="col">By</th>
            <th scope="col">Why</th>
            <th scope="col">When</th>
            {hasSpans ? <th scope="col">Span</th> : null}
          </tr>
        </thead>
        <tbody>
          {rows.map((score) => (
            <tr key={score.score_id}>
              <th scope="row">{oneLine(score.name, 60)}</th>
              <td>
                <Badge tone="info">{valueOf(score.value)}</Badge>
              </td>
              <td title={score.author}>{oneLine(score.source, 40)}</td>
              <td class="wide">
                {score.comment === null ? (
                  NONE
                ) : (
                  <div class="message-text">
                    <LongText text={score.comment} />
                  </div>
                )}
              </td>
              <td>
                <Time at={score.at} />
              </td>
              {hasSpans ? (
                <td>
                  <OpenSpan id={score.span_id} />
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function OpenSpan({ id }: { readonly id: string | null }): JSX.Element {
  if (id === null) return <span class="muted">whole trace</span>
  return (
    <button
      type="button"
      class="link"
      onClick={() => setParams({ span: id, tab: 'scores', view: null })}
    >
      <code>{id}</code>
    </button>
  )
}
