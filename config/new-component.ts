// `npm run new processor NAME`: a component folder that passes every check, and its line in the registry.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ObservaError } from '../core/errors.ts'
import { KINDS, type Kind, scaffold } from './scaffold.ts'

const root = join(import.meta.dirname, '..')

async function main(kind: string | undefined, type: string | undefined): Promise<number> {
  if (!KINDS.includes(kind as Kind) || type === undefined) {
    process.stderr.write(`npm run new ${KINDS.join('|')} NAME\n`)
    return 2
  }
  try {
    const paths = await scaffold(root, kind as Kind, type)
    const sources = paths.filter((path) => path.endsWith('.ts'))
    const biome = join(root, 'node_modules/.bin/biome')
    spawnSync(biome, ['check', '--write', ...sources], { cwd: root })
    for (const path of paths) process.stdout.write(`${path}\n`)
    process.stdout.write('Next: npm run generate, then npm run check\n')
    return 0
  } catch (thrown) {
    if (!(thrown instanceof ObservaError)) throw thrown
    process.stderr.write(`${thrown.line()}\n`)
    return 1
  }
}

process.exitCode = await main(process.argv[2], process.argv[3])
