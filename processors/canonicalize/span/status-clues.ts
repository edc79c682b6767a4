// What attributes and events reveal about the end of a span, until `steps/status.ts` decides.

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

  /** Notes an attribute with a message, which is an error message only if the span failed. */
  setMessage(attr: number): void {
    this.#messageAttr = attr
  }

  /** Notes the offset of an exception event's type. An exception alone may have been handled. */
  setExceptionType(off: number): void {
    this.#exceptionOff = off
  }

  get hasFailed(): boolean {
    return this.#hasFailed
  }

  get hasSucceeded(): boolean {
    return this.#hasSucceeded
  }

  /** -1 if there is none. */
  get messageAttr(): number {
    return this.#messageAttr
  }

  /** -1 if there is none. */
  get exceptionTypeOff(): number {
    return this.#exceptionOff
  }
}
