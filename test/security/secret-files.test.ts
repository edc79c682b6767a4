// Permissions of files with secrets, on a real disk.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Instance } from '../instance.ts'

const MAIN = join(import.meta.dirname, '../../collector/main.ts')
const SECRET = ['hunter2', 'of-a-test'].join('-')
const run = promisify(execFile)

interface Done {
  readonly code: number
  readonly text: string
}

async function validate(file: string): Promise<Done> {
  const args = [MAIN, 'validate', '--strict', '--print', '--config', file]
  try {
    const { stdout, stderr } = await run(process.execPath, args)
    return { code: 0, text: stdout + stderr }
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string }
    return { code, text: stdout + stderr }
  }
}

test('a secret file that other users can read gives a warning with a fix, and an error with --strict', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'observa-secret-'))
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }))
  const [config, password] = [join(dir, 'observa.yaml'), join(dir, 'password')]
  await writeFile(password, SECRET)
  await writeFile(
    config,
    `
receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {} }
exporters: { clickhouse: { url: "http://127.0.0.1:8123", password: "\${file:password}" } }
service: { pipelines: { traces: { receivers: [otlp], processors: [scrub, canonicalize], exporters: [clickhouse] } } }
`,
  )
  for (const [mode, code] of [
    [0o600, 0],
    [0o400, 0],
    [0o640, 1],
    [0o604, 1],
  ] as const) {
    await chmod(password, mode)
    const done = await validate(config)
    assert.equal(done.code, code, `${mode.toString(8)}: ${done.text}`)
    assert.equal(/OBS_CONFIG_FILE_MODE.*chmod 600 password/.test(done.text), code === 1, done.text)
    assert.ok(!done.text.includes(SECRET), 'the secret is printed')
  }
})

test('the queue directory is accessible to its owner only', async (t) => {
  const instance = await Instance.start()
  t.after(() => instance.stop())
  const queue = join(instance.dir, 'data/queue')
  assert.equal((await stat(queue)).mode & 0o077, 0)
})
