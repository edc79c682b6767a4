// Makes the name under which models are compared. Providers bill snapshots, regions and editions, and calls name the
// model that they asked for.

/** `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `Claude Sonnet 4.5`, `anthropic/claude-sonnet-4.5` -> one key. */
export function modelKey(model: string): string {
  // A model of one's own: what follows its base is its name.
  if (/^ft:/i.test(model.trim())) return model.trim().toLowerCase()
  const name = model
    .trim()
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/^.*\//, '')
    .replace(/^(?:us|eu|apac|ap|au|jp|ca|in|global|us-gov)\./, '')
    .replace(/^(?:anthropic|amazon|meta|mistral|cohere|ai21|deepseek|openai|qwen)\./, '')
    .replace(/:.*$/, '')
    .replace(/-v\d+$/, '')
    .replace(/@.*$/, '')
    .replace(/-\d{4}-\d{2}-\d{2}$/, '')
    .replace(/-\d{8}$/, '')
    .replace(/-latest$/, '')
  // Words in one order and then the version make `claude-4.5-sonnet`, `Claude Sonnet 4.5` and `ClaudeSonnet45` one
  // model.
  const words = name.match(/[a-z]+/g) ?? []
  const version = name.replaceAll(/\D/g, '')
  return [...words.toSorted(), version].join('-')
}
