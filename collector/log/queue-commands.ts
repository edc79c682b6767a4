// `observa queue stats|verify|dump`: inspect a log's directory without changing it, also while an instance runs. They
// are functions of a directory that write text; the CLI handles arguments and exit codes.

import { basename, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { formatBytes } from '../../core/config/units.ts'
import { ObservaError } from '../../core/errors.ts'
import { type CursorState, parseCursor } from '../sender/cursor.ts'
import { type End, readEndMark } from './end-mark.ts'
import { isMissing, nodeQueueFs, type QueueFs, unreadableError } from './queue-fs.ts'
import type { RecordHeader } from './record.ts'
import { listSegments, readLogId } from './recovery.ts'
import { readSegmentHeader, type Segment, type SegmentHeader } from './segment.ts'
import { type FoundRecord, SegmentScanner } from './segment-scan.ts'

/** The size of the smallest header block. A scan begins there when the header is damaged. */
const START_BYTES = 4096

export type Out = (text: string) => void

export interface QueueSummary {
  readonly dir: string
  readonly segments: number
  readonly bytes: number
  readonly firstSequence: string
  readonly nextSequence: string
  readonly oldestAtMs: number | null
  readonly newestAtMs: number | null
  readonly exporters: Readonly<Record<string, ExporterSummary>>
}

export interface ExporterSummary {
  readonly appended: number
  /** Null for an exporter without a cursor, which has never sent anything. */
  readonly queued: number | null
  readonly sent: number
  readonly deadLettered: number
  readonly damaged: number
  readonly next: string | null
}

interface Visitor {
  segment(s: Segment, header: SegmentHeader | null): void
  record(s: Segment, found: FoundRecord, scanner: SegmentScanner): Promise<boolean>
}

/** Prints what the log has and how far each exporter is. */
export async function queueStats(
  dir: string,
  out: Out,
  options: { readonly json?: boolean; readonly fs?: QueueFs } = {},
): Promise<QueueSummary> {
  const summary = await summarize(dir, options.fs ?? nodeQueueFs)
  if (options.json) out(`${JSON.stringify(summary)}\n`)
  else printStats(summary, out)
  return summary
}

function printStats(s: QueueSummary, out: Out): void {
  out(
    `${s.segments} segments, ${formatBytes(s.bytes)}, sequence ${s.firstSequence} to ${s.nextSequence} (next)\n`,
  )
  if (s.oldestAtMs !== null && s.newestAtMs !== null)
    out(
      `oldest ${new Date(s.oldestAtMs).toISOString()}, newest ${new Date(s.newestAtMs).toISOString()}\n`,
    )
  for (const [name, e] of Object.entries(s.exporters)) {
    const queued = e.queued === null ? 'no cursor' : `${e.queued} queued`
    out(`${name}: ${e.appended} appended, ${e.sent} sent, ${e.deadLettered} dead-lettered, `)
    out(`${e.damaged} unreadable, ${queued}\n`)
  }
}

async function summarize(dir: string, fs: QueueFs): Promise<QueueSummary> {
  const found = await segmentsOf(dir, fs)
  const appended = new Map<string, number>()
  let next = found.at(-1)?.firstSequence ?? 1n
  let oldestAtMs: number | null = null
  let newestAtMs: number | null = null
  const counter: Visitor = {
    segment: (_s, header) => {
      for (const [name, items] of header?.totals.items ?? []) appended.set(name, items)
    },
    record: async (_s, { header }) => {
      next = header.sequence + 1n
      newestAtMs = header.createdAtMs
      for (const row of header.rows) appended.set(row.exporter, row.itemsBefore + row.items)
      return true
    },
  }
  await walk(dir, fs, found.slice(0, 1), {
    segment: () => {},
    record: async (_s, f) => {
      oldestAtMs = f.header.createdAtMs
      return false
    },
  })
  // Headers contain cumulative counts, so the last segment with a record is enough. The newest segment may still be
  // empty.
  await walk(dir, fs, found.slice(-2), counter)
  const cursors = await cursorsOf(dir, fs)
  const names = new Set([...appended.keys(), ...cursors.keys()])
  return {
    dir,
    segments: found.length,
    bytes: found.reduce((n, s) => n + s.fileBytes, 0),
    firstSequence: String(found[0]?.firstSequence ?? 1n),
    nextSequence: String(next),
    oldestAtMs,
    newestAtMs,
    exporters: Object.fromEntries(
      [...names].sort().map((n) => [n, exporterSummary(appended.get(n) ?? 0, cursors.get(n))]),
    ),
  }
}

function exporterSummary(appended: number, c: CursorState | undefined): ExporterSummary {
  if (c === undefined)
    return { appended, queued: null, sent: 0, deadLettered: 0, damaged: 0, next: null }
  const { sent, deadLettered, damaged, base, next } = c
  const queued = appended - base - sent - deadLettered - damaged
  return { appended, queued, sent, deadLettered, damaged, next: String(next.sequence) }
}

export interface VerifyReport {
  readonly records: number
  /** Segments whose beginning cannot be read; what follows is found without it. */
  readonly damagedHeaders: number
  readonly damagedParts: number
  readonly damagedItems: number
  readonly missingRecords: number
  /** The items of missing records, over all exporters. */
  readonly missingItems: number
}

/** Reads every record and part, and prints what is damaged. All counts of damage are 0 in an intact log. */
export async function queueVerify(
  dir: string,
  out: Out,
  options: { readonly fs?: QueueFs } = {},
): Promise<VerifyReport> {
  const fs = options.fs ?? nodeQueueFs
  const report = {
    records: 0,
    damagedHeaders: 0,
    damagedParts: 0,
    damagedItems: 0,
    missingRecords: 0,
    missingItems: 0,
  }
  const damaged = (name: string, offset: number, what: string): void =>
    out(`${name} at offset ${offset}: ${what}\n`)
  const segments = await segmentsOf(dir, fs)
  // The end is read before the segments, because a running instance may continue to write.
  const end = await endOf(dir, fs, segments)
  const seen = new SeenSoFar()
  await walk(dir, fs, segments, {
    segment: (s, header) => {
      seen.begin(s.firstSequence)
      if (header === null) {
        const isUnused = s.fileBytes <= START_BYTES
        if (isUnused) return
        report.damagedHeaders++
        damaged(basename(s.path), 0, 'the segment header is damaged')
      } else report.missingItems += seen.itemsMissing(header.totals.items)
    },
    record: async (s, found, scanner) => {
      const { header, offset } = found
      const name = basename(s.path)
      const gap = seen.recordsMissing(header.sequence)
      if (gap > 0) damaged(name, offset - found.skippedBytes, `${gap} records are missing`)
      report.missingRecords += gap
      seen.record(header.sequence)
      report.records++
      if ((await scanner.facts(found)) === null)
        damaged(name, offset, `event ids of record ${header.sequence} are damaged`)
      for (const row of header.rows) {
        report.missingItems += seen.itemsMissing(new Map([[row.exporter, row.itemsBefore]]))
        seen.items(row.exporter, row.itemsBefore + row.items)
        if ((await scanner.part(found, row)) !== null) continue
        report.damagedParts++
        report.damagedItems += row.items
        damaged(name, offset, `${row.items} items for ${row.exporter} in record ${header.sequence}`)
      }
      return true
    },
  })
  const gap = end === null ? 0 : seen.recordsMissing(end.nextSequence)
  if (end !== null && gap > 0) {
    out(`the end of the log: ${gap} records are missing\n`)
    report.missingRecords += gap
    report.missingItems += seen.itemsMissing(end.totals.items)
  }
  out(`${segments.length} segments, ${report.records} records, ${report.missingRecords} missing `)
  out(`with ${report.missingItems} items, `)
  if (report.damagedHeaders > 0) out(`${report.damagedHeaders} damaged headers of segments, `)
  out(`${report.damagedParts} damaged parts with ${report.damagedItems} items\n`)
  return report
}

async function endOf(dir: string, fs: QueueFs, segments: readonly Segment[]): Promise<End | null> {
  const logId = await readLogId(dir, fs, segments)
  return logId === null ? null : ((await readEndMark(dir, fs, logId))?.end ?? null)
}

/** The records and counts that were read, from which gaps are computed. */
class SeenSoFar {
  #next: bigint | null = null
  /** True if the log was never shortened, so that the counts begin at zero. */
  #isWhole = false
  readonly #items = new Map<string, number>()

  begin(firstSequence: bigint): void {
    if (this.#next === null) this.#isWhole = firstSequence === 1n
    this.#next ??= firstSequence
  }

  record(sequence: bigint): void {
    this.#next = sequence + 1n
  }

  items(exporter: string, count: number): void {
    this.#items.set(exporter, count)
  }

  recordsMissing(before: bigint): number {
    return this.#next === null || before <= this.#next ? 0 : Number(before - this.#next)
  }

  /** The number of items between these counts and the ones before. */
  itemsMissing(counts: ReadonlyMap<string, number>): number {
    let missing = 0
    for (const [exporter, count] of counts) {
      const known = this.#items.get(exporter) ?? (this.#isWhole ? 0 : undefined)
      if (known === undefined) this.#items.set(exporter, count)
      else if (count > known) {
        missing += count - known
        this.#items.set(exporter, count)
      }
    }
    return missing
  }
}

export interface DumpOptions {
  readonly from?: bigint
  readonly limit?: number
  readonly exporter?: string
  /** Prints the bytes of the parts too, as base64. They contain scrubbed text of users. */
  readonly payload?: boolean
  readonly fs?: QueueFs
}

/** Prints one JSON line for each record. Returns the number of records. */
export async function queueDump(dir: string, out: Out, options: DumpOptions = {}): Promise<number> {
  const { from = 0n, limit = Number.POSITIVE_INFINITY } = options
  const fs = options.fs ?? nodeQueueFs
  let printed = 0
  await walk(dir, fs, await segmentsOf(dir, fs), {
    segment: () => {},
    record: async (s, found, scanner) => {
      if (printed >= limit) return false
      if (found.header.sequence < from) return true
      out(`${JSON.stringify(await described(s, found, scanner, options))}\n`)
      printed++
      return true
    },
  })
  return printed
}

async function described(
  s: Segment,
  found: FoundRecord,
  scanner: SegmentScanner,
  options: DumpOptions,
): Promise<Record<string, unknown>> {
  const { header, offset } = found
  const parts: Record<string, unknown>[] = []
  for (const row of header.rows) {
    if (options.exporter !== undefined && row.exporter !== options.exporter) continue
    const { exporter, stream, items, length } = row
    const bytes = options.payload ? await scanner.part(found, row) : null
    const base64 = bytes === null ? {} : { payload: Buffer.from(bytes).toString('base64') }
    parts.push({ exporter, stream, items, bytes: length, ...base64 })
  }
  return { ...summaryOf(header), segment: basename(s.path), offset, parts }
}

function summaryOf(h: RecordHeader): Record<string, unknown> {
  return {
    sequence: String(h.sequence),
    at: new Date(h.createdAtMs).toISOString(),
    pipeline: h.pipeline,
    events: h.eventCount,
    claims: h.claimCount,
    bytes: h.totalLength,
  }
}

async function segmentsOf(dir: string, fs: QueueFs): Promise<Segment[]> {
  const found = await listSegments(dir, fs).catch((error: unknown) => {
    throw unreadableError(dir, error)
  })
  if (found.length === 0)
    throw new ObservaError(
      'OBS_QUEUE_NONE',
      `There is no queue in ${dir}.`,
      'Name the configuration of the instance with --config, or its data_dir with --set.',
    )
  return found
}

/** Visits segments and their records in order. A visitor that returns false ends the walk. */
async function walk(
  dir: string,
  fs: QueueFs,
  segments: readonly Segment[],
  visitor: Visitor,
): Promise<void> {
  const seed = crc32((await readLogId(dir, fs, segments)) ?? Buffer.alloc(0))
  for (const [i, s] of segments.entries()) {
    const superseded = segments[i + 1]?.firstSequence
    try {
      if (!(await walkOne(fs, s, seed, superseded, visitor))) return
    } catch (error) {
      // A running instance has removed the segment, so its records are delivered.
      if (!isMissing(error)) throw unreadableError(dir, error)
    }
  }
}

async function walkOne(
  fs: QueueFs,
  s: Segment,
  seed: number,
  superseded: bigint | undefined,
  visitor: Visitor,
): Promise<boolean> {
  const file = await fs.open(s.path, 'read')
  try {
    const header = await readSegmentHeader(file, s.epoch)
    visitor.segment(s, header)
    const range = { epoch: s.epoch, seed, endBytes: s.fileBytes }
    const fromBytes = header?.blockLength ?? START_BYTES
    const scanner = new SegmentScanner(file, { ...range, fromBytes })
    for (let f = await scanner.next(); f !== null; f = await scanner.next()) {
      if (superseded !== undefined && f.header.sequence >= superseded) break
      if (!(await visitor.record(s, f, scanner))) return false
    }
    return true
  } finally {
    await file.close()
  }
}

async function cursorsOf(dir: string, fs: QueueFs): Promise<Map<string, CursorState>> {
  const newest = new Map<string, { generation: number; state: CursorState }>()
  for (const name of await fs.list(join(dir, 'cursors'))) {
    if (!/\.[01]$/.test(name)) continue
    const file = await fs.open(join(dir, 'cursors', name), 'read')
    const bytes = Buffer.alloc(await file.sizeBytes())
    await file.read(bytes, 0)
    await file.close()
    const read = parseCursor(bytes.toString('utf8'))
    if (read === null) continue
    const known = newest.get(read.state.exporter)
    if (known === undefined || known.generation < read.generation)
      newest.set(read.state.exporter, read)
  }
  return new Map([...newest].map(([name, c]) => [name, c.state]))
}
