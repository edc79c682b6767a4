// Ports for what tests and benchmarks start.

import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the range from which Linux, macOS and Windows take the ports of outgoing connections, so that none of those is in the way. */
const PORT_MIN = 15_000
const PORT_MAX = 32_000

/** A process never gets the same port twice: the first use may be written down already and only later be listened on. */
const given = new Set<number>()

/** A port on which nobody listens at the moment, other than those that this process got before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1_000; tries++) {
    const port = randomInt(PORT_MIN, PORT_MAX)
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port from ${PORT_MIN} to ${PORT_MAX} found`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, () => probe.close(() => resolve(true)))
  })
}
