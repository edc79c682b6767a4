// Shows how many items each receiver accepted and each exporter delivered since the start, with queued and failed ones.

import type { JSX } from 'preact'
import type { ExporterState, PipelineState } from '../../api/types.ts'
import { Badge } from '../../parts/basics.tsx'
import { count, duration, exact, oneLine } from '../../parts/format.ts'

export function FlowTables({ state }: { readonly state: PipelineState }): JSX.Element {
  return (
    <>
      <section class="panel">
        <h2>Receivers</h2>
        <div class="scroll-x" tabIndex={0} role="region" aria-label="Receivers">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Receiver</th>
                <th scope="col">Pipelines</th>
                <th scope="col" class="number">
                  Taken
                </th>
                <th scope="col" class="number">
                  Refused
                </th>
              </tr>
            </thead>
            <tbody>
              {state.receivers.map((receiver) => (
                <tr key={receiver.id}>
                  <th scope="row">{oneLine(receiver.id, 60)}</th>
                  <td>{pipelinesOf(state, 'receivers', receiver.id)}</td>
                  <td class="number">{exact(receiver.accepted)}</td>
                  <td class="number">
                    <Trouble of={receiver.refused} tone="warn" />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <section class="panel">
        <h2>Exporters</h2>
        <div class="scroll-x" tabIndex={0} role="region" aria-label="Exporters">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Exporter</th>
                <th scope="col">State</th>
                <th scope="col">Pipelines</th>
                {[
                  'Delivered',
                  'Queued',
                  'Oldest',
                  'Retries',
                  'Refused',
                  'Dead letters',
                  'Skipped',
                ].map((label) => (
                  <th scope="col" class="number" key={label}>
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {state.exporters.map((exporter) => (
                <ExporterRow exporter={exporter} state={state} key={exporter.id} />
              ))}
            </tbody>
          </table>
        </div>
      </section>
    </>
  )
}

function ExporterRow({
  exporter,
  state,
}: {
  readonly exporter: ExporterState
  readonly state: PipelineState
}): JSX.Element {
  const isWell = exporter.ok && exporter.breaker === 'closed'
  return (
    <tr>
      <th scope="row">{oneLine(exporter.id, 60)}</th>
      <td>
        <Badge tone={isWell ? 'good' : 'bad'} title={exporter.detail}>
          {isWell ? 'well' : `breaker ${exporter.breaker}`}
        </Badge>
      </td>
      <td>{pipelinesOf(state, 'exporters', exporter.id)}</td>
      <td class="number">{exact(exporter.sent)}</td>
      <td class="number">{exact(exporter.queued)}</td>
      <td class="number">{exporter.queued === 0 ? '' : duration(exporter.oldest_s * 1000)}</td>
      <td class="number">
        <Trouble of={exporter.retries} tone="warn" />
      </td>
      <td class="number">
        <Trouble of={exporter.failed} tone="bad" />
      </td>
      <td class="number">
        <Trouble of={exporter.dead_lettered} tone="bad" />
      </td>
      <td class="number">
        <Trouble of={exporter.skipped} tone="bad" />
      </td>
    </tr>
  )
}

const pipelinesOf = (state: PipelineState, side: 'receivers' | 'exporters', id: string): string =>
  state.pipelines
    .filter((p) => p[side].includes(id))
    .map((p) => p.id)
    .join(', ')

function Trouble({
  of,
  tone,
}: {
  readonly of: number
  readonly tone: 'warn' | 'bad'
}): JSX.Element {
  return of === 0 ? <span class="muted">0</span> : <Badge tone={tone}>{count(of)}</Badge>
}
