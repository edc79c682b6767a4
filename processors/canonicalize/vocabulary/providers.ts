// Provider names as clients write them, with the canonical provider. Frameworks that are named instead of a provider
// are listed as well, and what a model id reveals about its provider.

export const PROVIDER_ALIASES: Readonly<Record<string, string>> = {
  openai: 'openai',
  'openai.chat': 'openai',
  'openai.responses': 'openai',
  'openai.embedding': 'openai',
  'openai.completion': 'openai',
  'openai-chat': 'openai',
  azure: 'azure.ai.openai',
  azure_openai: 'azure.ai.openai',
  'azure-openai': 'azure.ai.openai',
  'az.ai.openai': 'azure.ai.openai',
  'azure.ai.openai': 'azure.ai.openai',
  'az.ai.inference': 'azure.ai.inference',
  azure_ai: 'azure.ai.inference',
  'azure.ai.inference': 'azure.ai.inference',
  anthropic: 'anthropic',
  'anthropic.messages': 'anthropic',
  aws: 'aws.bedrock',
  bedrock: 'aws.bedrock',
  bedrock_converse: 'aws.bedrock',
  'amazon-bedrock': 'aws.bedrock',
  'aws.bedrock': 'aws.bedrock',
  aws_bedrock: 'aws.bedrock',
  amazon_bedrock: 'aws.bedrock',
  google: 'gcp.gemini',
  gemini: 'gcp.gemini',
  'google.generative-ai': 'gcp.gemini',
  generativelanguage: 'gcp.gemini',
  google_ai: 'gcp.gemini',
  'gcp.gemini': 'gcp.gemini',
  googleai: 'gcp.gemini',
  vertexai: 'gcp.vertex_ai',
  vertex_ai: 'gcp.vertex_ai',
  'google.vertex': 'gcp.vertex_ai',
  'gcp.vertex_ai': 'gcp.vertex_ai',
  'vertex-ai': 'gcp.vertex_ai',
  google_vertexai: 'gcp.vertex_ai',
  google_genai: 'gcp.gen_ai',
  'gcp.gen_ai': 'gcp.gen_ai',
  mistral: 'mistral_ai',
  mistralai: 'mistral_ai',
  mistral_ai: 'mistral_ai',
  xai: 'x_ai',
  x_ai: 'x_ai',
  grok: 'x_ai',
  watsonx: 'ibm.watsonx.ai',
  'ibm.watson.ai': 'ibm.watsonx.ai',
  'ibm.watsonx.ai': 'ibm.watsonx.ai',
  moonshot: 'moonshot_ai',
  moonshot_ai: 'moonshot_ai',
  cohere: 'cohere',
  deepseek: 'deepseek',
  groq: 'groq',
  perplexity: 'perplexity',
  fireworks: 'fireworks',
  fireworks_ai: 'fireworks',
  together: 'together',
  together_ai: 'together_ai',
  ollama: 'ollama',
  cerebras: 'cerebras',
  huggingface: 'huggingface',
  openrouter: 'openrouter',
  voyage: 'voyage',
  voyageai: 'voyage',
  replicate: 'replicate',
}

/**
 * Prefixes that another part follows: `azure-openai.chat`, `google.vertex.chat`, `generativelanguage.googleapis.com`.
 */
export const PROVIDER_PREFIXES: readonly (readonly [string, string])[] = [
  ['azure-openai.', 'azure.ai.openai'],
  ['google.vertex.', 'gcp.vertex_ai'],
  ['google.generative-ai.', 'gcp.gemini'],
  ['generativelanguage.', 'gcp.gemini'],
  ['amazon-bedrock.', 'aws.bedrock'],
]

/**
 * Names that are not providers: the field stays null, and metadata.framework has the name. Dialects list more of
 * them.
 */
export const FRAMEWORKS: ReadonlySet<string> = new Set([
  'langchain',
  'llama_index',
  'llamaindex',
  'agno',
  'smolagents',
  'langgraph',
  'onnx',
  'openai_agents',
  'mcp',
  'dspy',
  'beeai',
  'custom',
  'unknown',
  'ai21-framework',
])

/** `prefix/model`: what the prefix reveals about the provider, and whether it is cut off the model. */
export const MODEL_PREFIXES: Readonly<Record<string, string | null>> = {
  openai: 'openai',
  anthropic: 'anthropic',
  azure: 'azure.ai.openai',
  azure_ai: 'azure.ai.inference',
  bedrock: 'aws.bedrock',
  gemini: 'gcp.gemini',
  google: 'gcp.gemini',
  googleai: 'gcp.gemini',
  vertex_ai: 'gcp.vertex_ai',
  vertexai: 'gcp.vertex_ai',
  mistral: 'mistral_ai',
  mistralai: 'mistral_ai',
  cohere: 'cohere',
  groq: 'groq',
  deepseek: 'deepseek',
  xai: 'x_ai',
  'x-ai': 'x_ai',
  ollama: 'ollama',
  perplexity: 'perplexity',
  together_ai: 'together_ai',
  fireworks_ai: 'fireworks',
  huggingface: 'huggingface',
  openrouter: 'openrouter',
  models: null,
}

/** Model ids of Bedrock are recognisable: `us.anthropic.claude-..`, `anthropic.claude-..-v1:0`, `amazon.nova-..`. */
export const BEDROCK_MODEL =
  /^(?:(?:us|eu|ap|apac|jp|au|ca|sa|us-gov|global)\.)?(?:anthropic|amazon|meta|cohere|ai21|mistral|stability|deepseek|openai|qwen)\./
