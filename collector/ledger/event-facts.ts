// Packs the claims, reports and entries of a task into one list of integers, for a log record has one such list, of rows of three. A
// report takes nineteen numbers and begins with a negative number, as no claim does. Entries come last, behind a row that begins with the
// least number there is.

import { CLAIM_STRIDE } from '../../core/reports/claim-rows.ts'
import { REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import type { EventFacts } from '../../core/task.ts'

type Facts = Pick<EventFacts, 'claims' | 'reports' | 'entries'>

const ENTRIES = -0x8000_0000
const ROW = 3
const ROW_BYTES = ROW * 4

export function packFacts({ claims, reports, entries }: Facts): Int32Array {
  if (reports.length === 0 && entries.length === 0) return claims
  const entryRows = entries.length === 0 ? 0 : 1 + Math.ceil(entries.length / ROW_BYTES)
  const rows = Math.ceil((claims.length + reports.length) / ROW) + entryRows + 1
  const packed = new Int32Array(rows * ROW)
  packed.set(claims)
  packed.set(reports, claims.length)
  const end = claims.length + reports.length
  for (let at = claims.length; at < end; at += REPORT_STRIDE)
    packed[at] = -1 - (packed[at] as number)
  packed[end] = ENTRIES
  packed[end + 1] = entries.length
  new Uint8Array(packed.buffer).set(entries, (end + ROW) * 4)
  return packed
}

export function unpackFacts(packed: Int32Array): Facts {
  let at = 0
  while (at < packed.length && (packed[at] as number) >= 0) at += CLAIM_STRIDE
  let end = at
  while (end < packed.length && packed[end] !== ENTRIES) end += REPORT_STRIDE
  const reports = packed.slice(at, end)
  for (let i = 0; i < reports.length; i += REPORT_STRIDE) reports[i] = -1 - (reports[i] as number)
  return { claims: packed.subarray(0, at), reports, entries: entriesOf(packed, end) }
}

function entriesOf(packed: Int32Array, at: number): Uint8Array {
  if (at + 1 >= packed.length) return new Uint8Array(0)
  const from = packed.byteOffset + (at + ROW) * 4
  return new Uint8Array(packed.buffer, from, packed[at + 1] as number)
}
