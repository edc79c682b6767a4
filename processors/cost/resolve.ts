// From (provider, model) as telemetry names them to a row of the price table: aliases, regions, prefixes,
// dates and versions. Answers are memoised; a miss is remembered as well.

import { matches, type PriceModel, type PriceProvider, type PriceTable } from './price-table.ts'

/** A row found, and the name under which it is reported. */
export interface ResolvedPrice {
  readonly model: PriceModel
  /** `<table version>:<provider>/<model>`. */
  readonly ref: string
}

/** Canonical provider -> provider of the price table. */
const PROVIDER_ALIASES: Readonly<Record<string, string>> = {
  'azure.ai.openai': 'azure',
  'azure.ai.inference': 'azure',
  'aws.bedrock': 'aws',
  'gcp.gemini': 'google',
  'gcp.vertex_ai': 'google',
  'gcp.gen_ai': 'google',
  mistral_ai: 'mistral',
  x_ai: 'x-ai',
  moonshot_ai: 'moonshotai',
  together_ai: 'together',
  fireworks_ai: 'fireworks',
  voyage: 'voyageai',
  zhipu: 'zhipuai',
}

/** Makers tried, in this order, when nobody said who served the model. */
const FIRST_PARTIES = [
  'openai',
  'anthropic',
  'google',
  'mistral',
  'cohere',
  'deepseek',
  'x-ai',
  'perplexity',
  'moonshotai',
  'voyageai',
  'zai',
  'minimax',
] as const

/** `openai/gpt-4o`: what may stand before a slash, and whom it means. */
const MODEL_PREFIXES: Readonly<Record<string, string>> = {
  openai: 'openai',
  azure: 'azure',
  anthropic: 'anthropic',
  bedrock: 'aws',
  google: 'google',
  gemini: 'google',
  vertex_ai: 'google',
  models: 'google',
  mistral: 'mistral',
  mistralai: 'mistral',
  cohere: 'cohere',
  deepseek: 'deepseek',
  groq: 'groq',
  xai: 'x-ai',
  'x-ai': 'x-ai',
  perplexity: 'perplexity',
  openrouter: 'openrouter',
  together_ai: 'together',
  fireworks_ai: 'fireworks',
}

const MEMO_MAX = 10_000

export class PriceResolver {
  readonly #providers = new Map<
    string,
    { readonly provider: PriceProvider; readonly version: string }[]
  >()
  readonly #memo = new Map<string, ResolvedPrice | null>()

  /** Tables in order of precedence: overrides first. */
  constructor(tables: readonly PriceTable[]) {
    for (const table of tables)
      for (const provider of table.providers) {
        const list = this.#providers.get(provider.id) ?? []
        list.push({ provider, version: table.version })
        this.#providers.set(provider.id, list)
      }
  }

  /** Null when no price is known: never a guess, never 0. */
  resolve(provider: string | null, model: string): ResolvedPrice | null {
    const memoKey = `${provider ?? ''}\0${model}`
    const known = this.#memo.get(memoKey)
    if (known !== undefined) return known
    const found = this.#search(provider, model.toLowerCase())
    if (this.#memo.size >= MEMO_MAX) this.#memo.clear()
    this.#memo.set(memoKey, found)
    return found
  }

  #search(provider: string | null, model: string): ResolvedPrice | null {
    for (const candidate of candidates(provider, model)) {
      const found = this.#inProvider(candidate.provider, candidate.model, true)
      if (found !== null) return found
    }
    return null
  }

  #inProvider(id: string, model: string, withFallbacks: boolean): ResolvedPrice | null {
    for (const { provider, version } of this.#providers.get(id) ?? []) {
      const found = provider.models.find((m) =>
        m.match === undefined ? m.id.toLowerCase() === model : matches(m.match, model),
      )
      if (found !== undefined) return { model: found, ref: `${version}:${id}/${found.id}` }
      if (!withFallbacks) continue
      for (const other of provider.fallback_model_providers ?? []) {
        const fallback = this.#inProvider(other, model, false)
        if (fallback !== null) return fallback
      }
    }
    return null
  }
}

interface Candidate {
  readonly provider: string
  readonly model: string
}

/** Providers worth asking, the named one first, each with the spellings of the model from exact to stripped. */
function candidates(provider: string | null, model: string): Candidate[] {
  const { prefix, bare } = splitPrefix(model)
  const named = provider === null ? [] : [PROVIDER_ALIASES[provider] ?? provider]
  const fromPrefix = prefix === null ? [] : [prefix]
  const makers = named.length === 0 && fromPrefix.length === 0 ? FIRST_PARTIES : []
  const out: Candidate[] = []
  for (const id of [...named, ...fromPrefix, ...makers, ...makersOf(named, bare)])
    for (const spelling of new Set([model, bare, ...spellings(bare)]))
      out.push({ provider: id, model: spelling })
  return out
}

/** A cloud that resells a maker's model may not list it; the maker does, at the same price. */
function makersOf(named: readonly string[], model: string): readonly string[] {
  if (!named.some((n) => n === 'aws' || n === 'google' || n === 'azure')) return []
  if (model.includes('claude')) return ['anthropic']
  if (/^(?:gpt-|o\d|text-embedding)/.test(model)) return ['openai']
  if (model.includes('mistral')) return ['mistral']
  return []
}

function splitPrefix(model: string): { prefix: string | null; bare: string } {
  const slash = model.indexOf('/')
  if (slash < 0) return { prefix: null, bare: model }
  const prefix = MODEL_PREFIXES[model.slice(0, slash)]
  return prefix === undefined
    ? { prefix: null, bare: model.slice(model.lastIndexOf('/') + 1) }
    : { prefix, bare: model.slice(slash + 1) }
}

/** The model without region, vendor, version and date: each step on top of the one before. */
function spellings(model: string): string[] {
  const out: string[] = []
  const steps: readonly RegExp[] = [
    /^(?:us|eu|apac|au|jp|ca|global|us-gov)\./,
    /^(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai|qwen)\./,
    /:\d+$/,
    /-v\d+$/,
    /@(?:default|latest|\d{8})$/,
    /-latest$/,
    /-\d{4}-\d{2}-\d{2}$/,
    /-\d{8}$/,
    /-preview(?:-\d{2}-\d{2})?$/,
    /-\d{3}$/,
  ]
  let at = model
  for (const step of steps) {
    const next = at.replace(step, '')
    if (next !== at) out.push(next)
    at = next
  }
  return out
}
