// Disaster and restore with the embedded stores: under load the data directory is backed up as docs/backup.md says, load goes
// on, then the instance is killed and its data removed, restored and started. What was acknowledged before the backup must be
// in both stores, keys and deletions must be as they were, and what clients send again must not be counted twice.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Instance, until } from '../../instance.ts'
import { requestOf, SPANS_PER_REQUEST } from '../books.ts'
import { type Drill, nothingMissing, type Report, type Round } from '../drill.ts'
import { endPostgres, isRunning, postgresFolder, processesOf } from '../processes.ts'
import { type LoadedInstance, newDirectory, underLoad } from '../under-load.ts'
import { checkStores, compareStores, STORES_CONFIG, type StoreFindings } from './kill.ts'

const run = promisify(execFile)
const options = { config: STORES_CONFIG }
/** Answers to wait for before a backup and before the disaster, at least; at random up to twice as many. */
const ANSWERS_MIN = 40
/** Numbers that the books never give out. A span with one of them that arrives after its deletion counts as corrupt. */
const DELETED_FROM = 1_000_000_000
const JSON_TYPE = { 'content-type': 'application/json' }

/** What a restored instance must still know. */
interface Known {
  readonly key: string
  readonly revoked: string
  /** First number of a request whose trace was deleted. */
  readonly deleted: number
}

async function backup(round: Round): Promise<Report> {
  const dir = await newDirectory()
  const early: StoreFindings[] = []
  const notes = { stopped_backups: 0, snapshots: 0, sent_again: 0, backup_ms: 0 }
  const report = await underLoad(round, {
    dir,
    options,
    cleanUp: () => endPostgres(dir),
    cycle: async (loaded, cycle) => {
      const known = await remember(loaded.instance, DELETED_FROM + cycle * SPANS_PER_REQUEST)
      await answered(loaded, round)
      // The mark comes before the backup: what is acknowledged meanwhile may or may not be in it.
      const isStopped = cycle % 2 === 0
      const startedAt = performance.now()
      const mark = isStopped ? await stopAndCopy(loaded) : await snapshot(loaded)
      notes.backup_ms += Math.round(performance.now() - startedAt)
      notes[isStopped ? 'stopped_backups' : 'snapshots']++
      await answered(loaded, round)
      await disaster(loaded)
      await restore(dir)
      loaded.books.backTo(mark)
      early.push(await compared(loaded))
      await loaded.start()
      notes.sent_again += await sendAgain(loaded, round)
      await isKnown(loaded.instance, known)
    },
    notes: () => notes,
    check: ({ instance, books }) => checkStores(instance, books),
  })
  const sum = (name: 'lost' | 'doubled' | 'corrupt'): number =>
    early.reduce((n, { findings }) => n + findings[name], report[name])
  return { ...report, lost: sum('lost'), doubled: sum('doubled'), corrupt: sum('corrupt') }
}

async function answered(loaded: LoadedInstance, { random }: Round): Promise<void> {
  const wanted = loaded.answers('200') + ANSWERS_MIN * (1 + random())
  await until(() => loaded.answers('200') >= wanted, 'loaded')
}

/** Makes a key, revokes another one, and deletes a trace. */
async function remember(instance: Instance, first: number): Promise<Known> {
  const make = (): Promise<{ key: string; key_id: string }> =>
    api(instance, 'POST', 'keys', { project_id: 'default' })
  const [good, bad] = [await make(), await make()]
  await api(instance, 'DELETE', `keys/${bad.key_id}`)
  assert.equal((await instance.post('/v1/traces', requestOf(first))).status, 200)
  await instance.post('/v1/traces', requestOf(first), bearer(bad.key))
  const traceId = JSON.parse(requestOf(first)).resourceSpans[0].scopeSpans[0].spans[0].traceId
  const { deletion_id: id } = await api<{ deletion_id: string }>(instance, 'POST', 'deletions', {
    trace_id: traceId,
  })
  await until(async () => {
    const { state } = await api<{ state: string }>(instance, 'GET', `deletions/${id}`)
    return state === 'erasing' || state === 'done'
  }, 'deleted')
  return { key: good.key, revoked: bad.key, deleted: first }
}

