// Short runs of all drills with real instances. Longer runs are started by hand: `npm run drill`.

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
import { overloadFor } from './drills/overload.ts'
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

test('SIGKILL under load loses no acknowledged span', async (t) => {
  isWell(await runDrill(kill, options(t, 3)), 3)
})

test('SIGKILL under load stores no span twice in ClickHouse and Postgres', async (t) => {
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

short('nothing is lost while syncs hang, or by a kill during that time', syncDelayDrill, 2)
short(
  'nothing is lost when syncs fail, and the instance works again after a restart',
  syncFailDrill,
  1,
)
short(
  'with a full file system requests are refused, nothing is lost, and no restart is needed afterwards',
  fullDiskDrill,
  2,
)
short('the instance reports exactly the items that flipped bits destroyed', bitFlip, 2)
short(
  'killing ClickHouse and Postgres under load loses nothing and stores nothing twice',
  storeRestartDrill,
  2,
)
short('stalled uploads give their memory back to well-behaved clients', stalledUploadsDrill, 1)
short(
  'three times what an instance can process, with one key, loses no acknowledged span',
  overloadFor({ warmUpMs: 1000, calibrationMs: 1500, aloneMs: 1000, floodMs: 4000 }),
  1,
)
short('a container restarts under another host name', containerRestartDrill, 1)

test('reloads under load lose no data and refuse no request', async (t) => {
  const outcome = await runDrill(reload, options(t, 2))
  isWell(outcome, 2)
  const answers = Object.keys(outcome.total.notes).filter((name) => name.startsWith('answers_'))
  assert.deepEqual(answers, ['answers_200'])
})

test('a state file adds up several runs, each with different seeds', async (t) => {
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

test('an interrupted drill checks and reports what it has done', async (t) => {
  const stop = new AbortController()
  const progress = (): void => stop.abort()
  const outcome = await runDrill(kill, { ...options(t, 50), signal: stop.signal, progress })
  isWell(outcome, 1)
  assert.equal(outcome.total.cycles, 1)
})
