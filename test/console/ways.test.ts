// How the console behaves around its views, in a real browser: the way back, where the focus goes, titles, drafts, an API that refuses,
// hangs or was changed by somebody else, and addresses that are wrong.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { z } from 'zod'
import { buildConsole } from '../../console/build.ts'
import { Instance, until } from '../instance.ts'
import {
  chromiumPath,
  launch,
  NO_CHROMIUM,
  openPage,
  type PageOptions,
  withPageText,
} from './browser.ts'
import { conversation, newTraceId, otlp, type PlantedSpan, spanId } from './traffic.ts'

const executablePath = chromiumPath()
const skip = executablePath === null ? NO_CHROMIUM : false

const CONFIG = `
exporters: { clickhouse: { embedded: true }, postgres: { embedded: true } }
accounts: open
service:
  pipelines:
    traces: { exporters: [clickhouse, postgres] }
`

let instance: Instance
let browser: Browser
let origin = ''
const talk = newTraceId()
const odd = newTraceId()

const LONG = `tool_with_a_very_long_name_${'that_goes_on_'.repeat(12)}and_ends`

/** A tool that calls itself from deep inside, under long names. */
function oddSpans(): readonly PlantedSpan[] {
  const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': LONG }
  return [
    { id: spanId(1), name: 'odd root', at: 0, ms: 100 },
    { id: spanId(2), parent: spanId(4), name: LONG, at: 10, ms: 50, attributes: tool },
    { id: spanId(3), parent: spanId(2), name: 'inner one', at: 20, ms: 5 },
    { id: spanId(4), parent: spanId(3), name: 'inner two', at: 30, ms: 5 },
  ]
}

before(async () => {
  if (executablePath === null) return
  await buildConsole()
  instance = await Instance.start({ config: CONFIG })
  origin = instance.url('', 'http')
  browser = await launch(executablePath)
  const startMs = Date.now() - 60_000
  for (const [id, spans] of [
    [talk, conversation().map(withSession)],
    [odd, oddSpans()],
  ] as const)
    assert.equal((await instance.post('/v1/traces', otlp(id, startMs, spans))).status, 200)
  await instance.drained()
  await until(async () => (await rows('issues')).length > 0, 'an issue')
  await until(async () => (await rows('traces')).length === 2, 'the traces')
})

after(async () => {
  await browser?.close()
  await instance?.stop()
})

const withSession = (span: PlantedSpan): PlantedSpan => ({
  ...span,
  attributes: { ...span.attributes, 'session.id': 'planted-session' },
})

async function rows(path: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const headers = { 'cache-control': 'no-cache' }
  const res = await fetch(`${origin}/api/v1/${path}`, { headers })
  return z.object({ data: z.array(z.record(z.string(), z.unknown())) }).parse(await res.json()).data
}

async function visit(
  path: string,
  see: (page: Page) => Promise<void>,
  options: Partial<PageOptions> = {},
): Promise<void> {
  const watched = await openPage(browser, { origin, ...options })
  try {
    await watched.page.goto(path)
    await see(watched.page)
    assert.deepEqual([watched.complaints, watched.strays], [[], []], path)
  } catch (thrown) {
    throw await withPageText(watched.page, thrown)
  } finally {
    await watched.close()
  }
}

const titled = async (page: Page, title: string): Promise<void> =>
  await until(async () => (await page.title()) === title, `the title ${title}`)

/** Waits until the focus is where it should be. `e` is what has it. */
async function focused(page: Page, wanted: string): Promise<void> {
  const ask = (what: string): Promise<unknown> =>
    page.evaluate(`(() => { const e = document.activeElement; return ${what} })()`)
  const isThere = async (): Promise<boolean> => (await ask(wanted)) === true
  await until(isThere, wanted, 10_000).catch(async () => {
    assert.fail(`the focus is at ${String(await ask('e?.outerHTML.slice(0, 200)'))}, not ${wanted}`)
  })
}

const onHeading = "e?.tagName === 'H1'"

/** In no order. */
const parametersOf = ({ searchParams }: URL): string =>
  Array.from(searchParams, ([name, value]) => `${name}=${value}`)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join('&')

