// What a start finds on the disk: the segments in order, the sequence number and counts to continue with, and a
// report of what was cut off or skipped. Only the last segment is read record by record. After a crash in the middle,
// a second recovery has the same result.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type End, readEndMark } from './end-mark.ts'
import type { QueueFile, QueueFs } from './queue-fs.ts'
import { isMissing, shortWriteError } from './queue-fs.ts'
import { headerLengthAt, RECORD_FIXED_BYTES, type RecordHeader, type Totals } from './record.ts'
import { parseSegmentName, readSegmentHeader, type Segment, type SegmentHeader } from './segment.ts'
import type { Leftovers } from './segment-files.ts'
import { type FoundRecord, SegmentScanner } from './segment-scan.ts'

const ID_NAME = 'log.id'
const ID_BYTES = 16

export interface RecoveryReport {
  readonly segments: number
  /** How many intact records the last segment has. */
  readonly recoveredRecords: number
  /**
   * How many bytes follow the last intact record: an append that was never acknowledged, or damage at the very end.
   */
  readonly truncatedBytes: number
  /**
   * How many records are missing or damaged in the last segment or at the end of the log. Other segments are checked
   * when they are read.
   */
  readonly skippedRecords: number
  readonly skippedEvents: number
}

export interface Recovered {
  readonly logId: Buffer
  readonly seed: number
  /** The segments, oldest first. The last one is closed like the others. */
  readonly segments: Segment[]
  readonly leftovers: Leftovers
  readonly nextSequence: bigint
  readonly nextEpoch: number
  readonly totals: Totals
  /**
   * The records at the end of the log that are lost: `from` is the first, `to` follows the last. Null when none is
   * known to be lost.
   */
  readonly lostEnd: { readonly from: bigint; readonly to: bigint } | null
  /** How often the end mark has been written so far. */
  readonly endMarks: number
  readonly report: RecoveryReport
}

interface LastSegment {
  readonly isHeaderSound: boolean
  readonly endBytes: number
  readonly nextSequence: bigint
  readonly totals: Totals
  readonly records: number
  readonly truncatedBytes: number
  readonly skippedRecords: number
  readonly skippedEvents: number
}

export async function recover(dir: string, fs: QueueFs): Promise<Recovered> {
  const found = await listSegments(dir, fs)
  const logId = await logIdOf(dir, fs, found)
  const seed = crc32(logId)
  const nextEpoch = (found.at(-1)?.epoch ?? 0) + 1
  const named = found.reduce((n, s) => (s.firstSequence > n ? s.firstSequence : n), 1n)
  const unused: string[] = []
  const unreadable: string[] = []
  const kept: Segment[] = []
  let end: End = { nextSequence: 0n, totals: { events: 0, items: new Map() } }
  let last: LastSegment | null = null
  let truncatedBytes = 0
  // The loop goes back from the newest segment to the first one that shows how far the log went.
  for (let isOpen = true; isOpen && found.length > 0; ) {
    const segment = found.pop() as Segment
    const scanned = await scanLast(segment, seed, fs)
    truncatedBytes += scanned.truncatedBytes
    if (scanned.isHeaderSound || scanned.records > 0) end = later(end, scanned)
    const isUnused = scanned.records === 0 && scanned.truncatedBytes === 0
    isOpen = isUnused || (scanned.records === 0 && !scanned.isHeaderSound)
    if (scanned.records > 0) {
      last = scanned
      await cutAndSync(segment, last, fs)
    }
    // The segment was never written to, or nothing in it can be read. It must not hide records of the segment before
    // it.
    if (isUnused) unused.push(segment.path)
    else if (isOpen) unreadable.push(segment.path)
    else kept.unshift(segment)
  }
  const segments = await Promise.all([...found, ...kept].map((s) => withStart(s, fs)))
  const mark = await readEndMark(dir, fs, logId)
  const lost = lostEnd(mark?.end ?? null, end, named)
  return {
    logId,
    seed,
    segments,
    leftovers: { unused, unreadable },
    nextSequence: lost?.to ?? (end.nextSequence > 0n ? end.nextSequence : named),
    nextEpoch,
    totals: lost?.totals ?? end.totals,
    lostEnd: lost,
    endMarks: mark?.generation ?? 0,
    report: reportOf(segments.length, truncatedBytes, last, lost),
  }
}

function reportOf(
  segments: number,
  truncatedBytes: number,
  last: LastSegment | null,
  lost: LostEnd | null,
): RecoveryReport {
  return {
    segments,
    recoveredRecords: last?.records ?? 0,
    truncatedBytes,
    skippedRecords: (last?.skippedRecords ?? 0) + (lost?.records ?? 0),
    skippedEvents: (last?.skippedEvents ?? 0) + (lost?.events ?? 0),
  }
}

