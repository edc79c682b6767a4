// Tests the requests that a web page can make a browser send to an instance without keys: requests through DNS rebinding (a foreign
// `Host`) and cross-site requests without a preflight. They must neither read nor write anything, and legitimate clients must not be
// affected.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { Instance, type Ports } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'
import { type RawReply, type RawRequest, rawRequest } from './raw-request.ts'

const APP = 'https://app.example.com'
let open: Instance
let keyed: Instance
const full = keyForTests('sk', { scopes: ['ingest', 'query'] })

before(async () => {
  const cors = `{ allowed_origins: ["${APP}"] }`
  open = await Instance.start({
    config: `
allowed_hosts: [observa.internal, "Proxy.Example.:8443"]
receivers:
  otlp: { protocols: { http: { cors: ${cors} } } }
  observa: { cors: ${cors} }
`,
  })
  keyed = await Instance.start({
    config: `
extensions: { keys: { keys: [${JSON.stringify(full.row)}] } }
service: { extensions: [keys, api] }
`,
  })
})

after(async () => {
  await open.stop()
  await keyed.stop()
})

const JSON_TYPE = ['content-type', 'application/json'] as const
const EVENT =
  '[{"trace_id":"6f1f6f39-54c7-4b6f-8a3e-0d6c4d0f7b11","span_id":"6f1f6f39-54c7-4b6f-8a3e-0d6c4d0f7b12","event_type":"llm_call","timestamp":"2026-01-01T00:00:00Z","attributes":{"llm_call":{"model":"gpt-4o"}}}]'

/** Everything that an instance serves, by listener. `writes` is a body to send. */
const ROUTES: readonly { port: keyof Ports; target: string; writes?: string }[] = [
  { port: 'otlp', target: '/v1/traces', writes: '{}' },
  { port: 'otlp', target: '/v1/logs', writes: '{}' },
  { port: 'otlp', target: '/api/public/otel/v1/traces', writes: '{}' },
  { port: 'http', target: '/v1/traces', writes: '{}' },
  { port: 'http', target: '/api/v1/events/ingest', writes: EVENT },
  { port: 'http', target: '/health' },
  { port: 'http', target: '/version' },
  { port: 'http', target: '/health/detailed' },
  { port: 'http', target: '/api/v1/openapi.json' },
  { port: 'http', target: '/docs/' },
  { port: 'metrics', target: '/metrics' },
]

type Route = (typeof ROUTES)[number]

function ask(
  route: Route,
  headers: RawRequest['headers'],
  more: Partial<RawRequest> = {},
  at: Instance = open,
): Promise<RawReply> {
  const { writes, target } = route
  const body = writes === undefined ? {} : { method: 'POST', body: writes }
  const type = writes === undefined ? [] : [JSON_TYPE]
  return rawRequest(at.ports[route.port], {
    target,
    ...body,
    headers: [...headers, ...type],
    ...more,
  })
}

const FOREIGN_HOSTS = [
  'evil.example',
  'evil.example:3000',
  '127.0.0.1.evil.example',
  'localhost.evil.example:4318',
  'evil-localhost',
  'app.localhost',
  'localhost..',
  'localhost@evil.example',
  'evil.example@localhost',
  'localhost:80:80',
  'localhost evil.example',
  'localhost,evil.example',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  '10.0.0.1:3000',
  '0.0.0.0',
  '[::]',
  '[fe80::1%25lo]',
  '::1',
  '[::1',
  '',
  'observa.internal.evil.example',
]

for (const route of ROUTES)
  test(`a request with a foreign Host is refused: ${route.target} (${route.port})`, async () => {
    for (const host of FOREIGN_HOSTS) {
      const reply = await ask(route, [['Host', host]])
      assert.ok([400, 403].includes(reply.status), `${host}: ${reply.status}`)
      assert.doesNotMatch(reply.body, /uptime|"version"|otelcol_|success/, host)
    }
  })

