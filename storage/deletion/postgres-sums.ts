// Subtracts the events of a deletion from all sums in Postgres: traces, conversations, sessions, users, days, signals and
// issues. It runs as `observa_exporter`, in one transaction with the record of what is done, so that nothing is subtracted
// twice.

import type { OwnerKind } from '../../core/deletion/subject.ts'
import type { Statements } from '../postgres/connection.ts'
import type { DeletedSums, RemainingTrace } from './deleted-sums.ts'

export interface DeletedBatch {
  readonly tenant: string
  readonly project: string
  readonly traces: readonly string[]
  readonly sums: readonly DeletedSums[]
  /** Traces that keep events. */
  readonly remaining: ReadonlyMap<string, RemainingTrace>
  /** The owner with its stored forms; null if the traces are deleted as a whole. */
  readonly owner: { readonly kind: OwnerKind; readonly forms: readonly string[] } | null
}

const TABLES = {
  user: { table: 'end_users', id: 'user_id' },
  session: { table: 'sessions', id: 'session_id' },
  conversation: { table: 'conversations', id: 'conversation_id' },
} as const
const OWNERS = ['user', 'session', 'conversation'] as const

interface Sums {
  events: number
  llm: number
  errors: number
  in: number
  out: number
  total: number
  cost: number
  signals: number
  /** Times of the first and the last deleted event, ms. A text from between them may be of a deleted event. */
  first: number
  last: number
}

interface Owners {
  readonly trace_id: string
  readonly user: string | null
  readonly session: string | null
  readonly conversation: string | null
}

export interface TakenOut {
  readonly traces: number
  readonly signals: number
  readonly issues: number
}

export async function takeOut(client: Statements, batch: DeletedBatch): Promise<TakenOut> {
  const { tenant, project } = batch
  // The lock of the exporter, so that it adds nothing to these rows meanwhile.
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7362781411))', [
    `${tenant}\n${project}`,
  ])
  const owners = await ownersOf(client, batch)
  const groups = new Groups()
  for (const sums of batch.sums) groups.add(sums, owners.get(sums.trace))
  const signals = await deleteSignals(client, batch)
  for (const signal of signals) groups.addSignal(signal, owners.get(signal.trace_id))
  const issues = await correctIssues(client, batch, signals)
  await correctTraces(client, batch, signals)
  await correctGroups(client, batch, groups)
  await correctDays(client, batch)
  await forgetOwner(client, batch)
  return { traces: owners.size, signals: signals.length, issues }
}

async function ownersOf(
  client: Statements,
  { tenant, project, traces }: DeletedBatch,
): Promise<ReadonlyMap<string, Owners>> {
  const found = await client.query<Owners>(
    `SELECT trace_id, user_id AS user, session_id AS session, conversation_id AS conversation FROM trace_summaries
     WHERE tenant_id = $1 AND project_id = $2 AND trace_id = ANY ($3) FOR UPDATE`,
    [tenant, project, traces],
  )
  return new Map(found.rows.map((row) => [row.trace_id, row]))
}

/** What conversations, sessions and users lose. An event without an own id belongs to the one of its trace. */
class Groups {
  readonly of: Readonly<Record<OwnerKind, Map<string, Sums>>> = {
    user: new Map(),
    session: new Map(),
    conversation: new Map(),
  }

  add(sums: DeletedSums, trace: Owners | undefined): void {
    for (const owner of OWNERS) {
      const to = this.#at(owner, sums[owner] ?? trace?.[owner] ?? null)
      if (to === null) continue
      to.events += sums.events
      to.errors += sums.errors
      to.in += sums.in
      to.out += sums.out
      to.total += sums.total
      to.cost += sums.cost
      if (sums.isCall) to.llm += sums.events
      to.first = Math.min(to.first, sums.first)
      to.last = Math.max(to.last, sums.last)
    }
  }

  addSignal(signal: DeletedSignal, trace: Owners | undefined): void {
    for (const owner of OWNERS) {
      const to = this.#at(owner, signal[owner] ?? trace?.[owner] ?? null)
      if (to !== null) to.signals++
    }
  }

  #at(owner: OwnerKind, id: string | null): Sums | null {
    if (id === null) return null
    const known = this.of[owner].get(id)
    if (known !== undefined) return known
    const none = { events: 0, llm: 0, errors: 0, in: 0, out: 0, total: 0, cost: 0, signals: 0 }
    const made = { ...none, first: Number.MAX_SAFE_INTEGER, last: 0 }
    this.of[owner].set(id, made)
    return made
  }
}

