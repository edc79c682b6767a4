// Micro-benchmarks: programs named `*.bench.ts` beside the code that they measure. Each prints its own table, which is
// recorded as text.

import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { ScenarioResult } from './results.ts'
import type { Scenario } from './scenario.ts'

const ROOT = join(import.meta.dirname, '..')

/** One scenario for each file, named by its path without the suffix: `proto/decode`. */
export function microScenarios(): Scenario[] {
  return globSync('**/*.bench.ts', { cwd: ROOT, exclude: ['node_modules/**', 'dist/**'] })
    .sort()
    .map((path) => ({
      name: path.replaceAll('\\', '/').replace(/\.bench\.ts$/, ''),
      title: 'micro-benchmark',
      run: (context) => {
        context.say(path)
        return Promise.resolve(runMicro(path))
      },
    }))
}

function runMicro(path: string): ScenarioResult {
  const result = spawnSync(process.execPath, [path], { cwd: ROOT, encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`${path} failed:\n${result.stderr}`)
  process.stdout.write(result.stdout)
  return {
    notes: [`Source: \`${relative(ROOT, join(ROOT, path))}\`.`],
    tables: [
      {
        title: 'Output',
        columns: ['line'],
        rows: result.stdout
          .trimEnd()
          .split('\n')
          .map((line) => [`\`${line}\``]),
      },
    ],
    data: null,
  }
}
