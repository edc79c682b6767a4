// Each view of the console, and each of its tabs, in a real browser: one planted fact is found by what is visible, again with the
// keyboard alone, again among a hundred times as much of others, and with a dead API the view says so. A view without a row in the
// table fails.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { buildConsole } from '../../console/build.ts'
import { LIST_VIEWS, ONE_VIEWS, TABS } from '../../console/src/view-names.ts'
import { chromiumPath, launch, NO_CHROMIUM, openPage, type Watched } from './browser.ts'
import { Planted } from './planted.ts'
import { spanId } from './traffic.ts'

const executablePath = chromiumPath()
const skip = executablePath === null ? NO_CHROMIUM : false

let at: Planted
let browser: Browser
let issueId = ''
let signalId = ''

before(async () => {
  if (executablePath === null) return
  await buildConsole()
  at = await Planted.start()
  browser = await launch(executablePath)
  await at.plant()
  const isAtlas = (row: Readonly<Record<string, unknown>>): boolean =>
    JSON.stringify(row).includes('atlas')
  issueId = String((await at.rows('issues')).find(isAtlas)?.['issue_id'])
  signalId = String((await at.rows('signals')).find(isAtlas)?.['signal_id'])
})

after(async () => {
  await browser?.close()
  await at?.stop()
})

// ---------------------------------------------------------------- what a person does

type Step = (page: Page) => Promise<void>

const press =
  (keys: string): Step =>
  async (page) => {
    for (const key of keys.split(' ')) await page.keyboard.press(key)
  }

/** Types into the search of the view, which has to be there: keys that are typed before would go elsewhere. */
const seek =
  (text: string): Step =>
  async (page) => {
    await page.locator('[data-search]').waitFor()
    await page.keyboard.press('/')
    await page.locator('[data-search]:focus').waitFor()
    await page.keyboard.type(text)
  }

/** Presses a key until what has the focus is wanted. */
async function until(page: Page, key: string, wanted: string, what: string): Promise<void> {
  for (let i = 0; i < 150; i++) {
    if (
      await page.evaluate<boolean>(
        `(() => { const e = document.activeElement; return ${wanted} })()`,
      )
    )
      return
    await page.keyboard.press(key)
  }
  assert.fail(`${what} was not reached with ${key}`)
}

/** Goes down the rows of a list to the one with this text. */
const row =
  (text: string): Step =>
  async (page) => {
    await page.locator('main [data-row]', { hasText: text }).first().waitFor()
    const wanted = `e.matches('[data-row]') && e.textContent.includes(${JSON.stringify(text)})`
    await until(page, 'j', wanted, `the row ${text}`)
  }

const open =
  (text: string): Step =>
  async (page) => {
    await row(text)(page)
    await page.keyboard.press('Enter')
  }

/** Goes down the spans of a waterfall, each of which opens. */
const spanRow =
  (text: string): Step =>
  async (page) => {
    await page.getByRole('row', { name: text }).first().waitFor()
    const wanted = `document.querySelector('[role=row][aria-selected=true]')?.textContent.includes(${JSON.stringify(text)})`
    await until(page, 'j', wanted, `the span ${text}`)
  }

/** Goes to the tab with this name in the tabs with this label. */
const tab =
  (label: string, name: string): Step =>
  async (page) => {
    await page.getByRole('tablist', { name: label }).waitFor()
    const inList = `e.closest('[role=tablist]')?.getAttribute('aria-label') === ${JSON.stringify(label)}`
    await until(page, 'Tab', inList, `the tabs ${label}`)
    const isTab = `${inList} && e.textContent.startsWith(${JSON.stringify(name)})`
    for (let i = 0; i < 12; i++) {
      if (
        await page.evaluate<boolean>(
          `(() => { const e = document.activeElement; return ${isTab} })()`,
        )
      )
        return
      await page.keyboard.press('ArrowRight')
      // The tab that is chosen gets the focus with the next frame.
      await page.locator('[role=tab][aria-selected=true]:focus').waitFor()
    }
    assert.fail(`there is no tab ${name}`)
  }

/** Goes to a control with this text and presses it. */
const push =
  (text: string): Step =>
  async (page) => {
    const wanted = `e.matches('a, button') && e.textContent.trim() === ${JSON.stringify(text)}`
    await until(page, 'Tab', wanted, text)
    await page.keyboard.press('Enter')
  }

