// Runs an app of apps/ in a separate process, because instrumentations patch globally, with a fake model and a running
// instance. Returns what the model answered and what the instance stored.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Instance } from '../instance.ts'
import { type Answer, FakeLlm } from './fake-llm.ts'

const APP_MS_MAX = 20_000

export type Event = Readonly<Record<string, unknown>>

export interface Run {
  readonly answers: readonly Answer[]
  readonly refused: number
  readonly events: readonly Event[]
}

export interface Tokens {
  readonly input: number
  readonly output: number
  readonly cached: number
  readonly reasoning: number
}

/** Runs one app and returns the events that were not there before. Apps must run one after the other. */
export async function runApp(
  instance: Instance,
  app: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const fake = await FakeLlm.start()
  try {
    const before = (await instance.events()).length
    await runScript(app, {
      LLM_URL: fake.url,
      OTLP_URL: instance.url(''),
      API_URL: instance.url('', 'http'),
      SERVICE: app,
      ...env,
    })
    await instance.drained()
    const events = (await instance.events()).slice(before)
    return { answers: fake.answers, refused: fake.refused, events }
  } finally {
    await fake.stop()
  }
}

export function answered(answers: readonly Answer[]): Tokens {
  return {
    input: sum(answers.map((a) => a.input)),
    output: sum(answers.map((a) => a.output)),
    cached: sum(answers.map((a) => a.cached)),
    reasoning: sum(answers.map((a) => a.reasoning)),
  }
}

/** Token sums in which each call counts once: events marked as repeating other reports are left out. */
export function counted(events: readonly Event[]): Tokens {
  const own = events.filter((e) => e['usage_aggregate'] === false)
  const total = (field: string): number => sum(own.map((e) => Number(e[field] ?? 0)))
  return {
    input: total('input_tokens'),
    output: total('output_tokens'),
    cached: total('cache_read_tokens'),
    reasoning: total('reasoning_tokens'),
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

function runScript(app: string, env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, `apps/${app}.mjs`)], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const keep = (d: Buffer): void => {
      output += d.toString()
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const timer = setTimeout(() => child.kill('SIGKILL'), APP_MS_MAX)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve()
      else reject(new Error(`${app} ended with ${code ?? signal}: ${output}`))
    })
  })
}
