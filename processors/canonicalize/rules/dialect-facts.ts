// What all dialects together know about resources, scopes, providers and names of spans. It is collected once at the
// start.

import { key } from '../../../core/keys.ts'
import type { ResourceRule, ScopeFrameworks } from '../span/resource.ts'
import { FRAMEWORKS } from '../vocabulary/providers.ts'
import type { AnyDialect, Hooks } from './dialect.ts'

/** By key id: what an attribute of a resource fills. */
export function resourceRules(dialects: readonly AnyDialect[]): ReadonlyMap<number, ResourceRule> {
  const rules = new Map<number, ResourceRule>()
  for (const [d, { resource = [] }] of dialects.entries())
    for (const [name, to, when] of resource)
      rules.set(key(name), {
        to: to.startsWith('metadata.') ? 'metadata' : to === 'environment' ? to : 'serviceVersion',
        name: to.slice(to.indexOf('.') + 1),
        dialect: when === 'own' ? d : -1,
      })
  return rules
}

export function scopeFrameworks(dialects: readonly AnyDialect[]): readonly ScopeFrameworks[] {
  return dialects.flatMap(({ scopeFrameworks: x }) =>
    x === undefined ? [] : [{ prefix: x.prefix, names: new Set(x.names) }],
  )
}

/** Words that are written instead of a provider, and the provider of such calls, or null when it can be any. */
export function frameworksOf(dialects: readonly AnyDialect[]): ReadonlyMap<string, string | null> {
  const words = new Map<string, string | null>([...FRAMEWORKS].map((word) => [word, null]))
  for (const { frameworks = {} } of dialects)
    for (const [word, provider] of Object.entries(frameworks)) words.set(word, provider)
  return words
}

/** Prefixes of names of spans that report the call of another span a second time. */
export function copyNames(dialects: readonly AnyDialect[]): readonly string[] {
  return dialects.flatMap(({ copies = [] }) => copies.map((name) => name.replace(/\*$/, '')))
}

export function eventReaders(
  dialects: readonly AnyDialect[],
): readonly NonNullable<Hooks['readEvent']>[] {
  return dialects.flatMap(({ hooks }) => (hooks?.readEvent === undefined ? [] : [hooks.readEvent]))
}
