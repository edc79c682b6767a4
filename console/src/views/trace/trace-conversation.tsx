// Shows the model and tool calls of a trace in order as a conversation. The contents are loaded page by page.

import type { JSX } from 'preact'
import { call } from '../../api/client.ts'
import type { EventRow, Page } from '../../api/types.ts'
import { useQuery } from '../../api/use-query.ts'
import { KindMark, Link } from '../../parts/basics.tsx'
import { Conversation, messagesOf } from '../../parts/conversation.tsx'
import { duration, many, money, oneLine } from '../../parts/format.ts'
import { JsonView } from '../../parts/json-view.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import type { SpanTree } from './span-tree.ts'

/** The most calls that are shown. The waterfall contains all calls of a longer trace. */
const EVENTS_MAX = 200
const FIELDS =
  'event_id,span_id,event_type,kind,name,start_time,duration_ms,status,cost_usd,total_tokens,response_model,request_model,input_messages,output_messages,tool_name,tool_arguments,tool_result,error_message,usage_aggregate'

export function TraceConversation({
  traceId,
  tree,
}: {
  readonly traceId: string
  readonly tree: SpanTree
}): JSX.Element {
  const answer = useQuery<Page<EventRow>>(
    ['trace-conversation', traceId],
    (signal) =>
      call(`/api/v1/traces/${traceId}/events`, {
        parameters: { fields: FIELDS, limit: EVENTS_MAX },
        signal,
      }),
    { keepsPrevious: false },
  )
  return (
    <Answered of={answer}>
      {(page) => {
        const steps = page.data.filter((event) => isStep(event, tree))
        if (steps.length === 0)
          return (
            <Empty title="Nobody spoke in this trace">
              No model call or tool of it carries content.
            </Empty>
          )
        return (
          <ol class="steps">
            {steps.map((event, i) => (
              <Step
                traceId={traceId}
                event={event}
                known={knownBefore(steps, i)}
                key={event.event_id}
              />
            ))}
            {page.next_cursor === null ? null : (
              <li class="muted">The first {EVENTS_MAX} spans are shown here.</li>
            )}
          </ol>
        )
      }}
    </Answered>
  )
}

function isStep(event: EventRow, tree: SpanTree): boolean {
  if (!tree.spans.some((s) => s.event_id === event.event_id)) return false
  if (event['tool_arguments'] != null || event['tool_result'] != null)
    return event.kind === 'tool' || event.kind === 'mcp'
  return (
    event.kind === 'llm' && (event['input_messages'] != null || event['output_messages'] != null)
  )
}

/** Returns the number of messages that an earlier call of the trace has already sent. A call usually repeats the conversation so far. */
function knownBefore(steps: readonly EventRow[], at: number): number {
  const own = messagesOf(steps[at]?.['input_messages']).map((m) => JSON.stringify(m))
  let known = 0
  for (const before of steps.slice(0, at)) {
    const sent = [
      ...messagesOf(before['input_messages']),
      ...messagesOf(before['output_messages']),
    ].map((m) => JSON.stringify(m))
    let same = 0
    while (same < own.length && own[same] === sent[same]) same++
    known = Math.max(known, same)
  }
  return known
}

function Step({
  traceId,
  event,
  known,
}: {
  readonly traceId: string
  readonly event: EventRow
  readonly known: number
}): JSX.Element {
  const input = messagesOf(event['input_messages'])
  const output = messagesOf(event['output_messages'])
  const isTool = event.kind === 'tool' || event.kind === 'mcp'
  return (
    <li class="step">
      <p class="step-head">
        <KindMark kind={event.kind} />
        <Link to={`/traces/${traceId}`} params={{ span: event.span_id }} row>
          {oneLine(event.name ?? event.span_id, 100)}
        </Link>
        <span class="muted">{duration(event.duration_ms)}</span>
        {event.cost_usd === null ? null : <span class="muted">{money(event.cost_usd)}</span>}
        {event.status === 'error' ? <span class="badge tone-bad">error</span> : null}
      </p>
      {known > 0 ? <p class="muted">{many(known, 'message')} as before</p> : null}
      {isTool ? (
        <div class="tool-part">
          <div class="json">
            <JsonView
              value={{ arguments: event['tool_arguments'], result: event['tool_result'] }}
            />
          </div>
        </div>
      ) : (
        <Conversation messages={[...input.slice(known), ...output]} />
      )}
      {typeof event['error_message'] === 'string' ? (
        <p class="error-part">{oneLine(event['error_message'], 600)}</p>
      ) : null}
    </li>
  )
}