const search =
  (name: string, text: string): Step =>
  async (page) => {
    await page.getByRole('searchbox', { name }).fill(text)
  }

const fill =
  (name: string, text: string): Step =>
  async (page) => {
    await page.getByLabel(name, { exact: true }).first().fill(text)
  }

const click =
  (name: string): Step =>
  async (page) => {
    await page.getByRole('button', { name, exact: true }).first().click()
  }

// ---------------------------------------------------------------- the table

interface Fact {
  readonly path: string
  /** Visible only where the view has found its fact. */
  readonly text: string | RegExp
  /** From the overview to the fact, by keys. */
  readonly keys: readonly Step[]
  /** What a person does in the view before the fact can be there. */
  readonly asked?: readonly Step[]
  /** How the fact is found among a hundred times as much; nothing where it is in sight. */
  readonly among?: readonly Step[]
  /** What the view says without the API. */
  readonly dead?: string | RegExp
  /** What a person does until the view has asked the API. */
  readonly deadAsked?: readonly Step[]
}

const TRACE = [press('g t'), open('planted agent')]
const SPAN = [...TRACE, spanRow('chat gpt-4o')]
const trace = (view: string): string => `/traces/${at.talk}?view=${view}`
const span = (n: number, of: string): string => `/traces/${at.talk}?span=${spanId(n)}&tab=${of}`
const operations = (name: string): Step[] => [press('g p'), tab('Parts of operations', name)]
const account = (name: string): Step[] => [press('g a'), tab('Parts of the account', name)]
const traceTab = (name: string): Step[] => [...TRACE, tab('Ways to see the trace', name)]
const spanTab = (name: string): Step[] => [...SPAN, tab('Parts of the span', name)]

type Facts = Readonly<Record<string, Fact>>

const ofTraces = (): Facts => ({
  '': { path: '/', text: 'model-nobody-sells', keys: [press('g t'), press('g o')] },
  traces: {
    path: '/traces',
    text: 'planted agent',
    keys: [press('g t')],
    among: [search('Name', 'planted')],
  },
  search: {
    path: '/search?q=Where+is+my+parcel',
    text: /the courier lost it/,
    keys: [press('g f'), seek('Where is my parcel'), press('Enter')],
  },
  'search?words': {
    path: '/search?q=whale&mode=words',
    text: 'Where is the blue whale?',
    keys: [press('g f'), tab('How to search', 'By words'), seek('whale'), press('Enter')],
  },
  topics: { path: '/topics', text: /parcel/, keys: [press('g m')] },
  'topics?drift': {
    path: '/topics?list=drift',
    text: /wrong tax amount/,
    keys: [press('g m'), tab('What is shown of topics', 'Drift')],
  },
  'topics?duplicates': {
    path: '/topics?list=duplicates',
    text: /parcel/,
    keys: [press('g m'), tab('What is shown of topics', 'Duplicates')],
  },
})

const ofTrace = (): Facts => ({
  'traces/': { path: `/traces/${at.talk}`, text: 'execute_tool atlas', keys: TRACE },
  'trace?waterfall': { path: trace('waterfall'), text: 'execute_tool atlas', keys: TRACE },
  'trace?conversation': {
    path: trace('conversation'),
    text: 'In the Pacific.',
    keys: traceTab('Conversation'),
  },
  'trace?graph': { path: trace('graph'), text: 'atlas', keys: traceTab('Graph') },
  'trace?scores': { path: trace('scores'), text: 'planted-score', keys: traceTab('Scores') },
  'trace?similar': {
    path: trace('similar'),
    text: 'Hm?',
    keys: traceTab('Like this one'),
  },
  'span?content': { path: span(2, 'content'), text: 'I will look it up.', keys: SPAN },
  'span?usage': {
    path: span(2, 'usage'),
    text: 'These numbers enter every sum, once.',
    keys: spanTab('Tokens and cost'),
  },
  'span?signals': {
    path: span(3, 'signals'),
    text: 'Tool error',
    keys: [...TRACE, spanRow('execute_tool atlas'), tab('Parts of the span', 'Signals')],
  },
  'span?scores': { path: span(2, 'scores'), text: 'planted-span-score', keys: spanTab('Scores') },
  'span?attributes': {
    path: span(2, 'attributes'),
    text: 'planted-value',
    keys: spanTab('Attributes'),
  },
  'span?raw': { path: span(2, 'raw'), text: 'planted-value', keys: spanTab('Raw') },
})

