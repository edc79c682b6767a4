// Shows all fields and attributes of a span in a searchable table.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { EventRow, Explained } from '../../api/types.ts'
import { oneLine, visible } from '../../parts/format.ts'
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
  'explain',
  'field_sources',
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
      <Rows
        title="Canonical fields, and what filled them"
        of={fields}
        words={words}
        explained={explainedOf(event)}
      />
    </>
  )
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []

/** The origins by field. Events that were stored by an older version have none. */
function explainedOf(event: EventRow): ReadonlyMap<string, Explained> {
  const found = entriesOf(event['explain']).filter((entry): entry is [string, Explained] => {
    const [, value] = entry
    return typeof value === 'object' && value !== null && 'source' in value && 'rule' in value
  })
  return new Map(found)
}

function Rows({
  title,
  of,
  words,
  explained,
}: {
  readonly title: string
  readonly of: readonly (readonly [string, unknown])[]
  readonly words: string
  readonly explained?: ReadonlyMap<string, Explained>
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
                <Source of={explained?.get(key)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Source({ of }: { readonly of: Explained | undefined }): JSX.Element | null {
  if (of === undefined) return null
  return (
    <span class="field-source" title={`rule: ${of.rule}`}>
      <span class="unseen">filled by </span>
      {oneLine(of.source, 120)}
      {of.rule === 'of the span' ? '' : ` · ${oneLine(of.rule, 120)}`}
    </span>
  )
}
