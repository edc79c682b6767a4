// `observa migrate` and `--check` against stores that are empty, up to date, and of a newer version.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { migrate } from '../../collector/cli/stores/migrate.ts'
import { migrationsOf } from '../../storage/migrations/files.ts'
import { startTestClickHouse, startTestPostgres } from '../../storage/testing/stores.ts'

test('--check changes nothing and says what is to be applied, migrate applies it, and a newer schema names what a downgrade needs', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'observa-migrate-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const [clickhouse, postgres] = await Promise.all([
    startTestClickHouse({ migrate: false }),
    startTestPostgres({ migrate: false }),
  ])
  t.after(() => Promise.all([clickhouse.stop(), postgres.stop()]))
  const file = join(dir, 'observa.yaml')
  await writeFile(
    file,
    `receivers: { otlp: {} }
processors: { canonicalize: {} }
exporters:
  clickhouse: { url: "${clickhouse.url}", database: checked, migrate: false }
  postgres: { url: "${postgres.url}", migrate: false }
data_dir: ${dir}
service:
  pipelines:
    traces: { receivers: [otlp], processors: [canonicalize], exporters: [clickhouse, postgres] }
`,
  )
  const run = async (...args: string[]): Promise<{ code: number; said: string }> => {
    let said = ''
    const say = (text: string): void => {
      // Warnings about the configuration are not what is tested.
      if (!text.startsWith('warning')) said += text
    }
    const { stdin, stdout, stderr } = process
    const io = { stdin, stdout, stderr, env: {}, isTty: false, out: say, err: say }
    const code = await migrate(['--config', file, ...args], io)
    return { code, said }
  }
  const tables = async (): Promise<number> => {
    const [row] = await clickhouse.rows<{ n: string }>(
      "SELECT count() AS n FROM system.tables WHERE database = 'checked'",
    )
    return Number(row?.n)
  }

  const empty = await run('--check')
  assert.equal(empty.code, 2, empty.said)
  const last = migrationsOf('postgres').at(-1)
  assert.match(empty.said, /clickhouse: to be applied: 1 \(initial\), 2/)
  assert.ok(empty.said.includes(`${last?.version} (${last?.name})\n`), empty.said)
  assert.equal(await tables(), 0)

  // The option of the exporter is about a start; the command does what it says.
  assert.equal((await run()).code, 0)
  assert.ok((await tables()) > 8)
  const current = await run('--check')
  assert.deepEqual(current, {
    code: 0,
    said: 'clickhouse: schema is up to date\npostgres: schema is up to date\n',
  })

  await postgres.pool.query(
    "INSERT INTO schema_migrations (version, name, checksum) VALUES (900, 'from_later', 'x')",
  )
  const later = await run('--check')
  assert.equal(later.code, 1)
  assert.match(
    later.said,
    /postgres: OBS_MIGRATION_FROM_THE_FUTURE: Postgres has migration 900 \(from_later\).*newer version.*backup of Postgres from before migration 900/,
  )
})
