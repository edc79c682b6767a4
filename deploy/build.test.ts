import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { importsOf } from '../test/house/source-files.ts'
import { freePort } from '../test/ports.ts'

const root = join(import.meta.dirname, '..')
const run = promisify(execFile)
const CAPTURE = join(root, 'test/captures/traceloop/001.traces.pb')

/** Inside the project, so that the compiled files find its packages. Ignored by git. */
let out = ''
let main = ''

before(async () => {
  await mkdir(join(root, '.cache'), { recursive: true })
  out = await mkdtemp(join(root, '.cache/build-'))
  main = join(out, 'collector/main.js')
  await run(process.execPath, [join(root, 'deploy/build.ts'), out])
})
after(() => rm(out, { recursive: true, force: true }))

test('the build prints the same events as the sources', async () => {
  const events = (program: string): Promise<{ stdout: string }> =>
    run(process.execPath, [program, 'pipe', CAPTURE])
  const [compiled, source] = await Promise.all([
    events(main),
    events(join(root, 'collector/main.ts')),
  ])
  assert.ok(compiled.stdout.startsWith('{"record":"event"'))
  assert.equal(compiled.stdout, source.stdout)
})

test('the build has the migrations and no tests', () => {
  const sql = (dir: string): string[] => globSync('storage/migrations/*/*.sql', { cwd: dir })
  // The build contains at least the first migration of each store.
  assert.ok(sql(root).length >= 2)
  assert.deepEqual(sql(out).toSorted(), sql(root).toSorted())
  assert.deepEqual(globSync('**/*.{test,bench}.js', { cwd: out }), [])
})

test('a build has a bill of materials, and checksums that match its files', async () => {
  const sums = await readFile(join(out, 'SHA256SUMS'), 'utf8')
  const listed = sums
    .trim()
    .split('\n')
    .map((line) => line.slice(66))
  const files = globSync('**/*.*', { cwd: out })
  assert.deepEqual(listed.toSorted(), files.toSorted())
  await run('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: out })
  const bill = JSON.parse(await readFile(join(out, 'sbom.cdx.json'), 'utf8')) as object
  assert.ok('components' in bill)
})

test('a second build has the same bytes', async () => {
  const again = await mkdtemp(join(root, '.cache/build-'))
  try {
    await run(process.execPath, [join(root, 'deploy/build.ts'), again])
    const sums = (dir: string): Promise<string> => readFile(join(dir, 'SHA256SUMS'), 'utf8')
    assert.equal(await sums(again), await sums(out))
  } finally {
    await rm(again, { recursive: true, force: true })
  }
})

test('everything that the build can load is in it or in a production package', async () => {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<
    'dependencies' | 'optionalDependencies',
    Record<string, string>
  >
  const known = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }))
  const { files, packages } = reachable([
    'collector/main.ts',
    'collector/worker/worker-thread.ts',
    'storage/clickhouse/engine/child.ts',
  ])
  assert.ok(files.size > 100, `${files.size} files`)
  const missing = [...files].filter((f) => !existsSync(join(out, f.replace(/\.ts$/, '.js'))))
  assert.deepEqual(missing, [])
  assert.ok(packages.has('fastify'))
  assert.deepEqual(
    [...packages].filter((p) => !known.has(p)),
    [],
  )
})

/** Files and packages that these sources can load, directly or indirectly. */
function reachable(start: readonly string[]): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const queue = [...start]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue
    files.add(file)
    if (!file.endsWith('.ts')) continue
    for (const i of importsOf(file, readFileSync(join(root, file), 'utf8'))) {
      if (i.isTypeOnly) continue
      if (i.isOurs) queue.push(i.to)
      else if (!isBuiltin(i.to)) packages.add(packageOf(i.to))
    }
  }
  return { files, packages }
}

const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')

test('the build runs: workers start, a request is delivered, SIGTERM drains', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'observa-build-'))
  const [otlp, http] = [await freePort(), await freePort()]
  await writeFile(
    join(dir, 'observa.yaml'),
    `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${otlp}" } } } }
processors: { scrub: {}, canonicalize: {}, cost: {}, signals: {} }
exporters: { file: { path: "${dir}/out.ndjson" } }
extensions: { api: { endpoint: "127.0.0.1:${http}" } }
data_dir: "${dir}/data"
queue: { min_free_bytes: 1MiB }
workers: { count: 1 }
telemetry: { metrics: { enabled: false } }
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [file] }
`,
  )
  const child = spawn(process.execPath, [main, 'run', '--config', join(dir, 'observa.yaml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  let stderr = ''
  child.stderr.on('data', (d: Buffer) => {
    stderr += d.toString()
  })
  try {
    await healthy(
      `http://127.0.0.1:${http}/health`,
      () => child.exitCode === null,
      () => stderr,
    )
    const answer = await fetch(`http://127.0.0.1:${otlp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: await readFile(CAPTURE),
    })
    assert.equal(answer.status, 200, stderr)
    child.kill('SIGTERM')
    const [code] = await exited
    assert.equal(code, 0, stderr)
    assert.match(await readFile(join(dir, 'out.ndjson'), 'utf8'), /^\{"record":"event"/)
  } finally {
    child.kill('SIGKILL')
    await exited
    await rm(dir, { recursive: true, force: true })
  }
})

/** Polls the health check, like the image does. Fails when the process ends before it is healthy. */
async function healthy(url: string, isAlive: () => boolean, said: () => string): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; await delay(50)) {
    assert.ok(isAlive(), said())
    // The server does not listen yet, so the request is repeated.
    const ok = await fetch(url).then(
      (r) => r.ok,
      () => false,
    )
    if (ok) return
  }
  assert.fail(`not ready: ${said()}`)
}
