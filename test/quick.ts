// `npm run test:quick`: tests that need no engine, broker or running instance and take about half a minute on two cores.
// `test/house/quick.test.ts` checks the list.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Parts of the paths of test files. */
export const QUICK: readonly string[] = [
  'core/',
  'proto/',
  'config/',
  'processors/attributes/',
  'processors/canonicalize/canonicalize',
  'processors/canonicalize/fields',
  'processors/canonicalize/readers/',
  'processors/cost/',
  'processors/filter/',
  'processors/sample/',
  'processors/scrub/corpus/forms',
  'processors/scrub/scripts/',
  'processors/signals/',
  'exporters/debug/',
  'exporters/clickhouse/columns',
  'exporters/clickhouse/encode',
  'exporters/otlp_http/encode',
  'collector/cli/',
  'collector/extensions/',
  'collector/http/',
  'collector/sender/cursor',
  'semantic/quality/quality.test',
  'test/house/',
  'tools/changelog/',
]

if (import.meta.main) {
  const args = [join(import.meta.dirname, 'run.ts'), ...QUICK]
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
}