interface DeletedSignal extends Owners {
  readonly severity: string
  readonly fingerprint: string | null
  readonly cost_usd: number | null
}

async function deleteSignals(
  client: Statements,
  { tenant, project, traces, owner }: DeletedBatch,
): Promise<readonly DeletedSignal[]> {
  const id = owner === null ? null : TABLES[owner.kind].id
  const found = await client.query<DeletedSignal>(
    `DELETE FROM signals WHERE tenant_id = $1 AND project_id = $2 AND trace_id = ANY ($3)
       ${id === null ? '' : `AND (${id} IS NULL OR ${id} = ANY ($4))`}
     RETURNING trace_id, user_id AS user, session_id AS session, conversation_id AS conversation, severity, fingerprint, cost_usd`,
    [tenant, project, traces, ...(owner === null ? [] : [owner.forms])],
  )
  return found.rows
}

/** Subtracts the occurrences from their issues. An issue without occurrences is deleted with its history. */
async function correctIssues(
  client: Statements,
  { tenant, project, traces, owner }: DeletedBatch,
  signals: readonly DeletedSignal[],
): Promise<number> {
  const lost = new Map<string, { n: number; cost: number }>()
  for (const { fingerprint, cost_usd } of signals) {
    if (fingerprint === null) continue
    const known = lost.get(fingerprint) ?? { n: 0, cost: 0 }
    lost.set(fingerprint, { n: known.n + 1, cost: known.cost + (cost_usd ?? 0) })
  }
  const users = owner?.kind === 'user' ? owner.forms : []
  await client.query(
    `WITH gone AS (
       DELETE FROM issue_affected a WHERE tenant_id = $1 AND project_id = $2
         AND ((kind = 'trace' AND id = ANY ($3)) OR (kind = 'user' AND id = ANY ($4)))
         AND NOT (kind = 'trace' AND EXISTS (SELECT 1 FROM signals s JOIN issues i ON i.tenant_id = s.tenant_id AND i.project_id = s.project_id
           AND i.fingerprint = s.fingerprint WHERE s.tenant_id = $1 AND s.project_id = $2 AND s.trace_id = a.id AND i.issue_id = a.issue_id))
       RETURNING issue_id, kind
     ), n AS (SELECT issue_id, count(*) FILTER (WHERE kind = 'trace') AS traces, count(*) FILTER (WHERE kind = 'user') AS users FROM gone GROUP BY 1)
     UPDATE issues i SET traces = greatest(i.traces - n.traces, 0), users = greatest(i.users - n.users, 0)
     FROM n WHERE i.tenant_id = $1 AND i.project_id = $2 AND i.issue_id = n.issue_id`,
    [tenant, project, traces, users],
  )
  if (lost.size === 0) return 0
  const rows = [...lost].map(([fingerprint, { n, cost }]) => ({ fingerprint, n, cost }))
  await client.query(
    `UPDATE issues i SET count = greatest(i.count - r.n, 0), cost_usd = greatest(i.cost_usd - r.cost, 0), updated_at = now(),
       evidence = coalesce(s.evidence, '{}'), trace_id = s.trace_id, last_seen = coalesce(s.at, i.last_seen)
     FROM json_to_recordset($3::json) AS r(fingerprint text, n bigint, cost double precision)
     LEFT JOIN LATERAL (SELECT evidence, nullif(trace_id, '') AS trace_id, at FROM signals g
       WHERE g.tenant_id = $1 AND g.project_id = $2 AND g.fingerprint = r.fingerprint ORDER BY at DESC, signal_id DESC LIMIT 1) AS s ON true
     WHERE i.tenant_id = $1 AND i.project_id = $2 AND i.fingerprint = r.fingerprint`,
    [tenant, project, JSON.stringify(rows)],
  )
  const empty = await client.query<{ issue_id: string }>(
    'DELETE FROM issues WHERE tenant_id = $1 AND project_id = $2 AND fingerprint = ANY ($3) AND count = 0 RETURNING issue_id',
    [tenant, project, [...lost.keys()]],
  )
  const ids = empty.rows.map((row) => row.issue_id)
  for (const table of ['issue_affected', 'issue_history'])
    await client.query(
      `DELETE FROM ${table} WHERE tenant_id = $1 AND project_id = $2 AND issue_id = ANY ($3)`,
      [tenant, project, ids],
    )
  return lost.size
}

/**
 * Deletes traces without events. The sums of other traces are reduced, and their descriptions are made of the remaining
 * events.
 */
