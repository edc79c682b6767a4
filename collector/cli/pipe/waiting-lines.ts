// The lines that `pipe` prints only when the input has ended, because a later report of a call can still revise their
// events. The size is bounded: of a very long input the oldest lines are printed before the end.

import { withRevision } from '../../../core/reports/revised-fields.ts'

const BYTES_MAX = 256 * 1024 * 1024

export class WaitingLines {
  readonly #lines: Buffer[] = []
  /** The line number of each event, counted from the first line of the input. */
  readonly #places = new Map<string, number>()
  /** How many lines were taken already. */
  #taken = 0
  #bytes = 0

  /** Adds a line. `eventId` is that of the event on it, or null if the line holds something else. */
  add(line: Buffer, eventId: string | null): void {
    if (eventId !== null) this.#places.set(eventId, this.#taken + this.#lines.length)
    this.#lines.push(line)
    this.#bytes += line.length
  }

  /**
   * Gives a waiting event its new counts. `revised` has the counts and the event's id. A line that was taken already
   * stays as it was printed.
   */
  revise(revised: Readonly<Record<string, unknown>>): void {
    const place = this.#places.get(String(revised['event_id']))
    const at = place === undefined ? -1 : place - this.#taken
    const line = this.#lines[at]
    if (line === undefined) return
    // Our own writer made this JSON, and it is an object.
    const event = JSON.parse(line.toString('utf8')) as Record<string, unknown>
    // An event that is printed once needs no revision number.
    const { revision: _, ...final } = withRevision(event, revised)
    this.#lines[at] = Buffer.from(`${JSON.stringify(final)}\n`)
    this.#bytes += (this.#lines[at] as Buffer).length - line.length
  }

  /** Takes the oldest half of the lines when they hold more than `BYTES_MAX`. */
  takeExcess(): Buffer[] {
    return this.#bytes > BYTES_MAX ? this.#take(this.#lines.length >> 1) : []
  }

  takeAll(): Buffer[] {
    return this.#take(this.#lines.length)
  }

  #take(count: number): Buffer[] {
    const taken = this.#lines.splice(0, count)
    this.#taken += count
    for (const line of taken) this.#bytes -= line.length
    return taken
  }
}
