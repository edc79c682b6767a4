// Shows JSON as a collapsible tree. Strings that contain JSON are expanded, and long texts and lists are truncated with a button to show
// everything. Nothing is interpreted as markup.

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { exact, many, visible } from './format.ts'

const TEXT_MAX = 2000
const TEXT_ALL_MAX = 1_000_000
const ITEMS_MAX = 100
const NESTED_JSON_MAX = 1_000_000
/** Levels deeper than this are collapsed at first. */
const OPEN_LEVELS = 3

export function JsonView({
  value,
  level = 0,
}: {
  readonly value: unknown
  readonly level?: number
}): JSX.Element {
  if (typeof value === 'string') return <JsonText text={value} level={level} />
  if (Array.isArray(value))
    return <JsonItems entries={[...value.entries()]} level={level} brackets="[]" />
  if (typeof value === 'object' && value !== null)
    return <JsonItems entries={Object.entries(value)} level={level} brackets="{}" />
  return <span class={`json-${value === null ? 'null' : typeof value}`}>{String(value)}</span>
}

function JsonText({ text, level }: { readonly text: string; readonly level: number }): JSX.Element {
  const nested = nestedJson(text)
  if (nested !== undefined)
    return (
      <span>
        <span class="badge tone-neutral" title="This text is JSON; it is shown opened.">
          JSON in a text
        </span>{' '}
        <JsonView value={nested} level={level} />
      </span>
    )
  return (
    <span class="json-string">
      <LongText text={text} />
    </span>
  )
}

function nestedJson(text: string): unknown {
  if (text.length > NESTED_JSON_MAX || !/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // The string starts like JSON but is not JSON.
    return undefined
  }
}

function JsonItems({
  entries,
  level,
  brackets,
}: {
  readonly entries: readonly (readonly [string | number, unknown])[]
  readonly level: number
  readonly brackets: string
}): JSX.Element {
  const [isOpen, setOpen] = useState(level < OPEN_LEVELS)
  const [shown, setShown] = useState(ITEMS_MAX)
  if (entries.length === 0) return <span class="json-null">{brackets}</span>
  const one = brackets === '[]' ? 'item' : 'key'
  return (
    <span class="json-node">
      <button
        type="button"
        class="json-fold"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {brackets[0]}
        {isOpen ? '' : `… ${many(entries.length, one)} ${brackets[1]}`}
      </button>
      {isOpen ? (
        <>
          <ul>
            {entries.slice(0, shown).map(([key, item]) => (
              <li key={key}>
                <span class="json-key">{typeof key === 'string' ? visible(key) : key}</span>:{' '}
                <JsonView value={item} level={level + 1} />
              </li>
            ))}
          </ul>
          {entries.length > shown ? (
            <button type="button" class="link" onClick={() => setShown(shown + 10 * ITEMS_MAX)}>
              {exact(entries.length - shown)} more {one}s
            </button>
          ) : null}
          <span class="json-null">{brackets[1]}</span>
        </>
      ) : null}
    </span>
  )
}

const PLACEHOLDER = /(\[REDACTED(?::[\w.*-]+)*\]|\[[\w.-]+:[0-9a-f]{4,32}…?\])/

/** Shows an untrusted text. Placeholders of scrubbed values are highlighted. Very long texts are truncated until the user expands them. */
export function LongText({ text }: { readonly text: string }): JSX.Element {
  const [isWhole, setWhole] = useState(false)
  const cut = isWhole ? text.slice(0, TEXT_ALL_MAX) : text.slice(0, TEXT_MAX)
  const left = text.length - cut.length
  return (
    <>
      <Redacted text={visible(cut)} />
      {left > 0 ? (
        <>
          {'… '}
          <button type="button" class="link" disabled={isWhole} onClick={() => setWhole(true)}>
            {isWhole
              ? `${exact(left)} characters are not drawn; copy as JSON has them`
              : `show all ${exact(text.length)} characters`}
          </button>
        </>
      ) : null}
    </>
  )
}

function Redacted({ text }: { readonly text: string }): JSX.Element {
  const parts = text.split(PLACEHOLDER)
  if (parts.length === 1) return <>{text}</>
  return (
    <>
      {parts.map((part, i) =>
        i % 2 === 1 ? (
          <mark
            class="redacted"
            key={i}
            title="A secret or personal value was taken out here before anything was stored."
          >
            {part}
          </mark>
        ) : (
          part
        ),
      )}
    </>
  )
}
