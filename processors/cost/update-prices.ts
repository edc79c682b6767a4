// Makes `prices.generated.json` from the installed genai-prices package and shows what changed.
// `node processors/cost/update-prices.ts` writes, `--check` only says whether it would.

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { waitForUpdate } from '@pydantic/genai-prices'
import { overridesSchema, type PriceTable } from './price-table.ts'

const file = join(import.meta.dirname, 'prices.generated.json')

/** The package's table, reduced to what a price needs. */
async function fromPackage(): Promise<PriceTable> {
  const require = createRequire(import.meta.url)
  const entry = require.resolve('@pydantic/genai-prices')
  const manifest = JSON.parse(readFileSync(join(entry, '../../package.json'), 'utf8')) as {
    version: string
  }
  const providers = await waitForUpdate()
  const reduced = (providers ?? []).map((p) => ({
    id: p.id,
    model_match: p.model_match,
    fallback_model_providers: p.fallback_model_providers,
    models: p.models.map((m) => ({ id: m.id, match: m.match, prices: m.prices })),
  }))
  // Through JSON, so that undefined keys and the package's classes are gone before the check.
  const plain: unknown = JSON.parse(
    JSON.stringify({ version: `genai-prices@${manifest.version}`, providers: reduced }),
  )
  return overridesSchema.parse(plain)
}

function flat(table: PriceTable): Map<string, string> {
  const out = new Map<string, string>()
  for (const p of table.providers)
    for (const m of p.models) out.set(`${p.id}/${m.id}`, JSON.stringify(m.prices))
  return out
}

function difference(before: PriceTable, after: PriceTable): string[] {
  const old = flat(before)
  const now = flat(after)
  const lines: string[] = []
  for (const [id, prices] of now) {
    const was = old.get(id)
    if (was === undefined) lines.push(`+ ${id} ${prices}`)
    else if (was !== prices) lines.push(`~ ${id} ${was} -> ${prices}`)
  }
  for (const id of old.keys()) if (!now.has(id)) lines.push(`- ${id}`)
  return lines
}

function current(): PriceTable {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PriceTable
  } catch {
    // No table yet: everything is new.
    return { version: 'none', providers: [] }
  }
}

const before = current()
const after = await fromPackage()
const text = `${JSON.stringify(after)}\n`
const lines = difference(before, after)
process.stdout.write(lines.length === 0 ? '' : `${lines.join('\n')}\n`)
process.stdout.write(`${before.version} -> ${after.version}: ${lines.length} models differ\n`)
if (process.argv.includes('--check'))
  process.exitCode = JSON.stringify(before) === text.trim() ? 0 : 1
else writeFileSync(file, text)
