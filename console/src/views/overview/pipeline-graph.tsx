// Shows the running pipelines: receivers, processors, the queue on disk, and exporters, with rates that are computed from two successive
// responses. Who may not see the figures of the instance is told in a sentence whether it is well.

import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { isForbidden } from '../../api/client.ts'
import type { ExporterState, Health, PipelineState } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Link } from '../../parts/basics.tsx'
import { bytes, count, duration, many, oneLine } from '../../parts/format.ts'
import { Icon } from '../../parts/icons.tsx'

const EVERY_MS = 5000

export function PipelineGraph(): JSX.Element | null {
  const health = useApi<Health>('/health/detailed', {}, { everyMs: EVERY_MS })
  const state = useApi<PipelineState>('/api/v1/pipeline', {}, { everyMs: EVERY_MS })
  const before = usePrevious(state.data)
  if (isForbidden(state.error)) return <InASentence health={health.data} />
  if (health.data === undefined || (state.data === undefined && state.error === null)) return null
  const { checks, status } = health.data
  const queue = checks['queue']
  const stores = Object.entries(checks).filter(
    ([name]) => name !== 'queue' && !name.startsWith('exporter '),
  )
  return (
    <section class="pipeline" aria-label="Pipeline">
      <Stage title="Receives" items={receiversOf(state.data, before)} />
      <Arrow />
      <Steps state={state.data} />
      <Stage
        title="Queue on disk"
        items={
          queue === undefined
            ? []
            : [{ name: 'durable log', ok: queue.ok, details: queueOf(state.data, queue.detail) }]
        }
      />
      <Arrow />
      <Stage title="Delivers" items={exportersOf(state.data, before, health.data)} />
      <Arrow />
      <Stage
        title="Stores"
        items={stores.map(([name, check]) => ({ name, ok: check.ok, details: [check.detail] }))}
      />
      <Link to="/operations" class="pipeline-more">
        {status === 'ok' ? 'All well' : 'Not well: see operations'}
      </Link>
    </section>
  )
}

/** For people of a tenant, who have no part in running the instance: is what they see up to date? */
function InASentence({ health }: { readonly health: Health | undefined }): JSX.Element {
  const isWell = health === undefined || health.status === 'ok'
  return (
    <p class={`pipeline-sentence${isWell ? ' is-on' : ''}`} role="status">
      <span class="lamp" aria-hidden="true" />
      {isWell
        ? 'Observa takes and delivers what your projects send.'
        : 'Part of Observa is not well at the moment. What was sent is kept, and appears here later.'}
    </p>
  )
}

/** Returns the previous response. */
function usePrevious(now: PipelineState | undefined): PipelineState | undefined {
  const kept = useRef<{ now: PipelineState | undefined; before: PipelineState | undefined }>({
    now: undefined,
    before: undefined,
  })
  useEffect(() => {
    if (kept.current.now !== now) kept.current = { now, before: kept.current.now }
  }, [now])
  return kept.current.now === now ? kept.current.before : kept.current.now
}

interface Item {
  readonly name: string
  readonly ok: boolean
  readonly details: readonly string[]
}

function receiversOf(
  now: PipelineState | undefined,
  before: PipelineState | undefined,
): readonly Item[] {
  if (now === undefined) return [{ name: 'OTLP and old SDKs', ok: true, details: ['taking data'] }]
  return now.receivers.map((receiver) => {
    const earlier = before?.receivers.find((r) => r.id === receiver.id)
    return {
      name: receiver.id,
      ok: true,
      details: [
        rateOf(receiver.accepted, earlier?.accepted, now, before),
        ...(receiver.refused > 0 ? [`${count(receiver.refused)} refused`] : []),
      ],
    }
  })
}

/** Its bytes and the age of what waits; of who may not see those, what health says. */
function queueOf(now: PipelineState | undefined, detail: string): readonly string[] {
  if (now === undefined) return [detail]
  const { queue } = now
  if (queue.items === 0) return ['nothing waits']
  return [`${bytes(queue.bytes)} to send`, `oldest ${duration(queue.oldest_s * 1000)}`]
}

function exportersOf(
  now: PipelineState | undefined,
  before: PipelineState | undefined,
  health: Health,
): readonly Item[] {
  if (now === undefined)
    return Object.entries(health.checks)
      .filter(([name]) => name.startsWith('exporter '))
      .map(([name, check]) => ({ name: name.slice(9), ok: check.ok, details: [check.detail] }))
  return now.exporters.map((exporter) => ({
    name: exporter.id,
    ok: exporter.ok && exporter.breaker === 'closed',
    details: [
      rateOf(exporter.sent, before?.exporters.find((e) => e.id === exporter.id)?.sent, now, before),
      ...troublesOf(exporter),
    ],
  }))
}

export function troublesOf(exporter: ExporterState): readonly string[] {
  return [
    exporter.queued > 0
      ? `${count(exporter.queued)} queued, oldest ${duration(exporter.oldest_s * 1000)}`
      : '',
    exporter.breaker === 'closed' ? '' : `breaker ${exporter.breaker}`,
    exporter.dead_lettered > 0 ? `${count(exporter.dead_lettered)} dead letters` : '',
    exporter.skipped > 0 ? `${count(exporter.skipped)} skipped` : '',
  ].filter((text) => text !== '')
}

/** Returns the items per second between two responses; without a previous response, the total since the start. */
function rateOf(
  value: number,
  earlier: number | undefined,
  now: PipelineState,
  before: PipelineState | undefined,
): string {
  if (earlier === undefined || before === undefined || value === earlier)
    return `${many(value, 'item')} so far`
  const seconds = (Date.parse(now.at) - Date.parse(before.at)) / 1000
  const rate = (value - earlier) / Math.max(seconds, 0.001)
  return `${rate < 10 ? rate.toFixed(1) : count(Math.round(rate))} a second`
}

function Stage({
  title,
  items,
}: {
  readonly title: string
  readonly items: readonly Item[]
}): JSX.Element {
  return (
    <div class="stage">
      <h2>{title}</h2>
      <ul class="plain">
        {items.map(({ name, ok, details }) => (
          <li class={ok ? 'is-ok' : 'is-bad'} key={name}>
            <span class="light" aria-hidden="true" />
            <span>
              <strong>{oneLine(name, 40)}</strong>
              <span class="muted">
                <span class="unseen">{ok ? 'well, ' : 'not well, '}</span>
                {oneLine(details.join(' · '), 120)}
              </span>
            </span>
          </li>
        ))}
        {items.length === 0 ? <li class="muted">none</li> : null}
      </ul>
    </div>
  )
}

/** The processors in order; pipelines with the same ones stand together. */
function Steps({ state }: { readonly state: PipelineState | undefined }): JSX.Element | null {
  if (state === undefined) return null
  const chains = Map.groupBy(state.pipelines, (p) => p.processors.join(' '))
  return (
    <>
      <div class="stage">
        <h2>Processes</h2>
        {[...chains].map(([key, pipelines]) => (
          <div key={key}>
            {chains.size === 1 ? null : (
              <h3 class="chain-of">{oneLine(pipelines.map((p) => p.id).join(', '), 80)}</h3>
            )}
            <ol class="plain processors">
              {(pipelines[0]?.processors ?? []).map((step) => (
                <li key={step}>{oneLine(step, 30)}</li>
              ))}
              {key === '' ? <li>as they come</li> : null}
            </ol>
          </div>
        ))}
      </div>
      <Arrow />
    </>
  )
}

function Arrow(): JSX.Element {
  return (
    <span class="arrow" aria-hidden="true">
      <Icon name="right" size={18} />
    </span>
  )
}