test('a refusal says how to allow the request, in the error form of the listener', async () => {
  const rest = await ask({ port: 'http', target: '/api/v1/events' }, [['Host', 'evil.example:1']])
  const { error } = JSON.parse(rest.body) as { error: Record<string, string> }
  assert.equal(error['code'], 'FOREIGN_HOST')
  assert.match(error['message'] ?? '', /evil\.example.*allowed_hosts/)
  assert.ok(error['request_id'])
  const legacy = await ask(ROUTES[4] as Route, [['Host', 'evil.example']])
  assert.ok((JSON.parse(legacy.body) as { error: { request_id: string } }).error.request_id)
  const otlp = await ask(ROUTES[0] as Route, [['Host', 'evil.example']])
  assert.deepEqual(Object.keys(JSON.parse(otlp.body) as object).toSorted(), ['code', 'message'])
  const proto = await rawRequest(open.ports.otlp, {
    method: 'POST',
    target: '/v1/traces',
    headers: [
      ['Host', 'evil.example'],
      ['Content-Type', 'application/x-protobuf'],
    ],
    body: '',
  })
  assert.equal(proto.headers['content-type'], 'application/x-protobuf')
  assert.match(proto.body, /allowed_hosts/)
})

test('names of this machine and allowed names work, whatever the port, letter case and final dot', async () => {
  const hosts = (port: number): readonly string[] => [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    'LOCALHOST',
    'localhost.',
    'localhost:80',
    `[::1]:${port}`,
    '[0:0:0:0:0:0:0:1]',
    `host.docker.internal:${port}`,
    'observa.internal',
    'OBSERVA.internal.:9999',
    'proxy.example',
    'proxy.example:8443',
  ]
  for (const route of ROUTES)
    for (const host of hosts(open.ports[route.port])) {
      const reply = await ask(route, [['Host', host]])
      assert.equal(reply.status, 200, `${route.target} by ${host}: ${reply.body}`)
    }
})

test('a missing or repeated Host, or one that contradicts an absolute target, is refused', async () => {
  for (const route of ROUTES) {
    const missing = await ask(route, [], { version: '1.0' })
    assert.ok([400, 403].includes(missing.status), `${route.target}: ${missing.status}`)
    const doubled = await ask(route, [
      ['Host', 'localhost'],
      ['Host', 'evil.example'],
    ])
    assert.ok([400, 403].includes(doubled.status), `${route.target} twice: ${doubled.status}`)
    const absolute = await ask(route, [['Host', 'localhost']], {
      target: `http://evil.example${route.target}`,
    })
    assert.ok([400, 403, 404].includes(absolute.status), `${route.target}: ${absolute.status}`)
  }
})

const CROSS_SITE: readonly (readonly (readonly [string, string])[])[] = [
  [['Origin', 'https://evil.example']],
  [['Origin', 'null']],
  [['Origin', 'http://localhost:5173']],
  [['Origin', 'http://127.0.0.1']],
  [['Origin', `${APP}.evil.example`]],
  [['Origin', 'file://']],
  [['Sec-Fetch-Site', 'cross-site']],
  [['Sec-Fetch-Site', 'same-site']],
  [
    ['Sec-Fetch-Site', 'same-origin'],
    ['Origin', 'https://evil.example'],
  ],
  [
    ['Origin', APP],
    ['Origin', 'https://evil.example'],
  ],
]

for (const route of ROUTES)
  test(`a request from a page of another site is refused: ${route.target} (${route.port})`, async () => {
    for (const headers of CROSS_SITE) {
      const host = ['Host', `127.0.0.1:${open.ports[route.port]}`] as const
      const reply = await ask(route, [host, ...headers])
      assert.equal(reply.status, 403, `${JSON.stringify(headers)}: ${reply.body}`)
      assert.equal(reply.headers['access-control-allow-origin'], undefined)
    }
  })

test('pages that the instance serves may use it, and links to them work', async () => {
  for (const route of ROUTES) {
    const host = `localhost:${open.ports[route.port]}`
    for (const headers of [
      [['Origin', `http://${host}`]],
      [['Sec-Fetch-Site', 'same-origin']],
      [['Sec-Fetch-Site', 'none']],
    ] as const) {
      const reply = await ask(route, [['Host', host], ...headers])
      assert.equal(reply.status, 200, `${route.target} ${JSON.stringify(headers)}: ${reply.body}`)
    }
  }
  const link = [
    ['Host', 'localhost'],
    ['Sec-Fetch-Site', 'cross-site'],
    ['Sec-Fetch-Mode', 'navigate'],
    ['Sec-Fetch-Dest', 'document'],
  ] as const
  assert.equal((await ask({ port: 'http', target: '/docs/' }, link)).status, 200)
  for (const target of [
    '/api/v1/events',
    '/%61pi/v1/events',
    '//api/v1/events',
    '/API/v1/events',
    'http://localhost/api/v1/events',
  ])
    assert.equal((await ask({ port: 'http', target }, link)).status, 403, target)
  const frame = link.map(([name, value]) => [name, value.replace('document', 'iframe')] as const)
  assert.equal((await ask({ port: 'http', target: '/docs/' }, frame)).status, 403)
  assert.equal((await ask(ROUTES[4] as Route, link)).status, 403)
})

