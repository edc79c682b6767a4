// The list of receivers and extensions, by which requests come in. They exist on the main thread only (`registry.ts`). A new one
// needs its folder and one line here.

export const RECEIVERS = [
  async () => (await import('./receivers/otlp/index.ts')).otlp,
  async () => (await import('./receivers/observa/index.ts')).observa,
  async () => (await import('./receivers/kafka/index.ts')).kafka,
]

export const EXTENSIONS = [
  async () => (await import('../api/index.ts')).api,
  async () => (await import('./extensions/keys/index.ts')).keys,
]
