// The price table of the installed genai-prices package, and the difference between two tables.

import { waitForUpdate } from '@pydantic/genai-prices'
import { type PriceModel, type PriceTable, tableSchema } from './price-table.ts'

/**
 * The package's table, reduced to what a price needs. The package does not have its own version, so the caller passes
 * it.
 */
export async function packageTable(version: string): Promise<PriceTable> {
  const providers = await waitForUpdate()
  const reduced = (providers ?? []).map((p) => ({
    id: p.id,
    model_match: p.model_match,
    fallback_model_providers: p.fallback_model_providers,
    models: p.models.map((m) => ({ id: m.id, match: m.match, prices: m.prices })),
  }))
  // JSON removes undefined keys and the package's classes before the check.
  const plain: unknown = JSON.parse(
    JSON.stringify({ version: `genai-prices@${version}`, providers: reduced }),
  )
  return tableSchema.parse(plain)
}

function flat(table: PriceTable): Map<string, PriceModel> {
  const out = new Map<string, PriceModel>()
  for (const p of table.providers) for (const m of p.models) out.set(`${p.id}/${m.id}`, m)
  return out
}

/** One line for each model that was added (+), changed (~) or removed (-). */
export function difference(before: PriceTable, after: PriceTable): string[] {
  const old = flat(before)
  const now = flat(after)
  const lines: string[] = []
  for (const [id, model] of now) {
    const was = old.get(id)
    const prices = JSON.stringify(model.prices)
    if (was === undefined) lines.push(`+ ${id} ${prices}`)
    else if (JSON.stringify(was.prices) !== prices)
      lines.push(`~ ${id} ${JSON.stringify(was.prices)} -> ${prices}`)
  }
  for (const id of old.keys()) if (!now.has(id)) lines.push(`- ${id}`)
  return lines
}

/** The models of `after` that `before` does not have or prices differently, as a table of overrides. */
export function news(before: PriceTable, after: PriceTable): PriceTable {
  const old = flat(before)
  const providers = after.providers.map((p) => ({
    ...p,
    models: p.models.filter(
      (m) => JSON.stringify(old.get(`${p.id}/${m.id}`) ?? null) !== JSON.stringify(m),
    ),
  }))
  return { version: after.version, providers: providers.filter((p) => p.models.length > 0) }
}
