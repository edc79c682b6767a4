// CPU time of a Postgres server, for benchmarks.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** CPU seconds of the server's processes so far, those that ended included. */
export function serverSeconds(dataDir: string): number {
  const pid = Number(
    readFileSync(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0],
  )
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  const ticks = [String(pid), ...children].map((p) => {
    const fields = readFileSync(`/proc/${p}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0)
  })
  return ticks.reduce((sum, n) => sum + n, 0) / 100
}
