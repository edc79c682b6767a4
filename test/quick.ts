// `npm run test:quick`: the tests that need no engine, broker or running instance, about half a minute on two cores. What is
// here is quick and covers much; `test/house/quick.test.ts` holds the list to that.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Parts of paths of test files. */
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
  'test/house/',
  'tools/changelog/',
]

if (import.meta.main) {
  const args = [join(import.meta.dirname, 'run.ts'), ...QUICK]
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
}
