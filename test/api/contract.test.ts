// The contract: every route that a user may rely on is in the served document, with its method. Which ones those are stands here once
// more and not in the code, so that none can go without anybody noticing.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { Instance } from '../instance.ts'
import { CONTRACT, PLANNED } from './contract.ts'

let served: ReadonlySet<string>
let instance: Instance

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

before(async () => {
  instance = await Instance.start()
  const res = await fetch(instance.url('/api/v1/openapi.json', 'http'))
  const { paths } = (await res.json()) as Document
  served = new Set(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) =>
          `${method.toUpperCase()} ${path.replace('/api/v1/', '').replace(/\{\w+\}/g, ':id')}`,
      ),
    ),
  )
})

after(() => instance.stop())

test('every route of the contract is in the document', (t) => {
  const missing = CONTRACT.filter((route) => !served.has(route))
  assert.deepEqual(
    missing.filter((route) => !PLANNED.includes(route)),
    [],
  )
  for (const route of missing) t.diagnostic(`not served yet: ${route}`)
})

test('what is listed as not served is part of the contract and not served', () => {
  assert.deepEqual(
    PLANNED.filter((route) => !CONTRACT.includes(route) || served.has(route)),
    [],
  )
})
