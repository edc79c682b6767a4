// Packs the claims and reports of a task into one list of integers, for a log record has one such list, of rows of three. A report
// takes four such rows and begins with a negative number, as no claim does. Records of older logs hold claims only.

import { CLAIM_STRIDE } from '../../core/reports/claim-rows.ts'
import { REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import type { EventFacts } from '../../core/task.ts'

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
