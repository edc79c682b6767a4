// Budgets from the request of a client to what is left, the issue when one is spent, and the notification of a target: over the real way
// of usage, with a real receiver.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Receiver, startReceiver } from '../../notifications/testing/receivers.ts'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

let instance: Instance
let receiver: Receiver

before(async () => {
  receiver = await startReceiver()
  instance = await Instance.start({
    config: `
notifications: { allow_private: [127.0.0.1] }
exporters:
  postgres: { embedded: true }
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [postgres] }
`,
  })
})
after(async () => {
  await instance.stop()
  await receiver.stop()
})

type Row = Record<string, unknown>

async function call(method: string, path: string, body?: unknown): Promise<Row> {
  const res = await fetch(instance.url(`/api/v1${path}`, 'http'), {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  const text = await res.text()
  assert.ok(res.status < 300, `${method} ${path}: ${res.status} ${text}`)
  return text === '' ? {} : (JSON.parse(text) as Row)
}

async function eventually<T>(
  ask: () => Promise<T>,
  isWanted: (answer: T) => boolean,
  ms = 90_000,
): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    const answer = await ask()
    if (isWanted(answer)) return answer
    if (Date.now() > end) throw new Error(`in vain: ${JSON.stringify(answer)}`)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

/** The start of spans in tests; budgets are about today. */
const T0_MS = 1_790_000_000_000

let spans = 0
async function spend(usd: number, who: { user?: string; agent?: string }): Promise<void> {
  spans++
  const attributes: Record<string, string | number> = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 100,
    'gen_ai.usage.output_tokens': 10,
    'gen_ai.usage.cost': usd,
    ...(who.user === undefined ? {} : { 'user.id': who.user }),
    ...(who.agent === undefined ? {} : { 'gen_ai.agent.name': who.agent }),
  }
  const body = otlpJson([
    {
      traceId: spans.toString(16).padStart(32, '0'),
      spanId: spans.toString(16).padStart(16, '0'),
      name: 'chat',
      startMs: Date.now() - 1000 - T0_MS,
      durationMs: 1000,
      attributes,
    },
  ])
  const res = await instance.post('/v1/traces', body, { 'content-type': 'application/json' })
  assert.equal(res.status, 200)
}

const remaining = async (query: string): Promise<Row[]> =>
  (await call('GET', `/budgets/remaining${query}`))['data'] as Row[]

test('what is left of each budget is known, and one that is spent is one issue and one notification', async () => {
  await call('POST', '/targets', {
    kind: 'webhook',
    name: 'receiver',
    url: receiver.url,
    timing: { group_wait_ms: 0 },
  })
  const make = (name: string, more: Row): Promise<Row> =>
    call('POST', '/budgets', { name, unit: 'usd', amount: 10, per: 'month', ...more })
  await make('all', { scope: 'tenant', amount: 1000 })
  await make('project', { scope: 'project', project_id: 'default', amount: 100, per: 'week' })
  await make('each user', { scope: 'user', per: 'day' })
  await make('planner', { scope: 'agent', subject: 'planner', amount: 5 })
  await make('gpt', { scope: 'model', subject: 'gpt-4o', unit: 'tokens', amount: 1_000_000 })
  await spend(8.5, { user: 'ada', agent: 'planner' })
  await spend(1, { user: 'bob' })
  const rows = await eventually(
    () => remaining('?user_id=ada&agent=planner&model=gpt-4o&project_id=default'),
    (all) =>
      all.length === 5 &&
      all.every((r) => Number(r['used']) > 0) &&
      all.some((r) => r['used'] === 9.5),
  )
  const used = Object.fromEntries(rows.map((r) => [r['name'], r['used']]))
  assert.deepEqual(used, { all: 9.5, project: 9.5, 'each user': 8.5, planner: 8.5, gpt: 220 })
  assert.deepEqual(
    rows.filter((r) => r['exceeded'] === true).map((r) => r['name']),
    ['planner'],
  )
  const answer = await call('GET', '/budgets/remaining?agent=planner&user_id=ada')
  assert.deepEqual([answer['exceeded'], answer['remaining_usd']], [true, 0])
  // The planner's budget is spent, 85 % of that of the user ada is a notice.
  const issues = await eventually(
    async () => (await call('GET', '/issues?type=budget_exceeded'))['data'] as Row[],
    (all) => all.length > 0,
  )
  assert.equal(issues.length, 1)
  assert.match(
    String(issues[0]?.['title']),
    /^The budget planner is spent: 8\.50 USD of 5\.00 USD a month, agent planner$/,
  )
  await eventually(
    async () => receiver.received.map((r) => String(r.body['type'])).toSorted(),
    (types) => types.length >= 2,
  )
  assert.deepEqual(receiver.received.map((r) => String(r.body['type'])).toSorted(), [
    'budget',
    'issues.firing',
  ])
  const notice = receiver.received.find((r) => r.body['type'] === 'budget')?.body['data'] as Row
  assert.match(String(notice['title']), /^80 % of the budget each user is spent/)
})

test('a target that a tenant makes is tested by a button', async () => {
  const [target] = (await call('GET', '/targets'))['data'] as Row[]
  const outcome = await call('POST', `/targets/${String(target?.['target_id'])}/test`, {})
  assert.equal(outcome['status'], 'delivered')
  const list = (await call('GET', '/deliveries?reason=test'))['data'] as Row[]
  assert.equal(list.length, 1)
})

test('an issue is at a webhook within 5 s after the wait of its group', async () => {
  const before = receiver.received.length
  const at = Date.now()
  const body = otlpJson([
    {
      traceId: 'f'.repeat(32),
      spanId: 'f'.repeat(16),
      name: 'execute_tool book',
      startMs: at - T0_MS,
      durationMs: 1,
      attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'book' },
      error: 'no seats',
    },
  ])
  await instance.post('/v1/traces', body, { 'content-type': 'application/json' })
  await eventually(
    async () => receiver.received.length,
    (n) => n > before,
  )
  const got = receiver.received.at(-1)
  assert.ok(got !== undefined)
  assert.match(String((got.body['data'] as Row)['title']), /book failed: no seats/)
  assert.ok(got.atMs - at < 8000, `${got.atMs - at} ms from the request`)
})
