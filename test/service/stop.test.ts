// Tests how long a stop waits. A stalled upload and an unresponsive destination together must not delay it beyond its time limit, and
// accepted data must stay in the log.

import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import test from 'node:test'
import { stalledUpload } from '../faults/stalled-upload.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

/** After this time the command line ends the process with exit code 1. */
const STOP_MS_MAX = 25_000

test('SIGTERM with a stalled upload and an unreachable destination ends in time with exit code 0 and loses nothing', async (t) => {
  const sockets = new Set<Socket>()
  const mute = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {
      // The sender gives up and closes the connection.
    })
  })
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  const address = mute.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    mute.close()
  })
  const instance = await Instance.start({
    config: `
exporters: { otlp_http: { endpoint: 'http://127.0.0.1:${port}', timeout: 60s } }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize], exporters: [file, otlp_http] }
`,
  })
  assert.equal((await instance.post('/v1/traces', otlpJson([{ name: 'kept' }]))).status, 200)
  await until(() => sockets.size > 0, 'being sent')
  const upload = stalledUpload(instance.ports.otlp, 100_000)
  await until(async () => (await instance.metric('observa_in_flight_requests')) === 1, 'uploading')
  const startedAt = performance.now()
  const code = await instance.kill('SIGTERM')
  const tookMs = performance.now() - startedAt
  upload.destroy()
  assert.equal(code, 0, instance.stderr)
  assert.ok(tookMs < STOP_MS_MAX, `${tookMs} ms`)
  assert.match(instance.stderr, /everything accepted is delivered or kept in the log/)
  await instance.stop()
})