interface Way {
  readonly list: string
  readonly row: string
  readonly title: string
}
const WAYS: readonly Way[] = [
  {
    list: '/traces?range=7d&name=planted&sort=-cost_usd',
    row: 'planted agent',
    title: 'planted agent · Traces · Observa',
  },
  {
    list: '/issues?range=7d&text=atlas&sort=-severity',
    row: 'atlas failed',
    title: 'atlas failed: it broke · Issues · Observa',
  },
  {
    list: '/issues?range=7d&list=signals&severity=high',
    row: 'tool error',
    title: 'tool error · Issues · Observa',
  },
  {
    list: '/conversations?range=7d&user_id=planted-user',
    row: 'planted-talk',
    title: 'planted-talk · Conversations · Observa',
  },
  {
    list: '/sessions?range=7d&session_id=planted-session&sort=cost_usd',
    row: 'planted-session',
    title: 'planted-session · Sessions · Observa',
  },
  {
    list: '/users?range=7d&user_id=planted-user',
    row: 'planted-user',
    title: 'planted-user · Users · Observa',
  },
]

test('from one thing Escape leads to its list as it was, and to the row; the title names the thing', {
  skip,
}, async () => {
  for (const { list, row, title } of WAYS)
    await visit(list, async (page) => {
      const wanted = parametersOf(new URL(list, origin))
      const isThere = async (): Promise<void> =>
        await page.waitForURL((url) => parametersOf(url) === wanted)
      const link = page.locator('main a[data-row]', { hasText: row }).first()
      await link.click()
      await titled(page, title)
      await focused(page, onHeading)
      await page.keyboard.press('Escape')
      await isThere()
      await focused(page, `e?.matches('a[data-row]') && e.textContent.includes('${row}')`)
      // Also after a reload, and after a look at another view.
      await page.keyboard.press('Enter')
      await titled(page, title)
      await page.reload()
      await titled(page, title)
      await page.keyboard.press('Escape')
      await isThere()
      await link.waitFor()
      await page.goBack()
      await titled(page, title)
      await page.goBack()
      await isThere()
    })
})

test('what closes gives the focus back', { skip }, async () => {
  await visit('/traces', async (page) => {
    await page.getByText('planted agent').first().waitFor()
    await page.getByText('Columns', { exact: true }).press('Enter')
    await page.getByRole('checkbox').first().focus()
    await page.keyboard.press('Escape')
    await focused(page, "e?.tagName === 'SUMMARY' && e.textContent === 'Columns'")
    const opener = page.getByRole('button', { name: /Go to/ })
    await opener.click()
    await page.locator('input[role=combobox]:focus').waitFor()
    await page.keyboard.press('Escape')
    await focused(page, "e?.textContent.includes('Go to')")
    await page.getByRole('button', { name: 'Keys' }).click()
    await page.getByRole('button', { name: 'Close' }).click()
    await focused(page, "e?.getAttribute('aria-label') === 'Keys'")
    await opener.click()
    await page.locator('input[role=combobox]:focus').waitFor()
    await page.keyboard.type('costs')
    await page.keyboard.press('Enter')
    await focused(page, `${onHeading} && e.textContent === 'Costs'`)
    await page.getByRole('link', { name: 'Users', exact: true }).click()
    await focused(page, `${onHeading} && e.textContent === 'Users'`)
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await focused(page, `${onHeading} && e.textContent === 'Traces'`)
    await page.keyboard.press('Tab')
    await focused(page, "e?.closest('main') !== null && e.tagName !== 'H1'")
  })
  await visit(`/traces/${talk}?span=${spanId(2)}`, async (page) => {
    await page.getByRole('button', { name: 'Close the span' }).click()
    await focused(page, "e?.getAttribute('role') === 'treegrid'")
  })
  await visit('/account', async (page) => {
    await page.getByRole('textbox', { name: 'Name' }).fill('of the ways')
    await page.getByRole('button', { name: 'Make a key' }).click()
    await page.getByRole('button', { name: 'I have it' }).click()
    await focused(page, "e !== null && e !== document.body && e.closest('main') !== null")
    await page.getByRole('button', { name: 'Revoke', exact: true }).press('Enter')
    await page.getByRole('button', { name: 'Revoke for good' }).press('Enter')
    await page.getByRole('cell', { name: 'revoked' }).waitFor()
    await focused(page, "e !== null && e !== document.body && e.closest('main') !== null")
  })
  await visit('/issues', async (page) => {
    await page.locator('main a[data-row]').first().click()
    await page.getByRole('button', { name: 'Acknowledge' }).press('Enter')
    await page.getByText('One issue acknowledged.').waitFor()
    await focused(page, "e?.closest('.bulk') !== null && e.tagName === 'BUTTON'")
  })
})

