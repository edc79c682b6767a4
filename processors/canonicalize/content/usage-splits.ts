// Reads the parts of usage objects of any provider besides the totals: media among the tokens, lifetimes of cache
// writes, searches, pages, seconds. What a member counts is recognised by its name and the names above it.

import { isRecord } from '../json/values.ts'
import { type Part, partOf, unitOf } from '../vocabulary/usage-units.ts'

type Body = Record<string, unknown>

/** The most levels of objects and the most members. An object with more is no usage object. */
const DEPTH_MAX = 3
const MEMBERS_MAX = 64

/** Entries of `usage_details`. These parts have prices of their own and are never added to a total. */
export function splitsOf(usage: Body): readonly (readonly [string, number])[] {
  const found = new Map<string, number>()
  walk(usage, '', 0, found)
  if (usage['type'] === 'duration' && typeof usage['seconds'] === 'number')
    found.set('input_audio_seconds', usage['seconds'])
  return [...found]
}

/** Parts of the totals, by the words of their names; the outer ones first. */
export function partsIn(usage: Body): readonly (readonly [Part, number])[] {
  const found: (readonly [Part, number])[] = []
  const objects: [string, Body][] = []
  const look = (above: string, body: Body): void => {
    for (const [key, value] of Object.entries(body).slice(0, MEMBERS_MAX)) {
      const name = above === '' ? key : `${above}_${key}`
      const part = typeof value === 'number' ? partOf(name) : null
      if (part !== null) found.push([part, value as number])
      if (above === '' && isRecord(value)) objects.push([name, value])
    }
  }
  look('', usage)
  for (const [name, body] of objects) look(name, body)
  return found
}

function walk(body: Body, above: string, depth: number, found: Map<string, number>): void {
  let members = 0
  for (const [key, value] of Object.entries(body)) {
    if (members++ >= MEMBERS_MAX) return
    const name = above === '' ? key : `${above}_${key}`
    if (typeof value === 'number') add(found, name, value)
    else if (Array.isArray(value)) byModality(value, name, found)
    else if (isRecord(value) && depth < DEPTH_MAX) walk(value, name, depth + 1, found)
  }
}

/**
 * Google: `promptTokensDetails: [{modality: "AUDIO", tokenCount: 120}]`. Tokens that tools add to the prompt are in a
 * separate list. Bedrock: `cacheDetails: [{ttl: "1h", inputTokens: 120}]`.
 */
function byModality(list: readonly unknown[], name: string, found: Map<string, number>): void {
  for (const entry of list.slice(0, MEMBERS_MAX)) {
    if (!isRecord(entry)) continue
    const kind = entry['modality'] ?? entry['ttl']
    const n = entry['tokenCount'] ?? entry['token_count'] ?? entry['inputTokens']
    if (typeof kind === 'string' && typeof n === 'number')
      add(found, `${name}_${kind.toLowerCase()}`, n)
  }
}

function add(found: Map<string, number>, name: string, n: number): void {
  const unit = unitOf(name)
  if (unit !== null && Number.isFinite(n))
    found.set(unit.name, (found.get(unit.name) ?? 0) + n * unit.factor)
}
