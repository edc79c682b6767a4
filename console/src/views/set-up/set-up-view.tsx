// Explains how to send the first trace: snippets with the address of this instance, and an indicator for the first span.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AnswerOf, RowOf } from '../../api/operations.ts'
import type { Page, TraceRow } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { CopyButton, Link, Tabs } from '../../parts/basics.tsx'
import { ago, oneLine } from '../../parts/format.ts'
import { Outcome } from '../../parts/forms.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import { useChange } from '../account/use-change.ts'
import { SNIPPETS } from './snippets.ts'

const EVERY_MS = 2000
const OTLP_PORT = 4318
const GRPC_PORT = 4317

type Addresses = AnswerOf<'GET /api/v1/addresses'>
type Project = RowOf<'GET /api/v1/projects'>
type MadeKey = AnswerOf<'POST /api/v1/keys'>

const portOf = (url: string | null): number | null =>
  url !== null && URL.canParse(url) ? Number(new URL(url).port) : null

/** The address of a receiver by the name under which this page was reached, because what the instance listens on may be any. */
const reachable = (url: string | null, usual: number): string =>
  `${window.location.protocol}//${window.location.hostname}:${portOf(url) ?? usual}`

export function SetUpView(): JSX.Element {
  const { query } = useLocation()
  const chosen = SNIPPETS.find((s) => s.key === query.get('sdk')) ?? SNIPPETS[0]
  const addresses = useApi<Addresses>('/api/v1/addresses')
  const [typed, setTyped] = useState<string | null>(null)
  const endpoint = typed ?? reachable(addresses.data?.otlp_http ?? null, OTLP_PORT)
  const grpcPort = portOf(addresses.data?.otlp_grpc ?? null) ?? GRPC_PORT
  const [key, setKey] = useState('')
  const text = chosen?.text({ endpoint, key: key === '' ? null : key }) ?? ''
  return (
    <>
      <header class="view-head">
        <h1>Set up</h1>
      </header>
      <FirstSpan />
      <section class="panel">
        <h2>1. Where to send</h2>
        <div class="form-row">
          <label class="field tall">
            <span>OTLP/HTTP address</span>
            <input
              value={endpoint}
              onInput={(e) => setTyped(e.currentTarget.value)}
              spellcheck={false}
            />
          </label>
          <label class="field tall">
            <span>Key, where this instance asks for one</span>
            <input
              value={key}
              onInput={(e) => setKey(e.currentTarget.value)}
              placeholder="sk_…"
              autocomplete="off"
              spellcheck={false}
            />
          </label>
          <MakeKey onMade={setKey} />
        </div>
        <p class="muted">
          gRPC is on port {grpcPort}. A key is shown this once, and listed under{' '}
          <Link to="/account">Account</Link>. What is typed here stays on this page.
        </p>
      </section>
      <section class="panel">
        <h2>2. What sends</h2>
        <Tabs
          label="SDK"
          tabs={SNIPPETS.map((s) => [s.key, s.label])}
          selected={chosen?.key ?? ''}
          onSelect={(sdk) => setParams({ sdk }, { isReplaced: true })}
        />
        <div class="snippet">
          <pre tabIndex={0} role="region" aria-label={`Snippet for ${chosen?.label ?? ''}`}>
            {text}
          </pre>
          <CopyButton label="Copy" text={text} />
        </div>
      </section>
    </>
  )
}

/** Makes a key that sends, and the project that it needs where there is none. */
function MakeKey({ onMade }: { readonly onMade: (key: string) => void }): JSX.Element {
  const projects = useApi<Page<Project>>('/api/v1/projects', { limit: 1 })
  const change = useChange()
  const make = async (): Promise<void> => {
    const project =
      projects.data?.data[0] ??
      (await change.run<Project>('/api/v1/projects', {
        method: 'POST',
        body: { name: 'first project' },
      }))
    if (project === null) return
    const body = {
      project_id: project.project_id,
      kind: 'secret',
      scopes: ['ingest'],
      name: 'set-up',
    }
    const made = await change.run<MadeKey>('/api/v1/keys', { method: 'POST', body })
    if (made !== null) onMade(made.key)
  }
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={change.isBusy || projects.data === undefined}
        onClick={() => void make()}
      >
        Make a key
      </button>
      <Outcome of={change} />
    </>
  )
}

function FirstSpan(): JSX.Element {
  const answer = useApi<Page<TraceRow>>('/api/v1/traces', { limit: 1 }, { everyMs: EVERY_MS })
  const newest = answer.data?.data[0]
  if (answer.error !== null && answer.data === undefined)
    return (
      <section class="panel first-span" role="status">
        <span class="lamp" aria-hidden="true" /> Cannot see what arrives: {answer.error.message}
      </section>
    )
  return (
    <section class={`panel first-span${newest === undefined ? '' : ' is-on'}`} role="status">
      <span class="lamp" aria-hidden="true" />
      {newest === undefined ? (
        <span>
          <strong>Waiting for the first span.</strong>{' '}
          <span class="muted">This turns green by itself. For something to look at now, run</span>{' '}
          <code>npm run demo</code>
        </span>
      ) : (
        <span>
          <strong>Spans arrive.</strong> The newest trace:{' '}
          <Link to={`/traces/${newest.trace_id}`} row>
            {oneLine(newest.name ?? newest.trace_id, 80)}
          </Link>{' '}
          <span class="muted">{ago(newest.start_time)}</span>
        </span>
      )}
    </section>
  )
}