const ofIssuesAndCosts = (): Facts => ({
  issues: {
    path: '/issues',
    text: /atlas/,
    keys: [press('g i')],
    among: [search('Words in the title', 'atlas')],
  },
  'issues?signals': {
    path: '/issues?list=signals',
    text: /atlas/,
    keys: [press('g i'), tab('Issues or their occurrences', 'Occurrences')],
    among: [click('When')],
  },
  'issues/': { path: `/issues/${issueId}`, text: 'it broke', keys: [press('g i'), open('atlas')] },
  'signals/': {
    path: `/signals/${signalId}`,
    text: 'it broke',
    keys: [press('g i'), open('atlas'), open('tool error')],
  },
  costs: { path: '/costs', text: 'model-nobody-sells', keys: [press('g c')] },
})

const ofPeople = (): Facts => ({
  conversations: {
    path: '/conversations',
    text: 'planted-talk',
    keys: [press('g v')],
    among: [fill('Conversation', 'planted-talk')],
  },
  'conversations/': {
    path: '/conversations/planted-talk',
    text: 'Where is the blue whale?',
    keys: [press('g v'), open('planted-talk')],
  },
  sessions: {
    path: '/sessions',
    text: 'planted-session',
    keys: [press('g s')],
    among: [fill('Session', 'planted-session')],
  },
  'sessions/': {
    path: '/sessions/planted-session',
    text: 'planted agent',
    keys: [press('g s'), open('planted-session')],
  },
  users: {
    path: '/users',
    text: 'planted-user',
    keys: [press('g u')],
    among: [fill('User', 'planted-user')],
  },
  'users/': {
    path: '/users/planted-user',
    text: 'planted agent',
    keys: [press('g u'), open('planted-user')],
  },
})

const ofTheInstance = (): Facts => ({
  'set-up': {
    path: '/set-up',
    text: `OTEL_EXPORTER_OTLP_ENDPOINT=${at.instance.url('').replace(/\/$/, '')}`,
    keys: [press('g n')],
    dead: 'Cannot see what arrives',
  },
  operations: { path: '/operations', text: 'exporter otlp_http/planted', keys: [press('g p')] },
  'operations?configuration': {
    path: '/operations?tab=configuration',
    text: 'In effect',
    keys: operations('Configuration'),
  },
  'operations?dead-letters': {
    path: '/operations?tab=dead-letters',
    text: 'otlp_http/planted',
    keys: operations('Dead letters'),
  },
  'operations?jobs': {
    path: '/operations?tab=jobs',
    text: /deletions\.|semantic\.|sessions\./,
    keys: operations('Jobs'),
  },
  'operations?judges': {
    path: '/operations?tab=judges',
    text: 'planted-judge',
    keys: operations('Judges'),
  },
  try: {
    path: '/try',
    text: 'gen_ai.usage.input_tokens',
    keys: [press('g y'), push('OTLP'), push('Run it')],
    asked: [click('OTLP'), click('Run it')],
    deadAsked: [click('OTLP'), click('Run it')],
  },
  docs: {
    path: '/docs?operation=getTraces',
    text: 'Traces with their sums',
    keys: [
      press('g p'),
      push('API explorer'),
      seek('Traces with their sums'),
      async (page) => await until(page, 'Tab', "e.matches('[data-row]')", 'an operation'),
      press('Enter'),
    ],
  },
})

