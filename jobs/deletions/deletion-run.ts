// Runs one deletion, from waiting for the instances to the proof. Each step may be interrupted anywhere and run again: the remaining work
// is stored in rows, and nothing is subtracted from a sum twice (`storage/deletion/postgres-sums.ts`).

import type { ClickHouseClient } from '@clickhouse/client'
import type { Logger } from 'pino'
import { isOwnerKind, type TombstoneKind, tombstoneDigest } from '../../core/deletion/subject.ts'
import { hasUnits } from '../../storage/control/archives.ts'
import { confirmations } from '../../storage/control/deletion-instances.ts'
import {
  addTraces,
  countTraces,
  type DeletionTrace,
  markTraces,
  nextTraces,
} from '../../storage/control/deletion-traces.ts'
import {
  type DeletionRow,
  digestsOf,
  formsOfDeletion,
  insertTombstones,
  type StoreState,
  updateDeletion,
} from '../../storage/control/deletions.ts'
import { applyMasks, leftoverParts, serverTimeS } from '../../storage/deletion/clickhouse-parts.ts'
import {
  count,
  countEvents,
  deleteDerived,
  deleteRows,
  deleteSignalsOf,
  eventsOfTraces,
  formsOf,
  metricsOf,
  reopenHours,
  rowsOfTenant,
  type Subject,
  signalsOfTraces,
  tenantTables,
  tracesOf,
} from '../../storage/deletion/clickhouse-subject.ts'
import { deletedSums, remainingTraces } from '../../storage/deletion/deleted-sums.ts'
import {
  countInPostgres,
  deleteScores,
  formsInPostgres,
  tracesInPostgres,
} from '../../storage/deletion/postgres-subject.ts'
import { takeOut } from '../../storage/deletion/postgres-sums.ts'
import {
  countTenantRows,
  deleteControlPlane,
  deleteTenantRows,
} from '../../storage/deletion/postgres-tenant.ts'
import type { Statements } from '../../storage/postgres/connection.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { withinAs, withRole, withTenant } from '../../storage/postgres/roles.ts'

export interface DeletionDeps {
  readonly pool: PostgresPool
  /** The ClickHouse client; null if no pipeline exports to ClickHouse. */
  readonly clickhouse: ClickHouseClient | null
  /** Takes the subject out of archived files. Absent where no archive is configured. */
  readonly eraseArchived?:
    | ((
        subject: Subject,
        traces: readonly DeletionTrace[],
        signal: AbortSignal,
      ) => Promise<{ readonly files: number; readonly rows: number }>)
    | undefined
}

/** The most traces that are deleted in one transaction. */
const TRACES_AT_ONCE = 200
/**
 * The most traces for which spans without a user id are dropped after the deletion. Late spans usually arrive soon. Of more traces the
 * first ones by id are used.
 */
const TRACE_TOMBSTONES_MAX = 10_000

/** This process has no archive, and the tenant has files in one. */
class ArchiveMissing extends Error {
  readonly code = 'OBS_ARCHIVE_NONE'
}

export class DeletionRun {
  readonly #deps: DeletionDeps
  readonly #row: DeletionRow
  readonly #signal: AbortSignal
  readonly #log: Pick<Logger, 'info'>

  constructor(
    deps: DeletionDeps,
    row: DeletionRow,
    { signal, log }: { readonly signal: AbortSignal; readonly log: Pick<Logger, 'info'> },
  ) {
    this.#deps = deps
    this.#row = row
    this.#signal = signal
    this.#log = log
  }

  /** True if every live instance drops new data of the subject and has delivered the data that it accepted before. */
  async isSettled(): Promise<boolean> {
    const { live, settled, away } = await this.#control((c) =>
      confirmations(c, this.#row.deletion_id),
    )
    const isDone = settled >= live
    const detail = `${settled} of ${live} instances${away > 0 ? `; ${away} not seen lately confirm when they come back` : ''}`
    await this.#note({ ingest: { state: isDone ? 'done' : 'waiting', detail } })
    return isDone
  }

