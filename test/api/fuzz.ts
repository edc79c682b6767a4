// `npm run fuzz:api`: runs Schemathesis against the REST API of a real instance with both stores, using its OpenAPI document.
// There must be no 500, every response must have the documented form, and no request may succeed without a key. `--checks
// all` also reports behaviour that the document does not describe. Schemathesis is taken from the PATH, or installed below
// `.cache`.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const VERSION = '4.32.5'
const MUST_HOLD =
  'not_a_server_error,content_type_conformance,response_schema_conformance,ignored_auth'
const SKIPPED = 3

const USAGE = `npm run fuzz:api -- [options]

      --examples N  cases for each operation beside the fixed ones (default: 50)
      --seed N      of the cases (default: 1)
      --checks C    names of checks of Schemathesis, or all (default: ${MUST_HOLD})

Exit code 1 when a check failed or the instance died, ${SKIPPED} when Schemathesis cannot be had here.
`

const key = keyForTests('sk', { scopes: ['ingest', 'query', 'content', 'admin'] })
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const CONFIG = `
auth: keys
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
extensions: { keys: { keys: [${JSON.stringify(key.row)}] } }
service:
  extensions: [keys, api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`

/** The command, installed if necessary; null if Python or the package is not available. */
function schemathesis(): string | null {
  if (spawnSync('schemathesis', ['--version']).status === 0) return 'schemathesis'
  const dir = join(import.meta.dirname, '../../.cache/schemathesis')
  const program = join(dir, 'bin/schemathesis')
  if (existsSync(program)) return program
  mkdirSync(dir, { recursive: true })
  const made = spawnSync('python3', ['-m', 'venv', dir], { stdio: 'inherit' })
  const pip = ['-m', 'pip', 'install', '--quiet', `schemathesis==${VERSION}`]
  const installed =
    made.status === 0 && spawnSync(join(dir, 'bin/python'), pip, { stdio: 'inherit' })
  return installed !== false && installed.status === 0 ? program : null
}

/** Stores some data, so that generated requests sometimes find it. */
async function fill(instance: Instance): Promise<void> {
  const spans = ['a', 'b', 'c'].map((id) => ({ name: `chat ${id}`, traceId: id.repeat(32) }))
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key.key}` }
  await instance.post('/v1/traces', otlpJson(spans), headers)
  await instance.drained()
}

interface Report {
  readonly running_time: number
  readonly test_cases: { readonly generated: number; readonly with_failures: number }
  readonly failures: readonly {
    readonly code: string
    readonly title: string
    readonly count: number
    readonly operations: readonly string[]
  }[]
  /** Operations for which no cases could be generated. */
  readonly errors?: readonly { readonly title: string; readonly count: number }[]
}

interface Wanted {
  readonly examples: string
  readonly seed: string
  readonly checks: string
}

/** Runs in its own folder, because Schemathesis keeps what it has learned in the current folder. */
async function attack(program: string, at: Instance, dir: string, wanted: Wanted): Promise<Report> {
  const path = join(dir, 'report.json')
  const options = {
    url: at.url('', 'http'),
    header: `Authorization: Bearer ${key.key}`,
    phases: 'examples,coverage,fuzzing',
    report: 'json',
    'report-json-path': path,
    'max-examples': wanted.examples,
    seed: wanted.seed,
    checks: wanted.checks,
  }
  const document = at.url('/api/v1/openapi.json', 'http')
  const args = ['run', document, '--continue-on-failure', '--no-color']
  for (const [name, value] of Object.entries(options)) args.push(`--${name}`, value)
  const done = spawnSync(program, args, { cwd: dir, encoding: 'utf8', maxBuffer: 1 << 30 })
  if (done.status !== 0) say(done.stdout)
  if (!existsSync(path)) throw new Error(`no report: ${done.stderr}`)
  return JSON.parse(await readFile(path, 'utf8')) as Report
}

function print({ failures, test_cases: cases, running_time: seconds, errors = [] }: Report): void {
  say(`${cases.generated} cases in ${Math.round(seconds)} s, ${cases.with_failures} with failures`)
  for (const { code, title, count, operations } of failures)
    say(`  ${code} ${title}: ${count}, such as ${operations[0]}`)
  for (const { title, count } of errors) say(`  not tested: ${count} operations (${title})`)
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      examples: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      checks: { type: 'string', default: MUST_HOLD },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    say(USAGE)
    return 0
  }
  const program = schemathesis()
  if (program === null) {
    say(`skipped: Schemathesis ${VERSION} needs Python 3.10 and pip`)
    return SKIPPED
  }
  const dir = await mkdtemp(join(tmpdir(), 'observa-fuzz-api-'))
  const instance = await Instance.start({ config: CONFIG })
  try {
    await fill(instance)
    const report = await attack(program, instance, dir, values)
    print(report)
    if (!instance.isAlive) say(`the instance died: ${instance.stderr.slice(-2000)}`)
    return report.failures.length === 0 && instance.isAlive ? 0 : 1
  } finally {
    await instance.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

process.exitCode = await main()
