// Short runs of the drills, with real instances. Longer ones are run by hand: `npm run drill`.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { type Drill, isSound } from './drill.ts'
import { bitFlip } from './drills/bit-flip.ts'
import { containerRestartDrill } from './drills/container-restart.ts'
import { fullDiskDrill, syncDelayDrill, syncFailDrill } from './drills/disk.ts'
import { kill, killStores } from './drills/kill.ts'
import { overloadDrill } from './drills/overload.ts'
import { powerCutDrill } from './drills/power-cut.ts'
import { reload } from './drills/reload.ts'
import { stalledUploadsDrill } from './drills/stalled-uploads.ts'
import { storeRestartDrill } from './drills/store-restart.ts'
import { type Outcome, type RunOptions, runDrill } from './rounds.ts'

const options = (t: TestContext, cycles: number, seed = 7): RunOptions => ({
  cycles,
  seed,
  signal: new AbortController().signal,
  progress: (text) => t.diagnostic(text),
})

function isWell({ total }: Outcome, cycles: number): void {
  assert.ok(isSound(total), JSON.stringify(total))
  assert.ok(total.cycles >= cycles && total.skipped === 0, JSON.stringify(total))
  const gone = total.deadLettered + Number(total.notes['destroyed'] ?? 0)
  assert.ok(
    total.acknowledged > 0 && total.delivered >= total.acknowledged - gone,
    JSON.stringify(total),
  )
}

test('SIGKILL under load loses nothing that was acknowledged', async (t) => {
  isWell(await runDrill(kill, options(t, 3)), 3)
})

test('SIGKILL under load doubles nothing in ClickHouse and Postgres', async (t) => {
  const outcome = await runDrill(killStores, options(t, 2))
  isWell(outcome, 2)
  const { clickhouse_delivered, postgres_delivered } = outcome.total.notes
  assert.equal(clickhouse_delivered, postgres_delivered)
})

function short(name: string, drill: Drill, cycles: number): void {
  const missing = drill.missing()
  test(name, missing === null ? {} : { skip: missing }, async (t) => {
    isWell(await runDrill(drill, options(t, cycles)), cycles)
  })
}

short('nothing is lost while syncs hang, nor by a kill meanwhile', syncDelayDrill, 2)
short('nothing is lost when syncs fail, and a restart goes on', syncFailDrill, 1)
short('a full file system refuses, loses nothing, and goes on without a restart', fullDiskDrill, 2)
short('what flipped bits destroy is exactly what the books say is gone', bitFlip, 2)
short('ClickHouse and Postgres killed under load lose and double nothing', storeRestartDrill, 2)
short('uploads that stall give their room back to clients that behave', stalledUploadsDrill, 1)
short('a flood of one key loses nothing that was acknowledged', overloadDrill, 1)
short('a container comes back under another host name', containerRestartDrill, 1)

test('reloads under load lose and refuse nothing', async (t) => {
  const outcome = await runDrill(reload, options(t, 2))
  isWell(outcome, 2)
  const answers = Object.keys(outcome.total.notes).filter((name) => name.startsWith('answers_'))
  assert.deepEqual(answers, ['answers_200'])
})

test('runs add up in a state file, each with seeds of its own', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'observa-drills-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const state = join(dir, 'sums.json')
  const first = await runDrill(powerCutDrill, { ...options(t, 100), state })
  const second = await runDrill(powerCutDrill, { ...options(t, 100), state })
  isWell(second, 200)
  assert.ok(second.seed >= first.seed + Number(first.total.notes['lives']))
  assert.ok(second.total.acknowledged > first.total.acknowledged)
  assert.equal(second.rounds, 2)
})

test('a drill that is stopped checks what was done and counts it', async (t) => {
  const stop = new AbortController()
  const progress = (): void => stop.abort()
  const outcome = await runDrill(kill, { ...options(t, 50), signal: stop.signal, progress })
  isWell(outcome, 1)
  assert.equal(outcome.total.cycles, 1)
})
