// What a rule over one trace found: a finding without what it shares with all findings of its trace.

import type { Finding } from '../finding.ts'
import type { TraceHead, TraceSpan } from './trace.ts'

export interface TraceFinding
  extends Pick<
    Finding,
    'type' | 'rule' | 'severity' | 'identity' | 'dimensions' | 'value' | 'threshold' | 'evidence'
  > {
  /** The span with which the condition held. */
  readonly deciding: TraceSpan
  /** USD that the fault cost. */
  readonly costUsd: number
}

export function findingIn(trace: TraceHead, f: TraceFinding): Finding {
  const { deciding, costUsd, ...rest } = f
  return {
    ...rest,
    tenant: trace.tenant,
    project: trace.project,
    identity: [trace.id, ...f.identity],
    atMs: deciding.endMs,
    trace: trace.id,
    span: deciding.span,
    event: deciding.event,
    context: {
      environment: trace.environment === '' ? null : trace.environment,
      conversation_id: trace.conversation === '' ? null : trace.conversation,
      session_id: trace.session === '' ? null : trace.session,
      user_id: trace.user === '' ? null : trace.user,
      cost_usd: rounded(costUsd),
    },
  }
}

/** Without what additions in another order would change. */
export const rounded = (usd: number): number => Math.round(usd * 1e9) / 1e9
