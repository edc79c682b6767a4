// The budgets of the console in a real browser, on an instance of its own with many stored events: bytes of the first load, lists of
// traces, a trace of ten thousand spans, long tasks, and the heap under the live tail.

import { mkdtempSync, readFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { buildConsole } from '../../console/build.ts'
import { chromiumPath, launch, NO_CHROMIUM, openPage } from '../../test/console/browser.ts'
import { large, newTraceId, otlp } from '../../test/console/traffic.ts'
import { Instance, until } from '../../test/instance.ts'
import { LIVE_RATE, type LiveHeap, liveHeap } from '../console/live-heap.ts'
import { listOpened, listSorted, longestTasksOfScroll, traceOpened } from '../console/page-times.ts'
import { storeEvents } from '../console/stored-events.ts'
import { DAYS, type Filled } from '../queries/generate-events.ts'
import type { ScenarioResult } from '../results.ts'
import { type Context, median, type Scenario, spread } from '../scenario.ts'

const BUILT = join(import.meta.dirname, '../../console/dist')
const CONFIG = `
exporters: { clickhouse: { embedded: true }, postgres: { embedded: true } }
service:
  pipelines:
    traces: { exporters: [clickhouse, postgres] }
    logs: { exporters: [clickhouse, postgres] }
`
const TIMES = 7

/** A figure with its budget and the unit of both. */
interface Row {
  readonly what: string
  readonly values: readonly number[]
  readonly budget: string
  readonly digits?: number
}

export const consoleBudgets: Scenario = {
  name: 'console',
  title: 'the console in Chromium on stored events, embedded stores',
  async run(context): Promise<ScenarioResult> {
    const executablePath = chromiumPath()
    if (executablePath === null) throw new Error(NO_CHROMIUM)
    await buildConsole()
    const { events, minutes } = context.options
    const dir = mkdtempSync(join(tmpdir(), 'observa-bench-console-'))
    const filled = await storeEvents(join(dir, 'data'), events, context.say)
    const instance = await Instance.start({ config: CONFIG, dir })
    const browser = await launch(executablePath)
    try {
      const { page } = await openPage(browser, { origin: instance.url('', 'http') })
      const rows = [
        { what: 'first load, kB gzip', values: [firstLoadKb()], budget: '200', digits: 1 },
        ...(await lists(page, context)),
        ...(await largeTrace(page, instance, context)),
      ]
      const heap = await liveHeap(page, instance, minutes)
      return resultOf({ rows, heap, filled, browser, minutes })
    } finally {
      await browser.close()
      await instance.stop()
    }
  },
}

function firstLoadKb(): number {
  const page = readFileSync(join(BUILT, 'index.html'))
  const files = page.toString().match(/assets\/[\w-]+\.(js|css)/g) ?? []
  const all = [page, ...files.map((file) => readFileSync(join(BUILT, file)))]
  return all.reduce((sum, bytes) => sum + gzipSync(bytes).length, 0) / 1000
}

async function times(run: () => Promise<number>): Promise<number[]> {
  const all: number[] = []
  for (let i = 0; i < TIMES; i++) all.push(await run())
  return all
}

async function lists(page: Page, { say }: Context): Promise<readonly Row[]> {
  const rows: Row[] = []
  const add = async (what: string, run: () => Promise<number>): Promise<void> => {
    const values = await times(run)
    say(`${what}: ${median(values).toFixed(0)} ms`)
    rows.push({ what: `${what}, ms`, values, budget: '1,000' })
  }
  for (const [name, path] of [
    ['list of traces', '/traces'],
    [`list of traces of ${DAYS} days`, '/traces?range=30d'],
    [`traces with errors of ${DAYS} days`, '/traces?range=30d&errors=true'],
    [`conversations of ${DAYS} days`, '/conversations?range=30d'],
    [`users of ${DAYS} days`, '/users?range=30d'],
  ] as const)
    await add(name, async () => await listOpened(page, path))
  await add(`traces of ${DAYS} days by cost`, async () => {
    await listOpened(page, '/traces?range=30d')
    return await listSorted(page, 'Cost')
  })
  return rows
}

async function largeTrace(
  page: Page,
  instance: Instance,
  { say }: Context,
): Promise<readonly Row[]> {
  const id = newTraceId()
  for (const spans of large()) await instance.post('/v1/traces', otlp(id, Date.now(), spans))
  await instance.drained()
  const address = `${instance.url('', 'http')}/api/v1/traces/${id}`
  await until(async () => (await fetch(address)).ok, 'the large trace is stored')
  const opens = []
  for (let i = 0; i < TIMES; i++) opens.push(await traceOpened(page, `/traces/${id}`))
  say('the large trace is open')
  const scrolls = []
  for (let i = 0; i < TIMES; i++) scrolls.push(await longestTasksOfScroll(page))
  return [
    {
      what: 'trace of 10,000 spans, first rows, ms',
      values: opens.map((o) => o.firstMs),
      budget: '1,500',
    },
    {
      what: 'trace of 10,000 spans, all of it, ms',
      values: opens.map((o) => o.wholeMs),
      budget: '1,500',
    },
    {
      what: 'longest task while it opens, ms',
      values: opens.map((o) => o.longestTaskMs),
      budget: '–',
    },
    {
      what: 'longest task while it scrolls, ms',
      values: scrolls.map((s) => s.wallMs),
      budget: '50',
    },
    {
      what: 'longest task while it scrolls, ms of CPU',
      values: scrolls.map((s) => s.cpuMs),
      budget: '50',
    },
  ]
}

interface Outcome {
  readonly rows: readonly Row[]
  readonly heap: LiveHeap
  readonly filled: Filled
  readonly browser: Browser
  readonly minutes: number
}

function resultOf({ rows, heap, filled, browser, minutes }: Outcome): ScenarioResult {
  const number = (n: number): string => n.toLocaleString('en-US')
  return {
    notes: [
      `Chromium ${browser.version()}; load of the machine ${loadavg()[0]?.toFixed(1)}. A busy machine makes all times longer.`,
      `${number(filled.events)} events of ${number(filled.traces)} traces over ${DAYS} days in one project, made in ${filled.seconds.toFixed(0)} s.`,
      `A list counts as open when a key moves between its rows. Median (least–most) of ${TIMES}; a longest task of 0 says that none was over 50 ms.`,
      `Live tail: ${number(LIVE_RATE)} spans a second for ${minutes} minutes, ${heap.rows} rows in the page at the end; heap after garbage collections from ${heap.mb[0]?.toFixed(1)} to ${heap.mb.at(-1)?.toFixed(1)} MB.`,
    ],
    tables: [
      {
        title: 'Budgets',
        columns: ['what', 'measured', 'budget'],
        rows: [
          ...rows.map(({ what, values, budget, digits = 0 }) => [
            what,
            spread(values, digits),
            budget,
          ]),
          ['heap under the live tail, MB a minute', heap.mbAMinute.toFixed(2), '1'],
        ],
      },
    ],
    data: { rows, heap, filled },
  }
}
