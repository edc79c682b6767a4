// Makes `prices.generated.json` from the installed genai-prices package and prints what changed. `node
// processors/cost/update-prices.ts` writes the file, `--check` only reports whether it would change.

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { difference, packageTable } from './package-table.ts'
import type { PriceTable } from './price-table.ts'

const file = join(import.meta.dirname, 'prices.generated.json')

function current(): PriceTable {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PriceTable
  } catch {
    // There is no table yet, so everything is new.
    return { version: 'none', providers: [] }
  }
}

/** The version of the package that is installed beside this file. */
function installedVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@pydantic/genai-prices')
  const manifest = JSON.parse(readFileSync(join(entry, '../../package.json'), 'utf8')) as {
    version: string
  }
  return manifest.version
}

const before = current()
const after = await packageTable(installedVersion())
const text = `${JSON.stringify(after)}\n`
const lines = difference(before, after)
process.stdout.write(lines.length === 0 ? '' : `${lines.join('\n')}\n`)
process.stdout.write(`${before.version} -> ${after.version}: ${lines.length} models differ\n`)
if (process.argv.includes('--check'))
  process.exitCode = JSON.stringify(before) === text.trim() ? 0 : 1
else writeFileSync(file, text)
