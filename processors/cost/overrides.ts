// Reads a file of the user's own prices: checks its form, and copies the prices of another model where a row refers
// to one.

import { parse } from 'yaml'
import { z } from 'zod'
import { ObservaError } from '../../core/errors.ts'
import { PriceResolver } from './price-lookup.ts'
import { overridesSchema, type PriceModel, type PriceTable } from './price-table.ts'

export function parseOverrides(file: string, text: string, builtin: PriceTable): PriceTable {
  const parsed = overridesSchema.safeParse(parse(text))
  if (!parsed.success) throw refused(file, z.prettifyError(parsed.error))
  const resolver = new PriceResolver([builtin])
  const { version, providers } = parsed.data
  return {
    version,
    providers: providers.map((provider) => ({
      ...provider,
      models: provider.models.map((model): PriceModel => {
        if (!('prices_of' in model)) return model
        const { prices_of: named, ...rest } = model
        const slash = named.indexOf('/')
        const found = resolver.resolve(named.slice(0, slash), named.slice(slash + 1))
        if (found === null)
          throw refused(file, `"${model.id}" is priced as "${named}", which has no price`)
        return { service_tiers: found.model.service_tiers, ...rest, prices: found.model.prices }
      }),
    })),
  }
}

function refused(file: string, why: string): ObservaError {
  return new ObservaError(
    'OBS_COST_OVERRIDES',
    `${file} is no price table: ${why}`,
    'See processors/cost/README.md for the form.',
  )
}
