// Lines that `pipe` prints when the input has ended, because events may still be revised: a report of a call that comes later may be
// the one that counts. Bounded: of a very long input the oldest lines are printed as they are.

import { withRevision } from '../../core/reports/revised-fields.ts'

const BYTES_MAX = 256 * 1024 * 1024

export class WaitingLines {
  readonly #lines: Buffer[] = []
  /** Event id -> place of its line, counted from the first line of the input. */
  readonly #places = new Map<string, number>()
  /** Lines taken already. */
  #taken = 0
  #bytes = 0

  /** `eventId`: of the event on the line, null when it holds something else. */
  add(line: Buffer, eventId: string | null): void {
    if (eventId !== null) this.#places.set(eventId, this.#taken + this.#lines.length)
    this.#lines.push(line)
    this.#bytes += line.length
  }

  /** Gives the event that waits its new counts; `revised` has those and the id. Nothing when its line was taken. */
  revise(revised: Readonly<Record<string, unknown>>): void {
    const place = this.#places.get(String(revised['event_id']))
    const at = place === undefined ? -1 : place - this.#taken
    const line = this.#lines[at]
    if (line === undefined) return
    // Our own writer made it: an object.
    const event = JSON.parse(line.toString('utf8')) as Record<string, unknown>
    // Printed once, an event has no revisions.
    const { revision: _, ...final } = withRevision(event, revised)
    this.#lines[at] = Buffer.from(`${JSON.stringify(final)}\n`)
    this.#bytes += (this.#lines[at] as Buffer).length - line.length
  }

  /** The oldest half, when more waits than is kept. */
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
