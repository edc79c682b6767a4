// Recall by family and precision of `prompt_injection` on a labelled corpus: `node bench/detection/injection.ts FILE [held|dev]`. The file has
// a JSON object a line: `text`, `label` (malicious or benign), `category`, and `channel` where it came by a tool. Each family is halved
// by a hash of its texts. Of the half that is held out only figures are printed; what is missed of the other half is shown.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { found } from '../../processors/signals/testing/found.ts'

const rowSchema = z.object({
  text: z.string(),
  label: z.string(),
  category: z.string(),
  channel: z.string().nullish(),
})
type Row = z.output<typeof rowSchema>

/** Families that come by a tool or a retrieval. */
const BROUGHT = /indirect|tool|retriev|document|web/

const orderOf = ({ text }: Row): string =>
  createHash('sha256').update(`split1${text}`).digest('hex')

function halfOf(rows: readonly Row[], isHeld: boolean): Row[] {
  const families = Map.groupBy(rows, (r) => r.category)
  return [...families.values()].flatMap((family) =>
    family
      .toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
      .filter((_, i) => (i % 2 === 1) === isHeld),
  )
}

function isFound({ text, category, channel }: Row): boolean {
  const said = { role: 'user', parts: [{ type: 'text', content: text }] }
  const brought = [
    { role: 'user', parts: [{ type: 'text', content: 'What does it say?' }] },
    { role: 'tool', parts: [{ type: 'tool_call_response', id: 'a', response: text }] },
  ]
  const isBrought = BROUGHT.test(`${category} ${channel ?? ''}`)
  const input = JSON.stringify(isBrought ? brought : [said])
  return found([{ kind: 'llm', input_messages: input }]).some((s) => s.type === 'prompt_injection')
}

function main([file, half = 'held']: readonly string[]): void {
  if (file === undefined) throw new Error('say which file')
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  const rows = halfOf(
    lines.map((line) => rowSchema.parse(JSON.parse(line))),
    half === 'held',
  )
  const families = new Map<string, { found: number; all: number }>()
  const count = { found: 0, attacks: 0, false: 0, harmless: 0 }
  for (const row of rows) {
    const isHit = isFound(row)
    const isAttack = row.label === 'malicious'
    const family = families.get(row.category) ?? { found: 0, all: 0 }
    families.set(row.category, family)
    family.all++
    if (isHit) family.found++
    if (isAttack) count.attacks++
    else count.harmless++
    if (isHit && isAttack) count.found++
    else if (isHit) count.false++
    if (half !== 'held' && isHit !== isAttack)
      process.stdout.write(`${isHit ? 'false ' : 'missed'} ${JSON.stringify(row.text)}\n`)
  }
  for (const [name, f] of [...families].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    process.stdout.write(`${name.padEnd(24)} ${f.found} of ${f.all}\n`)
  const recall = count.found / Math.max(1, count.attacks)
  const precision = count.found / Math.max(1, count.found + count.false)
  process.stdout.write(
    `${half}: recall ${recall.toFixed(3)} of ${count.attacks}, precision ${precision.toFixed(3)}, ${count.false} of ${count.harmless} harmless ones\n`,
  )
}

main(process.argv.slice(2))
