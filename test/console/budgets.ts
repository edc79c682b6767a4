// `npm run console:budgets`: what the console costs, measured in a real browser on an instance of its own: bytes of the first load, time
// until a trace of ten thousand spans can be read, the longest task of the page while it opens and scrolls, and how the heap grows
// under the live tail (`-- --live MINUTES`, 2 if not said). Prints; it does not judge, because times belong to the machine.

import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { buildConsole } from '../../console/build.ts'
import { Instance, until } from '../instance.ts'
import { chromiumPath, launch, NO_CHROMIUM, openPage } from './browser.ts'
import { conversation, large, newTraceId, otlp } from './traffic.ts'

const BUILT = join(import.meta.dirname, '../../console/dist')
const CONFIG = `
exporters: { clickhouse: { embedded: true }, postgres: { embedded: true } }
service:
  pipelines:
    traces: { exporters: [clickhouse, postgres] }
    logs: { exporters: [clickhouse, postgres] }
`
const TIMES = 5
const SCROLLS = 60
/** Spans a second of the live tail: six times the 50 that a stream gives when nothing is said. */
const LIVE_RATE = 300
const SAMPLE_MS = 10_000

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const median = (of: readonly number[]): number =>
  of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0

function firstLoadBytes(): number {
  const page = readFileSync(join(BUILT, 'index.html'))
  const files = page.toString().match(/assets\/[\w-]+\.(js|css)/g) ?? []
  const all = [page, ...files.map((file) => readFileSync(join(BUILT, file)))]
  return all.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0)
}

interface Opened {
  /** ms from the navigation until the first rows, and until every span is there. */
  readonly firstMs: number
  readonly wholeMs: number
  /** 0 when none was over 50 ms. */
  readonly longestTaskMs: number
}

async function opened(page: Page, path: string): Promise<Opened> {
  const startedAt = performance.now()
  await page.goto(path)
  await page.locator('[role=treegrid] [role=row]').first().waitFor()
  const firstMs = performance.now() - startedAt
  await page.getByText('10,000 spans', { exact: true }).waitFor()
  const wholeMs = performance.now() - startedAt
  const longestTaskMs = await page.evaluate<number>(`new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(Math.max(...list.getEntries().map((e) => e.duration))))
      .observe({ type: 'longtask', buffered: true })
    setTimeout(() => resolve(0), 300)
  })`)
  return { firstMs, wholeMs, longestTaskMs }
}

/** MB a minute by which the heap of the live tail grows: the slope of a line through what is left after each collection. */
async function heapSlope(page: Page, instance: Instance, minutes: number): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await page.goto('/traces?live=true')
  await page.getByText('Waiting for what comes next').waitFor()
  const end = performance.now() + minutes * 60_000
  const spans = conversation()
  const perRequest = 10
  const traffic = (async (): Promise<void> => {
    while (performance.now() < end) {
      const requests = Array.from({ length: LIVE_RATE / spans.length / perRequest }, () =>
        instance.post('/v1/traces', otlp(newTraceId(), Date.now(), spans)),
      )
      await Promise.all([...requests, delay(1000 / perRequest)])
    }
  })()
  const samples: [minute: number, mb: number][] = []
  const startedAt = performance.now()
  while (performance.now() < end) {
    await delay(SAMPLE_MS)
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    samples.push([(performance.now() - startedAt) / 60_000, usedSize / 1e6])
  }
  await traffic
  const rows = await page.locator('.live-tail tbody tr').count()
  say(`live tail: ${rows} rows, heap ${samples.map(([, mb]) => mb.toFixed(1)).join(' ')} MB`)
  // The first samples are those of a page that fills up.
  return slopeOf(samples.slice(2))
}

function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (of: readonly number[]): number => of.reduce((n, v) => n + v, 0) / of.length
  const x = mean(points.map(([at]) => at))
  const y = mean(points.map(([, value]) => value))
  const spread = points.reduce((n, [at]) => n + (at - x) ** 2, 0)
  return points.reduce((n, [at, value]) => n + (at - x) * (value - y), 0) / spread
}

/** Longest task in ms while the waterfall scrolls from its beginning to its end; 0 when none was over 50 ms. */
async function longestTaskMs(page: Page): Promise<number> {
  return await page.evaluate<number>(`(async () => {
    let longest = 0
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration)
    }).observe({ type: 'longtask' })
    const rows = document.querySelector('[role=treegrid]')
    for (let i = 1; i <= ${SCROLLS}; i++) {
      rows.scrollTop = (rows.scrollHeight * i) / ${SCROLLS}
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    }
    return longest
  })()`)
}

async function measure(executablePath: string, minutes: number): Promise<void> {
  await buildConsole()
  const instance = await Instance.start({ config: CONFIG })
  const browser = await launch(executablePath)
  try {
    const origin = instance.url('', 'http')
    const id = newTraceId()
    for (const spans of large()) await instance.post('/v1/traces', otlp(id, Date.now(), spans))
    await instance.drained()
    await until(async () => (await fetch(`${origin}/api/v1/traces/${id}`)).ok, 'stored')
    const { page } = await openPage(browser, { origin })
    const opens: Opened[] = []
    for (let i = 0; i < TIMES; i++) opens.push(await opened(page, `/traces/${id}`))
    const tasks: number[] = []
    for (let i = 0; i < TIMES; i++) tasks.push(await longestTaskMs(page))
    say(
      `cores ${availableParallelism()}, load ${loadavg()[0]?.toFixed(1)}, Chromium ${browser.version()}`,
    )
    say(`first load, gzip: ${(firstLoadBytes() / 1000).toFixed(1)} kB`)
    const of = (field: keyof Opened): string => {
      const values = opens.map((open) => open[field])
      return `median ${median(values).toFixed(0)} ms, best ${Math.min(...values).toFixed(0)} ms`
    }
    say(`a trace of 10,000 spans until its first rows: ${of('firstMs')}`)
    say(`a trace of 10,000 spans until all can be read: ${of('wholeMs')}`)
    say(`longest task while it opens: ${of('longestTaskMs')} (0: none over 50 ms)`)
    say(`longest task while it scrolls: median ${median(tasks).toFixed(0)} ms (0: none over 50 ms)`)
    if (minutes === 0) return
    const slope = await heapSlope(page, instance, minutes)
    say(
      `heap under ${minutes} min of live tail at ${LIVE_RATE} spans/s: ${slope.toFixed(2)} MB a minute`,
    )
  } finally {
    await browser.close()
    await instance.stop()
  }
}

const { values } = parseArgs({ options: { live: { type: 'string', default: '2' } } })
const executablePath = chromiumPath()
if (executablePath === null) {
  say(NO_CHROMIUM)
  process.exitCode = 1
} else await measure(executablePath, Number(values.live))
