// Decides which traces are in a sample, by a hash of the trace id. Every process, run and replay selects the same traces, and a sample of
// 1 % is a subset of a sample of 5 %. ClickHouse computes the same hash (`SHARE_OF_TRACE` in `storage/semantic`).

import { createHash } from 'node:crypto'

/** Maps a trace id (32 hex digits) to a number from 0 to 1 with an even distribution. */
export function shareOfTrace(traceId: string): number {
  const digest = createHash('sha256').update(`observa-sample${traceId}`).digest()
  return digest.readUInt32BE(0) / 2 ** 32
}

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

/** True if a sampling rule applies to this call. A condition that the rule does not have is true for all calls. */
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
