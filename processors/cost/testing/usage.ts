// The usage of a call by names, for tests.

import assert from 'node:assert/strict'
import { emptyUsage, type Usage } from '../price.ts'
import { DETAIL_NUMBERS } from '../units.ts'

/** Token counts, and parts and counts by their names in `usage_details`. */
export function usageNamed(
  counts: Partial<Usage>,
  details: Readonly<Record<string, number>> = {},
): Usage {
  const usage: Usage = { ...emptyUsage(), ...counts }
  for (const [name, n] of Object.entries(details)) {
    const number = DETAIL_NUMBERS.find(([known]) => known === name)?.[1]
    assert.ok(number !== undefined, name)
    usage.details[number] = n
    usage.hasDetails = true
  }
  return usage
}
