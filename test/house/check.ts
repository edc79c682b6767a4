// `npm run check`: types, lint, format, unused code, import rules and generated files. Runs all checks and shows all failures.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const bin = (name: string): string => join(root, 'node_modules/.bin', name)

const steps: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'types', command: [bin('tsc'), '-p', '.'] },
  { name: 'types of the console', command: [bin('tsc'), '-p', 'console', '--noEmit'] },
  { name: 'lint', command: [bin('oxlint'), '--type-aware', '--quiet', '.'] },
  { name: 'format', command: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  {
    name: 'nothing unused',
    command: [
      bin('knip'),
      '--no-progress',
      '--no-config-hints',
      '--include',
      'exports,types,dependencies,unresolved,duplicates',
    ],
  },
  {
    name: 'import rules and tidiness',
    command: [process.execPath, '--test', '--test-reporter=dot', 'test/house/tidy.test.ts'],
  },
  {
    name: 'generated files',
    command: [process.execPath, 'config/generate.ts', '--check'],
  },
  {
    name: 'structure',
    command: [
      process.execPath,
      '--test',
      '--test-reporter=dot',
      'test/house/structure/structure.test.ts',
      'test/house/components.test.ts',
    ],
  },
  {
    name: 'changelog',
    command: [process.execPath, 'tools/changelog/main.ts', '--check'],
  },
  {
    name: 'lockfile',
    command: [process.execPath, 'deploy/complete-lockfile.ts', '--check'],
  },
  {
    name: 'packages',
    command: [process.execPath, 'tools/packages/main.ts', '--check'],
  },
]

let failed = 0
for (const step of steps) {
  const startedAt = performance.now()
  const [command, ...args] = step.command
  const done = spawnSync(command as string, args, { cwd: root, encoding: 'utf8' })
  const ok = done.status === 0
  if (!ok) failed++
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${step.name} (${seconds} s)\n`)
  if (!ok) process.stdout.write(`${done.stdout}${done.stderr}${done.error?.message ?? ''}\n`)
}
process.exit(failed > 0 ? 1 : 0)
