// Shows tokens and cost of one span and why they are counted or not. Users who doubt a total find the explanation here.

import type { JSX } from 'preact'
import type { EventRow } from '../../api/types.ts'
import { Badge } from '../../parts/basics.tsx'
import { exact, money, NONE } from '../../parts/format.ts'
import { Empty } from '../../parts/states.tsx'
import { counts } from './span-tree.ts'

export function SpanUsage({
  event,
  onSelectEvent,
}: {
  readonly event: EventRow
  readonly onSelectEvent: (eventId: string) => void
}): JSX.Element {
  if (event.total_tokens === null && event.input_tokens === null && event.cost_usd === null)
    return <Empty title="No usage">This span reports no tokens and no cost.</Empty>
  return (
    <>
      <Verdict event={event} onSelectEvent={onSelectEvent} />
      <table class="table facts-table usage-table">
        <tbody>
          <Tokens label="Input" of={event.input_tokens} note="cache reads and writes included" />
          <Tokens
            label="of these read from cache"
            of={numberOf(event, 'cache_read_tokens')}
            isPart
          />
          <Tokens
            label="of these written to cache"
            of={numberOf(event, 'cache_write_tokens')}
            isPart
          />
          <Tokens label="Output" of={event.output_tokens} note="reasoning included" />
          <Tokens label="of these reasoning" of={numberOf(event, 'reasoning_tokens')} isPart />
          <Tokens label="Total" of={event.total_tokens} />
          <Dollars
            label="Cost of input"
            of={numberOf(event, 'cost_input_usd')}
            tokens={computed(event, event.input_tokens)}
          />
          <Dollars
            label="Cost of output"
            of={numberOf(event, 'cost_output_usd')}
            tokens={computed(event, event.output_tokens)}
          />
          <Dollars label="Cost" of={event.cost_usd} />
        </tbody>
      </table>
      <PriceSource event={event} />
    </>
  )
}

function numberOf(event: EventRow, field: string): number | null {
  const value = event[field]
  return typeof value === 'number' ? value : null
}

/** A cost that was given, or computed in part, is no product of tokens and prices. */
const computed = (event: EventRow, tokens: number | null): number | null =>
  event['cost_source'] === 'computed' ? tokens : null

function Verdict({
  event,
  onSelectEvent,
}: {
  readonly event: EventRow
  readonly onSelectEvent: (eventId: string) => void
}): JSX.Element {
  const { usage_duplicate_of: duplicateOf } = event
  if (counts(event))
    return (
      <p class="verdict">
        <Badge tone="good">counts</Badge>
        {event.usage_remainder === true
          ? 'The part that the spans below do not report; what it reported itself is in usage_details.'
          : 'These numbers enter every sum, once.'}
        {event['usage_inconsistent'] === true ? (
          <Badge tone="warn">the parts do not add up to the total that was given</Badge>
        ) : null}
      </p>
    )
  return (
    <p class="verdict">
      <Badge tone="neutral">not counted</Badge>
      {duplicateOf === undefined ? (
        'An aggregate: spans below report the same usage, and they count.'
      ) : (
        <>
          A second report of the same call. The one that counts:{' '}
          <button type="button" class="link" onClick={() => onSelectEvent(duplicateOf)}>
            show it
          </button>
        </>
      )}
    </p>
  )
}

function Tokens({
  label,
  of,
  note,
  isPart = false,
}: {
  readonly label: string
  readonly of: number | null
  readonly note?: string
  readonly isPart?: boolean
}): JSX.Element | null {
  if (of === null && isPart) return null
  return (
    <tr class={isPart ? 'part' : ''}>
      <th scope="row">
        {label}
        {note === undefined ? null : <span class="muted"> {note}</span>}
      </th>
      <td class="number">{of === null ? NONE : exact(of)}</td>
    </tr>
  )
}

function Dollars({
  label,
  of,
  tokens = null,
}: {
  readonly label: string
  readonly of: number | null
  /** What it is the price of, where that says why it is as high as it is. */
  readonly tokens?: number | null
}): JSX.Element | null {
  if (of === null && label !== 'Cost') return null
  return (
    <tr>
      <th scope="row">
        {label}
        {of === null || of === 0 || tokens === null || tokens === 0 ? null : (
          <span class="muted"> {money((of / tokens) * 1e6)} per million tokens on average</span>
        )}
      </th>
      <td class="number">{of === null ? 'not known' : dollars(of)}</td>
    </tr>
  )
}

/** All digits that there are, and at least the cents: sums are checked by hand with it. */
function dollars(usd: number): string {
  const cents = usd.toFixed(2)
  return `$${Number(cents) === usd ? cents : usd}`
}

const SOURCES: Readonly<Record<string, string>> = {
  given: 'The cost was reported by the application; it wins over a computed one.',
  computed: 'Computed from the tokens and the price list.',
  partial: 'Computed in part: some units of this call have no known price.',
  none: 'No price is known for this call. It is counted as unpriced, never as zero.',
}

function PriceSource({ event }: { readonly event: EventRow }): JSX.Element {
  const unpriced = event['cost_unpriced']
  const reference = event['price_ref']
  return (
    <div class="muted price-source">
      <p>{SOURCES[String(event['cost_source'])] ?? ''}</p>
      {typeof reference === 'string' ? (
        <p>
          Price: <code>{reference}</code>
        </p>
      ) : null}
      {Array.isArray(unpriced) && unpriced.length > 0 ? (
        <p>Without a price: {unpriced.join(', ')}</p>
      ) : null}
    </div>
  )
}
