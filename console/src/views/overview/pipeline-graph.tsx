// The pipeline as it runs now: what takes data, the queue on disk, what it is delivered to, and which of them is not well.

import type { JSX } from 'preact'
import type { Health } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Link } from '../../parts/basics.tsx'
import { oneLine } from '../../parts/format.ts'
import { Icon } from '../../parts/icons.tsx'

const EVERY_MS = 5000

export function PipelineGraph(): JSX.Element | null {
  const answer = useApi<Health>('/health/detailed', {}, { everyMs: EVERY_MS })
  const health = answer.data
  if (health === undefined) return null
  const checks = Object.entries(health.checks)
  const exporters = checks.filter(([name]) => name.startsWith('exporter '))
  const stores = checks.filter(([name]) => name !== 'queue' && !name.startsWith('exporter '))
  const queue = health.checks['queue']
  return (
    <section class="pipeline" aria-label="Pipeline">
      <Stage
        title="Receives"
        items={[['OTLP and old SDKs', { ok: true, detail: 'taking data' }]]}
      />
      <Arrow />
      <Stage title="Queue on disk" items={queue === undefined ? [] : [['durable log', queue]]} />
      <Arrow />
      <Stage title="Delivers" items={exporters.map(([name, check]) => [name.slice(9), check])} />
      <Arrow />
      <Stage title="Stores" items={stores} />
      <Link to="/operations" class="pipeline-more">
        {health.status === 'ok' ? 'All well' : 'Not well: see operations'}
      </Link>
    </section>
  )
}

type Item = readonly [name: string, check: { readonly ok: boolean; readonly detail: string }]

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
        {items.map(([name, { ok, detail }]) => (
          <li class={ok ? 'is-ok' : 'is-bad'} key={name}>
            <span class="light" aria-hidden="true" />
            <span>
              <strong>{oneLine(name, 40)}</strong>
              <span class="muted">
                <span class="unseen">{ok ? 'well, ' : 'not well, '}</span>
                {oneLine(detail, 80)}
              </span>
            </span>
          </li>
        ))}
        {items.length === 0 ? <li class="muted">none</li> : null}
      </ul>
    </div>
  )
}

function Arrow(): JSX.Element {
  return (
    <span class="arrow" aria-hidden="true">
      <Icon name="right" size={18} />
    </span>
  )
}