  /** Removes the subject from the stores. */
  async delete(): Promise<void> {
    const subject = await this.#subject()
    if (subject.kind === 'tenant') await this.#deleteTenant(subject)
    else await this.#deleteTraces(subject)
  }

  /** True if no bytes are left, as far as this can be determined. ClickHouse removes replaced parts after some minutes. */
  async isErased(): Promise<boolean> {
    const { clickhouse } = this.#deps
    let parts = 0
    if (clickhouse !== null) {
      const appliedAt = await this.#appliedAt(clickhouse)
      parts = await leftoverParts(clickhouse, await tenantTables(clickhouse), appliedAt)
      const state = parts === 0 ? 'done' : 'waiting'
      const detail =
        parts === 0 ? 'no part with them is left' : `${parts} unused parts are left to be removed`
      await this.#note({
        clickhouse_files: { state, detail, at: new Date(appliedAt * 1000).toISOString() },
      })
    }
    const { live, erased, letters } = await this.#control((c) =>
      confirmations(c, this.#row.deletion_id),
    )
    const isDone = erased >= live
    const detail = `${erased} of ${live} instances; ${letters} dead letters removed`
    await this.#note({ log_and_dead_letters: { state: isDone ? 'done' : 'waiting', detail } })
    return isDone && parts === 0
  }

  /** Counts the remaining rows of the subject. The proof needs 0. */
  async countAfter(): Promise<number> {
    const { clickhouse, pool } = this.#deps
    const subject = await this.#subject()
    const events = clickhouse === null ? 0 : await countEvents(clickhouse, subject)
    const rows = await withRole(pool, 'observa_exporter', (c) =>
      subject.kind === 'tenant'
        ? countTenantRows(c, 'observa_exporter', subject.tenant)
        : countInPostgres(c, subject),
    )
    if (clickhouse !== null)
      await this.#note({ clickhouse_events: { state: 'done', after: events } })
    await this.#note({ postgres: { state: 'done', after: rows } })
    return events + rows
  }

  /** Applies the delete masks if this run has not done so yet. Resolves with the time at which they were applied. */
  async #appliedAt(clickhouse: ClickHouseClient): Promise<number> {
    const known = this.#row.stores['clickhouse_files']
    if (known?.at !== undefined && this.#row.state === 'erasing') return Date.parse(known.at) / 1000
    await applyMasks(clickhouse, await tenantTables(clickhouse))
    return await serverTimeS(clickhouse)
  }

  async #subject(): Promise<Subject> {
    const { tenant_id: tenant, project_id: project, subject_kind: kind, subject_id } = this.#row
    const base = { tenant, project, kind, traceId: kind === 'trace' ? subject_id : null }
    if (!isOwnerKind(kind)) return { ...base, forms: [] }
    const { clickhouse, pool } = this.#deps
    const known = await this.#control((c) => formsOfDeletion(c, this.#row))
    if (known.length > 0) return { ...base, forms: known }
    // In a later run the ids are known only by their digests.
    const digests = await this.#control((c) => digestsOf(c, this.#row, kind))
    const place = { tenant, project, kind }
    const stored = await withRole(pool, 'observa_exporter', (c) =>
      formsInPostgres(c, place, digests),
    )
    const raw = clickhouse === null ? [] : await formsOf(clickhouse, place, digests)
    return { ...base, forms: [...new Set([...stored, ...raw])] }
  }

  async #deleteTraces(subject: Subject): Promise<void> {
    // The first step deletes events that an earlier run subtracted from the sums but did not delete. They must not be found and
    // subtracted again.
    await this.#deleteSummed(subject)
    const traces = await this.#find(subject)
    await this.#eraseArchived(subject, traces)
    await this.#deleteScores(subject, traces)
    await this.#sumOut(subject)
    await this.#deleteSummed(subject)
    await this.#deleteMetrics(subject)
    const n = await this.#control((c) => countTraces(c, this.#row))
    await this.#note({ traces: { state: 'done', before: n } })
    this.#log.info({ deletion: this.#row.deletion_id, traces: n }, 'the stores are clean')
  }

  async #find(subject: Subject): Promise<readonly DeletionTrace[]> {
    const { clickhouse, pool } = this.#deps
    const inPostgres = await withRole(pool, 'observa_exporter', (c) => tracesInPostgres(c, subject))
    const inEvents = clickhouse === null ? [] : await tracesOf(clickhouse, subject)
    const all = new Map(
      [...inPostgres, ...inEvents].map((t) => [`${t.project_id}\n${t.trace_id}`, t]),
    )
    const traces = [...all.values()]
    const { kind } = subject
    await this.#control(async (c) => {
      await addTraces(c, this.#row, traces)
      if (!isOwnerKind(kind)) return
      const of: TombstoneKind = `trace:${kind}`
      await insertTombstones(
        c,
        this.#row,
        traces.slice(0, TRACE_TOMBSTONES_MAX).map(({ project_id, trace_id }) => ({
          kind: of,
          digest: tombstoneDigest(of, subject.tenant, project_id, trace_id),
        })),
      )
    })
    await this.#note({ traces: { state: 'running', before: traces.length } })
    return traces
  }

  /** Without the archive that the tenant has files in, the deletion is not done: it fails and says why. */
  async #eraseArchived(subject: Subject, traces: readonly DeletionTrace[]): Promise<void> {
    const { eraseArchived } = this.#deps
    if (eraseArchived === undefined) {
      if (await this.#control((c) => hasUnits(c, subject.tenant))) throw new ArchiveMissing()
      return
    }
    const { files, rows } = await eraseArchived(subject, traces, this.#signal)
    const before = (this.#row.stores['archive_files']?.before ?? 0) + rows
    const detail = `${files} files were written again without them or removed in this pass`
    await this.#note({ archive_files: { state: 'done', before, after: 0, detail } })
  }

  /** Deletes scores. They belong to traces and may contain comments, so they are deleted with any part of their trace. */
  async #deleteScores({ tenant }: Subject, traces: readonly DeletionTrace[]): Promise<void> {
    const before = await withTenant(this.#deps.pool, tenant, (c) => deleteScores(c, traces), {
      readOnly: false,
    })
    if (before > 0) await this.#note({ scores: { state: 'done', before, after: 0 } })
  }

  async #sumOut(subject: Subject): Promise<void> {
    const { clickhouse, pool } = this.#deps
    let events = this.#row.stores['clickhouse_events']?.before ?? 0
    let rows = this.#row.stores['postgres']?.before ?? 0
    for (;;) {
      this.#signal.throwIfAborted()
      const traces = await this.#control((c) =>
        nextTraces(c, this.#row, 'is_summed', TRACES_AT_ONCE),
      )
      const [first] = traces
      if (first === undefined) break
      const gone = eventsOfTraces(subject, traces)
      const whole = eventsOfTraces({ ...subject, kind: 'trace' }, traces)
      const isOwner = isOwnerKind(subject.kind)
      const sums = clickhouse === null ? [] : await deletedSums(clickhouse, gone)
      const remaining =
        clickhouse === null || !isOwner
          ? new Map<string, never>()
          : await remainingTraces(clickhouse, whole, gone)
      const batch = {
        tenant: subject.tenant,
        project: first.project_id,
        traces: traces.map((t) => t.trace_id),
        sums,
        remaining,
        owner: isOwnerKind(subject.kind) ? { kind: subject.kind, forms: subject.forms } : null,
      }
      const out = await pool.transaction(async (c) => {
        const done = await withinAs(c, 'observa_exporter', () => takeOut(c, batch))
        await withinAs(c, 'observa_control', () => markTraces(c, this.#row, 'is_summed', traces))
        return done
      })
      events += sums.reduce((n, s) => n + s.events, 0)
      rows += out.traces + out.signals
      await this.#note({
        clickhouse_events: { state: 'running', before: events },
        postgres: { state: 'running', before: rows },
      })
    }
  }

  async #deleteSummed(subject: Subject): Promise<void> {
    const { clickhouse } = this.#deps
    for (;;) {
      this.#signal.throwIfAborted()
      const traces = await this.#control((c) =>
        nextTraces(c, this.#row, 'is_deleted', TRACES_AT_ONCE),
      )
      if (traces.length === 0) return
      if (clickhouse !== null) await this.#deleteEvents(clickhouse, subject, traces)
      await this.#control((c) => markTraces(c, this.#row, 'is_deleted', traces))
    }
  }

  async #deleteEvents(
    clickhouse: ClickHouseClient,
    subject: Subject,
    traces: readonly DeletionTrace[],
  ): Promise<void> {
    const gone = eventsOfTraces(subject, traces)
    const whole = eventsOfTraces({ ...subject, kind: 'trace' }, traces)
    await reopenHours(clickhouse, gone)
    const left = isOwnerKind(subject.kind)
      ? await remainingTraces(clickhouse, whole, gone)
      : new Map()
    // For traces that are deleted as a whole, signals about the trace and its position are deleted too.
    const gonePlaces = traces.filter((t) => !left.has(t.trace_id))
    await deleteSignalsOf(clickhouse, subject, traces, gone)
    await deleteDerived(clickhouse, subject, traces, gone)
    await deleteRows(clickhouse, 'canonical_events', gone)
    if (gonePlaces.length === 0) return
    const places = signalsOfTraces(subject, gonePlaces)
    await deleteRows(clickhouse, 'signals', places)
    await deleteRows(clickhouse, 'trace_hours', places)
  }

  async #deleteMetrics(subject: Subject): Promise<void> {
    const { clickhouse } = this.#deps
    if (clickhouse === null) return
    const where = metricsOf(subject)
    const before = await count(clickhouse, 'metric_points', where)
    await deleteRows(clickhouse, 'metric_points', where)
    const after = await count(clickhouse, 'metric_points', where)
    await this.#note({ clickhouse_metrics: { state: 'done', before, after } })
  }

  async #deleteTenant(subject: Subject): Promise<void> {
    const { clickhouse, pool } = this.#deps
    const { tenant } = subject
    await this.#eraseArchived(subject, [])
    if (clickhouse !== null) {
      const before = await countEvents(clickhouse, subject)
      if (before > 0) await this.#note({ clickhouse_events: { state: 'running', before } })
      for (const table of await tenantTables(clickhouse))
        await deleteRows(clickhouse, table, rowsOfTenant(tenant))
    }
    const rows = await withRole(pool, 'observa_exporter', (c) =>
      deleteTenantRows(c, 'observa_exporter', tenant),
    )
    // Scores and views are written only by the API.
    await withTenant(pool, tenant, (c) => deleteTenantRows(c, 'observa_app', tenant), {
      readOnly: false,
    })
    const control = await this.#control((c) => deleteControlPlane(c, tenant))
    if (rows > 0) await this.#note({ postgres: { state: 'running', before: rows } })
    if (control > 0)
      await this.#note({ control_plane: { state: 'done', before: control, after: 0 } })
  }

  #control<T>(work: (client: Statements) => Promise<T>): Promise<T> {
    return withRole(this.#deps.pool, 'observa_control', work)
  }

  /** Adds to the counts of a store, in memory and in the row. */
  async #note(states: Readonly<Record<string, StoreState>>): Promise<void> {
    const { stores } = this.#row
    const merged = Object.fromEntries(
      Object.entries(states).map(([name, state]) => [name, { ...stores[name], ...state }]),
    )
    Object.assign(this.#row, { stores: { ...stores, ...merged } })
    await this.#control((c) => updateDeletion(c, this.#row, { stores: merged }))
  }
}