test('content types that a page can send without a preflight get a 415, and nothing is stored', async () => {
  const before = await open.metric('observa_pipeline_accepted_items_total')
  const types = [
    'text/plain',
    'text/plain;application/json',
    'text/plain; charset=application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=application/json',
    'application/json, text/plain',
    '',
  ]
  for (const { port, target } of ROUTES.filter((r) => r.writes !== undefined))
    for (const body of [EVENT, otlpJson([{ name: 'forged' }])]) {
      for (const type of types) {
        const headers = [['Host', 'localhost'] as const, ['Content-Type', type] as const]
        const reply = await rawRequest(open.ports[port], { method: 'POST', target, headers, body })
        assert.equal(reply.status, 415, `${target} ${type}: ${reply.body}`)
      }
      const headers = [['Host', 'localhost'] as const]
      const untyped = await rawRequest(open.ports[port], { method: 'POST', target, headers, body })
      assert.equal(untyped.status, 415, `${target} without a type`)
    }
  assert.equal(await open.metric('observa_pipeline_accepted_items_total'), before)
})

test('the content types of old clients are accepted', async () => {
  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'Application/X-NDJSON',
    'application/ndjson',
    'application/vnd.observa+json',
  ]) {
    const reply = await rawRequest(open.ports.http, {
      method: 'POST',
      target: '/api/v1/events/ingest',
      headers: [
        ['Host', 'localhost'],
        ['Content-Type', type],
      ],
      body: EVENT,
    })
    assert.equal(reply.status, 200, `${type}: ${reply.body}`)
  }
})

/** The preflight of a browser before a request with a JSON body. */
function preflight(route: Route, origin: string, at: Instance = open): Promise<RawReply> {
  return rawRequest(at.ports[route.port], {
    method: 'OPTIONS',
    target: route.target,
    headers: [
      ['Host', `127.0.0.1:${at.ports[route.port]}`],
      ['Origin', origin],
      ['Access-Control-Request-Method', 'POST'],
      ['Access-Control-Request-Headers', 'content-type'],
      ['Sec-Fetch-Mode', 'cors'],
      ['Sec-Fetch-Site', 'cross-site'],
    ],
  })
}

test('the preflight and requests of a listed origin succeed; another origin gets no CORS headers', async () => {
  for (const route of ROUTES.filter((r) => r.writes !== undefined)) {
    const listed = await preflight(route, APP)
    assert.equal(listed.status, 204, route.target)
    assert.equal(listed.headers['access-control-allow-origin'], APP)
    const sent = await ask(route, [
      ['Host', 'localhost'],
      ['Origin', APP],
      ['Sec-Fetch-Site', 'cross-site'],
    ])
    assert.equal(sent.status, 200, sent.body)
    assert.equal(sent.headers['access-control-allow-origin'], APP)
    const rebound = await ask(route, [
      ['Host', 'evil.example'],
      ['Origin', APP],
    ])
    assert.equal(rebound.status, 403)
    for (const origin of ['https://evil.example', 'null', `${APP}:8443`, APP.toUpperCase()]) {
      const foreign = await preflight(route, origin)
      assert.equal(foreign.headers['access-control-allow-origin'], undefined, origin)
      assert.equal(foreign.headers['access-control-allow-methods'], undefined, origin)
    }
  }
})

test('routes that never need a key are refused to web pages on loopback too', async () => {
  const metrics = { port: 'metrics', target: '/metrics' } as const
  assert.equal((await ask(metrics, [['Host', 'evil.example']], {}, keyed)).status, 403)
  assert.equal((await ask(metrics, [['Host', 'localhost']], {}, keyed)).status, 200)
})

test('a Host that is not a host name gives a 400, and the log contains nothing of the request', async () => {
  const token = `ghp_${'0123456789'.repeat(3)}abcdef`
  for (const host of ['[', '', 'a b', ':', '%', `${token}%`])
    for (const target of [`/docs?token=${token}`, '/docs/', `/api/v1/events?x=${token}`]) {
      const reply = await ask({ port: 'http', target }, [['Host', host]], {}, keyed)
      assert.ok(reply.status >= 400 && reply.status < 500, `${target} ${host}: ${reply.status}`)
    }
  assert.ok(!keyed.stderr.includes(token))
})

