// Tests the stored usage in both stores when reports arrive in any order: revisions update the sums. The stores are real engines.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '@clickhouse/client'
import type { Sender } from '../../core/component.ts'
import type { EncodedPart, TaskRequest } from '../../core/task.ts'
import { clickhouse } from '../../exporters/clickhouse/index.ts'
import { postgres } from '../../exporters/postgres/index.ts'
import { withTenant } from '../../storage/postgres/roles.ts'
import { startTestClickHouse, startTestPostgres } from '../../storage/testing/stores.ts'
import { never, sendBatch, testHost } from '../exporter-host.ts'
import { type Piece, requestsOf, span } from './pieces.ts'
import { encoded, SPEC } from './stream.ts'

const chain = {
  ...SPEC,
  processors: [...SPEC.processors, { id: 'cost', type: 'cost', settings: { overrides: null } }],
  encoders: [
    { id: 'ch', type: 'clickhouse', settings: {} },
    { id: 'pg', type: 'postgres', settings: {} },
  ],
}

interface Case {
  readonly name: string
  readonly pieces: readonly Piece[]
  readonly input: number
  readonly output: number
  readonly calls: number
  readonly cost: number
}

/** USD a token. */
const INPUT = 2e-6
const OUTPUT = 8e-6

function usage(
  kind: string,
  input: number,
  output: number,
  more: Record<string, string | number> = {},
) {
  return {
    'gen_ai.operation.name': kind,
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4.1',
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.output_tokens': output,
    ...more,
  }
}

const CASES: readonly Case[] = [
  {
    name: 'a container and some of its calls',
    pieces: [
      span({ trace: 1, span: 1, from: 0, to: 9, attributes: usage('invoke_agent', 700, 70) }),
      span({ trace: 1, span: 2, parent: 1, from: 1, to: 2, attributes: usage('chat', 100, 10) }),
      span({ trace: 1, span: 3, parent: 1, from: 3, to: 4, attributes: usage('chat', 200, 20) }),
    ],
    input: 700,
    output: 70,
    calls: 2,
    cost: 700 * INPUT + 70 * OUTPUT,
  },
  {
    name: 'a call and a richer report of it, in another trace',
    pieces: [
      span({
        trace: 2,
        span: 4,
        scope: 'a',
        attributes: usage('chat', 50, 5, { 'gen_ai.response.id': 'r-1' }),
      }),
      span({
        trace: 3,
        span: 5,
        scope: 'b',
        attributes: usage('chat', 50, 5, {
          'gen_ai.response.id': 'r-1',
          'gen_ai.usage.cache_read.input_tokens': 20,
        }),
      }),
    ],
    input: 50,
    output: 5,
    calls: 1,
    cost: 30 * INPUT + 20 * (INPUT / 4) + 5 * OUTPUT,
  },
]

function orders<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]]
  return list.flatMap((x, i) => orders(list.toSpliced(i, 1)).map((rest) => [x, ...rest]))
}

async function deliver(sender: Sender, parts: readonly EncodedPart[]): Promise<void> {
  if (parts.length === 0) return
  const batch = sendBatch(parts)
  // Like the sender loop, the test repeats a batch after a retryable failure.
  let verdict = await sender.send(batch, never)
  for (let tries = 1; verdict.kind === 'retry' && tries < 10; tries++)
    verdict = await sender.send(batch, never)
  assert.equal(verdict.kind, 'sent', JSON.stringify(verdict))
}

test('both stores have the sums of the richest reports, in whatever order the reports came', async (t) => {
  const ch = await startTestClickHouse()
  const pg = await startTestPostgres()
  const toPg = await postgres.createSender(
    postgres.schema.parse({ url: pg.url }),
    testHost(t, { id: 'pg' }),
  )
  const toCh = await clickhouse.createSender(
    clickhouse.schema.parse({ url: ch.url }),
    testHost(t, { id: 'ch' }),
  )
  const client = createClient({ url: ch.url, database: ch.database })
  await toPg.start(never)
  await toCh.start(never)
  t.after(async () => {
    await toPg.stop()
    await toCh.stop()
    await client.close()
    await ch.stop()
    await pg.stop()
  })
  let run = 0
  for (const { name, pieces, input, output, calls, cost } of CASES)
    for (const order of orders(pieces))
      for (const repeats of [1, 2]) {
        const tenantId = `tenant-${++run}`
        const tasks = Array.from({ length: repeats }, () => order)
          .flat()
          .map((piece) => requestsOf([piece]).map((r) => ofTenant(r, tenantId)))
        for (const parts of encoded(chain, tasks))
          for (const [sender, id] of [
            [toCh, 'ch'],
            [toPg, 'pg'],
          ] as const)
            await deliver(
              sender,
              parts.filter((p) => p.exporter === id),
            )
        const want = { input, output, calls, cost: cost.toFixed(9) }
        assert.deepEqual(await ofClickHouse(tenantId), want, `${name}: ClickHouse`)
        assert.deepEqual(await ofPostgres(tenantId), want, `${name}: Postgres`)
      }

  async function ofClickHouse(tenant: string): Promise<unknown> {
    const result = await client.query({
      query: `SELECT sum(input_tokens) AS input, sum(output_tokens) AS output, countIf(kind = 'llm') AS calls,
        sum(cost_usd) AS cost FROM canonical_events FINAL WHERE tenant_id = {tenant:String} AND NOT usage_aggregate`,
      query_params: { tenant },
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    })
    return shown((await result.json<Row>())[0])
  }

  async function ofPostgres(tenant: string): Promise<unknown> {
    const rows = await withTenant(pg.pool, tenant, async (c) => {
      const of = await c.query<Row>(
        `SELECT sum(input_tokens)::float8 AS input, sum(output_tokens)::float8 AS output,
          sum(llm_calls)::float8 AS calls, sum(cost_usd) AS cost FROM trace_summaries WHERE tenant_id = $1`,
        [tenant],
      )
      return of.rows
    })
    return shown(rows[0])
  }
})

interface Row {
  readonly input: number
  readonly output: number
  readonly calls: number
  readonly cost: number
}

const shown = (row: Row | undefined): unknown =>
  row === undefined ? null : { ...row, cost: row.cost.toFixed(9) }

function ofTenant(request: TaskRequest, tenantId: string): TaskRequest {
  return { ...request, tenant: { ...request.tenant, tenantId, projectId: tenantId } }
}
