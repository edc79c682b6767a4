// `npm run console:budgets`: what the console costs, measured in a real browser on an instance of its own: bytes of the first load, time
// until a trace of ten thousand spans can be read, and the longest task of the page while it scrolls. Prints; it does not judge,
// because times belong to the machine.

import { readFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { buildConsole } from '../../console/build.ts'
import { Instance, until } from '../instance.ts'
import { chromiumPath, launch, NO_CHROMIUM, openPage } from './browser.ts'
import { large, newTraceId, otlp } from './traffic.ts'

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

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const median = (of: readonly number[]): number =>
  of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)] ?? 0

function firstLoadBytes(): number {
  const page = readFileSync(join(BUILT, 'index.html'))
  const files = page.toString().match(/assets\/[\w-]+\.(js|css)/g) ?? []
  const all = [page, ...files.map((file) => readFileSync(join(BUILT, file)))]
  return all.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0)
}

/** ms from the navigation until every span is there. */
async function openMs(page: Page, path: string): Promise<number> {
  const startedAt = performance.now()
  await page.goto(path)
  await page.getByText('10,000 spans', { exact: true }).waitFor()
  return performance.now() - startedAt
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

async function measure(executablePath: string): Promise<void> {
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
    const opened: number[] = []
    for (let i = 0; i < TIMES; i++) opened.push(await openMs(page, `/traces/${id}`))
    const tasks: number[] = []
    for (let i = 0; i < TIMES; i++) tasks.push(await longestTaskMs(page))
    say(
      `cores ${availableParallelism()}, load ${loadavg()[0]?.toFixed(1)}, Chromium ${browser.version()}`,
    )
    say(`first load, gzip: ${(firstLoadBytes() / 1000).toFixed(1)} kB`)
    say(
      `a trace of 10,000 spans until all can be read: median ${median(opened).toFixed(0)} ms, best ${Math.min(...opened).toFixed(0)} ms`,
    )
    say(`longest task while it scrolls: median ${median(tasks).toFixed(0)} ms (0: none over 50 ms)`)
  } finally {
    await browser.close()
    await instance.stop()
  }
}

const executablePath = chromiumPath()
if (executablePath === null) {
  say(NO_CHROMIUM)
  process.exitCode = 1
} else await measure(executablePath)
