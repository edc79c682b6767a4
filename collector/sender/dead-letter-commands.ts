// `observa dlq list|show|retry|drop`: functions of the queue's directory that write text. `retry` appends to a log
// that the caller has opened, which may be that of the running instance.

import { join } from 'node:path'
import { ObservaError } from '../../core/errors.ts'
import type { DurableLog } from '../log/log.ts'
import { nodeQueueFs, type QueueFs } from '../log/queue-fs.ts'
import { type DeadLetter, DeadLetterBox, deadLetterDir } from './dead-letters.ts'

export type Out = (text: string) => void
/** The ids of letters, or all letters of an exporter. */
export type Which = readonly string[] | 'all'

const NO_LIMITS = { bytesMax: Number.POSITIVE_INFINITY, whenFull: 'block' } as const
/** The pipeline name of records that a retry appends. */
const RETRY_PIPELINE = 'dlq-retry'

function boxOf(queueDir: string, exporter: string, fs: QueueFs): DeadLetterBox {
  return new DeadLetterBox(fs, deadLetterDir(queueDir, exporter), NO_LIMITS)
}

/** The exporters that have dead letters. */
export async function dlqExporters(queueDir: string, fs: QueueFs = nodeQueueFs): Promise<string[]> {
  const names = await fs.list(join(queueDir, 'dlq'))
  return names.map((n) => decodeURIComponent(n)).sort()
}

/** Writes one JSON line for each letter, without its bytes. Returns the number of letters. */
export async function dlqList(
  queueDir: string,
  out: Out,
  exporter: string | null = null,
  fs: QueueFs = nodeQueueFs,
): Promise<number> {
  let count = 0
  for (const name of exporter === null ? await dlqExporters(queueDir, fs) : [exporter])
    for (const letter of await boxOf(queueDir, name, fs).list()) {
      out(`${JSON.stringify(letter)}\n`)
      count++
    }
  return count
}

/** Writes the letter's description as JSON, then its bytes: as text if they are UTF-8, else as base64. */
export async function dlqShow(
  queueDir: string,
  exporter: string,
  id: string,
  out: Out,
  fs: QueueFs = nodeQueueFs,
): Promise<void> {
  const letter = await found(queueDir, exporter, id, fs)
  const text = Buffer.from(letter.bytes).toString('utf8')
  const isText = !text.includes('\ufffd') && !text.includes('\0')
  out(`${JSON.stringify(letter.head, null, 2)}\n`)
  out(`${isText ? text : Buffer.from(letter.bytes).toString('base64')}\n`)
}

/** Appends letters to the log again for their exporter, then removes them. Returns the number of letters. */
export async function dlqRetry(
  queueDir: string,
  exporter: string,
  which: Which,
  log: Pick<DurableLog, 'append'>,
  out: Out,
  nowMs: number,
  fs: QueueFs = nodeQueueFs,
): Promise<number> {
  const box = boxOf(queueDir, exporter, fs)
  let retried = 0
  for (const id of await idsOf(box, which)) {
    const letter = await found(queueDir, exporter, id, fs)
    if (!letter.head.hasBytes) {
      out(`${id}: kept, the destination did not say which items it refused\n`)
      continue
    }
    const sequence = await appendAgain(letter, log, nowMs)
    // The letter is removed last: a crash before that sends the items twice instead of never.
    await box.remove(id)
    out(`${id}: ${letter.head.items} items appended as record ${sequence}\n`)
    retried++
  }
  return retried
}

function appendAgain(
  { head, bytes }: DeadLetter,
  log: Pick<DurableLog, 'append'>,
  createdAtMs: number,
): Promise<bigint> {
  const { exporter, stream, items } = head
  const facts = { eventCount: 0, eventIds: new Uint8Array(0), claims: new Int32Array(0) }
  const parts = [{ exporter, stream, items, bytes }]
  return log.append({ pipeline: RETRY_PIPELINE, parts, ...facts, createdAtMs })
}

/** Deletes letters for good. Returns the number of letters. */
export async function dlqDrop(
  queueDir: string,
  exporter: string,
  which: Which,
  out: Out,
  fs: QueueFs = nodeQueueFs,
): Promise<number> {
  const box = boxOf(queueDir, exporter, fs)
  const ids = await idsOf(box, which)
  for (const id of ids) {
    await found(queueDir, exporter, id, fs)
    await box.remove(id)
    out(`${id}: dropped\n`)
  }
  return ids.length
}

async function idsOf(box: DeadLetterBox, which: Which): Promise<readonly string[]> {
  return which === 'all' ? (await box.list()).map((l) => l.id) : which
}

async function found(
  queueDir: string,
  exporter: string,
  id: string,
  fs: QueueFs,
): Promise<DeadLetter> {
  const letter = await boxOf(queueDir, exporter, fs).read(id)
  if (letter !== null) return letter
  throw new ObservaError(
    'OBS_DLQ_NOT_FOUND',
    `There is no readable dead letter ${id} of ${exporter}.`,
    'List them with "observa dlq list".',
  )
}
