// Tests the interactive parts of the console in a real browser on real stores: running a payload through the chain, checking an edited
// configuration, dead letters, the API explorer, saved views, and sorting lists.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { buildConsole } from '../../console/build.ts'
import { FakeEmbeddings } from '../../semantic/testing/fake-embeddings.ts'
import { FakeEndpoint } from '../../semantic/testing/fake-endpoint.ts'
import { Instance, until } from '../instance.ts'
import { chromiumPath, launch, NO_CHROMIUM, openPage, withPageText } from './browser.ts'
import { conversation, newTraceId, otlp, spanId } from './traffic.ts'

const executablePath = chromiumPath()
const skip = executablePath === null ? NO_CHROMIUM : false

let instance: Instance
let refusing: Instance
let judge: FakeEndpoint
let embeddings: FakeEmbeddings
let planted = ''
let browser: Browser
let origin = ''

before(async () => {
  if (executablePath === null) return
  await buildConsole()
  ;[judge, embeddings] = await Promise.all([FakeEndpoint.start(), FakeEmbeddings.start()])
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
notifications: { allow_private: [127.0.0.1] }
semantic:
  sampling: { rate: 1 }
  embeddings: { url: "${embeddings.url}", model: e }
  judges:
    url: "${judge.url}"
    model: gpt-4o-mini
    rules: [{ name: all, rate: 1, use: [hallucination] }]
`,
  })
  origin = instance.url('', 'http')
  browser = await launch(executablePath)
  for (const _ of [1, 2]) {
    planted = newTraceId()
    const sent = await instance.post('/v1/traces', otlp(planted, Date.now() - 1000, conversation()))
    assert.equal(sent.status, 200)
  }
  await until(async () => (await rows('traces')).length === 2, 'the traces are stored')
})

after(async () => {
  await browser?.close()
  await instance?.stop()
  await refusing?.stop()
  await Promise.all([judge?.stop(), embeddings?.stop()])
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
  } catch (thrown) {
    throw await withPageText(watched.page, thrown)
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
    const ids = async () => (await rows('dead-letters')).map((letter) => letter['id'])
    const before = await ids()
    await page.getByRole('button', { name: 'Retry' }).first().click()
    await until(async () => {
      const now = await ids()
      return before.some((id) => !now.includes(id)) && now.some((id) => !before.includes(id))
    }, 'it was refused again, as another letter')
    // The calls of judges are spans too, and become letters while these are dropped.
    for (let known = await ids(); known.length > 0; known = await ids()) {
      await page.getByRole('button', { name: 'Drop', exact: true }).first().click()
      await page.getByRole('button', { name: 'Drop for good' }).first().click()
      await until(async () => {
        const now = await ids()
        return known.some((id) => !now.includes(id))
      }, 'it is gone')
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

async function send(path: string, body: object): Promise<void> {
  const res = await fetch(`${origin}/api/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.ok(res.ok, `${path}: ${res.status}`)
}

test('scores, judges, search by meaning and traces like one are found with the keyboard', {
  skip,
}, async () => {
  await send('scores', { trace_id: planted, span_id: spanId(2), name: 'helpful', value: 0.75 })
  await until(async () => (await rows('search?mode=semantic&q=whale')).length > 1, 'embedded')
  await until(async () => (await rows('scores?source=judge')).length > 0, 'judged')
  await visit('/', async (page) => {
    await page.getByText('helpful · api').first().waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('f')
    await page.getByRole('heading', { level: 1, name: 'Search' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('Where is the whale?')
    await page.keyboard.press('Enter')
    const found = page.getByRole('region', { name: 'What was found by meaning' })
    await found.locator('time').first().waitFor()
    await page.getByRole('tab', { name: 'By meaning' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('region', { name: 'What was found by words' }).waitFor()
    await page.getByRole('searchbox', { name: 'Text' }).fill('blue whale?')
    await page.keyboard.press('Enter')
    await page
      .getByRole('link', { name: /Where is the blue whale/ })
      .first()
      .waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByRole('tab', { name: 'Waterfall' }).focus()
    await page.keyboard.press('ArrowLeft')
    await page.getByRole('region', { name: 'Traces like this one' }).waitFor()
  })
  await visit(`/traces/${planted}?span=${spanId(2)}&tab=scores`, async (page) => {
    await page.getByRole('row', { name: /helpful 0.75 api/ }).waitFor()
    await page.getByRole('row', { name: /hallucination .* judge/ }).waitFor()
  })
  await visit('/operations?tab=judges', async (page) => {
    await page.getByText('Spent today, UTC').waitFor()
    await page.getByLabel('Rubric').selectOption('hallucination')
    await page.getByRole('button', { name: 'Estimate the cost' }).click()
    await page.getByText(/calls would be asked about: usually \$/).waitFor()
  })
})

test('a budget shows what remains, days of retention are kept, and a delivery is sent again', {
  skip,
}, async (t) => {
  // It says that nobody is there, and for good.
  const hook = createServer((_request, response) => response.writeHead(410).end())
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  t.after(() => hook.close())
  await visit('/account?tab=budgets', async (page) => {
    await page.getByLabel('Name', { exact: true }).fill('of all')
    await page.getByLabel('Amount').fill('50')
    await page.getByRole('button', { name: 'Add a budget' }).click()
    await page.getByRole('row', { name: /of all tenant \$50.00 a month .*\$/ }).waitFor()
    assert.equal((await rows('budgets'))[0]?.['amount'], 50)
    await page.getByRole('tab', { name: 'Retention' }).click()
    await page.getByLabel('Prompts and answers').first().fill('30')
    await page.getByRole('button', { name: 'Save days' }).first().click()
    await page.getByText('Saved.').waitFor()
    const [tenant] = await rows('retention')
    assert.equal(Object(tenant?.['own']).content_days, 30)
  })
  const address = hook.address()
  assert.ok(typeof address === 'object' && address !== null)
  const url = `http://127.0.0.1:${address.port}/`
  await send('targets', { kind: 'webhook', name: 'nobody there', url })
  await visit('/account?tab=targets', async (page) => {
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByRole('row', { name: /nobody there test failed/ }).waitFor()
    const before = (await rows('deliveries'))[0]?.['attempts']
    await page.getByRole('button', { name: 'Send again' }).click()
    await until(async () => (await rows('deliveries'))[0]?.['attempts'] !== before, 'sent again')
  })
})