interface LostEnd {
  readonly from: bigint
  readonly to: bigint
  readonly records: number
  readonly events: number
  /** The cumulative counts after the last record. */
  readonly totals: Totals
}

/**
 * The records that the end mark counts and the log no longer has. They keep their numbers and count as damaged, like
 * any other gap.
 */
function lostEnd(mark: End | null, found: End, named: bigint): LostEnd | null {
  if (mark === null || mark.nextSequence <= found.nextSequence) return null
  const from = found.nextSequence > 0n ? found.nextSequence : named
  const records = Math.max(0, Number(mark.nextSequence - from))
  const events = Math.max(0, mark.totals.events - found.totals.events)
  return { from, to: mark.nextSequence, records, events, totals: mark.totals }
}

/** The log in memory begins with the process. Its id is new each time, because otherwise batch ids would repeat. */
export function nothingRecovered(): Recovered {
  return {
    logId: randomBytes(ID_BYTES),
    seed: 0,
    segments: [],
    leftovers: { unused: [], unreadable: [] },
    nextSequence: 1n,
    nextEpoch: 1,
    totals: { events: 0, items: new Map() },
    lostEnd: null,
    endMarks: 0,
    report: {
      segments: 0,
      recoveredRecords: 0,
      truncatedBytes: 0,
      skippedRecords: 0,
      skippedEvents: 0,
    },
  }
}

function later(a: End, b: End): End {
  return b.nextSequence > a.nextSequence ? b : a
}

/** The segments by epoch. The length of the file is their end. */
export async function listSegments(dir: string, fs: QueueFs): Promise<Segment[]> {
  const out: Segment[] = []
  for (const name of await fs.list(dir)) {
    const parsed = parseSegmentName(name)
    if (parsed === null) continue
    const path = join(dir, name)
    const file = await fs.open(path, 'read')
    try {
      const fileBytes = await file.sizeBytes()
      out.push({
        ...parsed,
        path,
        startBytes: 0,
        eventsBefore: null,
        endBytes: fileBytes,
        fileBytes,
      })
    } finally {
      await file.close()
    }
  }
  return out.sort((a, b) => a.epoch - b.epoch)
}

async function withStart(s: Segment, fs: QueueFs): Promise<Segment> {
  const file = await fs.open(s.path, 'read')
  try {
    const header = await readSegmentHeader(file, s.epoch)
    const eventsBefore = header?.totals.events ?? null
    return { ...s, eventsBefore, startBytes: header?.blockLength ?? DAMAGED_START_BYTES }
  } finally {
    await file.close()
  }
}

/**
 * Where the scan begins when a header is damaged: after the smallest header. The scan finds the first record itself.
 */
export const DAMAGED_START_BYTES = 4096

async function scanLast(s: Segment, seed: number, fs: QueueFs): Promise<LastSegment> {
  const file = await fs.open(s.path, 'read')
  try {
    const header = await readSegmentHeader(file, s.epoch)
    return await scanRecords(file, s, header, seed)
  } finally {
    await file.close()
  }
}

async function scanRecords(
  file: QueueFile,
  s: Segment,
  header: SegmentHeader | null,
  seed: number,
): Promise<LastSegment> {
  const start = header?.blockLength ?? DAMAGED_START_BYTES
  const range = { epoch: s.epoch, seed, fromBytes: start, endBytes: s.fileBytes }
  const scanner = new SegmentScanner(file, range)
  const state = new TailState(header, s.firstSequence, start)
  for (let found = await scanner.next(); found !== null; found = await scanner.next())
    state.see(found, await scanner.isIntact(found))
  const torn = await tornBytes(file, s, state.endBytes, header?.isRecycled ?? false)
  return state.result(torn)
}

/** Follows the records of the last segment. Damage counts only when an intact record follows it. */
class TailState {
  endBytes: number
  #next: bigint
  #records = 0
  #skipped = 0
  #skippedEvents = 0
  readonly #totals: Totals
  readonly #isHeaderSound: boolean
  #eventsKnown: boolean

  constructor(header: SegmentHeader | null, firstSequence: bigint, startBytes: number) {
    this.endBytes = startBytes
    this.#next = firstSequence
    this.#totals = header?.totals ?? { events: 0, items: new Map() }
    this.#isHeaderSound = header !== null
    this.#eventsKnown = header !== null
  }

