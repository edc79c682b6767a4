// A real server of the S3 protocol for tests: moto of PyPI, which answers as S3 does, on a free port; or a bucket that is given.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import { systemClock } from '../../../core/clock.ts'
import { freePort } from '../../../test/ports.ts'

export interface RealServer {
  /** With the bucket. */
  readonly url: string
  readonly stop: () => void
}

const hasMoto = (): boolean =>
  spawnSync('moto_server', ['--help'], { stdio: 'ignore', timeout: 60_000 }).status === 0

export async function realServer(t: TestContext): Promise<RealServer | null> {
  const given = process.env['OBSERVA_TEST_S3_URL']
  if (given !== undefined) return { url: given, stop: () => {} }
  if (!hasMoto()) {
    t.skip("no S3 server: pip install 'moto[server]', or set OBSERVA_TEST_S3_URL to a bucket")
    return null
  }
  const port = await freePort()
  const child: ChildProcess = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  })
  const stop = (): void => void child.kill('SIGKILL')
  const base = `http://127.0.0.1:${port}/archive-of-tests`
  for (let attempt = 0; ; attempt++) {
    const made = await fetch(base, { method: 'PUT' }).catch(() => null)
    if (made?.ok === true) return { url: base, stop }
    if (attempt > 300) {
      stop()
      throw new Error('the S3 server does not start')
    }
    await systemClock.sleep(100)
  }
}
