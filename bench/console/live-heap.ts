// How the heap of the page grows under the live tail: the slope of a line through what is left after each garbage collection.

import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { conversation, newTraceId, otlp } from '../../test/console/traffic.ts'
import type { Instance } from '../../test/instance.ts'

/** Spans a second: six times the 50 that a stream gives when nothing is said. */
export const LIVE_RATE = 300
const SAMPLE_MS = 10_000
const REQUESTS_A_SECOND = 10

export interface LiveHeap {
  readonly mbAMinute: number
  /** MB after each collection. */
  readonly mb: readonly number[]
  /** Rows of the tail at the end. */
  readonly rows: number
}

export async function liveHeap(page: Page, instance: Instance, minutes: number): Promise<LiveHeap> {
  const session = await page.context().newCDPSession(page)
  await page.goto('/traces?live=true')
  await page.getByText('Waiting for what comes next').waitFor()
  const startedAt = performance.now()
  const end = startedAt + minutes * 60_000
  const traffic = sendUntil(instance, end)
  const samples: [minute: number, mb: number][] = []
  while (performance.now() < end) {
    await delay(SAMPLE_MS)
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    samples.push([(performance.now() - startedAt) / 60_000, usedSize / 1e6])
  }
  await traffic
  return {
    // The first samples are those of a page that fills up.
    mbAMinute: slopeOf(samples.slice(2)),
    mb: samples.map(([, mb]) => mb),
    rows: await page.locator('.live-tail tbody tr').count(),
  }
}

async function sendUntil(instance: Instance, end: number): Promise<void> {
  const spans = conversation()
  const perTick = LIVE_RATE / spans.length / REQUESTS_A_SECOND
  while (performance.now() < end) {
    const requests = Array.from({ length: perTick }, () =>
      instance.post('/v1/traces', otlp(newTraceId(), Date.now(), spans)),
    )
    await Promise.all([...requests, delay(1000 / REQUESTS_A_SECOND)])
  }
}

function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: readonly number[]): number => of.reduce((n, v) => n + v, 0) / of.length
  const x = mean(points.map(([at]) => at))
  const y = mean(points.map(([, value]) => value))
  const spread = points.reduce((n, [at]) => n + (at - x) ** 2, 0)
  return points.reduce((n, [at, value]) => n + (at - x) * (value - y), 0) / spread
}
