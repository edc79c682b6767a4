// A start on data of a build from before the first release: the process says why in one line, ends, and ends the engines it
// has started.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createClient } from '@clickhouse/client'
import { startClickHouseEngine } from '../../storage/clickhouse/engine/engine.ts'
import { removeDataDirectory } from '../../storage/postgres/engine/data-directory.ts'
import { startPostgresEngine } from '../../storage/postgres/engine/engine.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'
import { silentLog } from '../../storage/testing/stores.ts'

const MAIN = join(import.meta.dirname, '../../collector/main.ts')
const quiet = { log: silentLog, progress: () => {} }

/** Writes the first migrations under the names that those builds used. */
const WRITERS: Readonly<Record<string, (dataDir: string) => Promise<void>>> = {
  clickhouse: async (dataDir) => {
    const dir = join(dataDir, 'clickhouse')
    const engine = await startClickHouseEngine({
      dataDir: dir,
      ...quiet,
      memoryMaxBytes: 1024 ** 3,
    })
    const { url, username, password, database } = engine
    const client = createClient({ url, username, password })
    await client.command({ query: `CREATE DATABASE IF NOT EXISTS ${database}` })
    await client.command({
      query: `CREATE TABLE ${database}.schema_migrations (version UInt32, name String, checksum String,
        applied_at DateTime64(3, 'UTC') DEFAULT now64(3)) ENGINE = ReplacingMergeTree ORDER BY version`,
    })
    const values = [{ version: 1, name: 'events', checksum: 'x' }]
    await client.insert({
      table: `${database}.schema_migrations`,
      values,
      format: 'JSONEachRow',
    })
    await client.close()
    await engine.stop()
  },
  postgres: async (dataDir) => {
    const engine = await startPostgresEngine({ dataDir: join(dataDir, 'postgres'), ...quiet })
    const pool = new PostgresPool({ url: engine.url })
    await pool.query(`CREATE TABLE schema_migrations (version integer PRIMARY KEY, name text NOT NULL,
      checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
    await pool.query("INSERT INTO schema_migrations VALUES (1, 'stores', 'x')")
    await pool.end()
    await engine.stop()
  },
}

function directory(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'observa-unreleased-'))
  t.after(() => {
    removeDataDirectory(join(dir, 'data', 'postgres'))
    rmSync(dir, { recursive: true, force: true })
  })
  return dir
}

for (const [store, write] of Object.entries(WRITERS))
  for (const command of ['run', 'migrate'])
    test(`${command} on an unreleased ${store}: the process prints one line that says how to start over, and ends`, async (t) => {
      const dir = directory(t)
      await write(join(dir, 'data'))
      const config = join(dir, 'observa.yaml')
      writeFileSync(
        config,
        `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } }
processors: { scrub: {}, canonicalize: {} }
exporters: { ${store}: { embedded: true } }
data_dir: "${join(dir, 'data')}"
queue: { min_free_bytes: 1MiB }
telemetry: { metrics: { enabled: false } }
service: { pipelines: { traces: { receivers: [otlp], processors: [scrub, canonicalize], exporters: [${store}] } } }
`,
      )
      const done = spawnSync(process.execPath, [MAIN, command, '--config', config], {
        encoding: 'utf8',
        timeout: 60_000,
        killSignal: 'SIGKILL',
      })
      assert.equal(done.signal, null, `it does not end: ${done.stderr}`)
      assert.equal(done.status, 1, done.stderr)
      assert.match(done.stderr, /^OBS_MIGRATION_UNRELEASED: .* Start anew: .*data directory/m)
    })
