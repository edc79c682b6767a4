// Tests the interactive parts of the console in a real browser on real stores: running a payload through the chain, checking an edited
// configuration, dead letters, the API explorer, saved views, and sorting lists.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { buildConsole } from '../../console/build.ts'
import { Instance, until } from '../instance.ts'
import { chromiumPath, launch, NO_CHROMIUM, openPage } from './browser.ts'
import { conversation, newTraceId, otlp } from './traffic.ts'

const executablePath = chromiumPath()
const skip = executablePath === null ? NO_CHROMIUM : false

let instance: Instance
let refusing: Instance
let browser: Browser
let origin = ''

before(async () => {
  if (executablePath === null) return
  await buildConsole()
  refusing = await Instance.start()
  instance = await Instance.start({
    config: `
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
  # It takes no OTLP there and says so for good.
  otlp_http/gone: { endpoint: "${refusing.url('/nowhere', 'http')}" }
service:
  pipelines:
    traces: { exporters: [clickhouse, postgres, otlp_http/gone] }
`,
  })
  origin = instance.url('', 'http')
  browser = await launch(executablePath)
  for (const _ of [1, 2]) {
    const sent = await instance.post('/v1/traces', otlp(newTraceId(), Date.now(), conversation()))
    assert.equal(sent.status, 200)
  }
  await until(async () => (await rows('traces')).length === 2, 'the traces are stored')
})

after(async () => {
  await browser?.close()
  await instance?.stop()
  await refusing?.stop()
})

async function rows(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const res = await fetch(`${origin}/api/v1/${path}`)
  const { data } = (await res.json()) as { data: readonly Readonly<Record<string, unknown>>[] }
  return data
}

async function visit(path: string, see: (page: Page) => Promise<void>): Promise<void> {
  const watched = await openPage(browser, { origin })
  try {
    await watched.page.goto(path)
    await see(watched.page)
    assert.deepEqual(watched.complaints, [], `complaints of ${path}`)
    assert.deepEqual(watched.strays, [], `requests of ${path} to others`)
  } finally {
    await watched.close()
  }
}

test('a payload is tried with the keyboard alone: its event, what was scrubbed, where fields came from, its issues', {
  skip,
}, async () => {
  const before = (await rows('traces')).length
  await visit('/', async (page) => {
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('y')
    await page.getByRole('heading', { level: 1, name: 'Try it' }).waitFor()
    await page.getByRole('button', { name: 'OTLP', exact: true }).press('Enter')
    await page.getByLabel('Payload').press('Control+Enter')
    await page.getByText('gen_ai.usage.input_tokens').first().waitFor()
    await page.getByText('high latency').first().waitFor()
    await page.getByText('1 place scrubbed').waitFor()
    assert.equal(await page.getByText('jane.doe@mail.com').count(), 0)
    await page.getByRole('button', { name: 'a mistake' }).press('Enter')
    await page.getByRole('button', { name: 'Run it' }).press('Enter')
    await page.getByRole('heading', { name: 'Rejected' }).waitFor()
  })
  assert.equal((await rows('traces')).length, before, 'nothing was stored')
})

test('an edited configuration is checked, and an error leads to its line', { skip }, async () => {
  await visit('/operations?tab=configuration', async (page) => {
    const editor = page.getByLabel('Configuration', { exact: true })
    await editor.waitFor()
    await page.getByRole('button', { name: 'Check' }).click()
    await page.getByText('No errors.').waitFor()
    await editor.fill('receivers:\n  otlp: {}\nprocessors:\n  scrub: { detetors: {} }\n')
    await page.getByRole('button', { name: 'Check' }).click()
    await page.getByText('Did you mean').waitFor()
    await page.getByRole('button', { name: 'line 4' }).click()
    const selected = await page.evaluate<string>(`(() => {
      const area = document.querySelector('textarea.code')
      return area.value.slice(area.selectionStart, area.selectionEnd)
    })()`)
    assert.match(selected, /detetors/)
  })
})

test('a dead letter is looked at, sent again and dropped', { skip }, async () => {
  await visit('/operations?tab=dead-letters', async (page) => {
    await page.getByText('otlp_http/gone').first().waitFor()
    const before = (await rows('dead-letters')).map((l) => l['id'])
    await page.getByRole('button', { name: 'Retry' }).first().click()
    await until(async () => {
      const now = (await rows('dead-letters')).map((l) => l['id'])
      return now.length === before.length && now.some((id) => !before.includes(id))
    }, 'it was refused again, as another letter')
    for (let left = before.length; left > 0; left--) {
      await page.getByRole('button', { name: 'Drop', exact: true }).first().click()
      await page.getByRole('button', { name: 'Drop for good' }).first().click()
      await until(async () => (await rows('dead-letters')).length < left, 'it is gone')
    }
    await page.getByText('No dead letters').waitFor()
  })
})

test('the explorer asks an operation, under the policy of the console', { skip }, async () => {
  const res = await fetch(`${origin}/docs`)
  const policy = res.headers.get('content-security-policy') ?? ''
  assert.match(policy, /script-src 'self'/)
  assert.ok(!policy.includes('unsafe'), policy)
  await visit('/docs', async (page) => {
    await page.getByRole('searchbox', { name: 'Find operations' }).fill('/traces/{id}/skeleton')
    await page.getByRole('button', { name: /skeleton/ }).click()
    const [trace] = await rows('traces?limit=1')
    await page.getByLabel(/^id/).fill(String(trace?.['trace_id']))
    await page.getByRole('button', { name: 'Ask' }).click()
    await page.getByText('planted agent').first().waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'GET /api/v1/traces/{id}/skeleton' }).waitFor()
  })
})

test('a view is kept by the instance and opened elsewhere, and a list is sorted by its columns', {
  skip,
}, async () => {
  await visit('/traces', async (page) => {
    await page.getByRole('button', { name: 'Cost' }).click()
    await page.waitForURL(/sort=-cost_usd/)
    await page
      .getByRole('columnheader', { name: 'Cost' })
      .and(page.locator('[aria-sort]'))
      .waitFor()
    await page.getByText('Views', { exact: true }).click()
    await page.getByLabel('Name of the view').fill('the dear ones')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('button', { name: 'the dear ones', exact: true }).waitFor()
  })
  await visit('/traces', async (page) => {
    await page.getByText('Views · 1').click()
    await page.getByRole('button', { name: 'the dear ones', exact: true }).click()
    await page.waitForURL(/sort=-cost_usd/)
    await page.getByText('planted agent').first().waitFor()
    await page.getByRole('button', { name: 'Delete view the dear ones' }).click()
    await until(async () => (await rows('views')).length === 0, 'it is gone')
  })
})
