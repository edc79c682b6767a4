// The price table that is shipped with this version.

import type { PriceTable } from './price-table.ts'
import builtin from './prices.generated.json' with { type: 'json' }

// The generated table was checked against the schema when it was made.
export const BUILTIN = builtin as unknown as PriceTable
