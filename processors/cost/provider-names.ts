// Who is meant: providers as events name them, makers as they stand before the slash of a model's name, and ids of the price
// table. Data, and what is read off it.

/** Canonical provider or another spelling of it -> provider of the price table. */
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

/** Provider of the price table -> canonical provider, where the two differ. */
export const CANONICAL_PROVIDERS: Readonly<Record<string, string>> = {
  azure: 'azure.ai.openai',
  aws: 'aws.bedrock',
  google: 'gcp.gemini',
  mistral: 'mistral_ai',
  'x-ai': 'x_ai',
  moonshotai: 'moonshot_ai',
  voyageai: 'voyage',
}

/** Those who sell their own models, asked in this order when nobody said who served the model. */
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

/** They pass calls on at the maker's price; so does a provider that the table does not know. */
const GATEWAYS: ReadonlySet<string> = new Set(['openrouter'])

/**
 * They run weights that anyone may run, at prices of their own or at none: the maker's price would be a guess. Those that the
 * table lists need no entry.
 */
const HOSTS: ReadonlySet<string> = new Set([
  'ollama',
  'lmstudio',
  'lm_studio',
  'llamacpp',
  'llama_cpp',
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

/** Does somebody's price for a model say what this provider takes for it? `isListed`: the table has prices of the provider. */
export function takesMakersPrice(provider: string | null, isListed: boolean): boolean {
  if (provider === null || GATEWAYS.has(provider) || MAKERS.includes(provider)) return true
  return !isListed && !HOSTS.has(provider)
}

/** Nobody else runs their models, so a host that lists none of them passes calls on. */
export const CLOSED_MAKERS: ReadonlySet<string> = new Set(['openai', 'anthropic'])

/** They stand before a model's name and say on which way it goes, not whose it is. */
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

/** The price list of these names every medium that costs other than text. */
export const MEDIA_LISTED: ReadonlySet<string> = new Set(['google'])

export function tableProvider(name: string): string {
  return Object.hasOwn(TABLE_PROVIDERS, name) ? (TABLE_PROVIDERS[name] ?? name) : name
}

export function canonicalProvider(tableName: string): string {
  return Object.hasOwn(CANONICAL_PROVIDERS, tableName)
    ? (CANONICAL_PROVIDERS[tableName] ?? tableName)
    : tableName
}
