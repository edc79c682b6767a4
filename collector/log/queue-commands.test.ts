// `queue stats`, `verify` and `dump` of an intact and of a damaged log.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { type AppendRecord, DurableLog } from './log.ts'
import { queueDump, queueStats, queueVerify } from './queue-commands.ts'

const quiet = { info: () => {}, warn: () => {}, error: () => {} }

async function logDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-commands-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const options = { dir, clock: systemClock, metrics: new Metrics(), log: quiet, freeBytesMin: 0 }
  const log = await DurableLog.open(options)
  for (let n = 1; n <= 3; n++) {
    const parts = [
      { exporter: 'kafka/eu', stream: 'events', items: n, bytes: Buffer.from(`part ${n}`) },
    ]
    const facts = { eventCount: 1, eventIds: Buffer.alloc(16, n), claims: new Int32Array(0) }
    const record: AppendRecord = { pipeline: 'traces', parts, ...facts, createdAtMs: n * 1000 }
    await log.append(record)
  }
  await log.close()
  return dir
}

test('stats tell what is in the log', async (t) => {
  const dir = await logDir(t)
  let text = ''
  const summary = await queueStats(dir, (s) => {
    text += s
  })
  assert.equal(summary.nextSequence, '4')
  assert.equal(summary.exporters['kafka/eu']?.appended, 6)
  assert.match(text, /kafka\/eu: 6 appended, 0 sent/)
})

test('verify finds nothing in a sound log and names what is damaged in another', async (t) => {
  const dir = await logDir(t)
  let text = ''
  const out = (s: string): void => {
    text += s
  }
  const sound = {
    records: 3,
    damagedHeaders: 0,
    damagedParts: 0,
    damagedItems: 0,
    missingRecords: 0,
    missingItems: 0,
  }
  assert.deepEqual(await queueVerify(dir, out), sound)
  const [name] = (await readdir(dir)).filter((f) => f.startsWith('w-'))
  const path = join(dir, name as string)
  const bytes = await readFile(path)
  bytes[bytes.indexOf('part 2')] = 0
  await writeFile(path, bytes)
  text = ''
  assert.deepEqual(await queueVerify(dir, out), { ...sound, damagedParts: 1, damagedItems: 2 })
  assert.match(text, /2 items for kafka\/eu in record 2/)
})

test('verify counts a segment whose beginning is damaged, because a start cannot read it either', async (t) => {
  const dir = await logDir(t)
  const [name] = (await readdir(dir)).filter((f) => f.startsWith('w-'))
  const path = join(dir, name as string)
  const bytes = await readFile(path)
  bytes[4] = (bytes[4] as number) ^ 0xff
  await writeFile(path, bytes)
  let text = ''
  const report = await queueVerify(dir, (s) => {
    text += s
  })
  assert.equal(report.damagedHeaders, 1)
  assert.equal(report.records, 3)
  assert.match(text, /the segment header is damaged/)
  assert.match(text, /1 damaged headers/)
})

test('dump prints a line a record, bytes only when asked', async (t) => {
  const dir = await logDir(t)
  const lines: string[] = []
  assert.equal(await queueDump(dir, (s) => lines.push(s), { from: 2n, limit: 1 }), 1)
  const line = JSON.parse(lines[0] as string)
  assert.equal(line.sequence, '2')
  assert.deepEqual(line.parts, [{ exporter: 'kafka/eu', stream: 'events', items: 2, bytes: 6 }])
  await queueDump(dir, (s) => lines.push(s), { from: 3n, payload: true })
  const payload = JSON.parse(lines[1] as string).parts[0].payload
  assert.equal(Buffer.from(payload, 'base64').toString(), 'part 3')
})

test('a directory without a queue is said to be one', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'observa-commands-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  await assert.rejects(
    queueStats(dir, () => {}),
    { code: 'OBS_QUEUE_NONE' },
  )
})
