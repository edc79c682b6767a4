// No secret that somebody types into a form or sends by API comes to rest in the control plane. The served document names every field of
// every body and every parameter of every path; a token of its own is put into each, one request at a time, and afterwards every row of
// every table is searched for them. A route or a field that is added later is covered as soon as it is documented.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { Draw, fake } from '../../processors/scrub/corpus/fake-secrets.ts'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import { Instance } from '../instance.ts'

interface Schema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly format?: string
  readonly examples?: readonly unknown[]
}

interface Operation {
  readonly method: string
  readonly path: string
  readonly body: Schema | null
}

/** A place for a text in a body: the way to it and the body around it. */
interface Place {
  readonly way: string
  readonly bodyWith: (text: string) => unknown
}

/** What is stored of these is something else: a hash of a password, or a destination that the product must be able to reach. */
const KEPT: Readonly<Record<string, string>> = {
  'POST /api/v1/targets settings.url':
    'the address of a webhook may hold its credential; only admins see it',
}
/** These end the session or the tenant that the other requests need. */
const ENDING = /^(?:POST \/api\/v1\/auth\/(?:logout|password)|DELETE \/api\/v1\/(?:tenants|auth))/
const PROJECT = 'shop'

let postgres: TestPostgres
let instance: Instance
let token: string
let projectId: string

before(async () => {
  postgres = await startTestPostgres({ migrate: false })
  instance = await Instance.start({
    config: `
auth: keys
accounts: open
exporters: { postgres: { url: "${postgres.url}" } }
extensions: { api: { trusted_proxies: [127.0.0.1] } }
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [file, postgres] }
`,
  })
  const owner = { email: 'owner@test.invalid', password: 'correct horse battery staple' }
  const signedUp = await send('POST', '/api/v1/auth/signup', { ...owner, tenant_name: 'Tenant' })
  token = String(signedUp.body['token'])
  const project = await send('POST', '/api/v1/projects', { name: PROJECT })
  projectId = String(project.body['project_id'])
})
after(async () => {
  await instance.stop()
  await postgres.stop()
})

let callers = 0
async function send(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  callers++
  const res = await fetch(instance.url(path, 'http'), {
    method,
    headers: {
      // Each request comes from another address, because the limits of one are not the subject here.
      'x-forwarded-for': `10.2.${callers >> 8}.${callers & 255}`,
      'x-forwarded-proto': 'https',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await res.text()
  const isJson = (res.headers.get('content-type') ?? '').includes('json')
  return { status: res.status, body: isJson && text !== '' ? JSON.parse(text) : {} }
}

async function operations(): Promise<Operation[]> {
  const { body: document } = await send('GET', '/api/v1/openapi.json')
  const paths = document['paths'] as Record<string, Record<string, Record<string, unknown>>>
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Operation => {
      const content = operation['requestBody'] as { content?: Record<string, { schema: Schema }> }
      const body = content?.content?.['application/json']?.schema ?? null
      return { method: method.toUpperCase(), path, body }
    }),
  )
}

/** A valid value of a schema: of an object the fields that it must have. */
function valueOf(schema: Schema, name: string): unknown {
  if (name === 'project_id') return projectId
  const [variant] = schema.anyOf ?? schema.oneOf ?? []
  if (schema.examples !== undefined) return schema.examples[0]
  if (schema.enum !== undefined) return schema.enum[0]
  if (variant !== undefined) return valueOf(variant, name)
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((key) => [key, valueOf(schema.properties?.[key] ?? {}, key)]),
      )
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => valueOf(schema.items ?? {}, name))
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 1, (schema.exclusiveMinimum ?? 0) + 1)
    case 'boolean':
      return true
    default:
      return textOf(schema, name)
  }
}

