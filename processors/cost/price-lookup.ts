// Finds the row of the price table for a provider and model as telemetry names them. The provider's own rows are
// tried first, then those of providers named before the model, then those of the maker if the provider charges the
// maker's price. Results are remembered, also when nothing is found.

import { type ModelName, modelName, spellingsOf } from './model-names.ts'
import { matches, type PriceModel, type PriceProvider, type PriceTable } from './price-table.ts'
import {
  CLOSED_MAKERS,
  isOpenModel,
  MAKERS,
  soleMaker,
  tableProvider,
  takesMakersPrice,
} from './provider-names.ts'

/** A row, and the name under which it is reported. */
export interface ResolvedPrice {
  readonly model: PriceModel
  /** The provider of the price table that has the row. */
  readonly provider: string
  /** `<table version>:<provider>/<model>`. */
  readonly ref: string
  /** True if the row belongs to another provider than the one that served the call, and is used as a list price. */
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

  /** `tables` are in order of precedence: overrides come first. */
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

  /** Returns null, and never a price of 0, when no price is known. */
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
        // A model that is offered for free never gets the price of the paid one.
        if (found !== null && (!name.isFree || found.model.id.endsWith(':free')))
          return { ...found, isMakers }
      }
    const isGateway = asked.some(({ id }) => id === 'openrouter')
    return name.isFree && isGateway ? FREE : null
  }

  /** The providers to try, in order. */
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
      // The provider that is named first serves the call: `openrouter/anthropic/claude-..`,
      // `bedrock/anthropic.claude-..`.
      for (const id of name.makers) if (this.#isListed(id)) ask(id, named !== null)
      const isKnown = name.makers.some((id) => this.#isListed(id))
      if (!name.isLocal && !isKnown && !name.hasOwner)
        for (const id of MAKERS) ask(id, named !== null)
      const maker = soleMaker(name.bare)
      if (maker !== undefined && !isKnown) ask(maker, true)
    }
    if (!isOpenModel(name.bare))
      for (const id of name.makers) if (CLOSED_MAKERS.has(id)) ask(id, true)
    for (const id of resold(named, name)) ask(id, true)
    return [...ids].map(([id, isMakers]) => ({ id, isMakers }))
  }

  /** The provider whose rows apply to calls of a provider. */
  #serving(provider: string, { bare }: ModelName): string {
    const id = tableProvider(provider)
    // The router of Hugging Face puts the host that runs the model after a colon.
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

/** The price of a model that a gateway offers for free, listed or not. */
const FREE: ResolvedPrice = {
  model: { id: ':free', prices: {} },
  provider: 'openrouter',
  ref: 'openrouter/:free',
  isMakers: false,
}

/** A cloud may resell a maker's model without listing it. Then the maker's list price is the same. */
function resold(named: string | null, { bare, isFree }: ModelName): readonly string[] {
  if (isFree || (named !== 'aws' && named !== 'google' && named !== 'azure')) return []
  if (bare.includes('claude')) return ['anthropic']
  if (/^(?:gpt-|o\d|text-embedding)/.test(bare)) return ['openai']
  return bare.includes('mistral') ? ['mistral'] : []
}
