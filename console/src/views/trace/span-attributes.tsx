// Every field and attribute of a span as a table that can be searched.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { EventRow } from '../../api/types.ts'
import { visible } from '../../parts/format.ts'
import { JsonView } from '../../parts/json-view.tsx'

const CONTENT = new Set([
  'input_messages',
  'output_messages',
  'system_instructions',
  'tool_definitions',
  'input',
  'output',
  'attributes',
  'metadata',
])

export function SpanAttributes({ event }: { readonly event: EventRow }): JSX.Element {
  const [words, setWords] = useState('')
  const fields = Object.entries(event).filter(([key, value]) => value !== null && !CONTENT.has(key))
  return (
    <>
      <label class="search inline">
        <span class="unseen">Search attributes</span>
        <input
          type="search"
          placeholder="Search keys and values"
          value={words}
          onInput={(e) => setWords(e.currentTarget.value)}
        />
      </label>
      <Rows
        title="Attributes as sent, that no field took"
        of={entriesOf(event['attributes'])}
        words={words}
      />
      <Rows title="Metadata" of={entriesOf(event['metadata'])} words={words} />
      <Rows title="Canonical fields" of={fields} words={words} />
    </>
  )
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []

function Rows({
  title,
  of,
  words,
}: {
  readonly title: string
  readonly of: readonly (readonly [string, unknown])[]
  readonly words: string
}): JSX.Element | null {
  const wanted = words.toLowerCase()
  const shown = of.filter(
    ([key, value]) =>
      wanted === '' || `${key} ${JSON.stringify(value)}`.toLowerCase().includes(wanted),
  )
  if (shown.length === 0) return null
  return (
    <section class="content-section">
      <h3>{title}</h3>
      <table class="table facts-table">
        <tbody>
          {shown.map(([key, value]) => (
            <tr key={key}>
              <th scope="row">
                <code>{visible(key)}</code>
              </th>
              <td class="json">
                <JsonView value={value} level={2} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
