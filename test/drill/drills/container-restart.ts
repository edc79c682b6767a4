// A container that is killed and comes back on its volume under another name, as orchestrators do it. The lock of the data
// directory must be no obstacle then, and must hold while the old one lives.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { Instance, type InstanceOptions } from '../../instance.ts'
import type { Drill, Report, Round } from '../drill.ts'
import { killWithFile } from './kill.ts'

/** A host name of its own for the process that follows. */
const named = (name: string): readonly string[] => [
  'unshare',
  '-u',
  'sh',
  '-c',
  'hostname "$0" && exec "$@"',
  name,
]

async function containerRestart(round: Round): Promise<Report> {
  await twoAtOnce()
  round.progress('a second container on the same volume was refused')
  return killWithFile(round, (start) => ({ under: named(`drill-${start}`) }))
}

/** While one lives, another one on its directory ends with the reason. */
async function twoAtOnce(): Promise<void> {
  const first = await Instance.start({ under: named('drill-first') })
  try {
    const second: InstanceOptions = { dir: first.dir, under: named('drill-second') }
    await assert.rejects(Instance.start(second), /OBS_LOG_LOCKED.*on drill-first/s)
  } finally {
    await first.stop()
  }
}

function missing(): string | null {
  const done = spawnSync('unshare', ['-u', 'sh', '-c', 'hostname drill'], { encoding: 'utf8' })
  return done.status === 0
    ? null
    : 'needs a host name of its own for a process: unshare -u, as root'
}

export const containerRestartDrill: Drill = {
  name: 'container-restart',
  about: 'SIGKILL, and a start on the same volume under another host name; two at once are refused',
  cycle: 'a life under a name of its own',
  cycles: 6,
  roundCycles: 20,
  missing,
  run: containerRestart,
}
