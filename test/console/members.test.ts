// The console for somebody who sends to an instance that others run, in a real browser: what is theirs is all there, what concerns the
// instance is a calm sentence, and lists are sorted and have the columns that they chose.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { z } from 'zod'
import { buildConsole } from '../../console/build.ts'
import { Instance, until } from '../instance.ts'
import { chromiumPath, launch, NO_CHROMIUM, openPage, withPageText } from './browser.ts'
import { conversation, newTraceId, otlp } from './traffic.ts'

const executablePath = chromiumPath()
const skip = executablePath === null ? NO_CHROMIUM : false
const ACCOUNT = { email: 'somebody@firm.test', password: 'a password of the test' }

let instance: Instance
let browser: Browser
let origin = ''

before(async () => {
  if (executablePath === null) return
  await buildConsole()
  instance = await Instance.start({
    config: `
auth: keys
accounts: open
exporters: { clickhouse: { embedded: true }, postgres: { embedded: true } }
service:
  pipelines:
    traces: { exporters: [clickhouse, postgres] }
`,
  })
  origin = instance.url('', 'http')
  browser = await launch(executablePath)
  const { token } = parsed(await made('auth/signup', { ...ACCOUNT, tenant_name: 'Firm' }), 'token')
  const { project_id } = parsed(await made('projects', { name: 'shop' }, token), 'project_id')
  const { key } = parsed(await made('keys', { project_id, kind: 'secret' }, token), 'key')
  for (const name of ['worker', 'checkout', 'batch'])
    await made('keys', { project_id, kind: 'secret', name }, token)
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  // A key of the control plane works within seconds.
  await until(async () => {
    const body = otlp(newTraceId(), Date.now() - 1000, conversation())
    return (await instance.post('/v1/traces', body, headers)).status === 200
  }, 'the key works')
  await instance.drained()
})

after(async () => {
  await browser?.close()
  await instance?.stop()
})

const parsed = <Name extends string>(answer: unknown, name: Name): Record<Name, string> => {
  const found = z.record(z.string(), z.unknown()).parse(answer)[name]
  return z.record(z.literal(name), z.string()).parse({ [name]: found })
}

async function made(path: string, body: object, token?: string): Promise<unknown> {
  const res = await fetch(`${origin}/api/v1/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
  assert.ok(res.ok, `${path}: ${res.status}`)
  return await res.json()
}

async function visit(
  path: string,
  see: (page: Page) => Promise<void>,
  data: object = ACCOUNT,
): Promise<void> {
  const watched = await openPage(browser, { origin })
  try {
    const signedIn = await watched.page.context().request.post('/api/v1/auth/login', { data })
    assert.equal(signedIn.status(), 200)
    await watched.page.goto(path)
    await see(watched.page)
    assert.deepEqual([watched.complaints, watched.strays], [[], []])
  } catch (thrown) {
    throw await withPageText(watched.page, thrown)
  } finally {
    await watched.close()
  }
}

test('who does not run the instance sees traffic, cost and issues of their projects, and a sentence for the pipeline', {
  skip,
}, async () => {
  await visit('/', async (page) => {
    await page.getByText('Observa takes and delivers what your projects send.').waitFor()
    await page.getByText('Models by cost').waitFor()
    await page.getByText(/atlas/).first().waitFor()
    assert.equal(await page.getByRole('alert').count(), 0)
    assert.equal(await page.getByRole('region', { name: 'Pipeline' }).count(), 0)
    for (const tab of ['', '?tab=configuration', '?tab=dead-letters']) {
      await page.goto(`/operations${tab}`)
      await page.getByText('For those who run this instance').waitFor()
      assert.equal(await page.getByRole('alert').count(), 0)
    }
  })
})

test('a new tenant without a project makes a key on the set-up page, and the snippet with it works', {
  skip,
}, async () => {
  const account = { ...ACCOUNT, email: 'newcomer@firm.test' }
  await made('auth/signup', { ...account, tenant_name: 'Newcomers' })
  await visit(
    '/set-up',
    async (page) => {
      await page.getByText('Waiting for the first span').waitFor()
      await page.getByRole('button', { name: 'Make a key' }).click()
      const snippet = page.locator('.snippet pre')
      await page.getByText(/authorization=Bearer sk_/).waitFor()
      const text = await snippet.innerText()
      const [, endpoint = ''] = /OTLP_ENDPOINT=(\S+)/.exec(text) ?? []
      const [, key = ''] = /Bearer (sk_\w+)/.exec(text) ?? []
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
      await until(async () => {
        const body = otlp(newTraceId(), Date.now() - 1000, conversation())
        const res = await fetch(`${endpoint}/v1/traces`, { method: 'POST', headers, body })
        await res.body?.cancel()
        return res.status === 200
      }, 'the key works at the address')
      await page.getByText('Spans arrive.').waitFor()
    },
    account,
  )
})

test('a list is sorted by its headings, which a link restores, and by names from A', {
  skip,
}, async () => {
  const names = async (page: Page): Promise<string[]> =>
    await page.locator('main tbody tr td:nth-child(2)').allInnerTexts()
  await visit('/account', async (page) => {
    await page.getByRole('button', { name: 'Name', exact: true }).press('Enter')
    await page.waitForURL(/sort=name/)
    await until(async () => (await names(page))[1] === 'batch', 'names from A')
    assert.deepEqual(await names(page), ['–', 'batch', 'checkout', 'worker'])
    await page.getByRole('button', { name: 'Name' }).press('Enter')
    await page.waitForURL(/sort=-name/)
    await page.reload()
    await until(async () => (await names(page))[0] === 'worker', 'names from Z')
    await page
      .getByRole('columnheader', { name: 'Name' })
      .and(page.locator('[aria-sort]'))
      .waitFor()
  })
})

test('columns that were chosen stay chosen, in this list alone, and the usual ones come back', {
  skip,
}, async () => {
  await visit('/users', async (page) => {
    const heading = (name: string) => page.getByRole('columnheader', { name, exact: true })
    await heading('Traces').waitFor()
    assert.equal(await heading('Models').count(), 0)
    await page.getByText('Columns', { exact: true }).click()
    await page.getByRole('checkbox', { name: 'Models' }).check()
    await page.getByRole('checkbox', { name: 'Traces' }).uncheck()
    await page.reload()
    await heading('Models').waitFor()
    assert.equal(await heading('Traces').count(), 0)
    await page.goto('/sessions')
    await page.getByText('No sessions in this time').waitFor()
    await page.goto('/conversations')
    await heading('Traces').waitFor()
    await page.goto('/users')
    await page.getByText('Columns', { exact: true }).click()
    await page.getByRole('button', { name: 'Back to the usual ones' }).click()
    await heading('Traces').waitFor()
  })
})
