// The protocol: what is answered to right and to wrong messages, and that tools only read and are bounded.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { McpServer } from './mcp-server.ts'
import { TOOLS } from './tools.ts'

const asked: string[] = []
const server = new McpServer('1.2.3')

async function ask(message: unknown, status = 200, body = '{"data":[]}') {
  const answer = await server.handleText(
    typeof message === 'string' ? message : JSON.stringify(message),
    async (path) => {
      asked.push(path)
      return { status, body }
    },
  )
  return answer as {
    result?: Record<string, unknown>
    error?: { code: number }
    id?: unknown
  } | null
}

const request = (method: string, params?: object) => ({ jsonrpc: '2.0', id: 7, method, params })

async function call(name: string, args: object, status = 200, body = '{"data":[]}') {
  const answer = await ask(request('tools/call', { name, arguments: args }), status, body)
  const { content, isError } = (answer?.result ?? {}) as {
    content?: { text: string }[]
    isError?: boolean
  }
  return { text: content?.[0]?.text ?? '', isError, error: answer?.error }
}

test('a client is told the version it asked for, or the newest', async () => {
  const known = await ask(request('initialize', { protocolVersion: '2025-03-26' }))
  assert.equal(known?.result?.['protocolVersion'], '2025-03-26')
  const other = await ask(request('initialize', { protocolVersion: '1999-01-01' }))
  assert.equal(other?.result?.['protocolVersion'], '2025-11-25')
  assert.deepEqual(other?.id, 7)
})

test('notifications are not answered, and what is no request is an error', async () => {
  assert.equal(await ask({ jsonrpc: '2.0', method: 'notifications/initialized' }), null)
  assert.equal((await ask('{nonsense'))?.error?.code, -32_700)
  for (const wrong of [
    [],
    'null',
    { id: 1, method: 'ping' },
    { jsonrpc: '2.0', id: {}, method: 'ping' },
  ])
    assert.equal((await ask(wrong))?.error?.code, -32_600, JSON.stringify(wrong))
  assert.equal((await ask(request('resources/list')))?.error?.code, -32_601)
  assert.deepEqual((await ask(request('ping')))?.result, {})
})

test('every tool says that it reads, and asks the API with a bounded limit', async () => {
  const listed = (await ask(request('tools/list')))?.result?.['tools'] as {
    name: string
    annotations: { readOnlyHint: boolean }
  }[]
  assert.deepEqual(
    listed.map((tool) => [tool.name, tool.annotations.readOnlyHint]),
    TOOLS.map((tool) => [tool.name, true]),
  )
  asked.length = 0
  await call('cost_by', { by: 'model,kind', limit: 100_000 })
  await call('list_traces', { limit: -1, errors: true })
  await call('get_trace', { id: '../keys?x=1' })
  assert.deepEqual(asked, [
    '/api/v1/analytics/breakdown?by=model%2Ckind&limit=100',
    '/api/v1/traces?errors=true&limit=20',
    '/api/v1/traces/..%2Fkeys%3Fx%3D1?limit=20',
  ])
})

test('mistakes are told to the model, and nothing is asked', async () => {
  asked.length = 0
  assert.match((await call('search', {})).text, /"q" is missing/)
  assert.match((await call('search', { q: 'a', wher: 1 })).text, /no argument "wher"/)
  assert.equal((await call('drop_table', {})).error?.code, -32_602)
  assert.deepEqual(asked, [])
  const refused = await call('search', { q: 'a' }, 403, '{"error":{"message":"lacks the scope"}}')
  assert.deepEqual([refused.isError, refused.text], [true, '403: lacks the scope'])
  assert.equal((await call('search', { q: 'a' }, 502, '<html>')).isError, true)
})

test('an answer that is too long is cut, and says so', async () => {
  const { text } = await call('overview', {}, 200, 'x'.repeat(100_000))
  assert.ok(text.length < 61_000)
  assert.match(text, /cut after 60000 of 100000 characters/)
})
