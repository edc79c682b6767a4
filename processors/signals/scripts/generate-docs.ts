// Writes docs/rules.md, the table of all rules. With `--check` it writes nothing, names the page if it would change and exits 1.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { signalsSchema } from '../config.ts'
import { RULE_CATALOGUE } from '../rule-catalogue.ts'

const PATH = 'docs/rules.md'
const file = join(import.meta.dirname, '../../..', PATH)

function page(): string {
  const defaults = signalsSchema.parse({})
  const rows = RULE_CATALOGUE.map(({ id, types, severity, over, finds, limits }) => {
    const values = limits.map((name) => `\`${name}: ${JSON.stringify(defaults[name])}\``)
    const cells = [
      types.map((t) => `\`${t}\``).join(', '),
      `\`${id}\``,
      severity,
      over,
      finds,
      values.join('<br>'),
    ]
    return `| ${cells.join(' | ')} |`
  })
  return `# Rules

Generated from \`processors/signals/rule-catalogue.ts\`. What each rule leaves alone is in [signals](../processors/signals/README.md) and
[detection](../detection/README.md). \`observa rules list\` prints the rules of a configuration, your own ones with them;
\`observa rules replay RULE --days 7 --config changed.yaml\` says what a rule would have found in stored events with other limits.

| type | rule | severity | looks at | finds | limits and defaults |
|---|---|---|---|---|---|
${rows.join('\n')}

A replay judges stored events in the order in which they ended. It differs from what was found in one case: a call of a tool with scrubbed arguments
cannot be told from others like it, because the digest by which the detection tells them apart is not stored; such calls count for no loop or retry storm.
`
}

const wanted = page()
const now = await readFile(file, 'utf8').catch(() => '')
if (now === wanted) process.exit(0)
if (process.argv.includes('--check')) {
  process.stdout.write(`stale  ${PATH}\n`)
  process.exit(1)
}
await writeFile(file, wanted)
process.stdout.write(`wrote  ${PATH}\n`)
