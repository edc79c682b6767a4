// A finding of a rule over one trace, without the fields that all findings of the trace share.

import type { Finding } from '../finding.ts'
import type { TraceHead, TraceSpan } from './trace.ts'

export interface TraceFinding
  extends Pick<
    Finding,
    'type' | 'rule' | 'severity' | 'identity' | 'dimensions' | 'value' | 'threshold' | 'evidence'
  > {
  /** The span that met the condition. */
  readonly deciding: TraceSpan
  /** Cost of the fault in USD. */
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

/** Rounds a sum, so that adding in another order gives the same. */
export const rounded = (usd: number): number => Math.round(usd * 1e9) / 1e9
