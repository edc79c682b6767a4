// The filters of a list, which are part of the URL. A typed text is applied after a pause. Active filters are shown as removable chips.

import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../../parts/icons.tsx'
import { setParams, useLocation } from '../../state/location.ts'

export interface FilterField {
  /** The name of the parameter in the API and in the URL. */
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'number' | 'choice' | 'flag'
  readonly choices?: readonly (readonly [value: string, label: string])[]
  readonly placeholder?: string
  /** True if the filter is always visible. The others are behind "More filters". */
  readonly isMain?: boolean
}

/** A typed text is applied after this pause. */
const PAUSE_MS = 300

export function Filters({
  fields,
  search,
}: {
  readonly fields: readonly FilterField[]
  readonly search?: FilterField
}): JSX.Element {
  const { query } = useLocation()
  const rest = fields.filter((f) => f.isMain !== true)
  const setInRest = rest.filter((f) => query.has(f.name)).length
  return (
    <div class="filters" role="search">
      {search === undefined ? null : <SearchBox field={search} />}
      {fields
        .filter((f) => f.isMain === true)
        .map((field) => (
          <Control field={field} key={field.name} />
        ))}
      {rest.length === 0 ? null : (
        <details class="more-filters">
          <summary class="button">More filters{setInRest === 0 ? '' : ` · ${setInRest}`}</summary>
          <div class="popup">
            {rest.map((field) => (
              <Control field={field} key={field.name} hasLabel />
            ))}
          </div>
        </details>
      )}
      <Chips fields={search === undefined ? fields : [search, ...fields]} />
    </div>
  )
}

function Chips({ fields }: { readonly fields: readonly FilterField[] }): JSX.Element | null {
  const { query } = useLocation()
  const set = fields.filter((f) => query.has(f.name))
  if (set.length === 0) return null
  return (
    <div class="chips">
      {set.map((field) => (
        <button
          type="button"
          class="chip"
          key={field.name}
          aria-label={`Remove filter ${field.label}`}
          onClick={() => setParams({ [field.name]: null })}
        >
          <span class="muted">{field.label}</span> {shownValue(field, query.get(field.name) ?? '')}
          <Icon name="close" size={12} />
        </button>
      ))}
      <button
        type="button"
        class="link"
        onClick={() => setParams(Object.fromEntries(set.map((f) => [f.name, null])))}
      >
        Clear
      </button>
    </div>
  )
}

/** What else stands in an address is shown as it is, because the API refuses it. */
const FLAGS: Readonly<Record<string, string>> = { true: 'yes', false: 'no' }

function shownValue(field: FilterField, value: string): string {
  if (field.type === 'flag') return FLAGS[value] ?? value
  return field.choices?.find(([key]) => key === value)?.[1] ?? value
}

/** A text field whose value is written to the URL after a pause. It is updated when the URL changes. */
function useTyped(name: string): readonly [string, (text: string) => void] {
  const inAddress = useLocation().query.get(name) ?? ''
  const [text, setText] = useState(inAddress)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(() => {
    clearTimeout(timer.current)
    setText(inAddress)
  }, [inAddress])
  useEffect(() => () => clearTimeout(timer.current), [])
  return [
    text,
    (next) => {
      setText(next)
      clearTimeout(timer.current)
      timer.current = setTimeout(
        () => setParams({ [name]: next.trim() }, { isReplaced: true }),
        PAUSE_MS,
      )
    },
  ]
}

function SearchBox({ field }: { readonly field: FilterField }): JSX.Element {
  const [text, setText] = useTyped(field.name)
  return (
    <label class="search">
      <Icon name="search" />
      <span class="unseen">{field.label}</span>
      <input
        type="search"
        data-search=""
        placeholder={field.placeholder}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  )
}

function Control({
  field,
  hasLabel = false,
}: {
  readonly field: FilterField
  readonly hasLabel?: boolean
}): JSX.Element {
  const { query } = useLocation()
  const value = query.get(field.name)
  if (field.type === 'flag')
    return (
      <button
        type="button"
        class="button toggle"
        aria-pressed={value === 'true'}
        onClick={() => setParams({ [field.name]: value === 'true' ? null : 'true' })}
      >
        {field.label}
      </button>
    )
  if (field.type === 'choice')
    return (
      <label class="field">
        <span class={hasLabel ? '' : 'unseen'}>{field.label}</span>
        <select
          value={value ?? ''}
          onChange={(event) => setParams({ [field.name]: event.currentTarget.value })}
        >
          <option value="">{hasLabel ? 'any' : `Any ${field.label.toLowerCase()}`}</option>
          {field.choices?.map(([key, label]) => (
            <option value={key} key={key}>
              {label}
            </option>
          ))}
        </select>
      </label>
    )
  return <TypedControl field={field} hasLabel={hasLabel} />
}

function TypedControl({
  field,
  hasLabel,
}: {
  readonly field: FilterField
  readonly hasLabel: boolean
}): JSX.Element {
  const [text, setText] = useTyped(field.name)
  return (
    <label class="field">
      <span class={hasLabel ? '' : 'unseen'}>{field.label}</span>
      <input
        inputMode={field.type === 'number' ? 'decimal' : 'text'}
        placeholder={field.placeholder ?? field.label}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  )
}
