// The topics of a time range with a chart of the largest ones and the trend of each.

import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { AnswerOf, RowOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { ShareBar, Time } from '../../parts/basics.tsx'
import { Chart, Sparkline } from '../../parts/charts/chart.tsx'
import { count, money, NONE, oneLine } from '../../parts/format.ts'
import { Answered, Empty } from '../../parts/states.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'

type Topics = AnswerOf<'GET /api/v1/topics'>
type Topic = RowOf<'GET /api/v1/topics'>

const EVERY_MS = 60_000
const COLORS = ['--chart-1', '--chart-2', '--chart-3', '--chart-4', '--chart-5'] as const

export const nameOf = (topic: Pick<Topic, 'name' | 'topic_id'>): string =>
  topic.topic_id === null ? 'No topic' : (topic.name ?? `Topic ${topic.topic_id}`)

export function TopicsList(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const answer = useApi<Topics>('/api/v1/topics', () => range.bounds(), {
    key: [range.key, query.get('project')],
    everyMs: range.isRelative && EVERY_MS,
  })
  return (
    <Answered of={answer}>
      {(topics) =>
        topics.data.length === 0 ? (
          <Empty title="No topics">
            Topics are made of traces that were sampled and embedded, from 24 on. Nothing of “
            {range.label}” has one: semantic.embeddings of the configuration names the endpoint.
          </Empty>
        ) : (
          <Found topics={topics} />
        )
      }
    </Answered>
  )
}

function Found({ topics }: { readonly topics: Topics }): JSX.Element {
  const { at, series } = useMemo(() => seriesOf(topics), [topics])
  return (
    <>
      <Chart
        title="Traces by topic"
        at={at}
        series={series}
        format={(value) => count(Math.round(value))}
      />
      <p class="muted">
        Estimated from {count(topics.sampled)} sampled traces, which stand for{' '}
        {count(Math.round(topics.traces))}.
      </p>
      <div class="scroll-x" tabIndex={0} role="region" aria-label="Topics">
        <table class="table rows">
          <thead>
            <tr>
              <th scope="col">Topic</th>
              <th scope="col" class="number">
                Traces
              </th>
              <th scope="col" class="number">
                Share
              </th>
              <th scope="col">Trend</th>
              <th scope="col" class="number">
                Change
              </th>
              <th scope="col" class="number">
                Cost
              </th>
              <th scope="col" class="number">
                Errors
              </th>
              <th scope="col">Last</th>
            </tr>
          </thead>
          <tbody>
            {topics.data.map((topic) => (
              <TopicRow key={topic.topic_id} topic={topic} at={at} bucketS={topics.bucket_s} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function TopicRow({
  topic,
  at,
  bucketS,
}: {
  readonly topic: Topic
  readonly at: readonly number[]
  readonly bucketS: number
}): JSX.Element {
  return (
    <tr>
      <td class="main-cell wide">
        {topic.topic_id === null ? (
          nameOf(topic)
        ) : (
          <button
            type="button"
            class="link"
            onClick={() => setParams({ topic: topic.topic_id })}
            title={topic.words.join(', ')}
          >
            {oneLine(nameOf(topic), 80)}
          </button>
        )}
      </td>
      <td class="number">{count(Math.round(topic.traces))}</td>
      <td class="number share-cell">
        <ShareBar part={topic.share} total={1} /> {percent(topic.share)}
      </td>
      <td>
        <Sparkline values={valuesOf(topic, at, bucketS)} />
      </td>
      <td class="number">{topic.change === null ? 'new' : signed(topic.change)}</td>
      <td class="number">{topic.cost_usd === 0 ? NONE : money(topic.cost_usd)}</td>
      <td class="number">{percent(topic.error_share)}</td>
      <td>
        <Time at={topic.last_seen} />
      </td>
    </tr>
  )
}

export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const signed = (change: number): string => `${change > 0 ? '+' : ''}${(change * 100).toFixed(0)} %`

/** The traces of each bucket. Buckets that are missing in the response have none. */
function valuesOf(topic: Topic, at: readonly number[], bucketS: number): number[] {
  const byBucket = new Map(
    topic.trend.map((point) => [Math.floor(Date.parse(point.at) / 1000 / bucketS), point.traces]),
  )
  return at.map((ms) => byBucket.get(Math.floor(ms / 1000 / bucketS)) ?? 0)
}

function seriesOf(topics: Topics) {
  const stepMs = topics.bucket_s * 1000
  const first = Math.floor(Date.parse(topics.from) / stepMs) * stepMs
  const steps = Math.ceil((Date.parse(topics.to) - first) / stepMs)
  const at = Array.from({ length: steps }, (_, i) => first + i * stepMs)
  const named = topics.data.filter((topic) => topic.topic_id !== null)
  const series = named.slice(0, COLORS.length).map((topic, i) => ({
    label: oneLine(nameOf(topic), 40),
    color: COLORS[i] ?? '--chart-1',
    values: valuesOf(topic, at, topics.bucket_s),
  }))
  return { at, series }
}
