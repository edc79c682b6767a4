// `npm run console:screenshots -- --api URL`: pictures of every view of a running instance with traffic, light, dark and narrow, and
// docs/console.md, which shows them. Somebody looks at them: alignment, density, contrast, truncation, empty space.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { z } from 'zod'
import { chromiumPath, launch, NO_CHROMIUM, openPage } from './browser.ts'

const ROOT = join(import.meta.dirname, '../..')
const { values } = parseArgs({
  options: {
    api: { type: 'string', default: 'http://127.0.0.1:3000' },
    out: { type: 'string', default: join(ROOT, 'docs/console') },
    only: { type: 'string' },
    looks: { type: 'string', default: 'light,dark,narrow' },
  },
})

const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1360, height: 860 },
  { name: 'dark', colorScheme: 'dark', width: 1360, height: 860 },
  { name: 'narrow', colorScheme: 'light', width: 390, height: 844 },
] as const
/** Small files, whose letters can still be read. */
const QUALITY = 70

interface View {
  readonly name: string
  readonly path: string
  readonly says: string
  /** Appears when the view is drawn, where its requests have no end. */
  readonly until?: string
}

const rowsSchema = z.object({ data: z.array(z.record(z.string(), z.unknown())) })

async function rows(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const res = await fetch(`${values.api}/api/v1/${path}`)
  if (!res.ok) throw new Error(`${path}: ${res.status}`)
  return rowsSchema.parse(await res.json()).data
}

async function first(path: string, field: string): Promise<string> {
  return encodeURIComponent(z.string().parse((await rows(path))[0]?.[field]))
}

/** The views, with ids of what is there. */
async function views(): Promise<readonly View[]> {
  const agent = await first('traces?kind=agent&sort=-cost_usd&limit=1', 'trace_id')
  const loop = await first('signals?type=loop_detected&limit=1', 'trace_id')
  const events = await rows(`traces/${agent}/events?limit=50`)
  const span = String(events.find((e) => e['kind'] === 'llm')?.['span_id'])
  const leak = (await rows('signals?type=secret_detected&limit=1'))[0] ?? {}
  const issue = await first('issues?type=loop_detected&limit=1', 'issue_id')
  return [
    {
      name: 'overview',
      path: '/?range=1h',
      says: 'Overview: the pipeline, totals against the time before, models by cost, open issues.',
    },
    {
      name: 'traces',
      path: '/traces',
      says: 'Traces, with filters, columns, saved views and order.',
    },
    {
      name: 'traces-map',
      path: '/traces?map=true&range=1h',
      says: 'The same with the heat map of latency; a cell leads to its traces.',
    },
    {
      name: 'traces-live',
      path: '/traces?live=true',
      says: 'The live tail.',
      until: 'Waiting for what comes next',
    },
    {
      name: 'trace',
      path: `/traces/${loop}`,
      says: 'A trace as a waterfall, with what the rules found.',
    },
    {
      name: 'trace-span',
      path: `/traces/${agent}?span=${span}`,
      says: 'One span beside it: messages, tool calls, what was scrubbed.',
    },
    {
      name: 'trace-usage',
      path: `/traces/${agent}?span=${span}&tab=usage`,
      says: 'How its tokens and cost are counted, and why.',
    },
    {
      name: 'trace-secret',
      path: `/traces/${String(leak['trace_id'])}?span=${String(leak['span_id'])}`,
      says: 'A secret that was in a prompt: masked before it was stored.',
    },
    {
      name: 'trace-conversation',
      path: `/traces/${agent}?view=conversation`,
      says: 'The trace as a conversation.',
    },
    {
      name: 'trace-graph',
      path: `/traces/${loop}?view=graph`,
      says: 'Agents and tools as a graph.',
    },
    {
      name: 'search',
      path: '/search?q=order&mode=words',
      says: 'Search in messages, by words or by meaning.',
    },
    { name: 'issues', path: '/issues', says: 'Issues, triaged one by one or in bulk, by keys.' },
    {
      name: 'issue',
      path: `/issues/${issue}`,
      says: 'One issue with its evidence, occurrences, history and mutes.',
    },
    {
      name: 'costs',
      path: '/costs?range=1h',
      says: 'Costs over time and by model, route, user; prices that are missing.',
    },
    {
      name: 'costs-compare',
      path: '/costs?range=1h&compare=true',
      says: 'Two periods or two filters compared.',
    },
    {
      name: 'sessions',
      path: '/sessions',
      says: 'Sessions; conversations and users are lists like it.',
    },
    {
      name: 'user',
      path: `/users/${await first('users?limit=1', 'user_id')}`,
      says: 'One user across traces.',
    },
    {
      name: 'set-up',
      path: '/set-up',
      says: 'Set-up: snippets, and a light that turns on with the first span.',
    },
    { name: 'try', path: '/try', says: 'Try it: a payload through the chain, nothing stored.' },
    {
      name: 'operations',
      path: '/operations',
      says: 'Operations: state, configuration, dead letters, jobs, judges.',
    },
    {
      name: 'configuration',
      path: '/operations?tab=configuration',
      says: 'The configuration in effect, and an edited one checked.',
    },
    {
      name: 'account',
      path: '/account',
      says: 'Account: keys, projects, members, quotas, budgets, retention, audit.',
    },
    { name: 'notifications', path: '/account?tab=targets', says: 'Who is told about issues.' },
    { name: 'docs', path: '/docs?operation=getTraces', says: 'The explorer of the API.' },
    { name: 'sign-in', path: '/sign-in', says: 'Sign in.' },
  ]
}

/** Waits until all requests have been answered and nothing is loading any more. */
async function settled(page: Page, view: View): Promise<void> {
  await page.locator('main h1, main h2').first().waitFor()
  if (view.until === undefined) await page.waitForLoadState('networkidle')
  else await page.getByText(view.until).first().waitFor()
  await page.locator('.skeleton').waitFor({ state: 'detached' })
}

async function take(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const format = { format: 'webp', quality: QUALITY } as const
  const { data } = await session.send('Page.captureScreenshot', format)
  writeFileSync(path, Buffer.from(data, 'base64'))
  await session.detach()
}

function pageOf(all: readonly View[]): string {
  const pictures = all.flatMap(({ name, says }) => [
    `## ${name}`,
    '',
    says,
    '',
    `![${name}, light](console/${name}-light.webp)`,
    '',
    `[dark](console/${name}-dark.webp) · [narrow](console/${name}-narrow.webp)`,
    '',
  ])
  return `# The console in pictures

Made by \`npm run console:screenshots\` from an instance with the traffic of \`npm run demo\`; do not edit. What each view does:
[console/README.md](../console/README.md).

${pictures.join('\n')}`
}

const executablePath = chromiumPath()
if (executablePath === null) {
  process.stdout.write(`${NO_CHROMIUM}\n`)
  process.exit(1)
}
const browser = await launch(executablePath)
mkdirSync(values.out, { recursive: true })
const all = await views()
const chosen = all.filter(({ name }) => values.only?.split(',').includes(name) ?? true)
for (const look of LOOKS.filter(({ name }) => values.looks.split(',').includes(name))) {
  const { page, complaints, close } = await openPage(browser, { ...look, origin: values.api })
  for (const view of chosen) {
    await page.goto(view.path)
    await settled(page, view)
    await take(page, join(values.out, `${view.name}-${look.name}.webp`))
  }
  for (const complaint of complaints) process.stdout.write(`${look.name}: ${complaint}\n`)
  await close()
}
await browser.close()
if (values.only === undefined) writeFileSync(`${values.out}.md`, pageOf(all))