async function correctTraces(
  client: Statements,
  { tenant, project, traces, sums, remaining }: DeletedBatch,
  signals: readonly DeletedSignal[],
): Promise<void> {
  const whole = traces.filter((trace) => !remaining.has(trace))
  for (const table of ['trace_summaries', 'counted_events'])
    await client.query(
      `DELETE FROM ${table} WHERE tenant_id = $1 AND project_id = $2 AND trace_id = ANY ($3)`,
      [tenant, project, whole],
    )
  const rows = [...remaining.values()].map((left) => {
    const gone = sums.filter((s) => s.trace === left.trace)
    const sum = (of: (s: DeletedSums) => number): number => gone.reduce((n, s) => n + of(s), 0)
    const found = signals.filter((s) => s.trace_id === left.trace)
    return {
      ...left,
      spans: sum((s) => s.events),
      llm: sum((s) => (s.isCall ? s.events : 0)),
      tools: sum((s) => s.tools),
      errors: sum((s) => s.errors),
      in: sum((s) => s.in),
      out: sum((s) => s.out),
      total: sum((s) => s.total),
      cache_read: sum((s) => s.cache_read),
      cache_write: sum((s) => s.cache_write),
      reasoning: sum((s) => s.reasoning),
      cost: sum((s) => s.cost),
      unpriced: sum((s) => s.unpriced),
      signals: found.length,
      high: found.filter((s) => s.severity === 'high').length,
    }
  })
  if (rows.length === 0) return
  const less = (column: string, field: string): string =>
    `${column} = greatest(t.${column} - r.${field}, 0)`
  await client.query(
    `UPDATE trace_summaries t SET user_id = r.user, session_id = r.session, conversation_id = r.conversation,
       environment = r.environment, service_name = r.service, root_name = r.root_name, root_kind = r.root_kind, root_at = r.root_at,
       start_time = to_timestamp((r.first / 1000) / 1e6::float8), end_time = to_timestamp((r.last / 1000) / 1e6::float8), start_ns = r.first,
       end_ns = r.last, kinds = r.kinds, models = r.models, inherited = NULL,
       ${less('spans', 'spans')}, ${less('llm_calls', 'llm')}, ${less('tool_calls', 'tools')}, ${less('errors', 'errors')},
       ${less('input_tokens', '"in"')}, ${less('output_tokens', 'out')}, ${less('total_tokens', 'total')},
       ${less('cache_read_tokens', 'cache_read')}, ${less('cache_write_tokens', 'cache_write')}, ${less('reasoning_tokens', 'reasoning')},
       ${less('cost_usd', 'cost')}, ${less('unpriced', 'unpriced')}, ${less('signals', 'signals')}, ${less('high_signals', 'high')},
       updated_at = now()
     FROM json_to_recordset($3::json) AS r(trace text, "user" text, session text, conversation text, environment text, service text,
       root_name text, root_kind text, root_at double precision, first bigint, last bigint, kinds text[], models text[],
       spans bigint, llm bigint, tools bigint, errors bigint, "in" bigint, out bigint, total bigint, cache_read bigint, cache_write bigint,
       reasoning bigint, cost double precision, unpriced bigint, signals bigint, high bigint)
     WHERE t.tenant_id = $1 AND t.project_id = $2 AND t.trace_id = r.trace`,
    [tenant, project, JSON.stringify(rows)],
  )
}

async function correctGroups(
  client: Statements,
  { tenant, project }: DeletedBatch,
  groups: Groups,
): Promise<void> {
  for (const owner of OWNERS) {
    const rows = [...groups.of[owner]].map(([id, sums]) => ({ id, ...sums }))
    if (rows.length === 0) continue
    const { table, id } = TABLES[owner]
    const less = (column: string, field: string): string =>
      `${column} = greatest(t.${column} - r.${field}, 0)`
    // A text of the deleted time is removed, as the beginning of the newest text.
    const text =
      owner === 'conversation'
        ? `last_message = CASE WHEN t.last_message_at BETWEEN to_timestamp(r.first / 1000) - interval '1 ms'
             AND to_timestamp(r.last / 1000) + interval '1 ms' THEN NULL ELSE t.last_message END,`
        : ''
    await client.query(
      `UPDATE ${table} t SET ${text} ${less('events', 'events')}, ${less('llm_calls', 'llm')}, ${less('errors', 'errors')},
         ${less('input_tokens', '"in"')}, ${less('output_tokens', 'out')}, ${less('total_tokens', 'total')}, ${less('cost_usd', 'cost')},
         ${less('signals', 'signals')}, updated_at = now(),
         first_at = coalesce(l.first_at, t.first_at), last_at = coalesce(l.last_at, t.last_at),
         first_ns = coalesce(l.first_ns, t.first_ns), last_ns = coalesce(l.last_ns, t.last_ns)
       FROM json_to_recordset($3::json) AS r(id text, events bigint, llm bigint, errors bigint, "in" bigint, out bigint, total bigint,
         cost double precision, signals bigint, first double precision, last double precision)
       LEFT JOIN LATERAL (SELECT min(start_time) AS first_at, max(end_time) AS last_at, min(start_ns) AS first_ns, max(end_ns) AS last_ns
         FROM trace_summaries s
         WHERE s.tenant_id = $1 AND s.project_id = $2 AND s.${id} = r.id) AS l ON true
       WHERE t.tenant_id = $1 AND t.project_id = $2 AND t.${id} = r.id`,
      [tenant, project, JSON.stringify(rows)],
    )
    await client.query(
      `DELETE FROM ${table} WHERE tenant_id = $1 AND project_id = $2 AND ${id} = ANY ($3) AND events = 0 AND signals = 0`,
      [tenant, project, rows.map((row) => row.id)],
    )
  }
}

