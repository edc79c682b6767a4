// `prices` finds the same prices as the cost processor.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { pricesCommand } from './prices.ts'

async function ran(...args: string[]): Promise<{ code: number; out: string }> {
  let out = ''
  const code = await pricesCommand(args, {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
    isTty: false,
    out: (text) => {
      out += text
    },
    err: () => {},
  })
  return { code, out }
}

async function directory(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-prices-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

test('a model is answered with its row and its prices at the time asked for', async () => {
  const now = await ran('openai/gpt-4o')
  assert.equal(now.code, 0)
  const found = JSON.parse(now.out) as Record<string, unknown>
  assert.match(String(found['price_ref']), /^genai-prices@.+:openai\/gpt-4o$/)
  const named = Object.keys(found['prices'] as object)
  for (const unit of ['cache_read_mtok', 'input_mtok', 'output_mtok'])
    assert.ok(named.includes(unit))
  const prices = async (at: string): Promise<unknown> =>
    (
      JSON.parse((await ran('--provider', 'openai', '--at', at, 'o3')).out) as Record<
        string,
        unknown
      >
    )['prices']
  // The price of o3 fell on 2025-06-10.
  assert.notDeepEqual(await prices('2025-06-01'), await prices('2025-07-01'))
})

test('a model without a price is null, and the exit code says so', async () => {
  const { code, out } = await ran('my-finetune', 'gpt-4o')
  assert.equal(code, 1)
  assert.deepEqual(JSON.parse(out.split('\n')[0] ?? ''), {
    model: 'my-finetune',
    provider: null,
    price_ref: null,
    prices: null,
  })
})

test('overrides come first', async (t) => {
  const file = join(await directory(t), 'prices.yaml')
  await writeFile(
    file,
    'version: mine\nproviders: [{ id: openai, models: [{ id: gpt-4o, prices: { input_mtok: 1 } }] }]\n',
  )
  const { out } = await ran('--overrides', file, '--provider', 'openai', 'gpt-4o')
  assert.equal((JSON.parse(out) as Record<string, unknown>)['price_ref'], 'mine:openai/gpt-4o')
})

test('update shows what the installed package says otherwise, as an override file too', async (t) => {
  const file = join(await directory(t), 'new.yaml')
  const { code, out } = await ran('update', '--output', file)
  assert.equal(code, 0)
  // The built-in table is made from the installed package.
  assert.match(out, /: 0 models differ\n/)
  const written = await readFile(file, 'utf8')
  const { out: used } = await ran('--overrides', file, 'gpt-4o')
  assert.match(written, /^version: genai-prices@/)
  assert.match(used, /openai\/gpt-4o/)
})

test('nothing asked, or a time that is none, is a misuse with a hint', async () => {
  await assert.rejects(ran(), /needs a model/)
  await assert.rejects(ran('--at', 'yesterday', 'gpt-4o'), /no ISO date/)
})
