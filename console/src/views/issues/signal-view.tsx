// The view of one signal: its value, threshold, the facts that the rule recorded, and the span in which it was found.

import type { JSX } from 'preact'
import type { Signal } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { CopyButton, Link, Severity, Time } from '../../parts/basics.tsx'
import { Evidence } from '../../parts/evidence.tsx'
import { words } from '../../parts/format.ts'
import { SecretsOf } from '../../parts/secrets.tsx'
import { Answered } from '../../parts/states.tsx'
import { useTitle } from '../../state/title.ts'
import { whereFound } from './where-found.ts'

export function SignalView({ id }: { readonly id: string }): JSX.Element {
  const answer = useApi<Signal>(
    `/api/v1/signals/${encodeURIComponent(id)}`,
    {},
    { keepsPrevious: false },
  )
  useTitle(answer.data === undefined ? null : words(answer.data.type))
  return (
    <Answered of={answer}>
      {(signal) => (
        <>
          <header class="view-head">
            <h1>
              <Severity of={signal.severity} /> {words(signal.type)}
            </h1>
            <div class="view-actions">
              <CopyButton label="JSON" text={() => JSON.stringify(signal, null, 2)} />
              {signal.trace_id === null ? null : (
                <Link
                  class="button primary"
                  to={`/traces/${signal.trace_id}`}
                  params={whereFound(signal)}
                  row
                >
                  Open the span
                </Link>
              )}
            </div>
          </header>
          <p class="facts">
            <span>
              <span class="muted">state</span> {signal.status}
            </span>
            <span>
              <span class="muted">rule</span> <code>{signal.rule}</code>
            </span>
            <span>
              <span class="muted">at</span> <Time at={signal.at} />
            </span>
          </p>
          <section class="panel">
            <h2>Evidence</h2>
            <SecretsOf signal={signal} />
            <Evidence signal={signal} />
          </section>
        </>
      )}
    </Answered>
  )
}
