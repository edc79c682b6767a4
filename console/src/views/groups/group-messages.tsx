// Shows the messages of a conversation, session or user in order and across traces. A call usually repeats the earlier messages, so only
// its new messages are shown.

import type { JSX } from 'preact'
import { call } from '../../api/client.ts'
import type { EventRow, Page } from '../../api/types.ts'
import { useQuery } from '../../api/use-query.ts'
import { Link } from '../../parts/basics.tsx'
import { Conversation, type Message, messagesOf } from '../../parts/conversation.tsx'
import { duration, money, oneLine, time } from '../../parts/format.ts'
import { Answered, Empty } from '../../parts/states.tsx'

const EVENTS_MAX = 200
const FIELDS =
  'event_id,trace_id,span_id,name,kind,start_time,duration_ms,status,cost_usd,response_model,request_model,input_messages,output_messages,error_message,usage_aggregate'

interface Turn {
  readonly event: EventRow
  readonly messages: readonly Message[]
}

export function GroupMessages({
  field,
  id,
}: {
  readonly field: string
  readonly id: string
}): JSX.Element {
  const answer = useQuery<Page<EventRow>>(
    ['group-messages', field, id],
    (signal) =>
      call('/api/v1/events', {
        parameters: { [field]: id, kind: 'llm', fields: FIELDS, limit: EVENTS_MAX },
        signal,
      }),
    { keepsPrevious: false },
  )
  return (
    <Answered of={answer}>
      {(page) => {
        const turns = turnsOf(page.data)
        if (turns.length === 0)
          return <Empty title="No messages">The model calls carry no content.</Empty>
        return (
          <ol class="steps">
            {page.next_cursor === null ? null : (
              <li class="muted">The newest {EVENTS_MAX} calls; the traces have all.</li>
            )}
            {turns.map((turn) => (
              <TurnItem turn={turn} key={turn.event.event_id} />
            ))}
          </ol>
        )
      }}
    </Answered>
  )
}

/** Returns the calls with their new messages, oldest first. Messages that an earlier call sent or received are omitted. */
function turnsOf(newestFirst: readonly EventRow[]): readonly Turn[] {
  const seen = new Set<string>()
  const turns: Turn[] = []
  for (const event of newestFirst.toReversed()) {
    if (event.usage_aggregate === true && event.usage_duplicate_of !== undefined) continue
    const all = [...messagesOf(event['input_messages']), ...messagesOf(event['output_messages'])]
    const fresh = all.filter((message) => {
      const key = JSON.stringify([message.role, message.parts])
      return seen.has(key) ? false : seen.add(key)
    })
    if (fresh.length > 0) turns.push({ event, messages: fresh })
  }
  return turns
}

function TurnItem({ turn: { event, messages } }: { readonly turn: Turn }): JSX.Element {
  return (
    <li class="step">
      <p class="step-head">
        <span class="muted">{time(event.start_time)}</span>
        <Link to={`/traces/${String(event['trace_id'])}`} params={{ span: event.span_id }} row>
          {oneLine(event.name ?? event.span_id, 80)}
        </Link>
        <span class="muted">{duration(event.duration_ms)}</span>
        {event.cost_usd === null ? null : <span class="muted">{money(event.cost_usd)}</span>}
        {event.status === 'error' ? <span class="badge tone-bad">error</span> : null}
      </p>
      <Conversation messages={messages} />
    </li>
  )
}
