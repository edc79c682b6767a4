// The topics view in a real browser over a whole instance: the picture of topics, one topic, drift and duplicates, with data.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import AxeBuilder from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { buildConsole } from '../../console/build.ts'
import { FakeEmbeddings } from '../../semantic/testing/fake-embeddings.ts'
import { PLANTED_TOPICS } from '../../semantic/testing/planted-topics.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson, T0_MS } from '../span-batch.ts'
import { chromiumPath, launch, NO_CHROMIUM, openPage } from './browser.ts'

const path = chromiumPath()
const skip = path === null && NO_CHROMIUM
const HOUR_MS = 3_600_000

let at: Instance
let embeddings: FakeEmbeddings
let browser: Browser

before(async () => {
  if (path === null) return
  await buildConsole()
  embeddings = await FakeEmbeddings.start()
  at = await Instance.start({
    config: `
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
semantic:
  sampling: { rate: 1 }
  embeddings: { url: "${embeddings.url}", model: e }
`,
  })
  const spans = [...spansOf([0, 1], 30, 30), ...spansOf([0, 1, 2], 1, 30)]
  assert.equal((await at.post('/v1/traces', otlpJson(spans))).status, 200)
  browser = await launch(path)
})

after(async () => {
  if (path === null) return
  await browser.close()
  await at.stop()
  await embeddings.stop()
})

function spansOf(topics: readonly number[], hoursAgo: number, each: number) {
  return topics.flatMap((topic) =>
    Array.from({ length: each }, (_, n) => {
      const id = (topic + 1) * 1_000_000 + hoursAgo * 1000 + n
      const word = 'amber basil cedar delta ember fjord grove hazel indigo jasper'.split(' ')[
        n % 10
      ]
      const text = (PLANTED_TOPICS[topic] ?? '').replace('#', word ?? '')
      return {
        traceId: id.toString(16).padStart(32, '0'),
        spanId: id.toString(16).padStart(16, '0'),
        name: 'chat',
        startMs: Date.now() - hoursAgo * HOUR_MS - n * 1000 - T0_MS,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-4o',
          'gen_ai.input.messages': JSON.stringify([
            { role: 'user', parts: [{ type: 'text', content: text }] },
          ]),
          'gen_ai.output.messages': JSON.stringify([
            { role: 'assistant', parts: [{ type: 'text', content: 'Yes.' }] },
          ]),
        },
      }
    }),
  )
}

test('topics are drawn and listed, and lead to their traces; drift and duplicates are beside them', {
  skip,
}, async () => {
  const topics = async (): Promise<number> => {
    const answer = await fetch(at.url('/api/v1/topics', 'http'), {
      headers: { 'cache-control': 'no-cache' },
    })
    return ((await answer.json()) as { sampled: number }).sampled
  }
  await until(async () => (await topics()) === 150, 'topics', 180_000)
  const watched = await openPage(browser, { origin: at.url('', 'http') })
  const { page } = watched
  await page.goto('/topics?range=7d')
  await page.getByText('Traces by topic').first().waitFor()
  await page.getByText('150 sampled traces').waitFor()
  const parcels = page.getByRole('button', { name: /parcel/ })
  await parcels.waitFor()
  const check = async (): Promise<void> => {
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
    assert.deepEqual(
      violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join('\n')}`),
      [],
    )
    await page.setViewportSize({ width: 360, height: 740 })
    const excess = 'document.documentElement.scrollWidth - window.innerWidth'
    assert.ok((await page.evaluate<number>(excess)) <= 0, `${page.url()} is wider than the screen`)
    await page.setViewportSize({ width: 1360, height: 860 })
  }
  await check()
  await parcels.click()
  await page.getByText('Frequent here and rare elsewhere').waitFor()
  await page
    .getByText(/Where is my parcel/)
    .first()
    .waitFor()
  await check()
  await page.getByRole('button', { name: 'All topics' }).click()
  await page.getByText('Traces by topic').first().waitFor()
  await page.getByRole('tab', { name: 'Duplicates' }).click()
  await page.getByRole('region', { name: 'Near duplicates' }).waitFor()
  await check()
  await page.goto('/topics?list=drift&range=24h')
  await page.getByText('Drift', { exact: true }).nth(1).waitFor()
  await page
    .getByText(/shows a wrong tax amount/)
    .first()
    .waitFor()
  await check()
  assert.deepEqual(watched.complaints, [])
  await watched.close()
})
