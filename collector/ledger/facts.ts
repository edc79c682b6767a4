// Claims and rows of reports as the one list of integers that a log record has room for: rows of three. A row of a report takes
// four of them and begins with a negative number, which no claim does; records of older logs have none.

import { REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import type { EventFacts } from '../../core/task.ts'

const CLAIM_STRIDE = 3

export function packFacts({ claims, reports }: Pick<EventFacts, 'claims' | 'reports'>): Int32Array {
  if (reports.length === 0) return claims
  const packed = new Int32Array(claims.length + reports.length)
  packed.set(claims)
  packed.set(reports, claims.length)
  for (let at = claims.length; at < packed.length; at += REPORT_STRIDE)
    packed[at] = -1 - (packed[at] as number)
  return packed
}

export function unpackFacts(packed: Int32Array): Pick<EventFacts, 'claims' | 'reports'> {
  let at = 0
  while (at < packed.length && (packed[at] as number) >= 0) at += CLAIM_STRIDE
  const reports = packed.slice(at)
  for (let i = 0; i < reports.length; i += REPORT_STRIDE) reports[i] = -1 - (reports[i] as number)
  return { claims: packed.subarray(0, at), reports }
}
