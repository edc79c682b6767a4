// `npm run console:screenshots -- --api URL --out FOLDER`: pictures of every view of a running instance with traffic, light, dark and
// narrow, for somebody to look at.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { chromiumPath, launch, NO_CHROMIUM, openPage } from './browser.ts'

const { values } = parseArgs({
  options: {
    api: { type: 'string', default: 'http://127.0.0.1:3000' },
    out: { type: 'string', default: '.cache/screenshots' },
    only: { type: 'string' },
    looks: { type: 'string', default: 'light,dark,narrow' },
  },
})

const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1360, height: 860 },
  { name: 'dark', colorScheme: 'dark', width: 1360, height: 860 },
  { name: 'narrow', colorScheme: 'light', width: 390, height: 844 },
] as const

interface Row {
  readonly [field: string]: unknown
}

async function rows(path: string): Promise<readonly Row[]> {
  const res = await fetch(`${values.api}${path}`)
  if (!res.ok) throw new Error(`${path}: ${res.status}`)
  return ((await res.json()) as { data: readonly Row[] }).data
}

/** Views by name, with ids of what is there. */
async function views(): Promise<readonly (readonly [name: string, path: string])[]> {
  const traces = await rows('/api/v1/traces?limit=100')
  const largest = traces.toSorted((a, b) => Number(b['events']) - Number(a['events']))[0]
  const trace = String(largest?.['trace_id'])
  const events = await rows(`/api/v1/traces/${trace}/events?limit=50`)
  const span = events.find((e) => e['kind'] === 'llm') ?? events[0]
  const secret = (await rows('/api/v1/signals?type=secret_detected&limit=1'))[0]
  const issue = (await rows('/api/v1/issues?limit=1'))[0]
  const signal = (await rows('/api/v1/signals?limit=1'))[0]
  const user = (await rows('/api/v1/users?limit=1'))[0]
  return [
    ['overview', '/?range=1h'],
    ['traces', '/traces'],
    ['traces-map', '/traces?map=true'],
    ['traces-live', '/traces?live=true'],
    ['search', '/search?q=order&mode=words'],
    ['traces-empty', '/traces?name=nothing-has-this-name'],
    ['trace', `/traces/${trace}`],
    ['trace-span', `/traces/${trace}?span=${String(span?.['span_id'])}`],
    ['trace-usage', `/traces/${trace}?span=${String(span?.['span_id'])}&tab=usage`],
    ['trace-secret', `/traces/${String(secret?.['trace_id'])}?span=${String(secret?.['span_id'])}`],
    ['trace-conversation', `/traces/${trace}?view=conversation`],
    ['trace-graph', `/traces/${trace}?view=graph`],
    ['issues', '/issues'],
    ['issue', `/issues/${String(issue?.['issue_id'])}`],
    ['signal', `/signals/${String(signal?.['signal_id'])}`],
    ['costs', '/costs?range=7d'],
    ['costs-compare', '/costs?range=7d&compare=true'],
    ['users', '/users'],
    ['user', `/users/${encodeURIComponent(String(user?.['user_id']))}`],
    ['conversations', '/conversations'],
    ['set-up', '/set-up'],
    ['operations', '/operations'],
    ['judges', '/operations?tab=judges'],
    ['try', '/try'],
    ['docs', '/docs'],
    ['account', '/account'],
    ['budgets', '/account?tab=budgets'],
    ['retention', '/account?tab=retention'],
    ['deletions', '/account?tab=deletions'],
    ['notifications', '/account?tab=targets'],
    ['sign-in', '/sign-in'],
    ['not-found', `/traces/${'0'.repeat(32)}`],
  ]
}

/** Waits until all requests have been answered and nothing on the page moves any more. */
async function settled(page: Page): Promise<void> {
  await page.locator('main h1, main h2').first().waitFor()
  await page.waitForLoadState('networkidle')
}

const executablePath = chromiumPath()
if (executablePath === null) {
  process.stdout.write(`${NO_CHROMIUM}\n`)
  process.exit(1)
}
const browser = await launch(executablePath)
mkdirSync(values.out, { recursive: true })
for (const look of LOOKS.filter(({ name }) => values.looks.split(',').includes(name))) {
  const { page, complaints, close } = await openPage(browser, { ...look, origin: values.api })
  for (const [name, path] of await views()) {
    if (values.only !== undefined && !values.only.split(',').includes(name)) continue
    await page.goto(path)
    await settled(page)
    await page.screenshot({ path: join(values.out, `${name}-${look.name}.png`) })
  }
  for (const complaint of complaints) process.stdout.write(`${look.name}: ${complaint}\n`)
  await close()
}
await browser.close()
