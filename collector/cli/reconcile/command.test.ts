// `observa reconcile` without an instance compares the events that `pipe` prints.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { test } from 'node:test'
import type { Io } from '../io.ts'
import { reconcileCommand } from './command.ts'

function testIo(): { io: Io; printed: () => string } {
  const chunks: string[] = []
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() })
  const io: Io = {
    stdin: new PassThrough(),
    stdout: sink,
    stderr: sink,
    env: {},
    isTty: false,
    out: (text) => chunks.push(text),
    err: (text) => chunks.push(text),
  }
  return { io, printed: () => chunks.join('') }
}

test('differences are printed with their events, and the exit code says that there are some', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'observa-reconcile-'))
  t.after(() => rm(folder, { recursive: true }))
  const events = join(folder, 'events.jsonl')
  const event = (id: string, input: number): string =>
    JSON.stringify({
      record: 'event',
      event_id: id,
      trace_id: 'trace-1',
      span_id: 'span-1',
      kind: 'llm',
      provider: 'openai',
      response_model: 'gpt-4.1-2025-04-14',
      start_time: '2026-11-28T12:00:00Z',
      input_tokens: input,
      output_tokens: 10,
      cost_usd: 0.01,
      usage_aggregate: false,
    })
  await writeFile(events, [event('event-1', 100), event('event-2', 400)].join('\n'))
  const bill = async (input: number, output: number): Promise<string> => {
    const file = join(folder, `bill-${input}.csv`)
    const head = 'start_time_iso,num_model_requests,model,input_tokens,output_tokens'
    await writeFile(file, `${head}\n2026-11-28T00:00:00Z,1,gpt-4.1,${input},${output}\n`)
    return file
  }
  const differs = testIo()
  assert.equal(await reconcileCommand([await bill(100, 0), '--events', events], differs.io), 1)
  assert.match(differs.printed(), /openai, 2026-11-28 to 2026-11-28 \(UTC\): 0 equal, 1 different/)
  assert.match(differs.printed(), /differs {2}calls \+1, input_tokens \+400, output_tokens \+20/)
  const named = testIo()
  assert.equal(
    await reconcileCommand([await bill(101, 10), '--events', events, '--json'], named.io),
    1,
  )
  const exact = testIo()
  await writeFile(
    join(folder, 'bill.csv'),
    'start_time_iso,num_model_requests,model,input_tokens,output_tokens\n2026-11-28T00:00:00Z,1,gpt-4.1,100,10\n',
  )
  await reconcileCommand([join(folder, 'bill.csv'), '--events', events], exact.io)
  assert.match(exact.printed(), /event event-2 {2}trace trace-1 {2}400 in, 10 out {2}exact/)
  await assert.rejects(
    reconcileCommand([events, '--events', events], testIo().io),
    /not a known form/,
  )
  await assert.rejects(reconcileCommand([], testIo().io), /needs one file/)
  await assert.rejects(
    reconcileCommand([await bill(1, 1), '--provider', 'x'], testIo().io),
    /--provider is one of/,
  )
  await assert.rejects(
    reconcileCommand([await bill(2, 1), '--url', 'http://127.0.0.1:1'], testIo().io),
    /No instance answers/,
  )
})
