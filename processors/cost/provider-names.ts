// The names of providers: as events name them, as makers before the slash of a model's name, and as ids of the price
// table. This file has the data and look-ups in it.

/** Canonical provider, or another spelling of it, to the provider of the price table. */
export const TABLE_PROVIDERS: Readonly<Record<string, string>> = {
  'azure.ai.openai': 'azure',
  'azure.ai.inference': 'azure',
  azure_ai: 'azure',
  'aws.bedrock': 'aws',
  bedrock: 'aws',
  'amazon-bedrock': 'aws',
  amazon: 'aws',
  'gcp.gemini': 'google',
  'gcp.vertex_ai': 'google',
  'gcp.gen_ai': 'google',
  gemini: 'google',
  googleai: 'google',
  vertex_ai: 'google',
  vertexai: 'google',
  models: 'google',
  'google-gla': 'google',
  'google-vertex': 'google',
  mistral_ai: 'mistral',
  mistralai: 'mistral',
  'mistral-ai': 'mistral',
  'deepseek-ai': 'deepseek',
  x_ai: 'x-ai',
  xai: 'x-ai',
  moonshot_ai: 'moonshotai',
  moonshot: 'moonshotai',
  together_ai: 'together',
  togetherai: 'together',
  fireworks_ai: 'fireworks',
  'fireworks-ai': 'fireworks',
  voyage: 'voyageai',
  zhipu: 'zhipuai',
  'z-ai': 'zai',
  'z.ai': 'zai',
  github_copilot: 'github-copilot',
  copilot: 'github-copilot',
  open_router: 'openrouter',
  'open-router': 'openrouter',
  workers_ai: 'cloudflare',
  'workers-ai': 'cloudflare',
  'arcee-ai': 'arcee',
}

/** Provider of the price table to the canonical provider, where the two differ. */
export const CANONICAL_PROVIDERS: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  aws: 'aws.bedrock',
  google: 'gcp.gemini',
  mistral: 'mistral_ai',
  'x-ai': 'x_ai',
  moonshotai: 'moonshot_ai',
  voyageai: 'voyage',
}

/** Providers that sell their own models, tried in this order when nobody named who served the model. */
export const MAKERS: readonly string[] = [
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
]

/** Gateways, which charge the maker's price. A provider that the table does not know is treated like a gateway. */
const GATEWAYS: ReadonlySet<string> = new Set(['openrouter'])

/**
 * Hosts that run open models at their own prices or for free, so that the maker's price would be a guess. Hosts in
 * the price table need no entry here.
 */
const HOSTS: ReadonlySet<string> = new Set([
  'ollama',
  'lmstudio',
  'lm_studio',
  'lm-studio',
  'llamacpp',
  'llama_cpp',
  'llama-cpp',
  'llama.cpp',
  'llama_cpp_python',
  'hosted_vllm',
  'text-generation-inference',
  'text_generation_inference',
  'tensorrt_llm',
  'triton',
  'koboldcpp',
  'gpt4all',
  'jan',
  'ramalama',
  'docker_model_runner',
  'foundry_local',
  'llamafile',
  'localai',
  'vllm',
  'sglang',
  'tgi',
  'transformers',
  'mlx',
  'xinference',
  'huggingface',
  'replicate',
  'deepinfra',
  'sambanova',
  'nebius',
  'hyperbolic',
  'lambda',
  'friendli',
  'runpod',
  'databricks',
  'snowflake',
  'ibm.watsonx.ai',
  'oci',
  'nvidia',
  'nvidia_nim',
])

/**
 * True if the maker's price applies to calls of this provider. `isListed` means that the table has prices of the
 * provider.
 */
export function takesMakersPrice(provider: string | null, isListed: boolean): boolean {
  if (provider === null || GATEWAYS.has(provider) || MAKERS.includes(provider)) return true
  return !isListed && !HOSTS.has(provider)
}

/** Nobody else runs the models of these makers, so a host that lists none of them must pass calls on. */
export const CLOSED_MAKERS: ReadonlySet<string> = new Set(['openai', 'anthropic'])

/** What a closed maker gave away, so that anybody may run it. */
export function isOpenModel(model: string): boolean {
  return model.startsWith('gpt-oss')
}

/** Families of models that only their maker sells, whatever a connection of a gateway is called: `team-eu/gpt-4.1`. */
const CLOSED_FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^(?:gpt-(?!oss)|chatgpt-|o\d(?:-|$)|text-embedding-)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^gemini-/, 'google'],
  [/^grok-/, 'x-ai'],
]

export function soleMaker(model: string): string | undefined {
  return CLOSED_FAMILIES.find(([family]) => family.test(model))?.[1]
}

/** Hosts of OpenAI's protocol, which instrumentations of OpenAI's client take for OpenAI. */
const HOST_PROVIDERS: readonly (readonly [suffix: string, provider: string])[] = [
  ['groq.com', 'groq'],
  ['openrouter.ai', 'openrouter'],
  ['together.xyz', 'together'],
  ['together.ai', 'together'],
  ['fireworks.ai', 'fireworks'],
  ['cerebras.ai', 'cerebras'],
  ['perplexity.ai', 'perplexity'],
  ['mistral.ai', 'mistral'],
  ['deepseek.com', 'deepseek'],
  ['x.ai', 'x-ai'],
  ['moonshot.ai', 'moonshotai'],
  ['moonshot.cn', 'moonshotai'],
  ['novita.ai', 'novita'],
  ['baseten.co', 'baseten'],
  ['ovh.net', 'ovhcloud'],
  ['z.ai', 'zai'],
  ['bigmodel.cn', 'zhipuai'],
  ['minimax.io', 'minimax'],
]

/** The provider of the price table whose service has that host name, or null. */
export function providerOfHost(host: string): string | null {
  const name = host.toLowerCase()
  const found = HOST_PROVIDERS.find(([suffix]) => name === suffix || name.endsWith(`.${suffix}`))
  return found?.[1] ?? null
}

/** Words before a model's name that describe a route and not a maker. */
export const WAYS: ReadonlySet<string> = new Set([
  'litellm',
  'litellm_proxy',
  'vercel',
  'vercel_ai_gateway',
  'gateway',
  'ai-gateway',
  'github',
  'portkey',
  'helicone',
  'requesty',
  'proxy',
])

/** The price lists of these providers have every medium that does not cost the same as text. */
export const MEDIA_LISTED: ReadonlySet<string> = new Set(['google'])

/** Whether a word is the name of a provider that sells models, or another spelling of it. */
export function isProviderName(word: string): boolean {
  return (
    word !== 'models' &&
    (Object.hasOwn(TABLE_PROVIDERS, word) ||
      MAKERS.includes(word) ||
      GATEWAYS.has(word) ||
      SELLERS.has(word))
  )
}
const SELLERS: ReadonlySet<string> = new Set([
  'azure',
  'google',
  'groq',
  'together',
  'fireworks',
  'cerebras',
])

export function tableProvider(name: string): string {
  return Object.hasOwn(TABLE_PROVIDERS, name) ? (TABLE_PROVIDERS[name] ?? name) : name
}

export function canonicalProvider(tableName: string): string {
  return Object.hasOwn(CANONICAL_PROVIDERS, tableName)
    ? (CANONICAL_PROVIDERS[tableName] ?? tableName)
    : tableName
}
