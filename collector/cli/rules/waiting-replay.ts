// Reads the lines of a replay: tells the progress on a terminal and returns the result.

import type { Io } from '../io.ts'

export class Waiting {
  readonly #io: Io
  #isTold = false

  constructor(io: Io) {
    this.#io = io
  }

  /** Null when the lines end without a result. */
  async answerIn(body: ReadableStream<Uint8Array>): Promise<Record<string, unknown> | null> {
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of body) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const { record, ...more } = JSON.parse(line) as Record<string, unknown>
        if (record === 'result') {
          this.#clear()
          return more
        }
        this.#tell(Number(more['events']), Number(more['total']))
      }
    }
    this.#clear()
    return null
  }

  #tell(events: number, total: number): void {
    if (!this.#io.isTty) return
    this.#isTold = true
    this.#io.err(`\r${events} of ${total} events (${Math.floor((events / total) * 100)} %) `)
  }

  #clear(): void {
    if (this.#isTold) this.#io.err('\n')
  }
}
