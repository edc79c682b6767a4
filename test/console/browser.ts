// A real Chromium for tests of the console: found on this machine, never downloaded. Whatever it complains about (errors, violations of
// the Content-Security-Policy, requests to other origins) is kept, so that a test can say that there was nothing.

import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Waits are for conditions; this only ends a test that hangs. */
export const WAIT_MS_MAX = 30_000

/** The path of the browser; null if none was found. `OBSERVA_CHROMIUM` may name another one. */
export function chromiumPath(): string | null {
  const named = process.env['OBSERVA_CHROMIUM']
  if (named !== undefined) return existsSync(named) ? named : null
  return PLACES.find((path) => existsSync(path)) ?? null
}

export const NO_CHROMIUM =
  'no Chromium here: apt-get install --no-install-recommends chromium, or name one in OBSERVA_CHROMIUM'

export async function launch(executablePath: string): Promise<Browser> {
  // Root has no sandbox; the pages are our own. A container's shared memory is too small for tabs.
  return await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
}

export interface PageOptions {
  readonly origin: string
  readonly colorScheme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
}

export interface Watched {
  readonly page: Page
  /** Errors in the page and violations of its policy. Failed requests are no fault of the page and are left out. */
  readonly complaints: string[]
  /** Requests that left the origin. */
  readonly strays: string[]
  readonly close: () => Promise<void>
}

export async function openPage(browser: Browser, options: PageOptions): Promise<Watched> {
  const { origin, colorScheme = 'light', width = 1360, height = 860 } = options
  const context = await browser.newContext({
    baseURL: origin,
    viewport: { width, height },
    colorScheme,
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-GB',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(WAIT_MS_MAX)
  const complaints: string[] = []
  const strays: string[] = []
  page.on('pageerror', (error) => complaints.push(`${error.message}\n${error.stack ?? ''}`))
  page.on('console', (message) => {
    if (message.type() !== 'error') return
    if (/Failed to load resource/.test(message.text())) return
    complaints.push(message.text())
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol.startsWith('http') && url.origin !== origin) strays.push(request.url())
  })
  return { page, complaints, strays, close: async () => await context.close() }
}

const SHOWN_CHARS_MAX = 1500

/** The error of a test with what the page showed, without which nobody can tell why something was not found there. */
export async function withPageText(page: Page, thrown: unknown): Promise<unknown> {
  if (!(thrown instanceof Error)) return thrown
  const text = await page.evaluate<string>('document.body.innerText').catch(() => '')
  thrown.message += `\n${page.url()} showed:\n${text.slice(0, SHOWN_CHARS_MAX)}`
  return thrown
}