async function correctDays(
  client: Statements,
  { tenant, project, sums }: DeletedBatch,
): Promise<void> {
  const days = new Map<string, DeletedSums>()
  for (const s of sums) {
    if (!s.isCall) continue
    const key = [s.day, s.environment, s.provider, s.model].join('\n')
    const known = days.get(key)
    days.set(key, known === undefined ? s : added(known, s))
  }
  if (days.size === 0) return
  const less = (column: string, field: string): string =>
    `${column} = greatest(t.${column} - r.${field}, 0)`
  await client.query(
    `UPDATE usage_daily t SET ${less('events', 'events')}, ${less('llm_calls', 'events')}, ${less('errors', 'errors')},
       ${less('input_tokens', '"in"')}, ${less('output_tokens', 'out')}, ${less('total_tokens', 'total')},
       ${less('cache_read_tokens', 'cache_read')}, ${less('cache_write_tokens', 'cache_write')}, ${less('reasoning_tokens', 'reasoning')},
       ${less('cost_usd', 'cost')}, ${less('unpriced', 'unpriced')}, updated_at = now()
     FROM json_to_recordset($3::json) AS r(day date, environment text, provider text, model text, events bigint, errors bigint, "in" bigint,
       out bigint, total bigint, cache_read bigint, cache_write bigint, reasoning bigint, cost double precision, unpriced bigint)
     WHERE t.tenant_id = $1 AND t.project_id = $2 AND t.day = r.day AND t.environment = r.environment AND t.provider = r.provider
       AND t.model = r.model`,
    [tenant, project, JSON.stringify([...days.values()])],
  )
  await client.query(
    'DELETE FROM usage_daily WHERE tenant_id = $1 AND project_id = $2 AND events = 0 AND llm_calls = 0',
    [tenant, project],
  )
}

const ADDED = [
  'events',
  'errors',
  'unpriced',
  'in',
  'out',
  'total',
  'cache_read',
  'cache_write',
  'reasoning',
  'cost',
] as const

function added(a: DeletedSums, b: DeletedSums): DeletedSums {
  return { ...a, ...Object.fromEntries(ADDED.map((name) => [name, a[name] + b[name]])) }
}

/** Deletes the owner's own row, and its name in the rows of traces. */
async function forgetOwner(
  client: Statements,
  { tenant, project, owner }: DeletedBatch,
): Promise<void> {
  if (owner === null || owner.forms.length === 0) return
  const { table, id } = TABLES[owner.kind]
  const values = [tenant, project, owner.forms]
  const where = `tenant_id = $1 AND project_id = $2 AND ${id} = ANY ($3)`
  await client.query(`DELETE FROM ${table} WHERE ${where}`, values)
  // The least of several, as in the exporter.
  const others = {
    user: ['conversation', 'session'],
    session: ['conversation'],
    conversation: [],
  } as const
  for (const other of others[owner.kind]) {
    const of = TABLES[other]
    await client.query(
      `UPDATE ${of.table} t SET ${id} = (SELECT min(s.${id} COLLATE "C") FROM trace_summaries s WHERE s.tenant_id = $1
         AND s.project_id = $2 AND s.${of.id} = t.${of.id} AND NOT s.${id} = ANY ($3)) WHERE ${where}`,
      values,
    )
  }
  await client.query(`UPDATE trace_summaries SET ${id} = NULL WHERE ${where}`, values)
}
