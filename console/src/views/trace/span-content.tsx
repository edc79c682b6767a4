// Shows the content of a span: messages as a conversation, other inputs and outputs, tool calls, documents, errors and scrubbed values.

import type { ComponentChildren, JSX } from 'preact'
import type { EventRow } from '../../api/types.ts'
import { Conversation, messagesOf, Parts } from '../../parts/conversation.tsx'
import { count, oneLine } from '../../parts/format.ts'
import { JsonView, LongText } from '../../parts/json-view.tsx'
import { Secrets } from '../../parts/secrets.tsx'
import { Empty } from '../../parts/states.tsx'

export function SpanContent({ event }: { readonly event: EventRow }): JSX.Element {
  const parts = [<ErrorPart event={event} key="error" />, <Secrets event={event} key="scrubbed" />]
  const sections = sectionsOf(event)
  return (
    <>
      {parts}
      {sections.length === 0 && event['error_message'] == null ? (
        <Empty title={event['content_omitted'] === true ? 'Content is not shown' : 'No content'}>
          {event['content_omitted'] === true
            ? 'Who asks may not read prompts and answers: the key lacks the scope “content”.'
            : 'This span carries no messages, input or output. Instrumentations often record content only when they are told to.'}
        </Empty>
      ) : (
        sections
      )}
    </>
  )
}

function sectionsOf(event: EventRow): readonly JSX.Element[] {
  const found: JSX.Element[] = []
  const add = (title: string, body: ComponentChildren): void => {
    found.push(
      <section class="content-section" key={title}>
        <h3>{title}</h3>
        {body}
      </section>,
    )
  }
  if (event['system_instructions'] !== undefined)
    add(
      'System instructions',
      <Conversation messages={[{ role: 'system', parts: event['system_instructions'] }]} />,
    )
  addMessages(event, add)
  if (event['tool_arguments'] != null)
    add(
      `Arguments of ${String(event['tool_name'] ?? 'the tool')}`,
      <Json value={event['tool_arguments']} />,
    )
  if (event['tool_result'] != null) add('Result', <Json value={event['tool_result']} />)
  if (typeof event['retrieval_query'] === 'string')
    add('Query', <LongText text={event['retrieval_query']} />)
  if (event['retrieval_documents'] != null)
    add('Documents', <Json value={event['retrieval_documents']} />)
  if (event['input'] != null) add('Input', <Content value={event['input']} />)
  if (event['output'] != null) add('Output', <Content value={event['output']} />)
  if (Array.isArray(event['tool_definitions']))
    add(
      `Tools offered · ${event['tool_definitions'].length}`,
      <Json value={event['tool_definitions']} />,
    )
  return found
}

function addMessages(event: EventRow, add: (title: string, body: ComponentChildren) => void): void {
  const input = messagesOf(event['input_messages'])
  const output = messagesOf(event['output_messages'])
  if (input.length > 0) add(`Sent · ${count(input.length)}`, <Conversation messages={input} />)
  if (output.length > 0) add('Received', <Conversation messages={output} />)
}

function Json({ value }: { readonly value: unknown }): JSX.Element {
  return (
    <div class="json">
      <JsonView value={value} />
    </div>
  )
}

function Content({ value }: { readonly value: unknown }): JSX.Element {
  return typeof value === 'string' && !/^\s*[[{]/.test(value) ? (
    <Parts of={value} />
  ) : (
    <Json value={value} />
  )
}

function ErrorPart({ event }: { readonly event: EventRow }): JSX.Element | null {
  const message = event['error_message']
  const type = event['error_type']
  const stack = event['error_stack']
  if (event.status !== 'error' && message == null) return null
  return (
    <section class="error-part">
      <h3>Error {typeof type === 'string' ? <code>{oneLine(type, 120)}</code> : null}</h3>
      {typeof message === 'string' && message !== '' ? (
        <p dir="auto">
          <LongText text={message} />
        </p>
      ) : (
        <p class="muted">Without a message</p>
      )}
      {typeof stack === 'string' ? (
        <details>
          <summary>Stack</summary>
          <pre>
            <LongText text={stack} />
          </pre>
        </details>
      ) : null}
    </section>
  )
}
