// Shows the signals of a span with their evidence: value, threshold, and the facts that the rule recorded.

import type { JSX } from 'preact'
import type { Signal } from '../../api/types.ts'
import { Severity, SignalType, Time } from '../../parts/basics.tsx'
import { Evidence } from '../../parts/evidence.tsx'
import { SecretsOf } from '../../parts/secrets.tsx'
import { Empty } from '../../parts/states.tsx'

export function SpanSignals({ signals }: { readonly signals: readonly Signal[] }): JSX.Element {
  if (signals.length === 0)
    return <Empty title="Nothing found here">No rule found anything in this span.</Empty>
  return (
    <ul class="plain">
      {signals.map((signal) => (
        <li class="signal-card" key={signal.signal_id}>
          <p>
            <Severity of={signal.severity} /> <SignalType type={signal.type} />{' '}
            <span class="muted">{signal.rule}</span>
            <span class="muted push">
              <Time at={signal.at} />
            </span>
          </p>
          <SecretsOf signal={signal} />
          <Evidence signal={signal} />
        </li>
      ))}
    </ul>
  )
}
