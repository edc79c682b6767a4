// The contract of every receiver: before it hands a request on, it authenticates the request and asks whether there is memory
// for it; if there is none it answers so; and it can be stopped at any time.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { Listeners } from '../../collector/http/listeners.ts'
import type { AnyReceiver } from '../../config/registry-type.ts'
import type {
  Admission,
  AuthResult,
  Component,
  Intake,
  IntakeVerdict,
  ReceiverContext,
  Reservation,
} from '../../core/component.ts'
import type { TaskRequest } from '../../core/task.ts'
import { testHost } from '../exporter-host.ts'
import { goodConfig } from './good-config.ts'

const ACCEPTED: IntakeVerdict = {
  kind: 'accepted',
  accepted: 1,
  rejected: 0,
  dropped: 0,
  reasons: [],
  rejectedItems: [],
}

const ROOM: Reservation = { bytes: 0, set: () => true, release: () => {} }

/** Takes the place of the pipeline: gives the verdicts that a test wants and records what it receives. */
class Behind implements Intake {
  readonly bodyBytesMax = 1 << 20
  readonly taken: TaskRequest[] = []
  admission: Admission = { ok: true, reservation: ROOM }
  verdict: IntakeVerdict = ACCEPTED
  who: AuthResult = {
    ok: true,
    tenant: { tenantId: 'acme', projectId: 'shop' } as never,
    scopes: new Set(['ingest']),
  }

  admit(): Admission {
    return this.admission
  }

  accept(request: TaskRequest): Promise<IntakeVerdict> {
    this.taken.push({ ...request, payload: Uint8Array.from(request.payload) })
    return Promise.resolve(this.verdict)
  }
}

/** A receiver that nobody can reach has no request to answer: it starts although its source is gone, and stops at any time. */
export async function checkConsumer(t: TestContext, factory: AnyReceiver): Promise<void> {
  const config = goodConfig(factory, { brokers: ['127.0.0.1:1'] })
  const behind = new Behind()
  const ctx: ReceiverContext = {
    intake: { traces: behind, logs: behind, metrics: behind },
    auth: { authenticate: () => behind.who },
    guard: () => ({ refusalOf: () => null }),
    listeners: new Listeners(),
  }
  const unused = factory.create(config, testHost(t), ctx)
  await unused.stop()
  await unused.stop()
  const receiver = factory.create(config, testHost(t), ctx)
  await receiver.start(AbortSignal.timeout(5000))
  await receiver.stop()
  await receiver.stop()
}

export interface ReceiverRequest {
  readonly path: string
  readonly type: string
  readonly body: string
}

/**
 * `where`: configuration that makes the receiver listen on a port chosen by the system. `request`: a request that it accepts.
 */
export async function checkReceiver(
  t: TestContext,
  factory: AnyReceiver,
  where: Record<string, unknown>,
  endpoint: string,
  request: ReceiverRequest,
): Promise<void> {
  const config = goodConfig(factory, where)
  const behind = new Behind()
  const listeners = new Listeners()
  const ctx: ReceiverContext = {
    intake: { traces: behind, logs: behind, metrics: behind },
    auth: { authenticate: () => behind.who },
    guard: () => ({ refusalOf: () => null }),
    listeners,
  }
  const unused: Component = factory.create(config, testHost(t), {
    ...ctx,
    listeners: new Listeners(),
  })
  await unused.stop()
  await unused.stop()

  const receiver = factory.create(config, testHost(t), ctx)
  await receiver.start(AbortSignal.timeout(10_000))
  await listeners.open()
  t.after(() => listeners.close(1000))
  const post = (): Promise<Response> =>
    fetch(`http://${listeners.address(endpoint)}${request.path}`, {
      method: 'POST',
      headers: { 'content-type': request.type },
      body: request.body,
    })

  assert.equal((await post()).status, 200)
  assert.equal(behind.taken.length, 1)
  assert.equal(behind.taken[0]?.tenant.tenantId, 'acme', 'the tenant is that of the credential')
  assert.equal(Buffer.from(behind.taken[0]?.payload ?? []).toString(), request.body)

  behind.who = { ok: false, status: 401, code: 'unauthorized', message: 'no key' }
  assert.equal((await post()).status, 401)
  behind.who = {
    ok: true,
    tenant: { tenantId: 'acme', projectId: 'shop' } as never,
    scopes: new Set(['ingest']),
  }

  for (const status of [429, 503] as const) {
    behind.admission = { ok: false, status, retryAfterS: 7, message: 'full' }
    const refused = await post()
    assert.equal(refused.status, status)
    assert.equal(refused.headers.get('retry-after'), '7')
  }
  assert.equal(behind.taken.length, 1, 'what was not admitted is not handed on')

  behind.admission = { ok: true, reservation: ROOM }
  behind.verdict = { kind: 'retry', status: 503, retryAfterS: 3, message: 'the log is full' }
  const later = await post()
  assert.equal(later.status, 503)
  assert.equal(later.headers.get('retry-after'), '3')

  behind.verdict = { kind: 'refused', code: 'malformed', message: 'no telemetry' }
  assert.equal((await post()).status, 400)
  await receiver.stop()
  await receiver.stop()
}
