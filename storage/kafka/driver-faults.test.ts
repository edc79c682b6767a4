// Tests both drivers with brokers that break connections at different moments. A send must report each failure. No failure may become an
// `error` event without a listener, which would end the process.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createServer, type Server, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { silentLog } from '../testing/stores.ts'
import { DriverError, type ProducerFactory, type ProducerSettings } from './driver.ts'
import { createKafkajsProducer } from './kafkajs-producer.ts'
import { createPlatformaticProducer } from './platformatic-producer.ts'

const DRIVERS: Readonly<Record<string, ProducerFactory>> = {
  kafkajs: createKafkajsProducer,
  platformatic: createPlatformaticProducer,
}

/** The behaviour of the broker towards each new connection. */
const FAULTS: Readonly<Record<string, (socket: Socket) => void>> = {
  'a reset at once': (socket) => socket.resetAndDestroy(),
  'a reset after the first request': (socket) =>
    socket.once('data', () => socket.resetAndDestroy()),
  'an end after the first request': (socket) => socket.once('data', () => socket.end()),
  'an invalid answer, then a reset': (socket) =>
    socket.once('data', () => {
      socket.write(Buffer.from([0, 0, 0, 8, 0, 0, 0, 99, 0, 0, 0, 0]))
      setTimeout(() => socket.resetAndDestroy(), 20)
    }),
  silence: () => undefined,
}

async function broker(t: TestContext, fault: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    fault(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const s of sockets) s.destroy()
    server.close()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `127.0.0.1:${address.port}`
}

const settings = (address: string, isSasl: boolean): ProducerSettings => ({
  brokers: [address],
  clientId: 'test',
  compression: 'none',
  idempotent: false,
  maxInFlight: 1,
  requestTimeoutMs: 500,
  connectTimeoutMs: 500,
  tls: null,
  sasl: isSasl ? { mechanism: 'plain', username: 'u', password: 'generated' } : null,
})

// The tests run at the same time, because most of each is waiting between a library's attempts.
describe('a broken connection fails the send and nothing else', {
  concurrency: 20,
}, () => {
  for (const [name, create] of Object.entries(DRIVERS))
    for (const [what, fault] of Object.entries(FAULTS))
      for (const isSasl of [false, true])
        test(`${name}, ${what}${isSasl ? ', while it authenticates' : ''}`, async (t) => {
          const driver = await create(settings(await broker(t, fault), isSasl), silentLog)
          const message = { key: Buffer.from('k'), value: Buffer.from('v'), headers: [] as const }
          await assert.rejects(driver.send('events', [message]), DriverError)
          // Errors that a library emits later have been emitted by now; the test runner fails the test if one is not caught.
          await turn()
          await driver.close()
        })
})

test('without the package of a driver the start says which one and what to do', () => {
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve: (name, context, next) =>
        next(name === '@platformatic/kafka' ? '@platformatic/not-installed' : name, context),
    })
    const { createPlatformaticProducer } = await import('./platformatic-producer.ts')
    await createPlatformaticProducer({}, null).catch((e) => console.log(e.code, e.hint))
  `
  const done = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  assert.match(done.stdout, /^OBS_KAFKA_DRIVER_MISSING .*driver: kafkajs/, done.stderr)
})
