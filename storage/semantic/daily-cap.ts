// Enforces the daily cap on the cost of model calls of a tenant. The highest possible cost of a call is reserved before the call, and the
// real cost is settled after it. One statement makes the reservation, so the cap holds for any number of workers. A reservation whose
// worker died is settled at the highest possible cost, so the cap also holds after kills. Amounts are billionths of a dollar.

import type { Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withRole } from '../postgres/roles.ts'

export interface Reservation {
  readonly tenantId: string
  readonly budget: string
  readonly reservationId: string
  readonly day: string
  readonly amount: number
}

export interface Reserving {
  readonly tenantId: string
  /** The cap to reserve from: `judge` or `embed`. */
  readonly budget: string
  /** Identifies the question of the call. All attempts at one question share it. */
  readonly purpose: string
  readonly amount: number
  readonly cap: number
  readonly callsMax: number
  /** The day in UTC, such as `2026-01-02`. */
  readonly day: string
}

export interface Reserved {
  /** The reservation; null if it would exceed the daily cap. */
  readonly reservation: Reservation | null
  /** The number of earlier attempts whose end was not seen. They are now settled at the highest possible cost. */
  readonly lost: number
}

export async function reserve(pool: PostgresPool, r: Reserving): Promise<Reserved> {
  return await withRole(pool, 'observa_exporter', async (client) => {
    await client.query(
      'INSERT INTO semantic_spend (tenant_id, day, budget) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [r.tenantId, r.day, r.budget],
    )
    const lost = await client.query<{ day: string; amount: string }>(
      `DELETE FROM semantic_reservations WHERE tenant_id = $1 AND purpose = $2 RETURNING day::text AS day, amount`,
      [r.tenantId, r.purpose],
    )
    for (const row of lost.rows)
      await client.query(
        `UPDATE semantic_spend SET reserved = reserved - $3, settled = settled + $3, lost = lost + 1
         WHERE tenant_id = $1 AND day = $2 AND budget = $4`,
        [r.tenantId, row.day, row.amount, r.budget],
      )
    const taken = await client.query(
      `UPDATE semantic_spend SET reserved = reserved + $3, calls = calls + 1
       WHERE tenant_id = $1 AND day = $2 AND reserved + settled + $3 <= $4 AND calls < $5 AND budget = $6
       RETURNING calls`,
      [r.tenantId, r.day, r.amount, r.cap, r.callsMax, r.budget],
    )
    if (taken.rows.length === 0) return { reservation: null, lost: lost.rows.length }
    const made = await client.query<{ reservation_id: string }>(
      `INSERT INTO semantic_reservations (tenant_id, day, purpose, amount, budget) VALUES ($1, $2, $3, $4, $5)
       RETURNING reservation_id`,
      [r.tenantId, r.day, r.purpose, r.amount, r.budget],
    )
    const reservationId = made.rows[0]?.reservation_id ?? ''
    const { tenantId, budget, day, amount } = r
    const reservation = { tenantId, budget, reservationId, day, amount }
    return { reservation, lost: lost.rows.length }
  })
}

/** The call ended and cost this much, at most what was reserved. A reservation that was settled before stays as it is. `keep`
 * stores the answer in the same transaction, so that what was seen to be paid is never paid again. */
export async function settle(
  pool: PostgresPool,
  of: Reservation,
  cost: number,
  keep: (client: Statements) => Promise<void> = async () => {},
): Promise<void> {
  await withRole(pool, 'observa_exporter', async (client) => {
    await keep(client)
    const ended = await client.query(
      'DELETE FROM semantic_reservations WHERE tenant_id = $1 AND reservation_id = $2 RETURNING amount',
      [of.tenantId, of.reservationId],
    )
    if (ended.rows.length === 0) return
    await client.query(
      `UPDATE semantic_spend SET reserved = reserved - $3, settled = settled + $4
       WHERE tenant_id = $1 AND day = $2 AND budget = $5`,
      [
        of.tenantId,
        of.day,
        of.amount,
        Math.min(of.amount, Math.max(0, Math.ceil(cost))),
        of.budget,
      ],
    )
  })
}

/** Settles reservations older than this at the highest possible cost, because their worker has died. Returns their number. */
export async function settleStranded(pool: PostgresPool, olderThanMs: number): Promise<number> {
  return await withRole(pool, 'observa_exporter', async (client) => {
    const ended = await client.query<{ n: number }>(
      `WITH stranded AS (DELETE FROM semantic_reservations
         WHERE created_at < now() - $1::float8 * interval '1 millisecond' RETURNING tenant_id, budget, day, amount),
       sums AS (SELECT tenant_id, budget, day, sum(amount) AS amount, count(*) AS n FROM stranded GROUP BY tenant_id, budget, day),
       changed AS (UPDATE semantic_spend AS s SET reserved = s.reserved - t.amount, settled = s.settled + t.amount, lost = s.lost + t.n
         FROM sums AS t WHERE s.tenant_id = t.tenant_id AND s.budget = t.budget AND s.day = t.day)
       SELECT count(*)::int AS n FROM stranded`,
      [olderThanMs],
    )
    return ended.rows[0]?.n ?? 0
  })
}

const SPEND = `budget, day::text AS day, reserved / 1e9::float8 AS reserved_usd, settled / 1e9::float8 AS settled_usd,
  calls::float8 AS calls, lost::float8 AS lost`

export interface Spend {
  readonly budget: string
  readonly day: string
  readonly reserved_usd: number
  readonly settled_usd: number
  readonly calls: number
  readonly lost: number
}

/** Returns what a budget of the tenant spent on a day; null if there was no call. */
export async function spendOfTenant(
  pool: PostgresPool,
  of: { readonly tenantId: string; readonly budget: string; readonly day: string },
): Promise<Spend | null> {
  return await withRole(pool, 'observa_exporter', async (client) => {
    const found = await client.query<Spend>(
      `SELECT ${SPEND} FROM semantic_spend WHERE tenant_id = $1 AND budget = $2 AND day = $3`,
      [of.tenantId, of.budget, of.day],
    )
    return found.rows[0] ?? null
  })
}

/** Returns the spending of each tenant on a day, for metrics. */
export async function spendOfDay(
  pool: PostgresPool,
  day: string,
): Promise<readonly (Spend & { readonly tenant_id: string })[]> {
  return await withRole(pool, 'observa_exporter', async (client) => {
    const found = await client.query<Spend & { readonly tenant_id: string }>(
      `SELECT tenant_id, ${SPEND} FROM semantic_spend WHERE day = $1 ORDER BY settled DESC LIMIT 1000`,
      [day],
    )
    return found.rows
  })
}
