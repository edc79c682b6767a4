// The view of the instance's own health: exporters, queue and stores with their states, and the version.

import type { JSX } from 'preact'
import type { Health, PipelineState } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Badge, Link, Tabs } from '../../parts/basics.tsx'
import { duration, oneLine } from '../../parts/format.ts'
import { Answered } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import { useTitle } from '../../state/title.ts'
import { tabsOf } from '../../view-names.ts'
import { Configuration } from './configuration.tsx'
import { DeadLetters } from './dead-letters.tsx'
import { FlowTables } from './flow-tables.tsx'
import { Jobs } from './jobs.tsx'
import { Judges } from './judges.tsx'

const EVERY_MS = 5000

interface Version {
  readonly version: string
  readonly node: string
  readonly git_sha: string | null
  readonly environment: string
}

const TABS = tabsOf('operations', {
  state: 'State',
  configuration: 'Configuration',
  'dead-letters': 'Dead letters',
  jobs: 'Jobs',
  judges: 'Judges',
})

export function OperationsView(): JSX.Element {
  const { query } = useLocation()
  const tab = query.get('tab') ?? 'state'
  useTitle(TABS.find(([key]) => key === query.get('tab'))?.[1] ?? null)
  return (
    <>
      <header class="view-head">
        <h1>Operations</h1>
        <div class="view-actions">
          <Link to="/docs" class="button">
            API explorer
          </Link>
        </div>
      </header>
      <Tabs
        label="Parts of operations"
        tabs={TABS}
        selected={tab}
        onSelect={(key) => setParams({ tab: key === 'state' ? null : key }, { isReplaced: true })}
      />
      {tab === 'configuration' ? (
        <Configuration />
      ) : tab === 'dead-letters' ? (
        <DeadLetters />
      ) : tab === 'jobs' ? (
        <Jobs />
      ) : tab === 'judges' ? (
        <Judges />
      ) : (
        <State />
      )}
    </>
  )
}

function State(): JSX.Element {
  const health = useApi<Health>('/health/detailed', {}, { everyMs: EVERY_MS })
  const flow = useApi<PipelineState>('/api/v1/pipeline', {}, { everyMs: EVERY_MS })
  const version = useApi<Version>('/version')
  return (
    <>
      <Answered of={health}>
        {(state) => (
          <section class="panel">
            <div class="panel-head">
              <h2>Parts</h2>
              <Badge tone={state.status === 'ok' ? 'good' : 'bad'}>{state.status}</Badge>
              <span class="muted push">up for {duration(state.uptime_s * 1000)}</span>
            </div>
            <Table label="Parts of the instance" columns={['Part', 'State', 'What it says']}>
              {Object.entries(state.checks).map(([name, check]) => (
                <tr key={name}>
                  <th scope="row">{oneLine(name, 80)}</th>
                  <td>
                    <Badge tone={check.ok ? 'good' : 'bad'}>{check.ok ? 'well' : 'not well'}</Badge>
                  </td>
                  <td class="wide">{oneLine(check.detail, 240)}</td>
                </tr>
              ))}
            </Table>
          </section>
        )}
      </Answered>
      <Answered of={flow}>{(state) => <FlowTables state={state} />}</Answered>
      <Answered of={version} lines={2}>
        {(v) => (
          <section class="panel">
            <h2>Version</h2>
            <p class="facts">
              <span>
                <span class="muted">Observa</span> {v.version}
              </span>
              <span>
                <span class="muted">Node</span> {v.node}
              </span>
              <span>
                <span class="muted">environment</span> {v.environment}
              </span>
              {v.git_sha === null ? null : (
                <span>
                  <span class="muted">commit</span> <code>{v.git_sha}</code>
                </span>
              )}
            </p>
          </section>
        )}
      </Answered>
    </>
  )
}
