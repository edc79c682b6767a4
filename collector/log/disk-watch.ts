// Watches the free space of the log's disk. Appends stop before the disk is full, so that cursors and dead letters
// can still be written and the log can drain.

import { messageOf } from '../../core/errors.ts'
import type { LogSettings } from './settings.ts'

const GiB = 1024 ** 3
const FREE_SHARE_MIN = 0.05
const LOOK_EVERY_MS = 1000

export class DiskWatch {
  readonly #s: LogSettings
  readonly #onLow: () => void
  #lookedAtMs = Number.NEGATIVE_INFINITY
  isLow = false

  /** `onLow` is called at each check that finds the disk nearly full. */
  constructor(settings: LogSettings, onLow: () => void) {
    this.#s = settings
    this.#onLow = onLow
  }

  /** Checks at most once a second. The caller does not wait for the check. */
  lookNowAndThen(): void {
    const now = this.#s.clock.monotonicMs()
    if (now - this.#lookedAtMs < LOOK_EVERY_MS) return
    this.#lookedAtMs = now
    void this.look()
  }

  async look(): Promise<void> {
    const { fs, dir, log, metrics, freeBytesMin } = this.#s
    try {
      const { freeBytes, totalBytes } = await fs.space(dir)
      const min = freeBytesMin >= 0 ? freeBytesMin : Math.max(GiB, totalBytes * FREE_SHARE_MIN)
      metrics.set('observa_log_disk_free_bytes', '', freeBytes)
      const wasLow = this.isLow
      this.isLow = freeBytes < min
      if (this.isLow && !wasLow)
        log.error({ dir, freeBytes, min }, 'disk nearly full: appends are refused')
      if (wasLow && !this.isLow) log.info({ dir, freeBytes }, 'disk has room again')
      if (this.isLow) this.#onLow()
    } catch (error) {
      log.warn({ dir }, `Free disk space is unknown: ${messageOf(error)}`)
    }
  }
}
