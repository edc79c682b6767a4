// A container is killed and restarted on the same volume under another host name, as orchestrators do. The lock of the data
// directory must not prevent that, but must hold while the old container is alive.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { Instance, type InstanceOptions } from '../../instance.ts'
import type { Drill, Report, Round } from '../drill.ts'
import { killWithFile } from './kill.ts'

/** Runs the following process with its own host name. */
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

/** While one instance is alive, a second one on the same directory must end with the reason. */
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