  see(found: FoundRecord, intact: boolean): void {
    const { header } = found
    if (!intact) return
    const missing = Number(header.sequence - this.#next)
    if (this.#eventsKnown) this.#skippedEvents += header.eventsBefore - this.#totals.events
    this.#skipped += missing
    this.#records++
    this.#next = header.sequence + 1n
    this.endBytes = found.offset + header.totalLength
    addTotals(this.#totals, header)
    this.#eventsKnown = true
  }

  result(truncatedBytes: number): LastSegment {
    return {
      isHeaderSound: this.#isHeaderSound,
      endBytes: this.endBytes,
      nextSequence: this.#next,
      totals: this.#totals,
      records: this.#records,
      truncatedBytes,
      skippedRecords: this.#skipped,
      skippedEvents: this.#skippedEvents,
    }
  }
}

function addTotals(t: Totals, h: RecordHeader): void {
  t.events = h.eventsBefore + h.eventCount
  for (const row of h.rows) t.items.set(row.exporter, row.itemsBefore + row.items)
}

/** The number of bytes of an unfinished append after `from`. */
async function tornBytes(
  file: QueueFile,
  s: Segment,
  from: number,
  isRecycled: boolean,
): Promise<number> {
  if (!isRecycled) return usedBehind(file, from, s.fileBytes)
  const lead = Buffer.alloc(RECORD_FIXED_BYTES)
  if ((await file.read(lead, from)) < lead.length) return s.fileBytes - from
  const isOurs = headerLengthAt(lead, 0) > 0 && lead.readUInt32LE(16) === s.epoch
  return isOurs ? Math.min(lead.readUInt32LE(8), s.fileBytes - from) : 0
}

/**
 * The number of bytes from `from` to the last byte that is not zero. Preallocated space is not an unfinished append.
 */
async function usedBehind(file: QueueFile, from: number, fileBytes: number): Promise<number> {
  const chunk = Buffer.allocUnsafeSlow(256 * 1024)
  let used = 0
  for (let at = from; at < fileBytes; at += chunk.length) {
    const n = await file.read(chunk.subarray(0, Math.min(chunk.length, fileBytes - at)), at)
    let last = n - 1
    while (last >= 0 && chunk[last] === 0) last--
    if (last >= 0) used = at + last + 1 - from
    if (n === 0) break
  }
  return used
}

/**
 * Cuts off an incomplete record and makes the rest durable. A process that was killed between a write and its sync
 * leaves records that only the page cache has. From here on they count as stored: a second copy of them is
 * acknowledged without a write of its own, so a power cut must not lose them.
 */
async function cutAndSync(s: Segment, last: LastSegment, fs: QueueFs): Promise<void> {
  const file = await fs.open(s.path, 'write')
  try {
    if (last.endBytes < s.fileBytes) await file.truncate(last.endBytes)
    await file.datasync()
  } finally {
    await file.close()
  }
  s.endBytes = last.endBytes
  s.fileBytes = last.endBytes
}

/**
 * The id of this log, which is made once. If the file is damaged or belongs to another log, the id in the segments is
 * used.
 */
async function logIdOf(dir: string, fs: QueueFs, segments: readonly Segment[]): Promise<Buffer> {
  const stored = await readId(join(dir, ID_NAME), fs)
  const used = await idInSegments(segments, fs)
  if (stored !== null && (used === null || stored.equals(used))) return stored
  return writeId(dir, fs, used ?? randomBytes(ID_BYTES))
}

/** The id of the log, without making one, for commands that only read. */
export async function readLogId(
  dir: string,
  fs: QueueFs,
  segments: readonly Segment[],
): Promise<Buffer | null> {
  return (await idInSegments(segments, fs)) ?? readId(join(dir, ID_NAME), fs)
}

async function idInSegments(segments: readonly Segment[], fs: QueueFs): Promise<Buffer | null> {
  for (const s of segments.toReversed()) {
    const file = await fs.open(s.path, 'read')
    try {
      const header = await readSegmentHeader(file, s.epoch)
      if (header !== null) return header.logId
    } finally {
      await file.close()
    }
  }
  return null
}

async function readId(path: string, fs: QueueFs): Promise<Buffer | null> {
  try {
    const file = await fs.open(path, 'read')
    try {
      const b = Buffer.alloc(ID_BYTES + 4)
      const n = await file.read(b, 0)
      const id = b.subarray(0, ID_BYTES)
      return n === b.length && crc32(id) === b.readUInt32LE(ID_BYTES) ? id : null
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

async function writeId(dir: string, fs: QueueFs, id: Buffer): Promise<Buffer> {
  const sum = Buffer.alloc(4)
  sum.writeUInt32LE(crc32(id))
  await fs.mkdir(dir)
  const file = await fs.open(join(dir, ID_NAME), 'create')
  try {
    if ((await file.writev([id, sum], 0)) < ID_BYTES + 4) throw shortWriteError()
    await file.datasync()
  } finally {
    await file.close()
  }
  await fs.fsyncDir(dir)
  return id
}
