// The test that the console makes of a payload and its result passes when `observa test` runs it, and fails when the chain changes.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { EXAMPLES } from '../../console/src/views/try/examples.ts'
import { testCaseOf } from '../../console/src/views/try/test-case.ts'
import { Instance } from '../instance.ts'

const MAIN = join(import.meta.dirname, '../../collector/main.ts')
const answer = z.object({
  events: z.array(z.object({ event: z.record(z.string(), z.unknown()) })),
  signals: z.array(z.record(z.string(), z.unknown())),
  rejected: z.array(z.unknown()),
  is_cut: z.boolean(),
})

let instance: Instance
before(async () => {
  instance = await Instance.start()
})
after(() => instance.stop())

async function explained(payload: string): Promise<z.output<typeof answer>> {
  const body = JSON.stringify({ payload, encoding: 'utf8', input: 'auto', telemetry: 'auto' })
  const type = { 'content-type': 'application/json' }
  const res = await instance.post('/api/v1/explain', body, type, 'http')
  assert.equal(res.status, 200, res.body.toString())
  return answer.parse(JSON.parse(res.body.toString()))
}

async function observaTest(
  cases: readonly string[],
): Promise<{ code: number | null; out: string }> {
  const file = join(instance.dir, 'tests.yaml')
  await writeFile(
    file,
    `receivers: { otlp: {} }
processors: { scrub: {}, canonicalize: {}, cost: {}, signals: {} }
exporters: { debug: {} }
service: { pipelines: { traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [debug] } } }
tests:
${cases.join('')}`,
  )
  const run = spawnSync(process.execPath, [MAIN, 'test', '--config', file], { encoding: 'utf8' })
  return { code: run.status, out: run.stdout + run.stderr }
}

const payloads = EXAMPLES.map(({ text }) => text).filter((text) => !text.endsWith('['))

test('the examples, several events and a span with a quoted and hostile text are tests that pass', async () => {
  const hostile = payloads[0]?.replace('chat gpt-4o', 'chat: \\"# ${env:HOME}\\u2028 - x')
  const twice = `${payloads[1]}\n${payloads[1]?.replaceAll('c2d1e6a0', 'c2d1e6a1')}`
  const cases: string[] = []
  for (const payload of [...payloads, hostile ?? '', twice, `[${payloads[1]}]`]) {
    const result = await explained(payload)
    assert.ok(result.events.length > 0, JSON.stringify([payload, result]))
    const made = testCaseOf(payload, result)
    assert.ok(made !== null)
    cases.push(made)
  }
  const { code, out } = await observaTest(cases)
  assert.equal(code, 0, out)
  const changed = cases[0]?.replace('"input_tokens":1200,', '"input_tokens":1201,') ?? ''
  assert.notEqual(changed, cases[0])
  assert.notEqual((await observaTest([changed])).code, 0)
})

test('what no test can have as its input has none', async () => {
  const result = await explained(payloads[0] ?? '')
  for (const payload of ['', 'no JSON', '{"resourceMetrics":[]}', '1', '[1]', '{"a":'])
    assert.equal(testCaseOf(payload, result), null, payload)
  assert.equal(testCaseOf(payloads[0] ?? '', { ...result, is_cut: true }), null)
})
