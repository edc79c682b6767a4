// What attributes and events tell about how a span ended, until `steps/status.ts` decides.

export class StatusClues {
  #hasFailed = false
  #hasSucceeded = false
  #messageAttr = -1
  #exceptionOff = -1

  reset(): void {
    this.#hasFailed = false
    this.#hasSucceeded = false
    this.#messageAttr = -1
    this.#exceptionOff = -1
  }

  fail(): void {
    this.#hasFailed = true
  }

  succeed(): void {
    this.#hasSucceeded = true
  }

  /** An attribute with a message that is an error's only when the span failed. */
  setMessage(attr: number): void {
    this.#messageAttr = attr
  }

  /** Where the type of an exception event lies: an exception alone may have been handled. */
  setExceptionType(off: number): void {
    this.#exceptionOff = off
  }

  get hasFailed(): boolean {
    return this.#hasFailed
  }

  get hasSucceeded(): boolean {
    return this.#hasSucceeded
  }

  /** -1 = none. */
  get messageAttr(): number {
    return this.#messageAttr
  }

  /** -1 = none. */
  get exceptionTypeOff(): number {
    return this.#exceptionOff
  }
}