test('what was typed outlives a look elsewhere and a reload, in this tab only', {
  skip,
}, async () => {
  const secret = 'sk-proj-typed-but-not-sent'
  await visit('/try', async (page) => {
    await page.getByLabel('Payload').fill(`{"a":"${secret}"}`)
    await page.getByRole('link', { name: 'Traces', exact: true }).click()
    await page.getByText('planted agent').first().waitFor()
    await page.goBack()
    assert.match(await page.getByLabel('Payload').inputValue(), /typed-but-not-sent/)
    await page.reload()
    assert.match(await page.getByLabel('Payload').inputValue(), /typed-but-not-sent/)
    await page.goto('/operations?tab=configuration')
    const editor = page.getByLabel('Configuration', { exact: true })
    const written = await editor.inputValue()
    assert.equal(await page.getByText('edited, not what runs').count(), 0)
    await editor.fill(`${written}\n# ${secret}`)
    await page.getByRole('tab', { name: 'Jobs' }).click()
    await page.getByRole('tab', { name: 'Configuration' }).click()
    await page.getByText('edited, not what runs').waitFor()
    assert.match(await editor.inputValue(), /typed-but-not-sent/)
    await page.reload()
    assert.match(await editor.inputValue(), /typed-but-not-sent/)
    await page.getByRole('button', { name: 'As it runs' }).click()
    assert.equal(await editor.inputValue(), written)
    await page.goto('/issues')
    await page.locator('main a[data-row]').first().click()
    await page.getByLabel('Say something').fill(secret)
    await page.keyboard.press('Tab')
    await page.reload()
    assert.equal(await page.getByLabel('Say something').inputValue(), secret)
    const kept = await page.evaluate<string>('JSON.stringify(Object.entries(localStorage))')
    assert.doesNotMatch(kept, /typed-but-not-sent/)
  })
  await visit('/try', async (page) => {
    assert.equal(await page.getByLabel('Payload').inputValue(), '')
  })
})

test('a change that is refused says how to go on: sign in and come back, or whom to ask', {
  skip,
}, async () => {
  const refuse = async (page: Page, status: number, message: string): Promise<void> =>
    void (await page.route('**/api/v1/issues/bulk', (route) =>
      route.fulfill({
        status,
        contentType: 'application/json',
        body: JSON.stringify({ error: { code: 'X', message, request_id: 'r' } }),
      }),
    ))
  for (const path of ['/issues?text=atlas', null])
    await visit(path ?? '/issues', async (page) => {
      const row = page.locator('main a[data-row]').first()
      if (path === null) await row.click()
      else await page.getByRole('checkbox').first().check()
      await refuse(page, 401, 'This session has ended.')
      await page.getByRole('button', { name: 'Ignore' }).click()
      const alert = page.getByRole('alert')
      await alert.getByText('This session has ended.').waitFor()
      const here = new URL(page.url())
      await alert.getByRole('link', { name: 'Sign in' }).click()
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      const next = new URL(page.url()).searchParams.get('next')
      assert.equal(next, here.pathname + here.search)
      await page.getByLabel('Key with the scope query').fill('sk_any')
      await page.getByRole('button', { name: 'Use the key' }).click()
      await page.waitForURL((url) => url.href === here.href)
      await page.unroute('**/api/v1/issues/bulk')
      await refuse(page, 403, 'Your role viewer may not do this: it takes the role owner or admin.')
      if (path === null) await page.getByText('Evidence of the newest').waitFor()
      else await page.getByRole('checkbox').first().check()
      await page.getByRole('button', { name: 'Ignore' }).click()
      await alert.getByText(/it takes the role owner or admin.*Ask an owner/).waitFor()
    })
  for (const next of ['//elsewhere.example', 'https://elsewhere.example', '/\\elsewhere.example'])
    await visit(`/sign-in?next=${encodeURIComponent(next)}`, async (page) => {
      await page.getByLabel('Key with the scope query').fill('sk_any')
      await page.getByRole('button', { name: 'Use the key' }).click()
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      assert.equal(new URL(page.url()).origin, origin)
    })
})

