// Explains how to send the first trace: snippets with the address of this instance, and an indicator for the first span.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Page, TraceRow } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { CopyButton, Link, Tabs } from '../../parts/basics.tsx'
import { ago, oneLine } from '../../parts/format.ts'
import { setParams, useLocation } from '../../state/location.ts'
import { SNIPPETS } from './snippets.ts'

const EVERY_MS = 2000
const OTLP_PORT = 4318

export function SetUpView(): JSX.Element {
  const { query } = useLocation()
  const chosen = SNIPPETS.find((s) => s.key === query.get('sdk')) ?? SNIPPETS[0]
  const [endpoint, setEndpoint] = useState(
    () => `${window.location.protocol}//${window.location.hostname}:${OTLP_PORT}`,
  )
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
              onInput={(e) => setEndpoint(e.currentTarget.value)}
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
        </div>
        <p class="muted">
          gRPC is on port 4317. Keys are made under <Link to="/account">Account</Link>. What is
          typed here stays on this page.
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
