// For every row of the shipped price table there is a span whose provider and model lead to that row.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BUILTIN } from '../../processors/cost/builtin-table.ts'
import { canonicalProvider } from '../../processors/cost/provider-names.ts'
import { namesOfRow } from '../../processors/cost/row-names.ts'
import { priced } from './priced.ts'

const rows = BUILTIN.providers.flatMap((provider) =>
  provider.models.map((model) => ({
    provider: provider.id,
    names: namesOfRow(model),
    ref: `${BUILTIN.version}:${provider.id}/${model.id}`,
  })),
)

for (const [whose, nameOf] of [
  ['events', canonicalProvider],
  ['the table', (id: string): string => id],
] as const)
  test(`every row of the price table is reached, with provider names as in ${whose}`, () => {
    const calls = rows.flatMap(({ provider, names, ref }) =>
      names.map((name) => ({ ref, provider: nameOf(provider), name })),
    )
    const events = priced(
      calls.map(({ provider, name }) => ({
        name: 'chat',
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': provider,
          'gen_ai.request.model': name,
          'gen_ai.usage.input_tokens': 1000,
          'gen_ai.usage.output_tokens': 10,
          // Some models are charged by these units alone.
          'gen_ai.usage.audio_seconds': 60,
          'gen_ai.usage.pages_processed': 2,
        },
      })),
    )
    const reached = new Set(
      calls.filter(({ ref }, i) => events[i]?.['price_ref'] === ref).map(({ ref }) => ref),
    )
    const lost = rows.filter(({ ref }) => !reached.has(ref)).map(({ ref }) => ref)
    assert.deepEqual(lost, [])
    assert.ok(rows.length > 1600, `only ${rows.length} rows`)
  })
