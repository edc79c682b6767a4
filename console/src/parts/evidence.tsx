// Shows the evidence of a signal: the value and its threshold as a bar, and the facts that the rule recorded.

import type { JSX } from 'preact'
import { exact, oneLine, words } from './format.ts'
import { JsonView } from './json-view.tsx'

/** Rules that tell as soon as they know: when the trace went on, there is more by now. */
const EARLY = new Set(['runaway', 'loop_detected', 'retry_storm', 'polling'])

export interface EvidenceOf {
  readonly type: string
  readonly value?: number | null
  readonly threshold?: number | null
  readonly evidence: unknown
}

export function Evidence({ signal }: { readonly signal: EvidenceOf }): JSX.Element {
  const { value = null, threshold = null, evidence } = signal
  const facts = typeof evidence === 'object' && evidence !== null ? Object.entries(evidence) : []
  const unit = unitOf(evidence)
  // Whatever is never allowed has no threshold to be held against, and the facts say how often it was found.
  const limit = threshold === 0 ? null : threshold
  const isSaid = limit === null && unit === '' && facts.length > 0
  return (
    <div class="evidence">
      {value === null || isSaid ? null : (
        <p class="measure">
          {EARLY.has(signal.type) ? <span class="muted">at least</span> : null}
          <strong>{exact(value)}</strong>
          {unit}
          {limit === null ? null : (
            <>
              <span class="muted">
                threshold {exact(limit)}
                {unit}
              </span>
              <Against value={value} threshold={limit} />
            </>
          )}
        </p>
      )}
      {facts.length === 0 ? null : (
        <dl class="facts-list">
          {facts
            .filter(([key, fact]) => fact !== null && key !== 'unit')
            .map(([key, fact]) => (
              <div key={key}>
                <dt>{words(key)}</dt>
                <dd>
                  {typeof fact === 'object' ? (
                    <JsonView value={fact} level={2} />
                  ) : (
                    oneLine(String(fact), 500)
                  )}
                </dd>
              </div>
            ))}
        </dl>
      )}
    </div>
  )
}

/** The value of a signal with its unit, in a few words. */
export function measureOf({ type, value, evidence }: EvidenceOf): string {
  if (value == null) return ''
  return `${EARLY.has(type) ? 'at least ' : ''}${exact(value)}${unitOf(evidence)}`
}

function unitOf(evidence: unknown): string {
  const unit: unknown =
    typeof evidence === 'object' && evidence !== null ? Reflect.get(evidence, 'unit') : undefined
  return typeof unit === 'string' ? ` ${unit}` : ''
}

function Against({
  value,
  threshold,
}: {
  readonly value: number
  readonly threshold: number
}): JSX.Element {
  const whole = Math.max(value, threshold) * 1.05
  return (
    <svg class="against" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="against-all" width="100" height="8" rx="1" />
      <rect class="against-value" width={(100 * value) / whole} height="8" rx="1" />
      <rect class="against-threshold" x={(100 * threshold) / whole - 0.4} width="0.8" height="8" />
    </svg>
  )
}