const ofTheAccount = (): Facts => ({
  account: {
    path: '/account',
    text: 'a planted key',
    keys: [press('g a')],
    among: [click('Name')],
  },
  'account?projects': {
    path: '/account?tab=projects',
    text: 'a planted project',
    keys: account('Projects'),
    among: [click('Name')],
  },
  'account?members': {
    path: '/account?tab=members',
    text: 'planted@firm.test',
    keys: account('Members'),
  },
  'account?quotas': {
    path: '/account?tab=quotas',
    text: 'a planted project',
    keys: account('Quotas'),
  },
  'account?budgets': {
    path: '/account?tab=budgets',
    text: 'a planted budget',
    among: [click('Load more')],
    keys: account('Budgets'),
  },
  'account?retention': {
    path: '/account?tab=retention',
    text: 'a planted project',
    keys: account('Retention'),
  },
  'account?deletions': {
    path: '/account?tab=deletions',
    text: /nobody-planted|waiting|running|done/,
    keys: account('Deletions'),
  },
  'account?targets': {
    path: '/account?tab=targets',
    text: 'a planted target',
    keys: account('Notifications'),
  },
  'account?audit': {
    path: '/account?tab=audit',
    text: 'key.create',
    keys: account('Audit'),
  },
  'sign-in': {
    path: '/sign-in',
    text: 'Sign in',
    keys: [press('g a'), push('Sign in')],
    deadAsked: [
      fill('E-mail address', 'planted@firm.test'),
      fill('Password', 'a password of the test'),
      async (page) => await page.locator('main').getByRole('button', { name: 'Sign in' }).click(),
    ],
  },
})

/** By the names of `view-names.ts`: a list, one of it as `name/`, and a tab behind a question mark. */
const facts = (): Facts => ({
  ...ofTraces(),
  ...ofTrace(),
  ...ofIssuesAndCosts(),
  ...ofPeople(),
  ...ofTheInstance(),
  ...ofTheAccount(),
})

/** The names of all views and tabs. What is shown without a tab in the address is the view itself. */
const names = (): readonly string[] => [
  ...LIST_VIEWS,
  ...ONE_VIEWS.map((name) => `${name}/`),
  ...Object.entries(TABS).flatMap(([place, tabs]) =>
    tabs
      .filter((_, i) => i > 0 || place === 'trace' || place === 'span')
      .map((name) => `${place}?${name}`),
  ),
]

// ---------------------------------------------------------------- the tests

/** Several at once, because most of the time of a view is that of the API. */
async function each(
  look: (page: Page, name: string, fact: Fact) => Promise<void>,
  before: (page: Page) => Promise<void> = async () => {},
): Promise<void> {
  const waiting = Object.entries(facts())
  const failed: string[] = []
  const one = async (): Promise<void> => {
    const watched: Watched = await openPage(browser, { origin: at.origin })
    await before(watched.page)
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, fact] = next
      await look(watched.page, name, fact).catch((error: unknown) => {
        failed.push(`${name === '' ? 'overview' : name}: ${String(error).split('\n')[0]}`)
      })
    }
    assert.deepEqual([watched.complaints, watched.strays], [[], []])
    await watched.close()
  }
  await Promise.all([one(), one(), one()])
  assert.deepEqual(failed, [])
}

const isThere = async (page: Page, text: string | RegExp): Promise<void> =>
  await page.locator('main').getByText(text).filter({ visible: true }).first().waitFor()

test('every view and every tab has a planted fact', { skip }, () => {
  assert.deepEqual(Object.keys(facts()).toSorted(), names().toSorted())
})

test('the fact of each view is found by its address', { skip }, async () => {
  await each(async (page, _, { path, asked = [], text }) => {
    await page.goto(path)
    for (const step of asked) await step(page)
    await isThere(page, text)
  })
})

test('the fact of each view is found from the overview with the keyboard alone', {
  skip,
}, async () => {
  await each(async (page, _, { keys, text }) => {
    await page.goto('/')
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    for (const step of keys) await step(page)
    await isThere(page, text)
  })
})

test('with a dead API each view says so where its fact would be, and keeps the navigation', {
  skip,
}, async () => {
  await each(
    async (page, _, { path, deadAsked = [], dead = 'Observa does not answer' }) => {
      await page.goto(path)
      for (const step of deadAsked) await step(page)
      await isThere(page, dead)
      await page.getByRole('link', { name: 'Traces', exact: true }).waitFor()
    },
    async (page) => {
      for (const api of ['**/api/**', '**/health/**', '**/version'])
        await page.route(api, (route) => route.abort())
    },
  )
})

test('the fact of each view is found among a hundred times as much', { skip }, async () => {
  await at.crowd()
  await each(async (page, _, { path, asked = [], among = [], text }) => {
    await page.goto(path)
    for (const step of [...asked, ...among]) await step(page)
    await isThere(page, text)
  })
})
