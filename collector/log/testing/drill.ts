// The SIGKILL drill: a child process appends to a log and reports each acknowledgement. It is killed at a random
// moment, the log is opened again, and every acknowledged record must be there once. `node
// collector/log/testing/drill.ts 100 [buffered]` kills a hundred times. A kill does not affect the page cache;
// `simulate.ts` simulates power cuts.

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../../core/clock.ts'
import { Metrics } from '../../../core/metrics.ts'
import { type Durability, DurableLog } from '../log.ts'

const quiet = { info: () => {}, warn: () => {}, error: () => {} }
const CHILD = 'child'
const IN_FLIGHT = 8
const ACKS_MAX = 400

export interface DrillResult {
  readonly kills: number
  readonly acknowledged: number
  readonly lost: number
  readonly duplicated: number
  readonly tornTails: number
}

export async function drill(
  kills: number,
  durability: 'durable' | 'buffered' = 'durable',
): Promise<DrillResult> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-drill-'))
  try {
    const acknowledged = new Map<string, string>()
    let tornTails = 0
    let bad = { lost: 0, duplicated: 0 }
    for (let kill = 0; kill < kills; kill++) {
      await killedRun(dir, kill, durability, acknowledged)
      const log = await open(dir)
      if (log.stats().recovery.truncatedBytes > 0) tornTails++
      bad = await compare(log, acknowledged)
      await log.close()
      if (bad.lost + bad.duplicated > 0) break
    }
    return { kills, acknowledged: acknowledged.size, ...bad, tornTails }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Runs a child and kills it after some acknowledgements, so that no timer of this process decides the moment. */
async function killedRun(
  dir: string,
  run: number,
  durability: string,
  acknowledged: Map<string, string>,
): Promise<void> {
  const self = fileURLToPath(import.meta.url)
  const child = spawn(process.execPath, [self, CHILD, dir, String(run), durability], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const killAfter = 1 + Math.floor(Math.random() * ACKS_MAX)
  let acks = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [sequence = '', name = ''] = line.split(' ')
    // The kill may have cut the last line.
    if (!name.endsWith(';')) break
    acknowledged.set(sequence, name)
    if (++acks === killAfter) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null)
    await new Promise((resolve) => child.once('exit', resolve))
  if (child.signalCode !== 'SIGKILL')
    throw new Error(`the child ended by itself: ${child.exitCode}`)
}

async function compare(
  log: DurableLog,
  acknowledged: ReadonlyMap<string, string>,
): Promise<{ lost: number; duplicated: number }> {
  const found = new Map<string, string>()
  let duplicated = 0
  const reader = log.reader(1n)
  for (let r = await reader.poll(); r !== null; r = await reader.poll()) {
    const sequence = String(r.sequence)
    if (found.has(sequence)) duplicated++
    const bytes = Buffer.from(r.parts[0]?.bytes ?? [])
    found.set(sequence, bytes.toString('latin1', 0, bytes.indexOf(';') + 1))
  }
  await reader.close()
  let lost = 0
  for (const [sequence, name] of acknowledged) if (found.get(sequence) !== name) lost++
  return { lost, duplicated }
}

function open(dir: string, durability: Durability = 'durable'): Promise<DurableLog> {
  const base = { dir, clock: systemClock, metrics: new Metrics(), log: quiet, freeBytesMin: 0 }
  return DurableLog.open({ ...base, durability, segmentBytes: 1024 * 1024, cacheBytes: 0 })
}

async function child(dir: string, run: string, durability: Durability): Promise<void> {
  const log = await open(dir, durability)
  let n = 0
  const worker = async (): Promise<void> => {
    for (;;) {
      const name = `${run}-${n++};`
      const bytes = Buffer.alloc(200 + ((n * 7919) % 20_000), name)
      const parts = [{ exporter: 'x', stream: 's', items: 1, bytes }]
      const facts = { eventCount: 0, eventIds: new Uint8Array(0), claims: new Int32Array(0) }
      const sequence = await log.append({ pipeline: 'p', parts, ...facts, createdAtMs: 0 })
      process.stdout.write(`${sequence} ${name}\n`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
}

if (import.meta.main) {
  const [what = '20', dir = '', run = '0', mode] = process.argv.slice(2)
  if (what === CHILD) await child(dir, run, mode === 'buffered' ? mode : 'durable')
  else {
    const result = await drill(Number(what), dir === 'buffered' ? dir : 'durable')
    process.stdout.write(`${JSON.stringify(result)}\n`)
    if (result.lost + result.duplicated > 0) process.exitCode = 1
  }
}