test('with keys any Host, Origin and content type is accepted, because the key decides', async () => {
  for (const route of ROUTES.filter((r) => r.port !== 'metrics')) {
    const reply = await ask(
      route,
      [
        ['Host', 'collector:4318'],
        ['Origin', 'https://elsewhere.example'],
        ['Sec-Fetch-Site', 'cross-site'],
        ['Authorization', `Bearer ${full.key}`],
      ],
      {},
      keyed,
    )
    assert.equal(reply.status, 200, `${route.target}: ${reply.body}`)
  }
  const untyped = await rawRequest(keyed.ports.http, {
    method: 'POST',
    target: '/api/v1/events/ingest',
    headers: [
      ['Host', 'collector'],
      ['Authorization', `Bearer ${full.key}`],
    ],
    body: EVENT,
  })
  assert.equal(untyped.status, 200)
})

test('a known route with another method is a 405 that names the methods, an unknown one a 404', async () => {
  const host = [['Host', 'localhost']] as const
  const answers: readonly (readonly [string, keyof Ports, string, number, string?])[] = [
    ['DELETE', 'http', '/api/v1/events', 405, 'GET, HEAD'],
    ['PUT', 'http', '/api/v1/traces/abc?x=1', 405, 'GET, HEAD'],
    ['OPTIONS', 'http', '/api/v1/costs', 405, 'GET, HEAD'],
    ['POST', 'http', '/health', 405, 'GET, HEAD'],
    ['PATCH', 'http', '/api/v1/nothing', 404],
    ['DELETE', 'http', '/api/v1/events/ingest', 405, 'POST'],
    ['GET', 'otlp', '/v1/traces', 405, 'POST'],
    ['POST', 'metrics', '/metrics', 405, 'GET, HEAD'],
    ['GET', 'otlp', '/v1/nothing', 404],
  ]
  for (const [method, port, target, status, allow] of answers) {
    const reply = await rawRequest(open.ports[port], { method, target, headers: host })
    assert.equal(reply.status, status, `${method} ${target}: ${reply.body}`)
    assert.equal(reply.headers['allow'], allow, `${method} ${target}`)
  }
})

test('an extra slash in the path of an OTLP exporter is accepted', async () => {
  for (const target of ['//v1/traces', '/v1/traces/', '//v1//traces//', '/v1/traces/?a=b'])
    assert.equal(
      (await ask({ port: 'otlp', target, writes: '{}' }, [['Host', 'localhost']])).status,
      200,
    )
  const legacy = { port: 'http', target: '//api/v1/events/ingest/', writes: EVENT } as const
  assert.equal((await ask(legacy, [['Host', 'localhost']])).status, 200)
})

test('every response has security headers, and errors of the API have a request id', async () => {
  const host = [['Host', 'localhost']] as const
  const requests: readonly (readonly [Route, Partial<RawRequest>])[] = [
    ...ROUTES.map((route) => [route, {}] as const),
    [ROUTES[4] as Route, { body: '[1' }],
    [ROUTES[4] as Route, { method: 'GET' }],
    [ROUTES[0] as Route, { body: '{' }],
    [{ port: 'otlp', target: '/nothing' }, {}],
    [{ port: 'http', target: '/api/v1/nothing' }, {}],
    [{ port: 'metrics', target: '/metrics' }, { method: 'POST' }],
    [{ port: 'otlp', target: '/v1/traces' }, { version: '1.1\r\nbroken header' }],
  ]
  for (const [route, more] of requests) {
    const reply = await ask(route, host, more)
    const what = `${route.target} ${reply.status}`
    assert.equal(reply.headers['x-content-type-options'], 'nosniff', what)
    assert.equal(reply.headers['x-frame-options'], 'DENY', what)
    assert.ok(reply.headers['content-security-policy'], what)
    if (route.port !== 'http' || reply.status < 400) continue
    const { error } = JSON.parse(reply.body) as { error: { request_id?: string } }
    assert.equal(error.request_id, reply.headers['x-request-id'], what)
    assert.ok(error.request_id, what)
  }
  const named = await ask(ROUTES[4] as Route, [...host, ['X-Request-Id', 'call-17']], {
    body: '[1',
  })
  assert.equal(named.headers['x-request-id'], 'call-17')
})
