// The connections of a listener: nobody can take all of them, and who is below the limit is served as before.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Metrics } from '../../core/metrics.ts'
import { CONNECTION_METRICS, clientOf, connectionLimitsOf } from './connection-limits.ts'
import { DEFAULT_LISTENER_LIMITS, Listeners } from './listeners.ts'

const ANY = '0.0.0.0:0'

interface Started {
  readonly port: number
  readonly metrics: Metrics
  readonly listeners: Listeners
}

/** A listener of HTTP, and of gRPC on the same port where it is asked for. */
async function started(t: TestContext, limits: object, { grpc = false } = {}): Promise<Started> {
  const metrics = new Metrics()
  metrics.declare(CONNECTION_METRICS)
  const listeners = new Listeners({ ...DEFAULT_LISTENER_LIMITS, ...limits }, { metrics })
  listeners.route(ANY, '/slow', (_req, res) => void setTimeout(() => res.end('done'), 50))
  if (grpc) listeners.grpc(ANY, '/a.B/C', ({ stream }) => stream.close())
  await listeners.open()
  t.after(() => listeners.close(0))
  return { port: Number(listeners.address(ANY).split(':').at(-1)), metrics, listeners }
}

/** Connections from one address, as many as are asked for. */
async function idle(t: TestContext, port: number, count: number, from: string): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () =>
    connect({ port, host: '127.0.0.1', localAddress: from }).on('error', () => {
      // Closed by the listener, which the test looks at.
    }),
  )
  t.after(() => sockets.forEach((s) => void s.destroy()))
  await Promise.all(
    sockets.map((s) => new Promise((resolve) => s.once('connect', resolve).once('close', resolve))),
  )
  return sockets
}

const ask = (port: number, localAddress: string): Promise<number | string> =>
  new Promise((resolve) => {
    request(
      { port, host: '127.0.0.1', localAddress, path: '/slow', agent: false },
      ({ statusCode }) => resolve(statusCode ?? 0),
    )
      .on('error', ({ message }) => resolve(message))
      .end()
  })

const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
    socket.resume()
  })

for (const grpc of [false, true])
  test(`one address cannot take all connections${grpc ? ', also where gRPC is taken' : ''}`, async (t) => {
    const limits = { connectionsMax: 10, connectionsPerAddressMax: 8 }
    const { port, metrics } = await started(t, limits, { grpc })
    const greedy = await idle(t, port, 8, '127.0.0.2')
    assert.equal(await ask(port, '127.0.0.3'), 200)
    const [tooMany] = await idle(t, port, 1, '127.0.0.2')
    assert.ok(tooMany !== undefined)
    await closed(tooMany)
    assert.equal(await ask(port, '127.0.0.3'), 200)
    assert.match(metrics.render(), /observa_connections_refused_total\{limit="address"\} 1/)
    // Who lets a connection go may have another.
    greedy[0]?.destroy()
    let answer: number | string = 0
    for (let i = 0; i < 100 && answer !== 200; i++) answer = await ask(port, '127.0.0.2')
    assert.equal(answer, 200)
  })

test('beside 200 connections whose requests never get complete, every other request is answered', async (t) => {
  const { port } = await started(t, {})
  const slow = await idle(t, port, 200, '127.0.0.2')
  const head = 'POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n'
  slow.forEach((socket, i) => void socket.write(i % 2 === 0 ? head : `${head}\r\nx`))
  const drip = setInterval(() => slow.forEach((socket) => void socket.write('x')), 20)
  t.after(() => clearInterval(drip))
  const tookMs: number[] = []
  for (let i = 0; i < 20; i++) {
    const beganMs = performance.now()
    assert.equal(await ask(port, '127.0.0.3'), 200)
    tookMs.push(performance.now() - beganMs)
  }
  // The handler takes 50 ms. The bound is that of a machine that is busy with other tests.
  assert.ok(Math.max(...tookMs) < 5000, String(tookMs))
})

test('all addresses together have as many connections as the listener', async (t) => {
  const limits = { connectionsMax: 4, connectionsPerAddressMax: 3 }
  const { port, metrics } = await started(t, limits)
  await idle(t, port, 2, '127.0.0.2')
  await idle(t, port, 2, '127.0.0.3')
  assert.notEqual(await ask(port, '127.0.0.4'), 200)
  assert.match(metrics.render(), /observa_connections_refused_total\{limit="listener"\} 1/)
})

test('connections that send nothing do not keep a stop waiting', async (t) => {
  for (const grpc of [false, true]) {
    const { port, listeners } = await started(t, {}, { grpc })
    await idle(t, port, 3, '127.0.0.2')
    const beganMs = performance.now()
    await listeners.close(0)
    assert.ok(performance.now() - beganMs < 5000, `gRPC: ${grpc}`)
  }
})

test('an address is one client however it is written, and so is a network of 64 bits', () => {
  for (const [address, client] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2::7', '2001:db8:1:2'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    [undefined, ''],
  ] as const)
    assert.equal(clientOf(address), client, String(address))
  assert.notEqual(clientOf('2001:db8:1:2::7'), clientOf('2001:db8:1:3::7'))
})

test('without a setting an address gets four fifths, and at least one', () => {
  const perAddress = (max_connections: number): number =>
    connectionLimitsOf({ max_connections }).connectionsPerAddressMax
  assert.deepEqual([1, 2, 10, 10_000].map(perAddress), [1, 1, 8, 8000])
  const given = { max_connections: 10, max_connections_per_address: 3 }
  assert.equal(connectionLimitsOf(given).connectionsPerAddressMax, 3)
})
