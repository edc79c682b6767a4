// What attributes reveal about models and their makers, besides the fields themselves, until `steps/models.ts`
// decides.

export class ModelClues {
  #framework = ''
  #provider = ''
  #offered = ''
  #fallbackAttr = -1

  reset(): void {
    this.#framework = ''
    this.#provider = ''
    this.#offered = ''
    this.#fallbackAttr = -1
  }

  /** Notes a framework that is named instead of a provider. The first one is kept. */
  offerFramework(word: string): void {
    if (this.#framework === '') this.#framework = word
  }

  /** Notes the provider that a prefix of a model's name reveals. The first one is kept. */
  offerProvider(name: string): void {
    if (this.#provider === '') this.#provider = name
  }

  /** Notes a model that is named inside a JSON object of parameters. It is used when no key names one. */
  setOffered(model: string): void {
    this.#offered = model
  }

  /** Notes an attribute with the model that answered. It counts as the requested one if nothing else names that. */
  setFallback(attr: number): void {
    this.#fallbackAttr = attr
  }

  get framework(): string {
    return this.#framework
  }

  get provider(): string {
    return this.#provider
  }

  get offered(): string {
    return this.#offered
  }

  /** -1 if there is none. */
  get fallbackAttr(): number {
    return this.#fallbackAttr
  }
}
