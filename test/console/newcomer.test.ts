// What somebody who knows nothing finds from the front page by what is visible: the loop, the secret and the expensive call of the
// demo, each with its answer three screens away. A secret that was only reported is not said to be gone.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { buildConsole } from '../../console/build.ts'
import { Instance, until } from '../instance.ts'
import { chromiumPath, launch, NO_CHROMIUM, openPage } from './browser.ts'
import { newTraceId, otlp, spanId } from './traffic.ts'

const executablePath = chromiumPath()
const skip = executablePath === null ? NO_CHROMIUM : false

const CONFIG = `
processors:
  scrub:
    rules: [{ name: badge, pattern: 'BDG-[0-9]{5}', keywords: [BDG-], action: report }]
exporters: { clickhouse: { embedded: true }, postgres: { embedded: true } }
service:
  pipelines:
    traces: { processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`

let instance: Instance
let browser: Browser
let origin = ''
let printed = ''

before(async () => {
  if (executablePath === null) return
  await buildConsole()
  instance = await Instance.start({ config: CONFIG })
  origin = instance.url('', 'http')
  browser = await launch(executablePath)
})

after(async () => {
  await browser?.close()
  await instance?.stop()
})

async function visit(path: string, see: (page: Page) => Promise<void>): Promise<void> {
  const { page, complaints, close } = await openPage(browser, { origin, width: 1440, height: 900 })
  try {
    await page.goto(path)
    await see(page)
    assert.deepEqual(complaints, [])
  } finally {
    await close()
  }
}

/** From the front page to an open issue, and from there to where it was found. */
const follow = async (page: Page, issue: string): Promise<void> => {
  await page.getByRole('link', { name: issue }).click()
  await page.getByText('Evidence of the newest occurrence').waitFor()
  await page.locator('a[href*="span="]', { hasText: 'newest trace' }).click()
}

test('the first screen names the demo, and the demo names the console', { skip }, async () => {
  await visit('/', async (page) => {
    await page.getByText('No traffic in this time').waitFor()
    await page.getByText('npm run demo').waitFor()
  })
  const script = join(import.meta.dirname, '../../bench/demo/demo.ts')
  const child = spawn(process.execPath, [script, '--otlp', instance.url(''), '--api', origin])
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0)
  assert.match(printed, new RegExp(`in the console: +${origin}\\n`))
})

test('the loop: its tool, how often, and the span that closed it', { skip }, async () => {
  await visit('/', async (page) => {
    await follow(page, 'search_orders is called again and again')
    const span = page.getByRole('complementary', { name: 'Span execute_tool search_orders' })
    await span.getByText('the same call, the same result').waitFor()
    await span.getByText('threshold 4 equal calls').waitFor()
  })
})

test('the secret: its kind, its call, and that it is gone', { skip }, async () => {
  await visit('/', async (page) => {
    await follow(page, 'Credentials in telemetry: openai_key')
    await page.getByText('Taken out before it was stored:').waitFor()
    await page.getByText('openai key × 1').waitFor()
    await page.getByText('[REDACTED:openai_key]').waitFor()
  })
})

test('the most expensive call: its cost, its tokens and their price', { skip }, async () => {
  await visit('/', async (page) => {
    await page.getByText('1 of 19 spans').waitFor()
    await follow(page, 'cost more than 10 USD')
    const row = (name: RegExp) => page.getByRole('row', { name }).textContent()
    await page.getByText('Computed from the tokens and the price list.').waitFor()
    assert.equal(
      await row(/^Cost of input/),
      'Cost of input $30.00 per million tokens on average$9.60',
    )
    assert.equal(
      await row(/^Cost of output/),
      'Cost of output $60.00 per million tokens on average$0.54',
    )
  })
})

test('all parts of a span are in sight', { skip }, async () => {
  await visit('/', async (page) => {
    await follow(page, 'cost more than 10 USD')
    const tabs = page.getByRole('tablist', { name: 'Parts of the span' })
    await tabs.getByRole('tab', { name: 'Signals · 2' }).waitFor()
    const hidden = await tabs.evaluate((e) => e.scrollWidth - e.clientWidth)
    assert.ok(hidden <= 0, `${hidden} pixels of the tabs are hidden`)
  })
})

test('a secret that was only reported is not said to be taken out', { skip }, async () => {
  const traceId = newTraceId()
  const spans = [
    {
      id: spanId(1),
      name: 'chat',
      at: 0,
      ms: 900,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.input.messages':
          '[{"role":"user","parts":[{"type":"text","content":"my badge is BDG-12345"}]}]',
      },
    },
  ]
  const res = await instance.post('/v1/traces', otlp(traceId, Date.now() - 20_000, spans))
  assert.equal(res.status, 200)
  const headers = { 'cache-control': 'no-cache' }
  await until(
    async () => (await fetch(`${origin}/api/v1/traces/${traceId}`, { headers })).ok,
    'the trace',
  )
  await visit(`/traces/${traceId}?span=${spanId(1)}`, async (page) => {
    await page.getByText('badge × 1').waitFor()
    await page.getByText('Found, without a mark in its place here').waitFor()
    assert.equal(await page.getByText('Taken out before it was stored').count(), 0)
  })
})
