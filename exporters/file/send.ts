// The part of the `file` exporter that runs on the main thread: joins the lines of a batch, appends and syncs them. Only then
// does the batch count as sent.

import { join } from 'node:path'
import type { Host, SendBatch, Sender } from '../../core/component.ts'
import { messageOf } from '../../core/errors.ts'
import { counter } from '../../core/metrics.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import type { Config } from './config.ts'
import { RotatedFile } from './output.ts'

/** A full disk or a missing permission takes longer than milliseconds to fix. */
const RETRY_MS = 5000

export const METRICS = [
  counter('observa_file_written_bytes_total', 'Bytes appended to files.', ['exporter']),
]

export class FileSender implements Sender {
  readonly keepsNoBytes = true
  readonly #host: Host
  readonly #output: RotatedFile
  #sending: Promise<unknown> = Promise.resolve()

  constructor(config: Config, host: Host) {
    this.#host = host
    const side = join(host.dataDir, 'file', `${host.id.replaceAll(/[^\w.-]/g, '_')}.json`)
    this.#output = new RotatedFile(config.path, side, {
      sizeBytesMax: config.rotation.size,
      ageMsMax: config.rotation.age,
      keep: config.rotation.keep,
    })
  }

  async start(): Promise<void> {
    try {
      const cut = await this.#output.open(this.#host.clock.nowMs())
      if (cut > 0) this.#host.log.warn({ bytes: cut }, 'removed an incomplete end of the file')
    } catch (error) {
      // Not fatal: the log keeps the data, and every send tries to open the file again.
      this.#host.log.error({ reason: messageOf(error) }, 'cannot open the output file')
      await this.#output.close()
    }
  }

  async stop(): Promise<void> {
    await this.#sending
    await this.#output.close()
  }

  /** Kept beside the file, so that nothing is written twice even if the cursor of the log could not be stored. */
  async committedSequence(): Promise<bigint | null> {
    return this.#output.committed
  }

  async send(batch: SendBatch): Promise<SendVerdict> {
    const sending = this.#append(batch)
    this.#sending = sending
    return sending
  }

  async #append(batch: SendBatch): Promise<SendVerdict> {
    const parts = batch.parts.map((part) => part.bytes)
    const bytes = parts.reduce((n, part) => n + part.length, 0)
    if (bytes === 0) return { kind: 'sent' }
    try {
      const { batchId, lastSequence } = batch
      const now = this.#host.clock.nowMs()
      const isNew = await this.#output.append(batchId, lastSequence, parts, now)
      const labels = `exporter="${this.#host.id}"`
      if (isNew) this.#host.metrics.add('observa_file_written_bytes_total', labels, bytes)
      return { kind: 'sent' }
    } catch (error) {
      await this.#output.close().catch(() => undefined)
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'write_failed'
      return { kind: 'retry', code, message: messageOf(error), afterMs: RETRY_MS }
    }
  }
}
