// Takes in the calls of models that jobs made, like those of any client: scrubbed, priced, counted once and exported.

import type { Intake } from '../../core/component.ts'
import { shareKey, type TenantContext } from '../../core/tenant.ts'
import { takeDerivedSpans } from '../../storage/semantic/derived-signals.ts'
import { OutboxLoop, type OutboxOptions } from './outbox-loop.ts'

export interface DerivedSpansOptions extends Pick<OutboxOptions, 'url' | 'clock' | 'logger'> {
  /** That of a pipeline of traces. */
  readonly intake: Intake
}

export function derivedSpans({ intake, ...shared }: DerivedSpansOptions): OutboxLoop {
  const { clock } = shared
  return new OutboxLoop({
    ...shared,
    what: 'spans of jobs',
    take: (pool, signal) =>
      takeDerivedSpans(
        pool,
        async ({ tenantId, projectId }, spans) => {
          const tenant = { tenantId, projectId, environment: null, keyId: null }
          await accept(intake, tenant, requestWith(spans), clock.nowMs())
        },
        signal,
      ),
  })
}

function requestWith(spans: readonly object[]): Buffer {
  const attributes = [{ key: 'service.name', value: { stringValue: 'observa' } }]
  const scopeSpans = [{ scope: { name: 'observa.semantic' }, spans }]
  return Buffer.from(JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans }] }))
}

/** Rejects when the instance takes nothing now; the spans then stay where they are. */
async function accept(
  intake: Intake,
  tenant: TenantContext,
  payload: Buffer,
  receivedAtMs: number,
): Promise<void> {
  const encoding = 'identity'
  const admission = intake.admit({ key: shareKey(tenant), wireBytes: payload.length, encoding })
  if (!admission.ok) throw new Error(admission.message)
  const { reservation } = admission
  try {
    const verdict = await intake.accept(
      { payload, encoding, format: 'otlp-json', telemetry: 'traces', tenant, receivedAtMs },
      reservation,
      () => false,
    )
    if (verdict.kind === 'retry') throw new Error(verdict.message)
  } finally {
    reservation.release()
  }
}
