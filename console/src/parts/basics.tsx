// The small components that all views use: links that keep the time range, badges, kind labels, times, and copy buttons.

import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { addressOf, go, type Params } from '../state/location.ts'
import { ago, time, words } from './format.ts'
import { Icon, type IconName, iconOfKind } from './icons.tsx'

interface LinkProps {
  readonly to: string
  readonly params?: Params
  readonly class?: string
  readonly title?: string
  readonly row?: boolean
  readonly children: ComponentChildren
  readonly current?: boolean
  /** The accessible name. By default it is the text of the element. */
  readonly label?: string
  readonly tabIndex?: number
}

/** A link to another view. It is a real anchor element, so it can be opened in a new tab and its address can be copied. */
export function Link({
  to,
  params = {},
  row = false,
  current = false,
  label,
  ...rest
}: LinkProps): JSX.Element {
  const address = addressOf(to, params)
  return (
    <a
      {...rest}
      href={address}
      {...(row ? { 'data-row': '' } : {})}
      aria-current={current ? 'page' : undefined}
      aria-label={label}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        go(address)
      }}
    />
  )
}

export function KindMark({
  kind,
  isPlain = false,
}: {
  readonly kind: string | null
  readonly isPlain?: boolean
}): JSX.Element {
  const name = kind ?? 'span'
  return (
    <span class={`kind kind-${name}`} title={`kind: ${name}`}>
      <Icon name={iconOfKind(kind)} size={14} />
      {isPlain ? <span class="unseen">{name}</span> : name}
    </span>
  )
}

export function Severity({ of }: { readonly of: string }): JSX.Element {
  return <span class={`badge severity-${of}`}>{of}</span>
}

export function Badge({
  tone = 'neutral',
  title,
  children,
}: {
  readonly tone?: 'neutral' | 'good' | 'warn' | 'bad' | 'info'
  readonly title?: string
  readonly children: ComponentChildren
}): JSX.Element {
  return (
    <span class={`badge tone-${tone}`} title={title}>
      {children}
    </span>
  )
}

/** Shows how long ago a time was. The exact time is in the title and in the `datetime` attribute. */
export function Ago({ at }: { readonly at: string }): JSX.Element {
  return (
    <time dateTime={at} title={`${time(at, { withMs: true })} (${at})`}>
      {ago(at)}
    </time>
  )
}

export function Time({ at }: { readonly at: string }): JSX.Element {
  return (
    <time dateTime={at} title={at}>
      {time(at)}
    </time>
  )
}

export function SignalType({ type }: { readonly type: string }): JSX.Element {
  return <span class="signal-type">{words(type)}</span>
}

const SAID_MS = 1600

export function CopyButton({
  text,
  label,
  icon = 'copy',
}: {
  readonly text: string | (() => string)
  readonly label: string
  readonly icon?: IconName
}): JSX.Element {
  const [said, setSaid] = useState<string | null>(null)
  const copy = async (): Promise<void> => {
    const value = typeof text === 'string' ? text : text()
    const isCopied = await navigator.clipboard.writeText(value).then(
      () => true,
      () => copyBySelection(value),
    )
    setSaid(isCopied ? 'Copied' : 'Not copied')
    setTimeout(() => setSaid(null), SAID_MS)
  }
  return (
    <button type="button" class="button small" onClick={() => void copy()}>
      <Icon name={said === null ? icon : 'check'} size={14} />
      <span aria-live="polite">{said ?? label}</span>
    </button>
  )
}

/** Copies a text by selecting it, because browsers offer the clipboard API only to https pages and to localhost. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'unseen'
  document.body.append(area)
  area.select()
  const isCopied = document.execCommand('copy')
  area.remove()
  return isCopied
}

/** Shows a share as a bar. The number is shown next to it. */
export function ShareBar({
  part,
  total,
}: {
  readonly part: number
  readonly total: number
}): JSX.Element {
  const share = total === 0 ? 0 : Math.min(1, part / total)
  return (
    <span class="share" aria-hidden="true">
      <span style={{ width: `${(share * 100).toFixed(1)}%` }} />
    </span>
  )
}

export function Tabs({
  label,
  tabs,
  selected,
  onSelect,
}: {
  readonly label: string
  readonly tabs: readonly (readonly [key: string, label: ComponentChildren])[]
  readonly selected: string
  readonly onSelect: (key: string) => void
}): JSX.Element {
  const move = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (by === 0) return
    event.preventDefault()
    const at = tabs.findIndex(([key]) => key === selected)
    const next = tabs[(at + by + tabs.length) % tabs.length]
    if (next === undefined) return
    onSelect(next[0])
    const list = event.currentTarget as HTMLElement
    requestAnimationFrame(() => list.querySelector<HTMLElement>('[aria-selected=true]')?.focus())
  }
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map(([key, text]) => (
        <button
          type="button"
          role="tab"
          key={key}
          aria-selected={key === selected}
          tabIndex={key === selected ? 0 : -1}
          onClick={() => onSelect(key)}
        >
          {text}
        </button>
      ))}
    </div>
  )
}
