// A short run of the drill; the long one is `node test/drill/kill-drill.ts 50`.

import assert from 'node:assert/strict'
import test from 'node:test'
import { killDrill } from './kill-drill.ts'

test('SIGKILL under load loses nothing that was acknowledged', async () => {
  let seed = 7
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed / 2 ** 31
  }
  const report = await killDrill(6, random)
  assert.ok(report.acknowledged > 500, `only ${report.acknowledged} acknowledged`)
  assert.deepEqual(
    { lost: report.lost, spurious: report.spurious, corrupt: report.corrupt },
    { lost: 0, spurious: 0, corrupt: 0 },
    JSON.stringify(report),
  )
})