/** Keys are as they were, and what was deleted is refused when it is sent again. The final check would find it. */
async function isKnown(instance: Instance, { key, revoked, deleted }: Known): Promise<void> {
  const dropped = (): Promise<number> => instance.metric('observa_deletion_dropped_items_total')
  const before = await dropped()
  const status = async (token: string): Promise<number> =>
    (await instance.post('/v1/traces', requestOf(deleted), bearer(token))).status
  assert.equal(await status(key), 200)
  assert.equal(await status(revoked), 401)
  assert.equal((await dropped()) - before, SPANS_PER_REQUEST)
}

const bearer = (key: string) => ({ ...JSON_TYPE, authorization: `Bearer ${key}` })

async function api<T>(instance: Instance, method: string, path: string, body?: object): Promise<T> {
  const res = await fetch(instance.url(`/api/v1/${path}`, 'http'), {
    method,
    ...(body === undefined ? {} : { headers: JSON_TYPE, body: JSON.stringify(body) }),
  })
  const text = await res.text()
  assert.ok(res.ok, `${method} ${path}: ${res.status} ${text}`)
  return (text === '' ? undefined : JSON.parse(text)) as T
}

async function stopAndCopy(loaded: LoadedInstance): Promise<ReadonlySet<number>> {
  await loaded.kill('SIGTERM')
  const mark = loaded.books.mark()
  await copyTo(loaded.dir)
  await loaded.start()
  return mark
}

/** All processes stand still during the copy, so it is what an atomic snapshot of the file system would have. */
async function snapshot(loaded: LoadedInstance): Promise<ReadonlySet<number>> {
  const mark = loaded.books.mark()
  const pids = processesOf(loaded.instance)
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  try {
    await copyTo(loaded.dir)
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  }
  return mark
}

/** The data directory, and the files of Postgres if they are elsewhere. */
function placesOf(dir: string): readonly string[] {
  const [data, postgres] = [join(dir, 'data'), postgresFolder(dir)]
  return postgres.startsWith(data) ? [data] : [data, postgres]
}

async function copyTo(dir: string): Promise<void> {
  await rm(join(dir, 'backup'), { recursive: true, force: true })
  await mkdir(join(dir, 'backup'))
  for (const [i, place] of placesOf(dir).entries())
    await run('cp', ['-a', place, join(dir, 'backup', String(i))])
}

/** Kills the instance with its stores. They must have ended before the restore, as they would write into restored files. */
async function disaster(loaded: LoadedInstance): Promise<void> {
  const pids = processesOf(loaded.instance)
  for (const pid of pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL')
  await loaded.kill()
  await until(() => !pids.some(isRunning), 'ended')
}

async function restore(dir: string): Promise<void> {
  for (const [i, place] of placesOf(dir).entries()) {
    await rm(place, { recursive: true, force: true })
    await run('cp', ['-a', join(dir, 'backup', String(i)), place])
  }
}

/** Starts the restored instance without load, delivers what its log has, and compares the stores with the backup's moment. */
async function compared({ dir, books }: LoadedInstance): Promise<StoreFindings> {
  const instance = await Instance.start({ ...options, dir })
  await instance.drained()
  await instance.kill('SIGTERM')
  return compareStores(join(dir, 'data'), books)
}

/** Clients send again what they sent before and after the backup: half of it, so that the rest shows what was restored. */
async function sendAgain({ instance, books }: LoadedInstance, { random }: Round): Promise<number> {
  let requests = 0
  // New requests are issued meanwhile.
  const { issued } = books
  for (let first = 0; first < issued; first += SPANS_PER_REQUEST) {
    if (random() < 0.5) continue
    const { status } = await instance.post('/v1/traces', requestOf(first))
    if (status !== 200) continue
    books.acknowledge(first)
    requests++
  }
  return requests
}

export const backupDrill: Drill = {
  name: 'backup',
  about: 'the data directory is backed up under load, lost, and restored',
  cycle: 'a backup (stopped and copied, or a snapshot while it runs), a disaster and a restore',
  cycles: 4,
  roundCycles: 10,
  missing: () => (process.platform === 'linux' ? nothingMissing() : 'needs Linux'),
  run: backup,
}