function textOf({ format }: Schema, name: string): string {
  if (format === 'email') return `person-${callers}@test.invalid`
  if (format === 'date-time' || name === 'from' || name === 'to')
    return new Date(Date.now() + (name === 'from' ? -1 : 1) * 3_600_000).toISOString()
  if (name === 'trace_id') return 'a'.repeat(32)
  return 'plain'
}

/** Every place in the body where a text may stand, names of free members included. */
function placesOf(schema: Schema, way = ''): Place[] {
  const name = way.split('.').at(-1) ?? ''
  const variants = schema.anyOf ?? schema.oneOf
  if (variants !== undefined) return variants.flatMap((v) => placesOf(v, way))
  if (schema.enum !== undefined) return []
  if (schema.type === 'string') return [{ way, bodyWith: (text) => text }]
  if (schema.type === 'array' && schema.items !== undefined)
    return placesOf(schema.items, way).map((p) => ({ ...p, bodyWith: (t) => [p.bodyWith(t)] }))
  if (schema.type !== 'object') return []
  const base = valueOf(schema, name) as Record<string, unknown>
  const fields = Object.entries(schema.properties ?? {}).flatMap(([key, field]) =>
    placesOf(field, way === '' ? key : `${way}.${key}`).map((p) => ({
      ...p,
      bodyWith: (text: string) => ({ ...base, [key]: p.bodyWith(text) }),
    })),
  )
  const free = schema.additionalProperties
  if (typeof free !== 'object') return fields
  const values = placesOf(free, `${way}.*`).map((p) => ({
    ...p,
    bodyWith: (text: string) => ({ ...base, model: p.bodyWith(text) }),
  }))
  const names = { way: `${way}.*name`, bodyWith: (t: string) => ({ ...base, [t]: 'plain' }) }
  return [...fields, ...values, names]
}

/** All rows of all tables, as one text a table. */
async function tables(): Promise<ReadonlyMap<string, string>> {
  const { rows } = await postgres.pool.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
  )
  const out = new Map<string, string>()
  for (const { name } of rows) {
    const found = await postgres.pool.query<{ row: string }>(
      `SELECT to_jsonb(t)::text AS row FROM ${name} t`,
    )
    out.set(name, found.rows.map((r) => r.row).join('\n'))
  }
  return out
}

test('a secret in any field of any body, or in any path, is in no table', async (t) => {
  const draw = new Draw(23)
  const planted = new Map<string, string>()
  const outcomes = new Map<string, number>()
  const plant = async (what: string, send: (secret: string) => Promise<number>): Promise<void> => {
    const secret = fake('github_token', draw)
    planted.set(secret, what)
    outcomes.set(what, await send(secret))
  }
  for (const { method, path, body } of await operations()) {
    const title = `${method} ${path}`
    if (ENDING.test(title) || !path.startsWith('/api/v1/')) continue
    const real = path.replace('{project}', projectId).replace('{id}', projectId)
    if (body !== null)
      for (const { way, bodyWith } of placesOf(body))
        for (const text of ['', 'see '])
          await plant(`${title} ${way}`, async (secret) => {
            const answer = await send(method, real, bodyWith(text + secret))
            assert.ok(answer.status !== 500, `${title} ${way}: ${JSON.stringify(answer.body)}`)
            return answer.status
          })
    if (path.includes('{'))
      await plant(`${title} (path)`, async (secret) => {
        const at = path.replace(/\{\w+\}/g, secret)
        const needed = body === null ? undefined : valueOf(body, '')
        return (await send(method, at, needed)).status
      })
  }
  const found: string[] = []
  for (const [table, text] of await tables())
    for (const [secret, what] of planted)
      if (text.includes(secret) && KEPT[what] === undefined) found.push(`${what} in ${table}`)
  assert.deepEqual(found, [])
  const taken = [...outcomes].filter(([, status]) => status < 300)
  t.diagnostic(`${planted.size} texts, taken with a marker: ${taken.map(([w]) => w).join(', ')}`)
  assert.ok(taken.length >= 15, `only ${taken.length} fields took a text`)
})
