// Every example runs as its README says, as far as its parts are available on this machine, and its configuration is valid.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { kafkaAvailable } from '../test/kafka/broker.ts'

const root = join(import.meta.dirname, '..')
const MS_MAX = 240_000

/** Folders with a configuration. `harness` has the code that they share. */
const examples = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'harness')
  .map((entry) => entry.name)

/** The output of the first command in an example's README. */
function output(name: string, more: readonly string[] = []): string {
  const readme = readFileSync(join(import.meta.dirname, name, 'README.md'), 'utf8')
  assert.equal(/^ {4}(.+)$/m.exec(readme)?.[1], `npm run example ${name}`)
  // Without the model, backend or broker of whoever runs the tests.
  const { OPENAI_BASE_URL: _u, BACKEND_URL: _b, KAFKA_BROKERS: _k, ...env } = process.env
  delete env['NODE_TEST_CONTEXT']
  const args = [join(root, 'examples/run.ts'), name, ...more]
  const done = spawnSync(process.execPath, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    timeout: MS_MAX,
  })
  assert.equal(done.status, 0, `${done.stdout}${done.stderr}`)
  return done.stdout
}

test('examples/README.md lists every example, and each has a command', () => {
  const list = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  assert.ok(examples.length >= 6)
  for (const name of examples) assert.ok(list.includes(`[${name}](${name}/)`), name)
  const done = spawnSync(process.execPath, [join(root, 'examples/run.ts')], { encoding: 'utf8' })
  assert.equal(done.status, 2)
  for (const name of examples) assert.ok(done.stderr.includes(name), name)
})

for (const name of examples)
  test(`the configuration of ${name} is right, with nothing set but what it must have`, () => {
    const main = join(root, 'collector/main.ts')
    const args = [main, 'validate', '--strict', '--config', `examples/${name}/observa.yaml`]
    const env = {
      ...process.env,
      KAFKA_BROKERS: 'localhost:9092',
      OBSERVA_KEY_ID: `sk_live_${'a'.repeat(8)}`,
      OBSERVA_KEY_HASH: 'a'.repeat(64),
    }
    const done = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' })
    assert.equal(done.status, 0, `${done.stdout}${done.stderr}`)
  })

test('node-app: traces with tokens and cost, and no secret in what is stored', () => {
  const text = output('node-app')
  assert.equal(
    text.match(/^trace answer a question: user user-17, \d+ \+ \d+ tokens, 0\.0000\d+ USD/gm)
      ?.length,
    2,
  )
  const stored = text.match(/^stored: .*$/gm)?.join('\n') ?? ''
  assert.match(stored, /\[REDACTED:email\]/)
  assert.match(stored, /\[REDACTED:github_token\]/)
  assert.doesNotMatch(stored, /jane\.doe|ghp_/)
  assert.match(text, /^signal: .*github_token/m)
})

test('agent-with-tools: model calls have a cost, the agent has none, and the failed tool raises a signal', () => {
  const text = output('agent-with-tools')
  assert.equal(text.match(/^llm +chat gpt-4o .* 0\.00\d+$/gm)?.length, 3)
  assert.match(text, /^tool +execute_tool refund_order/m)
  assert.match(text, /^agent +invoke_agent .* -$/m)
  assert.equal(text.match(/^signal: /gm)?.length, 1)
  assert.match(text, /^signal: tool_error .*refund_order/m)
})

test('redaction-only: the backend receives everything except the secrets', () => {
  const text = output('redaction-only')
  assert.match(text, /^backend: .*call \[REDACTED:email\] about card \[REDACTED:credit_card\]/m)
  assert.match(text, /^backend: A-1042/m)
  assert.doesNotMatch(text, /jane\.doe|ghp_|4111/)
})

test('legacy-sdk-migration: both SDKs give the same event for the same call', () => {
  const pairs = output('legacy-sdk-migration').match(/^\w+: .+ \| .+$/gm) ?? []
  assert.equal(pairs.length, 5)
  for (const pair of pairs) {
    const [before, after] = pair.slice(pair.indexOf(': ') + 2).split(' | ')
    assert.equal(before, after, pair)
    assert.notEqual(before, 'null')
  }
})

const noKafka = kafkaAvailable()
test('gateway: events accepted while Kafka was down arrive later', {
  skip: noKafka ?? false,
}, () => {
  const text = output('gateway')
  assert.match(text, /^app: 50 spans sent, every batch answered with 200$/m)
  assert.match(text, /^waiting in the log: 50 items$/m)
  assert.match(text, /^Kafka: 50 events of tenant acme, 6225 input tokens, 0\.00\d+ USD$/m)
})

/** Why the packages of the Python example are not available; null when they are. */
function pythonMissing(): string | null {
  const version = spawnSync('python3', [
    '-c',
    'import sys, venv; print(sys.version_info >= (3, 10))',
  ])
  if (version.status !== 0 || !version.stdout.toString().includes('True'))
    return 'Python 3.10 is not installed'
  const requirements = join(import.meta.dirname, 'python-app/requirements.txt')
  const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest']
  const dir = join(tmpdir(), `observa-pip-${process.pid}`)
  const done = spawnSync('python3', [...args, dir, '-r', requirements], { timeout: 60_000 })
  spawnSync('rm', ['-rf', dir])
  return done.status === 0 ? null : 'pip cannot fetch the packages of the Python example'
}

const noPython = pythonMissing()
test('python-app: model calls of an app without telemetry code', {
  skip: noPython ?? false,
}, async (t) => {
  const packages = await mkdtemp(join(tmpdir(), 'observa-python-'))
  t.after(() => rm(packages, { recursive: true, force: true }))
  const text = output('python-app', [packages])
  assert.equal(text.match(/^llm +chat gpt-4o-mini .* 0\.0000\d+$/gm)?.length, 2)
  assert.match(text, /^stored: .*Write to \[REDACTED:email\]/m)
})
