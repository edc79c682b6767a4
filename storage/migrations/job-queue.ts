// The tables of the job queue, which are pg-boss's own, in a schema of their own. The login owns them as it owns all others;
// the plain role `observa_jobs` works with them. Runs under the lock of the migrations, so that one program does it.

import { ObservaError } from '../../core/errors.ts'
import type { Statements } from '../postgres/connection.ts'

export const JOB_SCHEMA = 'observa_jobs'

/** Version of the tables that the installed pg-boss works with; `migrations.test.ts` fails when pg-boss needs another. */
export const PG_BOSS_SCHEMA = 46

/** Counts up with each change of the statements in `OURS`. */
const FORM = 1

/**
 * What pg-boss does not do. Its wait before a retry is drawn by chance between half and all of a power of two: here it is
 * exactly 2, 4, 8 .. times the delay, whether a job failed, ran out of time or lost its worker. It has one time after which
 * finished jobs go: here failed ones stay seven days. A job that no retry can help fails at once, and one that a stopping
 * worker gives back has not used up an attempt.
 */
const OURS = `
  CREATE OR REPLACE FUNCTION ${JOB_SCHEMA}.settle_job() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.output ->> 'released' = 'true' THEN
      NEW.state := 'retry';
      NEW.retry_count := NEW.retry_count - 1;
      NEW.start_after := now();
      NEW.completed_on := NULL;
      NEW.output := NULL;
    ELSIF NEW.state = 'retry' AND NEW.output ->> 'permanent' = 'true' THEN
      NEW.state := 'failed';
      NEW.completed_on := now();
    ELSIF NEW.state = 'retry' THEN
      NEW.start_after := now() + NEW.retry_delay * (2 ^ LEAST(NEW.retry_count, 16)) * interval '1 second';
    END IF;
    IF NEW.state = 'failed' THEN
      NEW.deletion_seconds := GREATEST(NEW.deletion_seconds, 7 * 86400);
    END IF;
    RETURN NEW;
  END
  $$;
  DROP TRIGGER IF EXISTS settle_job ON ${JOB_SCHEMA}.job;
  CREATE TRIGGER settle_job BEFORE INSERT ON ${JOB_SCHEMA}.job FOR EACH ROW
    WHEN (NEW.state IN ('retry', 'failed')) EXECUTE FUNCTION ${JOB_SCHEMA}.settle_job();
  GRANT USAGE ON SCHEMA ${JOB_SCHEMA} TO observa_jobs;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${JOB_SCHEMA} TO observa_jobs;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${JOB_SCHEMA} TO observa_jobs;
  COMMENT ON FUNCTION ${JOB_SCHEMA}.settle_job() IS '${PG_BOSS_SCHEMA}.${FORM}'`

/** Brings the tables of the queue up to date; says whether anything had to be done. */
export async function migrateJobQueue(client: Statements): Promise<boolean> {
  if ((await formOf(client)) === `${PG_BOSS_SCHEMA}.${FORM}`) return false
  const { getConstructionPlans, getMigrationPlans } = await import('pg-boss')
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${JOB_SCHEMA}`)
  const version = await versionOf(client)
  if (version === null)
    await client.query(getConstructionPlans(JOB_SCHEMA, { createSchema: false }))
  else if (version > PG_BOSS_SCHEMA) throw fromTheFuture(version)
  else if (version < PG_BOSS_SCHEMA) await client.query(getMigrationPlans(JOB_SCHEMA, version))
  await client.query(`BEGIN; ${OURS}; COMMIT`)
  return true
}

/** What the last start left; null where there is nothing yet. */
async function formOf(client: Statements): Promise<string | null> {
  const found = await client.query<{ form: string | null }>(
    `SELECT obj_description(to_regprocedure('${JOB_SCHEMA}.settle_job()'), 'pg_proc') AS form`,
  )
  return found.rows[0]?.form ?? null
}

async function versionOf(client: Statements): Promise<number | null> {
  const table = await client.query<{ is_there: boolean }>(
    `SELECT to_regclass('${JOB_SCHEMA}.version') IS NOT NULL AS is_there`,
  )
  if (table.rows[0]?.is_there !== true) return null
  const found = await client.query<{ version: number }>(`SELECT version FROM ${JOB_SCHEMA}.version`)
  return found.rows[0]?.version ?? null
}

const fromTheFuture = (version: number): ObservaError =>
  new ObservaError(
    'OBS_MIGRATION_FROM_THE_FUTURE',
    `The job queue in Postgres has version ${version}, this version of Observa knows ${PG_BOSS_SCHEMA}.`,
    'Run the newer version of Observa that migrated this database.',
  )
