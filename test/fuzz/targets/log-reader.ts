// The log: a damaged segment never prevents a start or stops a reader, and every record is read unchanged or is missing.

import assert from 'node:assert/strict'
import { type AppendRecord, DurableLog, type LogOptions } from '../../../collector/log/log.ts'
import { ModelFs } from '../../../collector/log/testing/model-fs.ts'
import { systemClock } from '../../../core/clock.ts'
import { Metrics } from '../../../core/metrics.ts'
import { mutated } from '../mutate.ts'
import type { OpenTarget, Target } from '../target.ts'

const RECORDS = 12
const BYTES_MAX = 1024 * 1024
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

export const logReader: Target = {
  name: 'log-reader',
  about: 'damaged segments through recovery and reader of the log',
  executions: 3_000,
  open,
}

function options(fs: ModelFs): LogOptions {
  const lock = (): Promise<() => Promise<void>> => Promise.resolve(() => Promise.resolve())
  const base = { dir: '/log', fs: fs.process(), clock: systemClock, metrics: new Metrics(), lock }
  return { ...base, log: quiet, freeBytesMin: 0, cacheBytes: 0 }
}

const bytesOf = (n: number, exporter: string): Buffer => Buffer.alloc(n * 5, `${exporter}${n}`)

function record(n: number): AppendRecord {
  const parts = ['a', 'b'].map((exporter) => ({
    exporter,
    stream: 's',
    items: n,
    bytes: bytesOf(n, exporter),
  }))
  const facts = { eventCount: 1, eventIds: Buffer.alloc(16, n), claims: Int32Array.of(0, n, n) }
  return { pipeline: 'p', parts, ...facts, createdAtMs: n }
}

async function open(): Promise<OpenTarget> {
  const fs = new ModelFs(() => 0.5)
  const log = await DurableLog.open(options(fs))
  for (let n = 1; n <= RECORDS; n++) await log.append(record(n))
  await log.close()
  const path = fs.paths().find((p) => p.endsWith('.seg')) as string
  const sound = Buffer.from(fs.bytesOf(path) as Buffer)
  return {
    input: (dice) => mutated([sound], dice, BYTES_MAX),
    async execute(input) {
      const damagedFs = new ModelFs(() => 0.5)
      damagedFs.put(path, input)
      const reopened = await DurableLog.open(options(damagedFs))
      const reader = reopened.reader(1n)
      let last = 0n
      for (let r = await reader.poll(); r !== null; r = await reader.poll()) {
        assert.ok(r.sequence > last, `record ${r.sequence} after ${last}`)
        last = r.sequence
        for (const part of r.parts)
          assert.deepEqual(Buffer.from(part.bytes), bytesOf(Number(r.sequence), part.exporter))
      }
      await reopened.close()
    },
  }
}