test('an API that hangs is said to be waited for, can be asked again, and is given up', {
  skip,
}, async () => {
  for (const path of ['/traces', '/issues', '/costs', `/traces/${talk}`, '/operations?tab=jobs'])
    await visit('/docs', async (page) => {
      await page.clock.install()
      await page.route('**/api/v1/**', () => {})
      await page.goto(path)
      await page.locator('.skeleton').first().waitFor()
      await page.clock.runFor(6000)
      await page.getByText('Still waiting for an answer.').first().waitFor()
      const late = page.getByText('No answer came within 60 seconds.')
      // What is asked for first may decide what is asked for next.
      for (let i = 0; i < 3 && (await late.count()) === 0; i++) await page.clock.runFor(60_000)
      await late.first().waitFor()
      await page.unroute('**/api/v1/**')
      await page.clock.resume()
      await page.getByRole('button', { name: 'Try again' }).first().click()
      await page.getByText('No answer came within').waitFor({ state: 'detached' })
    })
  await visit('/docs', async (page) => {
    await page.clock.install()
    let asked = 0
    await page.route('**/api/v1/traces?*', async (route) => {
      if (asked++ > 0) await route.continue()
    })
    await page.goto('/traces')
    await page.locator('.skeleton').first().waitFor()
    await page.clock.runFor(6000)
    await page.getByRole('button', { name: 'Ask again' }).click()
    await page.getByText('planted agent').waitFor()
  })
  await visit('/issues', async (page) => {
    await page.clock.install()
    await page.goto('/issues')
    await page.locator('main a[data-row]').first().click()
    await page.route('**/api/v1/issues/bulk', () => {})
    await page.getByRole('button', { name: 'Ignore' }).click()
    await page.clock.runFor(6000)
    await page.getByText('Still waiting for an answer.').waitFor()
    await page.clock.runFor(60_000)
    await page.getByRole('alert').getByText('No answer came within 60 seconds.').waitFor()
  })
})

test('who looked at an issue before somebody else changed it does not undo that', {
  skip,
}, async () => {
  const id = String((await rows('issues'))[0]?.['issue_id'])
  const state = async (): Promise<unknown> =>
    (await rows('issues')).find((row) => row['issue_id'] === id)?.['status']
  await visit(`/issues/${id}`, async (one) => {
    await one.getByRole('button', { name: 'Resolve' }).waitFor()
    for (const path of [`/issues/${id}`, '/issues']) {
      await visit(path, async (other) => {
        await other.getByText('atlas failed').first().waitFor()
        // Nothing comes to the other tab by itself.
        await other.route('**/api/v1/issues?*', () => {})
        await one.getByRole('button', { name: 'Open again' }).or(one.getByText('open ·')).waitFor()
        await one.getByRole('button', { name: 'Resolve' }).click()
        await one.getByText('One issue resolved.').waitFor()
        assert.equal(await state(), 'resolved')
        if (path === '/issues') await other.getByRole('checkbox').first().check()
        await other.unroute('**/api/v1/issues?*')
        await other.getByRole('button', { name: 'Ignore' }).click()
        await other.getByText(/Not changed: somebody was faster. The issue is resolved/).waitFor()
        await other.locator('.badge').getByText('resolved', { exact: true }).waitFor()
        assert.equal(await state(), 'resolved')
      })
      await one.getByRole('button', { name: 'Open again' }).click()
      await one.getByText('One issue opened.').waitFor()
    }
    // Own changes, one straight after the other, are in nobody's way.
    for (const key of ['a', 'e', 'i', 'o']) await one.keyboard.press(key)
    const changes = async (): Promise<string> =>
      (await rows(`issues/${id}/history`))
        .slice(0, 4)
        .map((entry) => entry['after'])
        .join(' ')
    const wanted = 'open ignored resolved acknowledged'
    await until(async () => (await changes()) === wanted, 'all were made, one after the other')
    await one.getByText('One issue opened.').waitFor()
    assert.equal(await one.getByText('somebody was faster').count(), 0)
  })
})

test('an answer that was read before own changes, and comes after them, is no change of somebody else', {
  skip,
}, async () => {
  const id = String((await rows('issues'))[0]?.['issue_id'])
  await visit(`/issues/${id}`, async (page) => {
    let acknowledged: string | null = null
    let isLate = false
    await page.getByRole('button', { name: 'Ignore' }).waitFor()
    await page.route(`**/api/v1/issues/${id}`, async (route) => {
      const response = await route.fetch()
      const body = await response.text()
      if (body.includes('"status":"acknowledged"')) acknowledged ??= body
      await route.fulfill({ response, body: isLate ? (acknowledged ?? body) : body })
    })
    const change = async (name: string, says: string): Promise<void> => {
      await page.getByRole('button', { name }).click()
      await page.getByText(says).waitFor()
    }
    const shows = async (state: string): Promise<void> =>
      await page.locator('.badge').getByText(state, { exact: true }).first().waitFor()
    await change('Acknowledge', 'One issue acknowledged.')
    await shows('acknowledged')
    await change('Resolve', 'One issue resolved.')
    isLate = true
    await change('Ignore', 'One issue ignored.')
    await shows('acknowledged')
    await change('Open again', 'One issue opened.')
    assert.equal(await page.getByText('somebody was faster').count(), 0)
  })
  assert.equal((await rows('issues')).find((row) => row['issue_id'] === id)?.['status'], 'open')
})

