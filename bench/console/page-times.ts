// What a view of the console costs in a real browser: ms until a list or a large trace can be used, and the longest task of the page.

import type { Page } from 'playwright-core'

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

/** Longest task in ms while the waterfall scrolls from its beginning to its end; 0 when none was over 50 ms. */
export async function longestTaskOfScroll(page: Page): Promise<number> {
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
