// Start and stop: an obstacle to the start is reported in one clear sentence, item counts add up, and SIGTERM drains.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const MAIN = join(import.meta.dirname, '../../collector/main.ts')

interface Ended {
  readonly code: number | null
  readonly stderr: string
  readonly stdout: string
}

/** Runs the command line until it ends. */
function observa(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } })
    let stderr = ''
    let stdout = ''
    child.stderr.on('data', (d: Buffer) => {
      stderr += d.toString()
    })
    child.stdout.on('data', (d: Buffer) => {
      stdout += d.toString()
    })
    child.once('exit', (code) => resolve({ code, stderr, stdout }))
  })
}

async function withConfig(
  yaml: (dir: string) => string,
  run: (file: string, dir: string) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-start-'))
  const file = join(dir, 'observa.yaml')
  await writeFile(file, yaml(dir))
  try {
    await run(file, dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** A port of this machine that something else listens on until the test ends. */
async function takenPort(t: TestContext): Promise<number> {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  t.after(() => taken.close())
  const address = taken.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const minimal = (dir: string, port: number): string => `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
processors: { canonicalize: {} }
exporters: { file: { path: "${dir}/out.ndjson" } }
data_dir: "${dir}/data"
queue: { min_free_bytes: 1MiB }
telemetry: { metrics: { enabled: false } }
service:
  pipelines: { traces: { receivers: [otlp], processors: [canonicalize], exporters: [file] } }
`

test('the error for a port in use names it and says what to do', async (t) => {
  const port = await takenPort(t)
  await withConfig(
    (dir) => minimal(dir, port),
    async (file) => {
      const { code, stderr } = await observa(['run', '--config', file])
      assert.equal(code, 1)
      assert.match(stderr, new RegExp(`OBS_LISTEN_PORT_USED: 127.0.0.1:${port} is already in use`))
      assert.ok(!stderr.includes('    at '), 'no stack trace')
    },
  )
})

test('a port in use is found before an engine is started and before the first key is shown', async (t) => {
  const port = await takenPort(t)
  await withConfig(
    (dir) =>
      minimal(dir, port)
        .replace(
          'exporters: { file:',
          'exporters: { postgres: { embedded: true }, clickhouse: { embedded: true }, file:',
        )
        .replace('exporters: [file]', 'exporters: [file, postgres, clickhouse]'),
    async (file, dir) => {
      const { code, stdout, stderr } = await observa(['run', '--config', file])
      assert.equal(code, 1)
      assert.match(stderr, /OBS_LISTEN_PORT_USED/)
      assert.doesNotMatch(stdout + stderr, /sk_/)
      const inData = await readdir(join(dir, 'data'))
      assert.deepEqual(inData, ['queue'])
    },
  )
})

test('a second instance on the same data directory is refused in one sentence', async () => {
  const first = await Instance.start()
  await withConfig(
    (dir) => minimal(dir, 0).replace(`${dir}/data`, `${first.dir}/data`),
    async (file) => {
      const { code, stderr } = await observa(['run', '--config', file])
      assert.equal(code, 1)
      assert.match(stderr, /OBS_[A-Z_]+: .*(in use|locked|another)/i)
    },
  )
  await first.stop()
})

test('an invalid configuration stops the start, and the error has the line', async () => {
  await withConfig(
    (dir) => minimal(dir, 0).replace('canonicalize: {}', 'canonicalise: {}'),
    async (file) => {
      const { code, stderr } = await observa(['run', '--config', file])
      assert.equal(code, 1)
      assert.match(stderr, /observa\.yaml:3:/)
      assert.match(stderr, /canonicalize/)
    },
  )
})

test('for an unknown command or option the error lists the known ones', async () => {
  const command = await observa(['rum'])
  assert.equal(command.code, 2)
  assert.match(command.stderr, /no command "rum"\. Did you mean "run"\?/)
  const option = await observa(['pipe', '--explian'])
  assert.equal(option.code, 2)
  assert.match(option.stderr, /--explian/)
})

test('accepted = exported + queued + dead-lettered items, across a restart', async () => {
  let instance = await Instance.start()
  const { dir } = instance
  const body = (first: number): string =>
    otlpJson(
      Array.from({ length: 25 }, (_, i) => ({
        spanId: (first + i + 1).toString(16).padStart(16, '0'),
        name: `book ${first + i}`,
      })),
    )
  for (let i = 0; i < 8; i++) await instance.post('/v1/traces', body(i * 25))
  // The first request again. It is recognised as a re-send, so it counts neither as accepted nor as lost.
  await instance.post('/v1/traces', body(0))
  await instance.drained()
  assert.equal(await instance.metric('observa_pipeline_accepted_items_total'), 225)
  assert.equal(await instance.metric('observa_pipeline_resent_items_total'), 25)
  assert.equal(await instance.metric('otelcol_exporter_sent_spans'), 200)
  assert.equal((await instance.events()).length, 200)
  assert.equal(await instance.kill('SIGTERM'), 0)
  instance = await Instance.start({ dir })
  await instance.drained()
  await instance.post('/v1/traces', body(0))
  await instance.drained()
  assert.equal((await instance.events()).length, 200, 'known after the restart too')
  await instance.stop()
})

test('on SIGTERM accepted data is delivered before the process ends', async () => {
  const instance = await Instance.start()
  await instance.post('/v1/traces', otlpJson([{ name: 'the last one' }]))
  assert.equal(await instance.kill('SIGTERM'), 0)
  assert.match(instance.stderr, /SIGTERM: draining/)
  assert.deepEqual(
    (await instance.events()).map((e) => e['name']),
    ['the last one'],
  )
  await instance.stop()
})

test('an unreachable destination does not delay requests and loses nothing', async () => {
  const instance = await Instance.start({
    config: `
exporters:
  otlp_http: { endpoint: "http://127.0.0.1:9" }
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [file, otlp_http] }
`,
  })
  const res = await instance.post('/v1/traces', otlpJson([{ name: 'half delivered' }]))
  assert.equal(res.status, 200)
  await until(async () => (await instance.events()).length === 1, 'in the file')
  assert.ok((await instance.metric('observa_exporter_queue_items')) >= 1)
  await instance.kill('SIGKILL')
  await instance.stop()
})
