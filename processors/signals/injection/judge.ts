// Judges the texts of a suspicious field. Each text of a user, a tool or a retrieval is normalized. All markers are tried on it and
// on its decoded forms, and their weights are added. A sum of 2 is a signal: one clear marker, or two weak ones.

import { hash } from 'node:crypto'
import type { Severity } from '../../../core/signals/signal.ts'
import { mitigation } from './context.ts'
import type { Family, Marker } from './markers/marker.ts'
import { MARKERS } from './markers/table.ts'
import {
  decodings,
  deleeted,
  despaced,
  evenlySpaced,
  normalized,
  SQUASHED,
} from './normalized-text.ts'

export type TextPlace = 'message' | 'tool result' | 'retrieved text'

export interface Judgement {
  readonly severity: Severity
  readonly score: number
  readonly markers: readonly string[]
  readonly families: readonly Family[]
  readonly place: TextPlace
}

export const THRESHOLD = 2
const HIGH_SCORE = 4
/** The most characters that are judged at the beginning and at the end of a text, and the most texts of a field. */
const TEXT_END_CHARS = 64 * 1024
const TEXTS_MAX = 400
/** The family of an attack that was found in a decoded form only. */
const HIDDEN_EXTRA = 1

interface Found {
  readonly name: string
  readonly family: Family
  readonly weight: number
}

/** The finding with the highest score of all texts in the field, or null. */
export function judge(json: string, place: TextPlace): Judgement | null {
  let best: Judgement | null = null
  for (const text of textsOf(json, place)) {
    const found = JUDGED.of(withinBounds(text.text), text.place)
    if (found !== null && (best === null || found.score > best.score)) best = found
  }
  return best
}

/** Texts whose judgement is remembered: what was said once is sent again with every call of a conversation. */
const JUDGED_MAX = 4096

class JudgedTexts {
  readonly #known = new Map<string, Judgement | null>()
  /** Texts that were asked for, and those among them that had to be judged. */
  asked = 0
  judged = 0

