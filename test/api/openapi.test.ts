// The document of the API: valid OpenAPI 3.1, complete in what clients are made of, and the typed client works with it.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import type { AnswerOf, Asked, OperationName } from '../../console/src/api/operations.ts'
import { addressOfOperation } from '../../console/src/api/operations.ts'
import { Instance } from '../instance.ts'

interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly security?: readonly unknown[]
  readonly deprecated?: boolean
  readonly 'x-required-scope'?: string
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: unknown
  readonly responses: Readonly<Record<string, Answer>>
}

interface Answer {
  readonly description?: string
  readonly content?: Readonly<Record<string, { readonly example?: unknown }>>
}

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

let at: Instance
let document: Document
let operations: readonly (readonly [name: string, operation: Operation])[]

before(async () => {
  at = await Instance.start()
  const res = await fetch(at.url('/api/v1/openapi.json', 'http'))
  document = (await res.json()) as Document
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  )
})

after(() => at.stop())

test('the document is valid OpenAPI 3.1', async () => {
  assert.match(document.openapi, /^3\.1/)
  const found = await new Validator().validate({ ...structuredClone(document) })
  const errors = 'errors' in found ? JSON.stringify(found.errors, null, 2) : ''
  assert.ok(found.valid, errors.slice(0, 5000))
})

test('every operation has an id of its own, a summary, a tag, and says whether it needs a key with which scope', () => {
  assert.ok(operations.length > 80, `${operations.length} operations`)
  const ids = operations.map(([, o]) => o.operationId)
  assert.equal(new Set(ids).size, ids.length)
  for (const [name, o] of operations) {
    assert.ok(o.summary !== undefined && o.summary !== '', name)
    assert.ok((o.tags ?? []).length > 0, `${name} has no tag`)
    const isPublic = o.security?.length === 0
    assert.ok(isPublic || o['x-required-scope'] !== undefined, name)
  }
})

test('every operation names its errors, each with an example and as a problem', () => {
  for (const [name, o] of operations) {
    const bad = Object.keys(o.responses).filter((status) => /^[45]/.test(status))
    assert.ok(bad.includes('400') && bad.includes('500'), name)
    if (o.security?.length !== 0) assert.ok(bad.includes('401') && bad.includes('403'), name)
    if (name.includes('{')) assert.ok(bad.includes('404'), name)
    if (o.tags?.includes('ingest') === true || o.tags?.includes('system') === true) continue
    for (const status of bad) {
      const content = o.responses[status]?.content ?? {}
      assert.ok(content['application/json']?.example !== undefined, `${name} ${status}`)
      assert.ok(content['application/problem+json'] !== undefined, `${name} ${status}`)
    }
  }
})

test('a POST that makes something takes an Idempotency-Key', () => {
  const making = operations.filter(
    ([name, o]) => name.startsWith('POST') && o.responses['201'] !== undefined,
  )
  assert.ok(making.length >= 6, `${making.length}`)
  for (const [name, o] of making) {
    if (name.includes('/auth/') || name.includes('/accept')) continue
    const headers = (o.parameters ?? []).filter((p) => p.in === 'header').map((p) => p.name)
    assert.ok(headers.includes('idempotency-key'), name)
  }
})

/** Asks with the types that were made from the document. */
async function ask<Name extends OperationName>(
  name: Name,
  asked: Asked<Name>,
): Promise<{
  readonly status: number
  readonly answer: AnswerOf<Name>
  readonly headers: Headers
}> {
  const { method, path } = addressOfOperation(name, asked)
  const res = await fetch(at.url(path, 'http'), { method })
  // Other tests check that responses comply with the OpenAPI document.
  const answer = (await res.json()) as AnswerOf<Name>
  return { status: res.status, answer, headers: res.headers }
}

test('a client that was made from the document asks and reads', async () => {
  const { answer } = await ask('GET /version', {})
  assert.equal(typeof answer.version, 'string')
  const missing = await ask('GET /api/v1/dead-letters/{id}', { path: { id: 'none of/these' } })
  assert.equal(missing.status, 404)
})

test('a route that will go says so, and what takes its place', async () => {
  const { headers } = await ask('GET /api/v1/signals/summary', {})
  assert.match(headers.get('deprecation') ?? '', /^@\d+$/)
  assert.ok(Number.isFinite(Date.parse(headers.get('sunset') ?? '')))
  assert.match(headers.get('link') ?? '', /issues\/summary>; rel="successor-version"/)
  const going = operations.filter(([, o]) => o.deprecated === true).map(([name]) => name)
  assert.deepEqual(going, ['GET /api/v1/signals/summary'])
})
