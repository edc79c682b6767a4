// An embedded ClickHouse whose files were damaged, or lost, while it did not run: it starts, and the log and the metrics say what is missing.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { systemClock } from '../../core/clock.ts'
import type { Host, Sender } from '../../core/component.ts'
import { Metrics } from '../../core/metrics.ts'
import { encoder } from './encode.ts'
import { clickhouse } from './index.ts'
import { sampleEvents } from './testing/sample-events.ts'

const never = new AbortController().signal
const ctx = { count: () => {}, signal: () => {}, signals: [], explain: false }

class Instance {
  readonly dir = mkdtempSync(join(tmpdir(), 'observa-damage-'))
  readonly lines: string[] = []
  metrics = new Metrics()

  async start(): Promise<Sender> {
    this.lines.length = 0
    this.metrics = new Metrics()
    this.metrics.declare(clickhouse.metrics)
    const host: Host = {
      id: 'clickhouse',
      log: pino({}, { write: (line: string) => void this.lines.push(line) }),
      metrics: this.metrics,
      clock: systemClock,
      random: () => 0.5,
      dataDir: this.dir,
      progress: () => {},
    }
    const sender = await clickhouse.createSender(clickhouse.schema.parse({ embedded: true }), host)
    await sender.start(never)
    return sender
  }

  get errors(): string {
    return this.lines.filter((line) => line.includes('"level":50')).join('\n')
  }
}

async function filled(t: TestContext): Promise<Instance> {
  const at = new Instance()
  t.after(() => rmSync(at.dir, { recursive: true, force: true }))
  const sender = await at.start()
  assert.equal(sender.madeStore?.(), true)
  assert.equal(sender.madeStore?.(), false)
  const events = sampleEvents({ count: 20, projectId: 'p' })
  const parts = encoder('clickhouse', {}).encode(
    { batch: events.batch, events, signals: [] },
    new Set(),
    ctx,
  )
  const batch = { batchId: '1'.padStart(32, '0'), firstSequence: 1n, lastSequence: 1n, parts }
  assert.deepEqual(await sender.send(batch, never), { kind: 'sent' })
  await sender.stop()
  return at
}

/** The files of a name in the parts of all tables, that have content. */
const files = (at: Instance, name: string): string[] => {
  const store = join(at.dir, 'clickhouse', 'store')
  return readdirSync(store, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(`/${name}`))
    .map((file) => join(store, file))
    .filter((file) => statSync(file).size > 0)
}

test('what is whole is not reported', async (t) => {
  const at = await filled(t)
  const sender = await at.start()
  await sender.stop()
  assert.equal(sender.madeStore?.(), false)
  assert.equal(at.errors, '')
})

const cut = (file: string): void => truncateSync(file, 10)
for (const [what, damage, names] of [
  ['cut', cut, ['data.bin', 'checksums.txt', 'columns.txt']],
  // Without its checksums a part is read, and they are made anew.
  ['lost', rmSync, ['data.bin', 'columns.txt']],
] as const)
  for (const name of names)
    test(`a part whose ${name} is ${what} is reported with its table`, async (t) => {
      const at = await filled(t)
      const found = files(at, name).filter((file) => !file.includes('/detached/'))
      assert.notEqual(found.length, 0)
      for (const file of found) damage(file)
      const sender = await at.start()
      await sender.stop()
      assert.match(at.errors, /OBS_CLICKHOUSE_DAMAGED.*canonical_events/)
      const label = 'table="canonical_events"'
      assert.equal(at.metrics.value('observa_clickhouse_damaged_parts', label), 1)
    })

test('tables that are gone are made anew, which is told', async (t) => {
  const at = await filled(t)
  rmSync(join(at.dir, 'clickhouse', 'metadata'), { recursive: true })
  const sender = await at.start()
  await sender.stop()
  assert.equal(sender.madeStore?.(), true)
})