  of(text: string, place: TextPlace): Judgement | null {
    this.asked++
    // Whoever could make two texts with one hash could hide the second.
    const key = `${place} ${hash('sha256', text, 'base64')}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    this.judged++
    const found = judgeText(text, place)
    if (this.#known.size >= JUDGED_MAX) this.#known.clear()
    this.#known.set(key, found)
    return found
  }
}

export const JUDGED = new JudgedTexts()

const withinBounds = (text: string): string =>
  text.length <= 2 * TEXT_END_CHARS
    ? text
    : `${text.slice(0, TEXT_END_CHARS)}\n${text.slice(-TEXT_END_CHARS)}`

/** Judges one text that stands at `place`. */
export function judgeText(text: string, place: TextPlace): Judgement | null {
  const isBrought = place !== 'message'
  const plain = normalized(text)
  const found = new Map<string, Found>()
  addMarkers(found, plain, isBrought)
  for (const [writing, reading] of readings(text, plain)) {
    const hidden = new Map<string, Found>()
    addMarkers(hidden, reading, isBrought)
    if (SQUASHED.test(reading.replace(/\s+/g, '')) && !SQUASHED.test(plain.replace(/\s+/g, '')))
      hidden.set('squashed', { name: 'squashed', family: 'override', weight: 2 })
    for (const name of found.keys()) hidden.delete(name)
    if (hidden.size === 0) continue
    for (const [name, f] of hidden) found.set(name, f)
    const name = `hidden_as_${writing}`
    found.set(name, { name, family: 'obfuscation', weight: HIDDEN_EXTRA })
  }
  return summed([...found.values()], place)
}

function* readings(
  text: string,
  plain: string,
): Generator<readonly [writing: string, text: string]> {
  const joined = despaced(plain)
  if (joined !== null) yield ['spaced_letters', joined]
  const lettered = deleeted(plain)
  if (lettered !== null) yield ['digits_for_letters', lettered]
  for (const d of decodings(text)) yield [d.encoding, d.text]
}

function addMarkers(found: Map<string, Found>, written: string, isBrought: boolean): void {
  const text = evenlySpaced(written)
  for (const marker of MARKERS) {
    const weight = weightIn(marker, text, isBrought)
    if (weight > 0) found.set(marker.name, { name: marker.name, family: marker.family, weight })
  }
}

const MATCHES_MAX = 8

/** The highest weight of the marker's matches. */
function weightIn({ phrase, weight, brought }: Marker, text: string, isBrought: boolean): number {
  const full = isBrought ? brought : weight
  if (full === 0) return 0
  let most = 0
  let from = 0
  for (let n = 0; n < MATCHES_MAX && most < full; n++) {
    const match = phrase.exec(text.slice(from))
    if (match === null) break
    const at = from + match.index
    most = Math.max(most, full - mitigation(text, at, at + match[0].length))
    from = at + Math.max(1, match[0].length)
  }
  return most
}

function summed(found: readonly Found[], place: TextPlace): Judgement | null {
  const score = found.reduce((sum, f) => sum + f.weight, 0)
  if (score < THRESHOLD) return null
  const sorted = found.toSorted((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
  const families = [...new Set(sorted.map((f) => f.family))]
  const isHigh = place !== 'message' || score >= HIGH_SCORE || families.length > 1
  return {
    severity: isHigh ? 'high' : 'medium',
    score,
    markers: sorted.map((f) => f.name),
    families,
    place,
  }
}

// ---------------------------------------------------------------- texts

interface Text {
  readonly text: string
  readonly place: TextPlace
}

const OWN_ROLES: ReadonlySet<unknown> = new Set(['system', 'developer', 'assistant', 'model', 'ai'])
const TOOL_ROLES: ReadonlySet<unknown> = new Set(['tool', 'function', 'ipython'])
const BROUGHT_PARTS: ReadonlySet<unknown> = new Set([
  'tool_call_response',
  'tool_result',
  'tool_response',
])

/** The texts of a field, each with who wrote it. A field that is no JSON is one text. */
function textsOf(json: string, place: TextPlace): Text[] {
  const value = parsed(json)
  const out: Text[] = []
  if (place !== 'message' || !Array.isArray(value)) collect(value, place, out)
  else for (const message of value) collectMessage(message, out)
  return out
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    // A field that was cut off, or is no JSON, is judged as one text.
    return json
  }
}

function collectMessage(message: unknown, out: Text[]): void {
  if (typeof message !== 'object' || message === null) {
    collect(message, 'message', out)
    return
  }
  const { role, parts, content } = message as { role?: unknown; parts?: unknown; content?: unknown }
  if (OWN_ROLES.has(role)) return
  const place = TOOL_ROLES.has(role) ? 'tool result' : 'message'
  for (const part of Array.isArray(parts) ? parts : [parts ?? content]) {
    const type = (part as { type?: unknown } | null)?.type
    collect(part, BROUGHT_PARTS.has(type) ? 'tool result' : place, out)
  }
}

/** All strings in a value, at any depth. A string that is JSON itself is parsed too, once. */
function collect(value: unknown, place: TextPlace, out: Text[], depth = 0): void {
  if (out.length >= TEXTS_MAX || depth > 12) return
  if (typeof value === 'string') {
    const inner = /^\s*[[{]/.test(value) && depth < 3 ? parsed(value) : value
    if (typeof inner === 'object') collect(inner, place, out, depth + 1)
    else out.push({ text: value, place })
  } else if (Array.isArray(value)) for (const v of value) collect(v, place, out, depth + 1)
  else if (typeof value === 'object' && value !== null)
    for (const [key, v] of Object.entries(value))
      if (key !== 'type' && key !== 'role' && key !== 'id') collect(v, place, out, depth + 1)
}
