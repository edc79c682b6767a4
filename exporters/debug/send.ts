// The part of the `debug` exporter that runs on the main thread: writes the lines to the log of the process, up to a rate. It
// never fails.

import type { Host, SendBatch, Sender } from '../../core/component.ts'
import { counter } from '../../core/metrics.ts'
import type { SendVerdict } from '../../core/verdict.ts'

export const METRICS = [
  counter(
    'observa_debug_lines_left_out_total',
    'Lines of the debug exporter above lines_per_second.',
    ['exporter'],
  ),
]

export class DebugSender implements Sender {
  readonly #host: Host
  readonly #linesPerSecond: number
  /** A token bucket with the capacity of one second. */
  #tokens: number
  #filledAtMs: number
  #leftOut = 0

  constructor(linesPerSecond: number, host: Host) {
    this.#host = host
    this.#linesPerSecond = linesPerSecond
    this.#tokens = linesPerSecond
    this.#filledAtMs = host.clock.monotonicMs()
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#reportLeftOut()
  }

  async send(batch: SendBatch): Promise<SendVerdict> {
    for (const part of batch.parts) {
      if (part.items === 0) continue
      const lines = Buffer.from(part.bytes).toString('utf8').split('\n')
      for (const line of lines) if (line !== '') this.#print(line)
    }
    return { kind: 'sent' }
  }

  #print(line: string): void {
    this.#refill()
    if (this.#tokens < 1) {
      this.#leftOut++
      this.#host.metrics.add('observa_debug_lines_left_out_total', `exporter="${this.#host.id}"`)
      return
    }
    this.#tokens--
    this.#reportLeftOut()
    this.#host.log.info({ exporter: this.#host.id }, line)
  }

  #refill(): void {
    const nowMs = this.#host.clock.monotonicMs()
    const gained = ((nowMs - this.#filledAtMs) * this.#linesPerSecond) / 1000
    this.#filledAtMs = nowMs
    this.#tokens = Math.min(this.#linesPerSecond, this.#tokens + gained)
  }

  #reportLeftOut(): void {
    if (this.#leftOut === 0) return
    this.#host.log.info({ exporter: this.#host.id, lines: this.#leftOut }, 'lines were left out')
    this.#leftOut = 0
  }
}
