// `npm run new KIND NAME` makes something new that passes every check, is registered wherever necessary, and has one failing
// test that says what to write. `--no-generate` leaves the generated documents as they are, which saves time when several are
// made.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ObservaError } from '../../core/errors.ts'
import { KINDS } from './kinds.ts'
import { scaffold } from './scaffold.ts'

const root = join(import.meta.dirname, '../..')
const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'no-generate': { type: 'boolean' } },
  })
  const [kind, name] = positionals
  if (kind === undefined || name === undefined || positionals.length > 2) {
    process.stderr.write('npm run new KIND NAME\n')
    for (const [each, { about }] of Object.entries(KINDS))
      process.stderr.write(`  ${each.padEnd(10)} ${about}\n`)
    return 2
  }
  try {
    const made = await scaffold(root, kind, name)
    run(join(root, 'node_modules/.bin/biome'), [
      'check',
      '--write',
      ...made.paths.filter((path) => /\.(ts|json)$/.test(path)),
    ])
    if (values['no-generate'] !== true) run(process.execPath, ['config/generate.ts'])
    for (const path of made.paths) say(path)
    say(
      `\nThis test fails until the code is written, and says what to write:\n  npm test ${made.test}\nGuide: ${made.guide}`,
    )
    return 0
  } catch (thrown) {
    if (!(thrown instanceof ObservaError)) throw thrown
    process.stderr.write(`${thrown.line()}\n`)
    return 1
  }
}

function run(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (done.status !== 0)
    throw new ObservaError('OBS_NEW_FAILED', `${args.join(' ')} failed.`, done.stdout + done.stderr)
}

process.exitCode = await main()
