// Which traces are in a sample: decided by a hash of the trace id, so that every process, every run and every replay takes the same ones,
// and a sample of 1 % is part of that of 5 %. ClickHouse computes the same (`SHARE_OF_TRACE` in `storage/semantic`).

import { createHash } from 'node:crypto'

/** 0 to 1, evenly spread over trace ids (32 hex). */
export function shareOfTrace(traceId: string): number {
  const digest = createHash('sha256').update(`observa-sample${traceId}`).digest()
  return digest.readUInt32BE(0) / 2 ** 32
}

export const isSampled = (traceId: string, rate: number): boolean => shareOfTrace(traceId) < rate

export interface Scoped {
  readonly tenant?: string | undefined
  readonly project?: string | undefined
  readonly environment?: string | undefined
  readonly model?: string | undefined
  readonly route?: string | undefined
}

export interface Dimensions {
  readonly tenantId: string
  readonly projectId: string
  readonly environment: string
  readonly model: string
  readonly route: string
}

/** Does a rule apply to this call? What it leaves out applies to all. */
export function applies(rule: Scoped, d: Dimensions): boolean {
  const is = (wanted: string | undefined, value: string): boolean =>
    wanted === undefined || wanted === value
  return (
    is(rule.tenant, d.tenantId) &&
    is(rule.project, d.projectId) &&
    is(rule.environment, d.environment) &&
    is(rule.model, d.model) &&
    is(rule.route, d.route)
  )
}
