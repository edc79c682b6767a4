// Splits a model's name as it was sent: who is named before it, and the spellings under which a price table may list
// it.

import { isProviderName, tableProvider, WAYS } from './provider-names.ts'

/** Suffixes of a gateway's names that choose who serves the model. The model is the same. */
const ROUTING = /:(?:nitro|floor|exacto|beta|online|latest)$/
/** Tags of a local runtime: `qwen3:8b`, `llama3.2:3b-instruct-q4_K_M`. */
const LOCAL_TAG = /:(?:\d+(?:\.\d+)?[bm]|latest)(?:$|-)/

/** Names that only Bedrock uses: `us.anthropic.claude-..`, `amazon.nova-..`, and its ARNs. */
const BEDROCK =
  /^(?:arn:aws[a-z-]*:bedrock:|(?:(?:us|eu|ap|apac|jp|au|ca|sa|in|us-gov|global)\.)?(?:anthropic|amazon|meta|cohere|ai21|mistral|stability|deepseek|openai|qwen)\.[a-z])/

export interface ModelName {
  /** The whole name in lower case. */
  readonly whole: string
  /** Providers of the price table that are named before the model, the nearest to the model last. */
  readonly makers: readonly string[]
  /** True if a provider is named before the model, known or not. */
  readonly hasOwner: boolean
  /** The part after the last slash. */
  readonly bare: string
  /** True for `:free`: nobody charges for the model. */
  readonly isFree: boolean
  /** True for a tag of a local runtime, for which the maker's price does not apply. */
  readonly isLocal: boolean
  /** True if web search runs with every call. */
  readonly isOnline: boolean
}

export function modelName(sent: string): ModelName {
  const whole = slashed(inRegistry(sent.trim().toLowerCase()))
  const slash = whole.lastIndexOf('/')
  const before = slash < 0 ? [] : whole.slice(0, slash).split('/')
  const makers = before.filter((part) => part !== '').map(tableProvider)
  if (BEDROCK.test(whole)) makers.push('aws')
  return {
    whole,
    makers,
    // The name that a gateway's user gives to a connection: `@openai-prod/gpt-4.1`.
    hasOwner:
      before.some((part) => !part.startsWith('@') && !WAYS.has(part)) && !whole.startsWith('arn:'),
    bare: whole.slice(slash + 1),
    isFree: whole.endsWith(':free'),
    isLocal: LOCAL_TAG.test(whole.slice(slash + 1)),
    isOnline: whole.endsWith(':online'),
  }
}

/** The model of an address in Azure's registries: `azureml://registries/azure-openai/models/gpt-4.1/versions/2`. */
function inRegistry(name: string): string {
  return /^azureml:\/\/registries\/[^/]+\/models\/([^/]+)/.exec(name)?.[1] ?? name
}

/** Some frameworks write a colon behind the provider: `openai:gpt-4.1`. `mistral:7b` is a tag of a local runtime. */
function slashed(name: string): string {
  const colon = name.indexOf(':')
  return colon > 0 && !LOCAL_TAG.test(name) && isProviderName(name.slice(0, colon))
    ? `${name.slice(0, colon)}/${name.slice(colon + 1)}`
    : name
}

/** The spellings under which a provider may list the model, the exact ones first. */
export function spellingsOf({ whole, bare }: ModelName, provider: string): Set<string> {
  const out = new Set<string>()
  for (const name of [whole, ...ownTails(whole, provider), bare]) {
    out.add(name)
    out.add(name.replace(ROUTING, ''))
  }
  if (provider === 'fireworks' && !whole.includes('accounts/')) {
    out.add(`accounts/fireworks/models/${bare}`)
    out.add(`accounts/fireworks/routers/${bare}`)
  }
  // Gateways write `amazon/nova-pro` for what Bedrock calls `amazon.nova-pro-v1:0`.
  if (provider === 'aws' && whole.includes('/'))
    out.add(
      `${whole.slice(whole.lastIndexOf('/', whole.length - bare.length - 2) + 1).replace('/', '.')}`,
    )
  // The router of Hugging Face puts the host that runs the model after a colon.
  if (provider.startsWith('huggingface_'))
    for (const name of Array.from(out)) out.add(name.replace(/:[a-z0-9-]+$/, ''))
  for (const name of Array.from(out)) for (const shorter of shortened(name)) out.add(shorter)
  return out
}

/** The name after each part that names the provider itself: `openrouter/qwen/qwen3` gives `qwen/qwen3`. */
function ownTails(whole: string, provider: string): string[] {
  const out: string[] = []
  const parts = whole.split('/')
  for (let i = 0; i < parts.length - 1; i++)
    if (tableProvider(parts[i] ?? '') === provider) out.push(parts.slice(i + 1).join('/'))
  return out
}

const STEPS: readonly RegExp[] = [
  /^(?:us|eu|apac|ap|au|jp|ca|in|global|us-gov)\./,
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

/**
 * The model without region, vendor, version and date, one more step at a time, and then with the other separator in
 * its version.
 */
function shortened(model: string): string[] {
  const out: string[] = []
  let at = model
  for (const step of STEPS) {
    const next = at.replace(step, '')
    if (next !== at) out.push(next)
    at = next
  }
  for (const name of [model, at]) {
    const dashed = name.replace(/(\d)\.(\d)/, '$1-$2')
    const dotted = name.replace(/(\d)-(\d)(?!\d)/, '$1.$2')
    if (dashed !== name) out.push(dashed)
    if (dotted !== name) out.push(dotted)
  }
  return out
}
