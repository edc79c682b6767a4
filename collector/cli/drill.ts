// `observa drill`: fault drills against temporary instances. Drills need test servers, a compiler and the sources,
// which an installed build has not. So they are a program of the checkout, and this command starts it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ObservaError } from '../../core/errors.ts'

const PROGRAM = join(import.meta.dirname, '../../test/drill/main.ts')

export async function drillCommand(args: readonly string[]): Promise<number> {
  if (!existsSync(PROGRAM))
    throw new ObservaError(
      'OBS_DRILL_CHECKOUT',
      'Drills need a checkout of the project; this is an installed build.',
      'In a checkout of the same version: npm ci, then npm run drill -- NAME.',
    )
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: 'inherit' })
  // A terminal sends the signal to both processes. The drill then checks what it has, and this process waits for its
  // end.
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, pass)
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}
