// Signing in at an OpenID provider in a real browser: the button, the page of the provider, the console, and a refusal in words. Over
// plain http on this machine, where the cookies have other names and rules than behind a proxy with TLS.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { CALLBACK_PATH } from '../../accounts/oidc/oidc-provider.ts'
import { buildConsole } from '../../console/build.ts'
import { chromiumPath, launch, NO_CHROMIUM, openPage } from '../console/browser.ts'
import { Instance } from '../instance.ts'
import { freePort } from '../ports.ts'
import { TestProvider } from './test-provider.ts'

const executablePath = chromiumPath()
const skip = executablePath === null ? NO_CHROMIUM : false

let provider: TestProvider
let instance: Instance
let browser: Browser
let origin = ''

before(async () => {
  if (executablePath === null) return
  await buildConsole()
  const port = await freePort()
  origin = `http://127.0.0.1:${port}`
  provider = await TestProvider.start({ redirectUris: [`${origin}${CALLBACK_PATH}`] })
  provider.knows('ada', { email: 'ada@test.invalid', email_verified: true, groups: ['staff'] })
  provider.knows('eve', { email: 'eve@test.invalid', email_verified: true })
  instance = await Instance.start({
    env: { TEST_CLIENT_SECRET: provider.clientSecret },
    config: `
auth: keys
notifications: { external_url: "${origin}" }
oidc:
  issuer: ${provider.issuer}
  client_id: observa
  client_secret: "\${env:TEST_CLIENT_SECRET}"
  name: Test & Co
  scopes: [email, groups]
  roles: [{ group: staff, tenant: default, role: admin }]
extensions: { api: { endpoint: "127.0.0.1:${port}" } }
exporters: { clickhouse: { embedded: true }, postgres: { embedded: true } }
service:
  pipelines:
    traces: { exporters: [clickhouse, postgres] }
    logs: { exporters: [clickhouse, postgres] }
`,
  })
  browser = await launch(executablePath)
})
after(async () => {
  await browser?.close()
  await instance?.stop()
  await provider?.stop()
})

async function signIn(subject: string, see: (page: Page) => Promise<void>): Promise<void> {
  const watched = await openPage(browser, { origin })
  const { page } = watched
  try {
    await page.goto('/sign-in')
    await page.getByRole('link', { name: 'Sign in with Test & Co' }).click()
    await page.getByPlaceholder('Enter any login').fill(subject)
    await page.getByPlaceholder('and password').fill('any')
    await page.getByRole('button', { name: 'Sign-in' }).click()
    await see(page)
    assert.deepEqual(watched.complaints, [])
  } finally {
    await watched.close()
  }
}

test('the button leads to the provider, and back into the console as that person', {
  skip,
}, async () => {
  await signIn('ada', async (page) => {
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    assert.ok(!page.url().includes('code='), 'the code is not in the address')
    await page.goto('/account')
    await page.getByText('ada@test.invalid').first().waitFor()
    // Cookies know no ports: those of the provider are there as well.
    const all = await page.context().cookies(origin)
    const cookies = all.filter((cookie) => cookie.name.startsWith('observa'))
    const session = cookies.find((cookie) => cookie.name === 'observa_session')
    assert.deepEqual([session?.httpOnly, session?.sameSite], [true, 'Strict'])
    assert.equal(cookies.length, 1, 'the cookie of the sign-in is gone')
  })
})

test('a refusal is told in words on the sign-in page, where everything can be tried again', {
  skip,
}, async () => {
  await signIn('eve', async (page) => {
    const told = page.getByRole('alert')
    await told.waitFor()
    assert.match(
      String(await told.textContent()),
      /no account here\. Ask a member for an invitation/,
    )
    await page.getByRole('link', { name: 'Sign in with Test & Co' }).waitFor()
    await page.getByLabel('Password').waitFor()
  })
})

test('a reason that is none of ours is not shown', { skip }, async () => {
  const watched = await openPage(browser, { origin })
  try {
    for (const reason of ['constructor', '<b>x</b>', 'toString']) {
      await watched.page.goto(`/sign-in#oidc=${reason}`)
      await watched.page.getByRole('link', { name: 'Sign in with Test & Co' }).waitFor()
      assert.equal(await watched.page.getByRole('alert').count(), 0, reason)
    }
    assert.deepEqual(watched.complaints, [])
  } finally {
    await watched.close()
  }
})
