// What a view of the console costs in a real browser: ms until a list or a large trace can be used, and the longest task of the page.

import type { Page } from 'playwright-core'
import { z } from 'zod'

const SCROLLS = 60

/** ms from the navigation until the list has rows and a key moves between them. */
export async function listOpened(page: Page, path: string): Promise<number> {
  const startedAt = performance.now()
  await page.goto(path)
  await page.locator('main [data-row]').first().waitFor()
  await page.keyboard.press('j')
  await page.locator('main [data-row]:focus').waitFor()
  return performance.now() - startedAt
}

/** ms from a click on a column heading until the list is in its order. */
export async function listSorted(page: Page, label: string): Promise<number> {
  const startedAt = performance.now()
  const answered = page.waitForResponse((res) => res.url().includes('/api/v1/traces?'))
  await page.getByRole('button', { name: label, exact: true }).click()
  await answered
  await page.locator('main [data-row]').first().waitFor()
  return performance.now() - startedAt
}

export interface Opened {
  /** ms from the navigation until the first rows, and until every span is there. */
  readonly firstMs: number
  readonly wholeMs: number
  /** 0 when none was over 50 ms. */
  readonly longestTaskMs: number
}

export async function traceOpened(page: Page, path: string): Promise<Opened> {
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

export interface Scrolled {
  /** The longest task of the page in ms by the clock; 0 when none was over 50 ms. */
  readonly wallMs: number
  /** The most CPU time in ms that a task of the page's thread took. Other processes on the same processors are not in it. */
  readonly cpuMs: number
}

/** The longest tasks while the waterfall scrolls from its beginning to its end. */
export async function longestTasksOfScroll(page: Page): Promise<Scrolled> {
  const browser = page.context().browser()
  await browser?.startTracing(page, { categories: ['devtools.timeline', 'toplevel'] })
  const wallMs = await page.evaluate<number>(`(async () => {
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
  const trace = await browser?.stopTracing()
  return { wallMs, cpuMs: longestTaskCpuMs(TRACE.parse(JSON.parse(trace?.toString() ?? '{}'))) }
}

/** The part of Chromium's trace that is read. `tdur` is CPU time of the thread in µs. */
const TRACE = z.object({
  traceEvents: z.array(
    z.object({
      name: z.string(),
      tid: z.number(),
      tdur: z.number().optional(),
      args: z.object({ name: z.string().optional().catch(undefined) }).optional(),
    }),
  ),
})

function longestTaskCpuMs({ traceEvents }: z.infer<typeof TRACE>): number {
  const pages = traceEvents.filter(
    (e) => e.name === 'thread_name' && e.args?.name === 'CrRendererMain',
  )
  const threads = new Set(pages.map((e) => e.tid))
  const tasks = traceEvents.filter((e) => e.name.endsWith('RunTask') && threads.has(e.tid))
  if (tasks.length === 0) throw new Error('the trace of the browser has no task')
  return Math.max(...tasks.map((e) => (e.tdur ?? 0) / 1000))
}
