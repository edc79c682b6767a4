// Tests paths that the router refuses before any handler runs: the response has the same form as every other error.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import test, { after, before } from 'node:test'
import { Instance } from '../instance.ts'

let instance: Instance

before(async () => {
  instance = await Instance.start()
})

after(async () => {
  await instance.stop()
})

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** Sends a request with the unchanged path, because `fetch` would normalise it. */
function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const { http } = instance.ports
  const req = request({ host: '127.0.0.1', port: http, path, headers }, (res) => {
    let body = ''
    res.setEncoding('utf8')
    res.on('data', (chunk: string) => {
      body += chunk
    })
    res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body }))
  })
  req.on('error', reject)
  req.end()
  return promise
}

const PATHS = [
  '/api/v1/traces/%',
  '/api/v1/traces/%E0%A4%A',
  '/api/v1/events/%zzsecret',
  `/api/v1/traces/${'a'.repeat(300)}`,
]

for (const path of PATHS)
  test(`${path.slice(0, 40)} is a 400 in the form of every error, and is not repeated`, async () => {
    const { status, headers, body } = await get(path)
    assert.equal(status, 400, body)
    const { error } = JSON.parse(body) as { error: Record<string, string> }
    const { code, message, request_id: id } = error
    assert.equal(code, 'VALIDATION_ERROR')
    assert.ok(message !== undefined && message !== '')
    assert.equal(headers['x-request-id'], id)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.ok(!body.includes(path.slice(path.lastIndexOf('/'))))
  })

test('a page of another site learns nothing by such a path', async () => {
  const { status, body } = await get('/api/v1/traces/%', { host: 'evil.example' })
  assert.notEqual(status, 400)
  assert.ok(!body.includes('encodes'))
})