test('a time in the address that is none is said, and what is shown instead', {
  skip,
}, async () => {
  for (const [query, says] of [
    ['range=yesterday', 'there is no range “yesterday”'],
    ['range=24H', 'there is no range “24H”'],
    ['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'it ends before it begins'],
    ['from=2026-01-02T00:00:00Z', 'its end is missing'],
    ['to=2026-01-02T00:00:00Z', 'its beginning is missing'],
    ['from=then&to=2026-01-02T00:00:00Z', '“then” is no time'],
    ['from=2026-01-02T00:00:00Z&to=', '“” is no time'],
  ] as const)
    for (const path of ['/traces', '/costs', '/'])
      await visit(`${path}?${query}`, async (page) => {
        const notice = page.getByRole('alert').filter({ hasText: 'The time in the address' })
        await notice.getByText(says).waitFor()
        await notice.getByText('last 24 hours').waitFor()
        await notice.getByRole('button').click()
        await notice.waitFor({ state: 'detached' })
        assert.equal(new URL(page.url()).search, '')
      })
  await visit('/traces?range=1h', async (page) => {
    await page.getByText('planted agent').first().waitFor()
    assert.equal(await page.getByText('The time in the address').count(), 0)
  })
})

test('an address that nobody serves shows that there is no such page, and the way back', {
  skip,
}, async () => {
  for (const path of ['/nope', '/traces/a/b/c', '/costs/x', '/signals', '/users/%zz'])
    await visit(path, async (page) => {
      await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
      await titled(page, 'Not found · Observa')
      await page.getByRole('link', { name: 'Traces', exact: true }).click()
      await page.getByText('planted agent').first().waitFor()
    })
})

test('long names stay in their places, parents in a cycle are a tree, and a screen of 320 pixels cuts nothing', {
  skip,
}, async () => {
  await visit(`/traces/${odd}?view=graph`, async (page) => {
    await page.locator('.graph-node', { hasText: 'tool_with_a_very' }).waitFor()
    const excess = await page
      .locator('.graph-node')
      .evaluateAll((all) => all.filter((node) => node.scrollWidth > node.clientWidth).length)
    assert.equal(excess, 0)
    await page.getByRole('tab', { name: 'Waterfall' }).click()
    const levels = async (name: string): Promise<string | null> =>
      await page.getByRole('row', { name }).getAttribute('aria-level')
    assert.deepEqual(
      [await levels('tool_with'), await levels('inner one'), await levels('inner two')],
      ['1', '2', '3'],
    )
  })
  for (const width of [320, 390])
    await visit(
      '/',
      async (page) => {
        await page.getByText('Models by cost').waitFor()
        for (const place of await page.locator('.navigation .place').all()) {
          const box = await place.boundingBox()
          assert.ok(box !== null && box.x >= 0 && box.x + box.width <= width, JSON.stringify(box))
        }
        // All of the bar stands in one line.
        const bar = await page.locator('.top-bar').boundingBox()
        assert.ok(bar !== null && bar.height < 60, JSON.stringify(bar))
        for (const path of ['/', '/traces', `/traces/${odd}`, '/issues', '/costs', '/account']) {
          await page.goto(path)
          await page.locator('main h1').first().waitFor()
          await page.locator('.skeleton').waitFor({ state: 'detached' })
          const over = 'document.documentElement.scrollWidth - window.innerWidth'
          assert.ok((await page.evaluate<number>(over)) <= 0, `${path} at ${width}`)
          const outside = await page
            .locator('main input, main select, main button')
            .evaluateAll((all) =>
              all
                .filter((e) => e.closest('.scroll-x, .tabs') === null && e.checkVisibility())
                .filter((e) => {
                  const around = (e.closest('.panel') ?? e).getBoundingClientRect()
                  return e.getBoundingClientRect().right > around.right
                })
                .map((e) => e.outerHTML),
            )
          assert.deepEqual(outside, [], `${path} at ${width}`)
        }
      },
      { width, height: 700 },
    )
})
