// The canonical provider of a name as clients write it, by the table in `providers.ts` and the aliases of the
// configuration.

import { ByteWords } from '../bytes/byte-words.ts'
import { PROVIDER_ALIASES, PROVIDER_PREFIXES } from './providers.ts'

/** Clouds, whose name before the dot says nothing about the provider: what follows is another product. */
const CLOUDS = new Set(['aws', 'azure', 'google', 'gcp'])

export class ProviderNames {
  readonly #names: string[] = []
  readonly #words: ByteWords

  readonly #frameworks: ReadonlyMap<string, string | null>

  /** `frameworks` has words that are no providers, and the provider of their calls. */
  constructor(
    extra: Readonly<Record<string, string>>,
    frameworks: ReadonlyMap<string, string | null>,
  ) {
    this.#frameworks = frameworks
    const entries = Object.entries({ ...PROVIDER_ALIASES, ...lowerCased(extra) })
    this.#words = new ByteWords(entries.map(([word, name]) => [word, this.#index(name)] as const))
  }

  /** The provider for the word in the range, or null when the table does not have it. */
  find(bytes: Uint8Array, off: number, len: number): string | null {
    const i = this.#words.find(bytes, off, len)
    return i < 0 ? null : (this.#names[i] as string)
  }

  /** The canonical provider of a name. Null for a framework, unknown names in lower case. */
  of(name: string): string | null {
    const word = name.trim().toLowerCase()
    const known = this.#ofWord(word)
    if (known !== null) return known
    if (word === '' || this.#frameworks.has(word)) return null
    for (const [prefix, provider] of PROVIDER_PREFIXES) if (word.startsWith(prefix)) return provider
    // `openai.transcription`, `groq.chat`: the kind of model follows after the dot.
    const maker = word.slice(0, Math.max(0, word.indexOf('.')))
    return (maker === '' || CLOUDS.has(maker) ? null : this.#ofWord(maker)) ?? word
  }

  /** The provider of calls that name a framework instead. Null when it can be any. */
  ofFramework(word: string): string | null {
    return this.#frameworks.get(word) ?? null
  }

  #ofWord(word: string): string | null {
    const b = Buffer.from(word, 'latin1')
    return this.find(b, 0, b.length)
  }

  #index(name: string): number {
    const i = this.#names.indexOf(name)
    return i >= 0 ? i : this.#names.push(name) - 1
  }
}

function lowerCased(aliases: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(aliases).map(([word, name]) => [word.toLowerCase(), name]),
  )
}
