// The newest GenAI clients as users run them, each installed in its own folder, with a fake model that records its answers. No two
// answers have the same usage, and the instance must count each of them exactly once.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Instance } from '../instance.ts'
import { answered, counted, type Event, type Tokens } from '../sdks/app-run.ts'
import { type Answer, FakeLlm } from '../sdks/fake-llm.ts'

const INSTALL_MS_MAX = 600_000
const APP_MS_MAX = 120_000

interface Client {
  readonly name: string
  readonly tool: 'node' | 'python3' | 'go'
  /**
   * The newest versions are installed. A version is given only where a newer one cannot be installed together with the
   * others.
   */
  readonly packages: readonly string[]
  readonly app: string
  readonly env?: Readonly<Record<string, string>>
  /** Answers whose usage the client reports; all when absent. */
  readonly reports?: (answer: Answer) => boolean
  /** Parts of the usage that the client leaves out. */
  readonly silent?: readonly (keyof Tokens)[]
  /** Whether the app also makes calls that are refused and reported. */
  readonly failed?: number
}

const OTLP = ['opentelemetry-sdk', 'opentelemetry-exporter-otlp-proto-http']
const isNoEmbedding = (answer: Answer): boolean => answer.path !== 'embeddings'

export const CLIENTS: readonly Client[] = [
  {
    name: 'langfuse',
    tool: 'node',
    packages: [
      '@langfuse/openai',
      '@langfuse/otel',
      '@langfuse/tracing',
      'openai',
      '@opentelemetry/context-async-hooks@2',
      '@opentelemetry/exporter-trace-otlp-http@0.223',
      '@opentelemetry/sdk-trace-base@2',
    ],
    app: 'langfuse.mjs',
    // Its wrapper does not report the usage of embeddings.
    reports: isNoEmbedding,
    failed: 2,
  },
  {
    name: 'langsmith',
    tool: 'node',
    packages: [
      'langsmith',
      'openai',
      '@opentelemetry/context-async-hooks@2',
      '@opentelemetry/sdk-trace-base@2',
      '@opentelemetry/exporter-trace-otlp-proto@0.223',
    ],
    app: 'langsmith.mjs',
    env: {
      LANGSMITH_OTEL_ENABLED: 'true',
      LANGSMITH_TRACING: 'true',
      LANGSMITH_API_KEY: 'lsv2_pt_test',
      LANGSMITH_PROJECT: 'interop',
    },
    // Its wrapper does not instrument embeddings.
    reports: isNoEmbedding,
    failed: 2,
  },
  {
    name: 'mastra',
    tool: 'node',
    packages: [
      '@mastra/core',
      '@mastra/observability',
      '@mastra/otel-exporter',
      '@ai-sdk/openai',
      'zod',
      '@opentelemetry/exporter-trace-otlp-proto@0.218',
      '@opentelemetry/exporter-logs-otlp-proto@0.218',
    ],
    app: 'mastra.mjs',
  },
  {
    name: 'genai-openai',
    tool: 'python3',
    packages: [...OTLP, 'openai', 'opentelemetry-instrumentation-genai-openai'],
    app: 'genai_openai.py',
    failed: 1,
  },
  {
    name: 'genai-anthropic',
    tool: 'python3',
    packages: [...OTLP, 'anthropic', 'opentelemetry-instrumentation-genai-anthropic'],
    app: 'genai_anthropic.py',
  },
  {
    name: 'langchain',
    tool: 'python3',
    packages: [...OTLP, 'langchain-openai', 'openinference-instrumentation-langchain'],
    app: 'langchain_app.py',
    failed: 1,
  },
  {
    name: 'litellm',
    tool: 'python3',
    packages: [...OTLP, 'litellm'],
    app: 'litellm_app.py',
    // Else it fetches its table of prices from the network when it is imported.
    env: { LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
  },
  {
    name: 'pydantic-ai',
    tool: 'python3',
    packages: [...OTLP, 'pydantic-ai-slim[openai]'],
    app: 'pydantic_ai_app.py',
  },
  {
    name: 'strands',
    tool: 'python3',
    packages: ['strands-agents[openai,otel]>=1.60'],
    app: 'strands_app.py',
    // Its spans have no count of reasoning.
    silent: ['reasoning'],
  },
  {
    name: 'openlit',
    tool: 'python3',
    packages: [...OTLP, 'openai', 'openlit>=1.45'],
    app: 'openlit_app.py',
    // Its spans have no count of reasoning.
    silent: ['reasoning'],
    failed: 1,
  },
  { name: 'go-calls', tool: 'go', packages: [], app: 'calls.go', failed: 1 },
]

export interface Outcome {
  readonly kind: 'passed' | 'failed' | 'skipped'
  readonly text: string
}

const APPS = join(import.meta.dirname, 'apps')
const CALLS = join(import.meta.dirname, '../sdks/apps/openai-calls.mjs')

export async function runClient(client: Client, instance: Instance, dir: string): Promise<Outcome> {
  const { name, tool } = client
  if (!hasTool(tool))
    return { kind: 'skipped', text: `SKIPPED ${name}: there is no ${tool} on this machine` }
  try {
    mkdirSync(dir)
    cpSync(APPS, dir, { recursive: true })
    cpSync(CALLS, join(dir, 'openai-calls.mjs'))
    const tokens = await counting(client, instance, dir, await install(client, dir))
    return { kind: 'passed', text: `ok ${name}: ${tokens.input} tokens in, ${tokens.output} out` }
  } catch (thrown) {
    return { kind: 'failed', text: `FAIL ${name}: ${String(thrown)}` }
  }
}

export function hasTool(tool: string): boolean {
  return spawnSync(tool, [tool === 'go' ? 'version' : '--version']).status === 0
}

/** Installs the packages; returns the command that runs the app of this client. */
async function install({ tool, packages, app }: Client, dir: string): Promise<string[]> {
  if (tool === 'go') {
    await sh('go', ['mod', 'init', 'interop'], dir)
    await sh('go', ['mod', 'tidy'], dir, { GOFLAGS: '-mod=mod' })
    await sh('go', ['build', '-o', 'app', app], dir)
    return [join(dir, 'app')]
  }
  if (tool === 'node') {
    // The newest version that this Node supports; npm itself may run on another Node.
    writeFileSync(join(dir, 'package.json'), '{"private":true,"type":"module"}')
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const named = packages.map((p) => (/.@/.test(p) ? p : `${p}@latest`))
    await sh('npm', ['install', ...options, ...named], dir)
    return [process.execPath, join(dir, app)]
  }
  await sh('python3', ['-m', 'venv', 'venv'], dir)
  const python = join(dir, 'venv/bin/python')
  // pip tries old versions one by one when newest ones exclude each other, for minutes, and may end with a release of years ago.
  await sh(python, ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', 'uv'], dir)
  await sh(python, ['-m', 'uv', 'pip', 'install', '-q', '--python', python, ...packages], dir)
  return [python, join(dir, app)]
}

/** Waits without blocking: an installation takes minutes, in which connections to the instance would break unseen. */
export async function sh(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  await running([command, ...args], cwd, env, INSTALL_MS_MAX)
}

async function counting(
  client: Client,
  instance: Instance,
  dir: string,
  command: readonly string[],
): Promise<Tokens> {
  const fake = await FakeLlm.start()
  try {
    const before = (await instance.events()).length
    const env = {
      LLM_URL: fake.url,
      OTLP_URL: instance.url(''),
      GRPC_ENDPOINT: instance.url('', 'grpc'),
      LANGSMITH_ENDPOINT: instance.url(''),
      OTEL_EXPORTER_OTLP_ENDPOINT: instance.url(''),
      OTEL_EXPORTER: 'otlp_http',
      ...client.env,
    }
    await running(command, dir, env, APP_MS_MAX)
    await instance.drained()
    const events = (await instance.events()).slice(before)
    return assertCounted(client, fake.answers, events)
  } finally {
    await fake.stop()
  }
}

function assertCounted(
  { reports, failed, silent = [] }: Client,
  answers: readonly Answer[],
  events: readonly Event[],
): Tokens {
  assert.ok(answers.length > 0, 'the model was not asked')
  const truth = answered(answers.filter((answer) => reports?.(answer) ?? true))
  const tokens = counted(events)
  const untold = Object.fromEntries(silent.map((part) => [part, 0]))
  assert.deepEqual(tokens, { ...truth, ...untold })
  if (failed !== undefined) {
    const errors = events.filter((e) => e['status'] === 'error' && e['kind'] === 'llm')
    assert.equal(errors.length, failed, 'failed calls')
  }
  return tokens
}

function running(
  [command = '', ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  timeout: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
      killSignal: 'SIGKILL',
    })
    let output = ''
    const keep = (d: Buffer): void => {
      output += d.toString()
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`${command} ended with ${code ?? signal}: ${output.slice(-2000)}`))
    })
  })
}
