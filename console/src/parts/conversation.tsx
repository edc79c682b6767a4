// Shows messages as a conversation: role, texts, collapsed reasoning, tool calls with arguments and results, and placeholders for images
// and files. Model output may be hostile, so everything is rendered as text nodes and nothing is loaded.

import type { JSX } from 'preact'
import { exact, oneLine, words } from './format.ts'
import { Icon } from './icons.tsx'
import { JsonView, LongText } from './json-view.tsx'

export interface Message {
  readonly role?: unknown
  readonly name?: unknown
  readonly parts?: unknown
  readonly finish_reason?: unknown
}

type Part = Readonly<Record<string, unknown>>

const MESSAGES_MAX = 400

/** Returns the messages of a field. A value that contains no messages is shown as JSON. */
export function messagesOf(value: unknown): readonly Message[] {
  if (!Array.isArray(value)) return []
  return value.filter((m): m is Message => typeof m === 'object' && m !== null)
}

export function Conversation({ messages }: { readonly messages: readonly Message[] }): JSX.Element {
  const left = messages.length - MESSAGES_MAX
  return (
    <ol class="conversation">
      {left > 0 ? (
        <li class="muted">{exact(left)} earlier messages are in the raw event.</li>
      ) : null}
      {messages.slice(-MESSAGES_MAX).map((message, i) => (
        <MessageItem message={message} key={i} />
      ))}
    </ol>
  )
}

function MessageItem({ message }: { readonly message: Message }): JSX.Element {
  const role = wordOf(message.role, 'unknown')
  const known = /^(system|developer|user|assistant|tool)$/.test(role) ? role : 'other'
  const name = typeof message.name === 'string' ? oneLine(message.name, 120) : null
  const finish =
    typeof message.finish_reason === 'string' ? oneLine(message.finish_reason, 60) : null
  return (
    <li class={`message role-${known}`}>
      <div class="message-role">
        {words(role)}
        {name === null ? null : <span class="muted"> · {name}</span>}
        {finish === null || finish === 'stop' ? null : (
          <span class="badge tone-warn">{words(finish)}</span>
        )}
      </div>
      <div class="message-body">
        <Parts of={message.parts} />
      </div>
    </li>
  )
}

export function Parts({ of }: { readonly of: unknown }): JSX.Element {
  if (typeof of === 'string') return <Text text={of} />
  if (!Array.isArray(of) || of.length === 0) return <p class="muted">No content</p>
  return (
    <>
      {of.map((part: unknown, i) => (
        <PartView
          part={
            typeof part === 'object' && part !== null
              ? (part as Part)
              : { type: 'text', content: part }
          }
          key={i}
        />
      ))}
    </>
  )
}

function PartView({ part }: { readonly part: Part }): JSX.Element {
  const type = wordOf(part['type'], 'unknown')
  if (type === 'text') return <Text text={textOf(part)} />
  if (type === 'reasoning' || type === 'thinking')
    return (
      <details class="reasoning">
        <summary>Reasoning · {exact(textOf(part).length)} characters</summary>
        <Text text={textOf(part)} />
      </details>
    )
  if (type === 'tool_call') return <ToolCall part={part} />
  if (type === 'tool_call_response' || type === 'tool_result') return <ToolResult part={part} />
  if (/image|audio|video|file|blob|uri|media/.test(type)) return <Media part={part} type={type} />
  return <JsonView value={part} />
}

/** Shortens a value that should be one word, because clients may send any text in it. */
function wordOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? oneLine(value, 120) : otherwise
}

function textOf(part: Part): string {
  const value = part['content'] ?? part['text'] ?? ''
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}

function Text({ text }: { readonly text: string }): JSX.Element {
  return (
    <p class="message-text" dir="auto">
      <LongText text={text} />
    </p>
  )
}

function ToolCall({ part }: { readonly part: Part }): JSX.Element {
  return (
    <div class="tool-part">
      <div class="tool-head">
        <Icon name="tool" size={14} />
        calls <code>{wordOf(part['name'], 'a tool')}</code>
        {typeof part['id'] === 'string' ? <span class="muted">{part['id']}</span> : null}
      </div>
      <div class="json">
        <JsonView value={part['arguments'] ?? null} />
      </div>
    </div>
  )
}

function ToolResult({ part }: { readonly part: Part }): JSX.Element {
  const result = part['response'] ?? part['result'] ?? part['content'] ?? null
  return (
    <div class="tool-part">
      <div class="tool-head">
        <Icon name="check" size={14} />
        result
        {typeof part['id'] === 'string' ? <span class="muted">of {part['id']}</span> : null}
      </div>
      <div class="json">
        <JsonView value={result} />
      </div>
    </div>
  )
}

function Media({ part, type }: { readonly part: Part; readonly type: string }): JSX.Element {
  const mime = part['mime_type'] ?? part['media_type'] ?? part['modality'] ?? type
  const data = part['content'] ?? part['data'] ?? part['uri'] ?? part['url']
  const size = typeof data === 'string' ? `, ${exact(data.length)} characters` : ''
  return (
    <p class="media" title="Media is not loaded: it may be on a server that would learn who looks.">
      {wordOf(mime, type)}
      {size}
    </p>
  )
}
