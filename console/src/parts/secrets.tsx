// What became of the secrets and personal data in a span: taken out before anything was stored, or only reported.

import type { JSX } from 'preact'
import { call } from '../api/client.ts'
import type { EventRow, Signal } from '../api/types.ts'
import { useQuery } from '../api/use-query.ts'
import { Badge } from './basics.tsx'
import { words } from './format.ts'

const OF_SECRETS = new Set(['secret_detected', 'pii_detected'])

/** The action `report` counts a secret and leaves it, so that only the mark in its place proves that it is gone. */
export function Secrets({ event }: { readonly event: EventRow }): JSX.Element | null {
  const secrets = event['secrets']
  if (typeof secrets !== 'object' || secrets === null) return null
  const found = Object.entries(secrets)
  const text = JSON.stringify(event)
  const isMarked = ([type]: readonly [string, unknown]): boolean =>
    [`[REDACTED:${type}]`, `[REDACTED:${type}:`, `[${type}:`].some((mark) => text.includes(mark))
  const others = found.filter((entry) => !isMarked(entry))
  return (
    <>
      <Types says="Taken out before it was stored:" of={found.filter(isMarked)} />
      {event['content_omitted'] === true ? (
        <Types
          says="Found. Whether it was taken out stands in the content, which who asks may not read:"
          of={others}
        />
      ) : (
        <Types
          says="Only reported, not masked. The value may still be in this span, unless its whole attribute was dropped:"
          of={others}
        />
      )}
    </>
  )
}

function Types({
  says,
  of,
}: {
  readonly says: string
  readonly of: readonly (readonly [type: string, count: unknown])[]
}): JSX.Element | null {
  if (of.length === 0) return null
  return (
    <p class="scrubbed">
      {says}
      {of.map(([type, n]) => (
        <Badge tone="info" key={type}>
          {words(type)} × {String(n)}
        </Badge>
      ))}
    </p>
  )
}

/** The same for a signal about them, whose span has to be asked for; nothing for other signals. */
export function SecretsOf({
  signal: { type, event_id },
}: {
  readonly signal: Signal
}): JSX.Element | null {
  const isAsked = event_id !== null && OF_SECRETS.has(type)
  const answer = useQuery<EventRow>(
    ['event', event_id],
    (signal) => call(`/api/v1/events/${event_id}`, { signal }),
    { isEnabled: isAsked, keepsPrevious: false },
  )
  return isAsked && answer.data !== undefined ? <Secrets event={answer.data} /> : null
}
