// Texts as applications of language models carry them: arguments and results of tools, prompts, answers, logs, tables, dialogues
// of protocols. A third of the texts without a secret was written to look as if they had one. Compressed, because scanners would
// flag what looks like keys; every value is drawn at random.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { createTextScrubber } from '../index.ts'

const LINE = z.strictObject({
  kind: z.string(),
  text: z.string(),
  /** None of them may stand in what comes out; without any the text comes back as it was. */
  secrets: z.array(z.string()).optional(),
})

const lines = gunzipSync(readFileSync(new URL('../testdata/everyday.jsonl.gz', import.meta.url)))
  .toString('utf8')
  .trim()
  .split('\n')
  .map((line) => LINE.parse(JSON.parse(line)))
const scrubber = createTextScrubber()

function isRight({ text, secrets }: z.infer<typeof LINE>): boolean {
  const scrubbed = scrubber.scrub(text).text
  return secrets === undefined ? scrubbed === text : !secrets.some((s) => scrubbed.includes(s))
}

/** Of a kind the share that is right, at least. */
const LEAST: ReadonlyMap<string, number> = new Map([['stream', 0.8]])
const LEAST_OF_OTHERS = 0.9

test('of everyday texts with a secret at least 96 % hold, and of each kind nine of ten', () => {
  const kinds = new Map<string, { right: number; all: number; missed: string[] }>()
  const all = lines.filter((line) => line.secrets !== undefined)
  let right = 0
  for (const line of all) {
    const kind = kinds.get(line.kind) ?? { right: 0, all: 0, missed: [] }
    kinds.set(line.kind, kind)
    kind.all++
    if (!isRight(line)) kind.missed.push(line.text.slice(0, 80))
    else {
      kind.right++
      right++
    }
  }
  assert.ok(right / all.length >= 0.96, `${right} of ${all.length}`)
  for (const [name, { right: n, all: of, missed }] of kinds) {
    const least = LEAST.get(name) ?? LEAST_OF_OTHERS
    assert.ok(n / of >= least, `${name}: ${n} of ${of}: ${JSON.stringify(missed)}`)
  }
})

test('of everyday texts without a secret at least 99 % come back as they were', () => {
  const clean = lines.filter((line) => line.secrets === undefined)
  const changed = clean
    .filter((line) => !isRight(line))
    .map((line) => scrubber.scrub(line.text).text)
  assert.ok(changed.length <= clean.length / 100, JSON.stringify(changed))
})

test('everyday texts that were scrubbed once stay as they are', () => {
  for (const { text } of lines) {
    const once = scrubber.scrub(text).text
    assert.equal(scrubber.scrub(once).text, once)
  }
})
