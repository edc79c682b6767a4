// Tests that a viewer of the tap sees only records of its own tenant and project, and that workers sample nothing without viewers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metrics } from '../../core/metrics.ts'
import type { TapFilter, TapLook } from '../../core/tap.ts'
import { TapHub } from './tap-hub.ts'

const filter = (more: Partial<TapFilter> = {}): TapFilter => ({
  tenantId: 'a',
  projectId: 'p',
  component: null,
  records: new Set(['event', 'signal']),
  where: [],
  perSecond: 100,
  ...more,
})
const asked = (hub: TapHub): readonly string[] => hub.request?.tenants ?? []
const never = new AbortController().signal
const seen = async (look: TapLook): Promise<unknown[]> =>
  (await look.next(0, never)).map((r) => r.data['id'])

test('a look sees its own tenant and project, pipelines and fields, and nothing is sampled without one', async () => {
  const hub = new TapHub(new Metrics(), (id) => (id === 'kafka' ? new Set(['traces/eu']) : null))
  assert.deepEqual(asked(hub), [])
  const open = (more: Partial<TapFilter> = {}): TapLook => {
    const look = hub.open(filter(more))
    assert.ok(typeof look !== 'string')
    return look
  }
  const own = open()
  const other = open({ tenantId: 'b' })
  const narrow = open({ component: 'kafka' })
  const failed = open({ where: [['status', 'error']] })
  assert.deepEqual(asked(hub), ['a', 'b'])
  const line = (id: number, tenant: string, project: string, status = 'ok'): string =>
    JSON.stringify({ record: 'event', id, tenant_id: tenant, project_id: project, status })
  hub.publish('traces', {
    lines: [line(1, 'a', 'p'), line(2, 'b', 'p'), line(3, 'a', 'q')],
    omitted: 0,
  })
  hub.publish('traces/eu', { lines: [line(4, 'a', 'p', 'error')], omitted: 0 })
  assert.deepEqual(await seen(own), [1, 4])
  assert.deepEqual(await seen(other), [2])
  assert.deepEqual(await seen(narrow), [4])
  assert.deepEqual(await seen(failed), [4])
  assert.equal(hub.open(filter({ component: 'nothing' })), 'no_component')
  for (const look of [own, other, narrow, failed]) look.close()
  assert.deepEqual(asked(hub), [])
})

test('the queue of a look is bounded, what does not fit is counted, and looks are few, of a tenant and of all', async () => {
  const hub = new TapHub(new Metrics(), () => null)
  const look = hub.open(filter({ perSecond: 100_000 }))
  assert.ok(typeof look !== 'string')
  const line = JSON.stringify({ record: 'event', tenant_id: 'a', project_id: 'p' })
  hub.publish('traces', { lines: Array.from({ length: 1500 }, () => line), omitted: 0 })
  assert.equal((await look.next(0, never)).length, 1000)
  assert.equal(look.takeDropped(), 500)
  assert.equal(look.takeDropped(), 0)
  for (let i = 0; i < 9; i++) assert.notEqual(hub.open(filter()), 'too_many')
  assert.equal(hub.open(filter()), 'too_many')
  for (let i = 0; i < 10; i++) assert.notEqual(hub.open(filter({ tenantId: 'b' })), 'too_many')
  assert.equal(hub.open(filter({ tenantId: 'c' })), 'too_many')
})
