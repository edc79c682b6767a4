// Keyboard shortcuts of the console and of single views. There is one listener, and the newest binding has priority. Single-letter
// shortcuts do not work in inputs, and can be disabled in the preferences.

import { useEffect, useRef } from 'preact/hooks'
import { preferencesNow } from './preferences.ts'

export interface Binding {
  /** A key as `KeyboardEvent.key` names it, or two keys after each other, such as `g t`. */
  readonly keys: string
  readonly says: string
  readonly run: (event: KeyboardEvent) => void
}

const SEQUENCE_MS = 1200
const layers: { bindings: readonly Binding[] }[] = []
let first: { readonly key: string; readonly atMs: number } | null = null

/** Adds bindings while a component is mounted. */
export function useKeys(bindings: readonly Binding[]): void {
  const layer = useRef({ bindings })
  // The bindings are added during rendering and not in an effect, because the next key may be pressed before effects run.
  layer.current.bindings = bindings
  useEffect(() => {
    const own = layer.current
    layers.push(own)
    return () => void layers.splice(layers.indexOf(own), 1)
  }, [])
}

/** Returns the bindings that work at the moment, for the list of shortcuts. */
export function bindingsNow(): readonly Binding[] {
  const seen = new Map<string, Binding>()
  for (const binding of newestFirst()) if (!seen.has(binding.keys)) seen.set(binding.keys, binding)
  return [...seen.values()]
}

export function listenForKeys(): void {
  window.addEventListener('keydown', (event) => {
    // An open dialog handles its own keys, and the browser closes it on Escape.
    if (event.defaultPrevented || event.altKey || isDialogOpen()) return
    const isCommand = event.ctrlKey || event.metaKey
    if (isCommand && event.key.toLowerCase() !== 'k') return
    if (isTyping(event.target) && event.key !== 'Escape' && !isCommand) return
    const key = isCommand ? `Ctrl-${event.key.toLowerCase()}` : event.key
    if (key.length === 1 && !preferencesNow().keys) return
    const isSecond = first !== null && performance.now() - first.atMs < SEQUENCE_MS
    const found = isSecond ? find(`${first?.key} ${key}`) : undefined
    const binding = found ?? find(key)
    first = binding === undefined && isPrefix(key) ? { key, atMs: performance.now() } : null
    if (binding === undefined) return
    event.preventDefault()
    binding.run(event)
  })
}

function find(keys: string): Binding | undefined {
  return newestFirst().find((binding) => binding.keys === keys)
}

const newestFirst = (): readonly Binding[] => layers.toReversed().flatMap((layer) => layer.bindings)

const isPrefix = (key: string): boolean =>
  newestFirst().some((binding) => binding.keys.startsWith(`${key} `))

const isDialogOpen = (): boolean => document.querySelector('dialog[open]') !== null

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

/** Moves the focus among the rows of the current list. */
export function moveRow(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')]
  if (rows.length === 0) return
  const at = rows.findIndex((row) => row === document.activeElement)
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : clamp(at + by, rows.length)]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}

const clamp = (at: number, length: number): number => Math.min(Math.max(at, 0), length - 1)
