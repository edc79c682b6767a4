// What attributes tell about models and who made them, beside the fields themselves, until `steps/models.ts` decides.

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

  /** A framework that stands in place of a provider; the first one stays. */
  offerFramework(word: string): void {
    if (this.#framework === '') this.#framework = word
  }

  /** The provider that the prefix of a model's name tells; the first one stays. */
  offerProvider(name: string): void {
    if (this.#provider === '') this.#provider = name
  }

  /** A model named inside a JSON object of parameters: used when no key names one. */
  setOffered(model: string): void {
    this.#offered = model
  }

  /** An attribute with the model that answered: the one asked for when nothing else says it. */
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

  /** -1 = none. */
  get fallbackAttr(): number {
    return this.#fallbackAttr
  }
}
