// From (provider, model) as telemetry names them to a row of the price table. The provider's own rows come first, then those of
// who is named before the model, then those of its maker where the provider passes calls on. Answers are memoised; a miss is
// remembered as well.

import { type ModelName, modelName, spellingsOf } from './model-names.ts'
import { matches, type PriceModel, type PriceProvider, type PriceTable } from './price-table.ts'
import { CLOSED_MAKERS, MAKERS, tableProvider, takesMakersPrice } from './provider-names.ts'

/** A row found, and the name under which it is reported. */
export interface ResolvedPrice {
  readonly model: PriceModel
  /** Provider of the price table whose row it is. */
  readonly provider: string
  /** `<table version>:<provider>/<model>`. */
  readonly ref: string
  /** The row of another than the one who is said to have served the call: its list price. */
  readonly isMakers: boolean
}

interface Table {
  readonly version: string
  readonly providers: ReadonlyMap<string, readonly PriceProvider[]>
}

const MEMO_MAX = 10_000

export class PriceResolver {
  readonly #tables: readonly Table[]
  readonly #memo = new Map<string, ResolvedPrice | null>()

  /** Tables in order of precedence: overrides first. */
  constructor(tables: readonly PriceTable[]) {
    this.#tables = tables.map(({ version, providers }) => {
      const byId = new Map<string, PriceProvider[]>()
      for (const provider of providers) {
        const id = tableProvider(provider.id)
        const list = byId.get(id) ?? []
        list.push(provider)
        byId.set(id, list)
      }
      return { version, providers: byId }
    })
  }

  /** Null when no price is known: never a guess, never 0. */
  resolve(provider: string | null, model: string): ResolvedPrice | null {
    const memoKey = `${provider ?? ''}\0${model}`
    const known = this.#memo.get(memoKey)
    if (known !== undefined) return known
    const found = this.#search(provider, modelName(model))
    if (this.#memo.size >= MEMO_MAX) this.#memo.clear()
    this.#memo.set(memoKey, found)
    return found
  }

  /** The row of one provider for exactly this name. */
  exactly(provider: string, model: string): ResolvedPrice | null {
    for (const table of this.#tables) {
      const found = this.#inTable(table, provider, [model.toLowerCase()], false)
      if (found !== null) return found
    }
    return null
  }

  #search(provider: string | null, name: ModelName): ResolvedPrice | null {
    if (name.whole === '') return null
    const asked = this.#asked(provider, name)
    for (const table of this.#tables)
      for (const { id, isMakers } of asked) {
        const found = this.#inTable(table, id, spellingsOf(name, id), true)
        // Never the paid row of a model that is offered free.
        if (found !== null && (!name.isFree || found.model.id.endsWith(':free')))
          return { ...found, isMakers }
      }
    const isGateway = asked.some(({ id }) => id === 'openrouter')
    return name.isFree && isGateway ? FREE : null
  }

  /** Providers worth asking, in their order. */
  #asked(
    provider: string | null,
    name: ModelName,
  ): readonly { readonly id: string; readonly isMakers: boolean }[] {
    const named = provider === null ? null : this.#serving(provider, name)
    const ids = new Map<string, boolean>()
    const ask = (id: string, isMakers: boolean): void => {
      if (!ids.has(id)) ids.set(id, isMakers)
    }
    if (named !== null) ask(named, false)
    const isListed = named !== null && this.#isListed(named)
    if (takesMakersPrice(named, isListed)) {
      // The one who is named first serves the call: `openrouter/anthropic/claude-..`, `bedrock/anthropic.claude-..`.
      for (const id of name.makers) if (this.#isListed(id)) ask(id, named !== null)
      const isKnown = name.makers.some((id) => this.#isListed(id))
      if (!name.isLocal && !isKnown && !name.hasOwner)
        for (const id of MAKERS) ask(id, named !== null)
    }
    for (const id of name.makers) if (CLOSED_MAKERS.has(id)) ask(id, true)
    for (const id of resold(named, name)) ask(id, true)
    return [...ids].map(([id, isMakers]) => ({ id, isMakers }))
  }

  /** Whose rows hold for calls of a provider. */
  #serving(provider: string, { bare }: ModelName): string {
    const id = tableProvider(provider)
    // Its router says behind a colon who runs the model.
    const host = id === 'huggingface' ? bare.slice(bare.lastIndexOf(':') + 1) : ''
    return host !== '' && this.#isListed(`huggingface_${host}`) ? `huggingface_${host}` : id
  }

  #isListed(id: string): boolean {
    return this.#tables.some((table) => table.providers.has(id))
  }

  #inTable(
    table: Table,
    id: string,
    names: Iterable<string>,
    withFallbacks: boolean,
  ): ResolvedPrice | null {
    const spellings = [...names]
    for (const provider of table.providers.get(id) ?? []) {
      for (const name of spellings) {
        const found = provider.models.find((m) =>
          m.match === undefined ? m.id.toLowerCase() === name : matches(m.match, name),
        )
        if (found !== undefined)
          return {
            model: found,
            provider: id,
            ref: `${table.version}:${id}/${found.id}`,
            isMakers: false,
          }
      }
      if (!withFallbacks) continue
      for (const other of provider.fallback_model_providers ?? []) {
        const fallback = this.#inTable(table, other, spellings, false)
        if (fallback !== null) return fallback
      }
    }
    return null
  }
}

/** A gateway takes nothing for a model that it calls free, listed or not. */
const FREE: ResolvedPrice = {
  model: { id: ':free', prices: {} },
  provider: 'openrouter',
  ref: 'openrouter/:free',
  isMakers: false,
}

/** A cloud that resells a maker's model may not list it; the maker does, at the same price. */
function resold(named: string | null, { bare, isFree }: ModelName): readonly string[] {
  if (isFree || (named !== 'aws' && named !== 'google' && named !== 'azure')) return []
  if (bare.includes('claude')) return ['anthropic']
  if (/^(?:gpt-|o\d|text-embedding)/.test(bare)) return ['openai']
  return bare.includes('mistral') ? ['mistral'] : []
}
