import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { EndpointClient } from '../endpoint/endpoint-client.ts'
import { BUILTIN_RUBRICS } from '../judges/rubric.ts'
import { FakeEndpoint, PLANTED } from '../testing/fake-endpoint.ts'
import { agreementOf } from './agreement.ts'
import { evaluate } from './evaluate.ts'
import { labelsIn } from './labels-file.ts'

const line = (fields: object): string => JSON.stringify(fields)

test('agreement has precision, recall and kappa, which is nothing for agreement by chance', () => {
  const pairs = (n: number, isFault: boolean, isFound: boolean) =>
    Array.from({ length: n }, () => ({ isFault, isFound }))
  const good = agreementOf([
    ...pairs(40, true, true),
    ...pairs(10, true, false),
    ...pairs(5, false, true),
    ...pairs(45, false, false),
  ])
  assert.equal(good.precision, 0.889)
  assert.equal(good.recall, 0.8)
  assert.equal(good.kappa, 0.7)
  assert.ok(
    (good.precision_interval?.[0] ?? 1) < 0.889 && (good.precision_interval?.[1] ?? 0) > 0.889,
  )
  const chance = agreementOf([
    ...pairs(25, true, true),
    ...pairs(25, true, false),
    ...pairs(25, false, true),
    ...pairs(25, false, false),
  ])
  assert.equal(chance.kappa, 0)
  assert.equal(agreementOf([]).precision, null)
})

test('labels of a user measure a check, recorded answers of a judge a rubric, without asking anybody', async () => {
  const recorded = (verdict: string, quote: string): string =>
    line({ claims: [{ claim: 'c', verdict, quote, document: '', source_quote: '' }], reason: 'r' })
  const labels = labelsIn(
    [
      line({
        name: 'refusal',
        fault: true,
        ask: 'Write it.',
        answer: "I'm sorry, but I can't help with that.",
      }),
      line({ name: 'refusal', fault: false, ask: 'Write it.', answer: 'Here it is: a text.' }),
      line({
        name: 'hallucination',
        fault: true,
        answer: 'It was in 1850.',
        recorded: recorded('invented', 'in 1850'),
      }),
      line({
        name: 'hallucination',
        fault: false,
        answer: 'It was in 1850.',
        recorded: recorded('fine', 'in 1850'),
      }),
      line({ name: 'hallucination', fault: true, answer: 'It was in 1850.' }),
      '',
    ].join('\n'),
    'labels.jsonl',
  )
  const rows = await evaluate(labels, BUILTIN_RUBRICS, null, new AbortController().signal)
  assert.deepEqual(
    rows.map((r) => [r.name, r.kind, r.precision, r.recall, r.labels, r.left_out]),
    [
      ['refusal', 'check', 1, 1, 2, 0],
      ['hallucination', 'rubric', 1, 1, 2, 1],
    ],
  )
})

test('an endpoint is asked within an amount that is never passed', async (t) => {
  const fake = await FakeEndpoint.start()
  t.after(() => fake.stop())
  const endpoint = { url: fake.url, key: null, allowLinkLocal: false, timeoutMs: 2000 }
  const settings = {
    endpoint,
    model: 'm',
    usdPerDay: 0,
    callsPerDay: 0,
    concurrency: 1,
    maxOutputTokens: 500,
    highSeverity: false,
    use: [],
    rules: [],
    rubrics: BUILTIN_RUBRICS,
    priceNano: (input: number, output: number) => input * 1000 + output * 2000,
  }
  const labels = labelsIn(
    Array.from({ length: 20 }, (_, i) =>
      line({
        name: 'hallucination',
        fault: i % 2 === 0,
        ask: `Number ${i}?`,
        answer: i % 2 === 0 ? `I know that ${PLANTED}.` : 'It is a number.',
      }),
    ).join('\n'),
    'labels.jsonl',
  )
  const client = new EndpointClient(endpoint, systemClock)
  const signal = new AbortController().signal
  const [all] = await evaluate(labels, BUILTIN_RUBRICS, { settings, client, usdMax: 1 }, signal)
  assert.equal(all?.agreement, 1)
  assert.equal(all?.labels, 20)
  const usdMax = 0.006
  const [some] = await evaluate(labels, BUILTIN_RUBRICS, { settings, client, usdMax }, signal)
  assert.ok((some?.cost_usd ?? 1) <= usdMax && (some?.left_out ?? 0) > 0 && (some?.labels ?? 0) > 0)
})

test('a wrong line is named, and the command prints a row for each name', (t) => {
  assert.throws(() => labelsIn('{"name":"refusal"}', 'l.jsonl'), /l\.jsonl:1.*fault/)
  assert.throws(() => labelsIn('\nno', 'l.jsonl'), /l\.jsonl:2.*no JSON/)
  assert.throws(() => labelsIn('\r\n \n', 'l.jsonl'), /l\.jsonl: there are no labels/)
  assert.equal(
    labelsIn(`\uFEFF${line({ name: 'refusal', fault: true, answer: 'x' })}`, 'l').length,
    1,
  )
  const dir = mkdtempSync(join(tmpdir(), 'observa-eval-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'labels.jsonl')
  writeFileSync(
    file,
    line({ name: 'truncation', fault: true, answer: 'x', finish_reason: 'length' }),
  )
  const main = join(import.meta.dirname, '../../collector/main.ts')
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [main, 'eval', ...args], { encoding: 'utf8', cwd: dir })
  const own = run(file, '--json')
  assert.equal(own.status, 0, own.stderr)
  assert.equal((JSON.parse(own.stdout) as { recall: number }).recall, 1)
  assert.match(run().stdout, /user_frustration +check +precision 0\.\d+ \[/)
  writeFileSync(file, line({ name: 'truncaton', fault: true, answer: 'x' }))
  const misspelt = run(file)
  assert.notEqual(misspelt.status, 0)
  assert.match(misspelt.stderr, /OBS_EVAL_LABELS.*"truncaton".*Did you mean "truncation"/)
  const asked = run('--ask', file)
  assert.notEqual(asked.status, 0)
  assert.match(asked.stderr, /semantic\.judges/)
})
