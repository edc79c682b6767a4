// Every list of the API in every order that its document names, on real stores: the order is right, also among equal values, missing
// ones and names of any letters, and page by page each row comes once.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test, { after, before } from 'node:test'
import { z } from 'zod'
import { Instance } from '../instance.ts'
import { otlpJson, type TestSpan } from '../span-batch.ts'

const TRACES = 9
/** Letters of any case, marks, a long one, two that differ in case alone, and one of other letters. */
const NAMES = ['b', 'B', 'a"b\\', 'Äpfel', 'äpfel', '日本', `z${'ü'.repeat(90)}`, 'a']

let at: Instance

before(async () => {
  at = await Instance.start({
    config: `
exporters: { clickhouse: { embedded: true }, postgres: { embedded: true } }
accounts: open
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`,
  })
  const spans = Array.from({ length: TRACES }, (_, i) => spanOf(i))
  assert.equal((await at.post('/v1/traces', otlpJson(spans))).status, 200)
  await at.drained()
  for (const name of NAMES) {
    const { project_id } = z
      .looseObject({ project_id: z.string() })
      .parse(await made('projects', { name }))
    await made('keys', { project_id, kind: 'secret', name })
  }
  await made('keys', { project_id: 'default', kind: 'secret' })
  for (const [i, role] of ['viewer', 'member', 'admin', 'member'].entries()) {
    const email = `${'dbca'[i]}@firm.test`
    const { token } = z
      .looseObject({ token: z.string() })
      .parse(await made('invitations', { email, role }))
    await made('auth/signup', { email, password: 'a password of the test', invitation: token })
  }
})
after(() => at.stop())

/** Every third trace is like another in all that lists are sorted by but its id. */
function spanOf(i: number): TestSpan {
  const n = Math.floor(i / 3)
  return {
    name: `chat ${i}`,
    traceId: createHash('md5').update(`trace ${i}`).digest('hex'),
    startMs: n * 1000,
    durationMs: 100 + n * 6000,
    ...(n === 1 ? { error: `Fault${i}: of the test` } : {}),
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 10 * n,
      'user.id': `user-${i}`,
      'session.id': `session-${i}`,
      'gen_ai.conversation.id': `talk-${i}`,
    },
  }
}

async function made(path: string, body: object): Promise<unknown> {
  const res = await fetch(at.url(`/api/v1/${path}`, 'http'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.ok(res.ok, `${path}: ${res.status} ${await res.clone().text()}`)
  return await res.json()
}

const pageSchema = z.object({
  data: z.array(z.record(z.string(), z.unknown())),
  next_cursor: z.string().nullable(),
})
type Row = Readonly<Record<string, unknown>>

async function page(path: string): Promise<z.output<typeof pageSchema>> {
  const res = await fetch(at.url(path, 'http'), { headers: { 'cache-control': 'no-cache' } })
  assert.equal(res.status, 200, path)
  return pageSchema.parse(await res.json())
}

const documentSchema = z.object({
  paths: z.record(
    z.string(),
    z.object({
      get: z
        .object({
          parameters: z
            .array(
              z.object({
                name: z.string(),
                schema: z.object({ enum: z.array(z.string()).optional() }).optional(),
              }),
            )
            .optional(),
        })
        .optional(),
    }),
  ),
})

/** The lists that can be sorted, with their orders. */
async function sortedLists(): Promise<
  readonly (readonly [path: string, sorts: readonly string[]])[]
> {
  const res = await fetch(at.url('/api/v1/openapi.json', 'http'))
  const { paths } = documentSchema.parse(await res.json())
  return Object.entries(paths).flatMap(([path, { get }]) => {
    const sorts = get?.parameters?.find(({ name }) => name === 'sort')?.schema?.enum
    return sorts === undefined || path.includes('{') ? [] : [[path, sorts] as const]
  })
}

const RANKS = ['low', 'medium', 'high']

/** What a row is sorted by, as Postgres compares it. */
function valueOf(row: Row, column: string): number | string {
  const value = row[column]
  if (column === 'severity') return RANKS.indexOf(String(value))
  if (/(^|_)(at|time|seen)$/.test(column))
    return value === null ? 0 : Date.parse(z.string().parse(value))
  if (typeof value === 'number') return value
  return Buffer.from((typeof value === 'string' ? value : '').toLowerCase()).toString('hex')
}

const isOrdered = (rows: readonly Row[], sort: string): boolean => {
  const values = rows.map((row) => valueOf(row, sort.replace(/^-/, '')))
  return values.every((value, i) => {
    const before = values[i - 1]
    if (before === undefined || value === before) return true
    return sort.startsWith('-') ? before > value : before < value
  })
}

test('every order that the document names is right, and page by page each row comes once', async () => {
  const lists = await sortedLists()
  const paths = lists.map(([path]) => path.replace('/api/v1/', ''))
  for (const name of [
    'keys',
    'members',
    'projects',
    'audit',
    'signals',
    'issues',
    'traces',
    'users',
  ])
    assert.ok(paths.includes(name), `${name} can be sorted: ${paths.join(', ')}`)
  for (const [path, sorts] of lists)
    for (const sort of sorts) {
      const all = (await page(`${path}?sort=${sort}&limit=1000`)).data
      assert.ok(all.length >= 2, `${path} has rows: ${all.length}`)
      assert.ok(isOrdered(all, sort), `${path}?sort=${sort}`)
      const seen: Row[] = []
      for (let cursor = ''; cursor !== 'end'; ) {
        const now = await page(`${path}?sort=${sort}&limit=2${cursor}`)
        seen.push(...now.data)
        cursor = now.next_cursor === null ? 'end' : `&cursor=${now.next_cursor}`
      }
      const stable = sort.replace(/^-/, '')
      assert.deepEqual(
        seen.map((row) => [idOf(row), row[stable]]),
        all.map((row) => [idOf(row), row[stable]]),
        `${path}?sort=${sort}`,
      )
    }
})

/** A row is told by the id that its list gives it, and else by all that it has. */
const idOf = (row: Row): string => {
  const { audit_id, key_id, event_id, issue_id } = row
  return JSON.stringify(audit_id ?? key_id ?? event_id ?? issue_id ?? row)
}

test('a cursor of another order is refused, not misread', async () => {
  const { next_cursor } = await page('/api/v1/keys?sort=name&limit=2')
  const res = await fetch(at.url(`/api/v1/keys?sort=created_at&cursor=${next_cursor}`, 'http'))
  assert.equal(res.status, 400)
})
