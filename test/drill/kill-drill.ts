// SIGKILL under load, again and again, on one data directory: everything that was acknowledged must come
// out of the exporter, once, unchanged. `node test/drill/kill-drill.ts 50` runs it by hand.

import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { Instance } from '../instance.ts'

export interface DrillReport {
  readonly kills: number
  readonly sent: number
  readonly acknowledged: number
  readonly delivered: number
  readonly lost: number
  readonly spurious: number
  readonly duplicates: number
  readonly corrupt: number
}

const SPANS_PER_REQUEST = 20
const SENDERS = 6

/** What a span with this number must hold when it comes out again. */
const payloadOf = (n: number): string => `payload ${hash('sha256', String(n)).slice(0, 24)} of ${n}`

function requestOf(first: number): string {
  const spans = Array.from({ length: SPANS_PER_REQUEST }, (_, i) => {
    const n = first + i
    return {
      traceId: hash('sha256', `trace ${n}`).slice(0, 32),
      spanId: hash('sha256', `span ${n}`).slice(0, 16),
      name: `drill ${n}`,
      startTimeUnixNano: '1790000000000000000',
      endTimeUnixNano: '1790000000100000000',
      attributes: [{ key: 'drill.payload', value: { stringValue: payloadOf(n) } }],
    }
  })
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
}

/** Sends until the instance is gone; remembers the numbers of acknowledged spans only. */
async function load(instance: Instance, next: () => number, acked: Set<number>): Promise<void> {
  while (instance.isAlive) {
    const first = next()
    const res = await instance.post('/v1/traces', requestOf(first)).catch(() => null)
    // A kill between the answer's status and its body still is an acknowledgement; no answer is none.
    if (res?.status === 200) for (let i = 0; i < SPANS_PER_REQUEST; i++) acked.add(first + i)
  }
}

/** Runs the drill; `random` decides when each kill falls. */
export async function killDrill(kills: number, random: () => number): Promise<DrillReport> {
  const acked = new Set<number>()
  let sent = 0
  const next = (): number => {
    const first = sent
    sent += SPANS_PER_REQUEST
    return first
  }
  let dir: string | undefined
  for (let i = 0; i < kills; i++) {
    const instance: Instance = await Instance.start(dir === undefined ? {} : { dir })
    dir = instance.dir
    const loads = Array.from({ length: SENDERS }, () => load(instance, next, acked))
    await delay(50 + random() * 700)
    await instance.kill('SIGKILL')
    await Promise.all(loads)
  }
  const last = await Instance.start(dir === undefined ? {} : { dir })
  // The service must be alive and well after all that: one more request goes through.
  const finalFirst = next()
  const res = await last.post('/v1/traces', requestOf(finalFirst))
  assert.equal(res.status, 200)
  for (let i = 0; i < SPANS_PER_REQUEST; i++) acked.add(finalFirst + i)
  await last.drained()
  const events = await last.events()
  await last.kill('SIGTERM')
  const report = audit(kills, sent, acked, events)
  await rm(last.dir, { recursive: true, force: true })
  return report
}

function audit(
  kills: number,
  sent: number,
  acked: ReadonlySet<number>,
  events: readonly Record<string, unknown>[],
): DrillReport {
  const seen = new Map<number, number>()
  let spurious = 0
  let corrupt = 0
  for (const e of events) {
    const n = Number(/^drill (\d+)$/.exec(String(e['name']))?.[1] ?? -1)
    if (n < 0 || n >= sent) spurious++
    seen.set(n, (seen.get(n) ?? 0) + 1)
    const attributes = e['attributes'] as Record<string, unknown> | undefined
    if (attributes?.['drill.payload'] !== payloadOf(n)) corrupt++
  }
  let duplicates = 0
  for (const times of seen.values()) duplicates += times - 1
  const lost = [...acked].filter((n) => !seen.has(n)).length
  return {
    kills,
    sent,
    acknowledged: acked.size,
    delivered: seen.size,
    lost,
    spurious,
    duplicates,
    corrupt,
  }
}

if (process.argv[1] === import.meta.filename) {
  const report = await killDrill(Number(process.argv[2] ?? 50), Math.random)
  process.stdout.write(`${JSON.stringify(report)}\n`)
  process.exitCode = report.lost + report.spurious + report.corrupt > 0 ? 1 : 0
}
