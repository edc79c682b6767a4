// The operations on the dead letters of a running instance for the API: list, show, retry through the log, and drop.

import type { DeadLetterContent, DeadLetterInfo, DeadLetters } from '../../core/operations.ts'
import type { DurableLog } from '../log/log.ts'
import { nodeQueueFs } from '../log/queue-fs.ts'
import { dlqDrop, dlqExporters, dlqRetry } from '../sender/dead-letter-commands.ts'
import { DeadLetterBox, type DeadLetterHead, deadLetterDir } from '../sender/dead-letters.ts'

const NO_LIMITS = { bytesMax: Number.POSITIVE_INFINITY, whenFull: 'block' } as const
const silent = (): void => undefined

/** The most dead letters of one exporter in a response. The oldest come first; newer ones follow when these were retried or dropped. */
const LISTED_MAX = 10_000

export class StoredDeadLetters implements DeadLetters {
  readonly #dir: string
  readonly #log: Pick<DurableLog, 'append'>
  readonly #nowMs: () => number
  /** The dead letters that are being retried, so that two requests for one letter retry it only once. */
  readonly #busy = new Set<string>()

  /** `dir` is the folder of the queue. */
  constructor(dir: string, log: Pick<DurableLog, 'append'>, nowMs: () => number) {
    this.#dir = dir
    this.#log = log
    this.#nowMs = nowMs
  }

  async list(): Promise<readonly DeadLetterInfo[]> {
    const out: DeadLetterInfo[] = []
    for (const exporter of await dlqExporters(this.#dir)) {
      const letters = await this.#boxOf(exporter).list()
      for (const { id, fileBytes, ...head } of letters.slice(0, LISTED_MAX))
        out.push(infoOf(id, head, fileBytes))
    }
    return out
  }

  async find(id: string): Promise<DeadLetterContent | null> {
    const place = splitLetterId(id)
    const letter = place === null ? null : await this.#boxOf(place.exporter).read(place.letter)
    if (place === null || letter === null) return null
    const bytes = Buffer.from(letter.bytes)
    const text = bytes.toString('utf8')
    const isText = !text.includes('\ufffd') && !text.includes('\0')
    return {
      ...infoOf(place.letter, letter.head, bytes.length),
      content: isText ? text : bytes.toString('base64'),
      encoding: isText ? 'utf8' : 'base64',
    }
  }

  async retry(id: string): Promise<boolean | null> {
    const place = splitLetterId(id)
    if (place === null || this.#busy.has(id)) return null
    this.#busy.add(id)
    try {
      if ((await this.find(id)) === null) return null
      const { exporter, letter } = place
      const which = [letter]
      return (await dlqRetry(this.#dir, exporter, which, this.#log, silent, this.#nowMs())) > 0
    } finally {
      this.#busy.delete(id)
    }
  }

  async drop(id: string): Promise<boolean> {
    const place = splitLetterId(id)
    if (place === null || this.#busy.has(id) || (await this.find(id)) === null) return false
    await dlqDrop(this.#dir, place.exporter, [place.letter], silent)
    return true
  }

  #boxOf(exporter: string): DeadLetterBox {
    return new DeadLetterBox(nodeQueueFs, deadLetterDir(this.#dir, exporter), NO_LIMITS)
  }
}

function infoOf(id: string, head: DeadLetterHead, bytes: number): DeadLetterInfo {
  const { exporter, stream, items, code, message, attempts, firstAtMs, lastAtMs } = head
  return {
    id: `${exporter}:${id}`,
    exporter,
    stream,
    items,
    code,
    message,
    attempts,
    firstAtMs,
    lastAtMs,
    bytes,
    canRetry: head.hasBytes,
  }
}

/** Splits the id of a dead letter at its colon. The exporter's id is encoded, so it has no colon and cannot lead out of the folder. */
function splitLetterId(id: string): { readonly exporter: string; readonly letter: string } | null {
  const at = id.lastIndexOf(':')
  return at <= 0 ? null : { exporter: id.slice(0, at), letter: id.slice(at + 1) }
}
