// A request through the whole default pipeline, encoders included. No input may make a step fail.

import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { PipeRun } from '../../../collector/cli/pipe/pipe-run.ts'
import { registry } from '../../../collector/registry.ts'
import { loadConfig } from '../../../config/load.ts'
import { DEFAULT_TENANT } from '../../../core/tenant.ts'
import { mutated } from '../mutate.ts'
import type { OpenTarget, Target } from '../target.ts'
import { seedBodies } from './bodies.ts'

const BYTES_MAX = 32 * 1024
/** After this many executions a new usage ledger is made, because it grows with every request. */
const RUNS_OF_ONE = 20_000

export const chain: Target = {
  name: 'chain',
  about: 'request bodies through the default pipeline and its encoders',
  executions: 6_000,
  open,
}

async function open(): Promise<OpenTarget> {
  const loaded = await loadConfig({
    files: [],
    sets: [],
    env: {},
    readFile: (path: string) => readFile(path, 'utf8'),
    fileMode: async (path: string) => (await stat(path)).mode,
    registry,
    isOffline: true,
  })
  assert.ok(loaded.ok)
  const { config } = loaded
  const fresh = (): PipeRun =>
    new PipeRun(config, { pipelineId: null, explain: false, isEncoding: true })
  const seeds = seedBodies()
  let run = fresh()
  let runs = 0
  return {
    input: (dice) => mutated(dice.pick(seeds).bodies, dice, BYTES_MAX),
    execute(payload, dice) {
      if (++runs % RUNS_OF_ONE === 0) run = fresh()
      const isJson = payload[0] === 0x7b
      const isOtlp = isJson && payload.subarray(0, 20).includes('resource')
      const format = isOtlp ? 'otlp-json' : isJson ? 'ndjson' : 'otlp-proto'
      const telemetry = dice.chance(0.9) ? 'traces' : 'logs'
      const request = {
        payload,
        encoding: 'identity',
        format,
        telemetry,
        tenant: DEFAULT_TENANT,
      } as const
      const { verdict, parts } = run.request({ ...request, receivedAtMs: 1_793_500_000_000 })
      if (verdict.kind === 'refused') assert.notEqual(verdict.code, 'internal', verdict.message)
      for (const part of parts) assert.ok(part.items > 0 && part.bytes.length > 0, 'an empty part')
    },
  }
}
