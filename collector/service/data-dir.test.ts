// Which directories cause a warning at the start.

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { doubtsAbout } from './data-dir.ts'

test('usual places for state say nothing', () => {
  for (const dir of ['.observa', './a/b', '/var/lib/observa', '/srv/x', join(tmpdir(), 'x')]) {
    assert.deepEqual(doubtsAbout(dir, undefined), [], dir)
    assert.deepEqual(doubtsAbout('.observa', dir), [], dir)
  }
  assert.deepEqual(doubtsAbout('/etc/observa', '/etc/observa/queue').length, 1)
})

test('other places are said, one by one', () => {
  for (const dir of ['/', '/etc', '/usr/lib/observa', '/var/library', '/dev/shm', '/proc/self'])
    assert.match(doubtsAbout(dir, undefined).join(), /^data_dir .* is outside/, dir)
  assert.match(doubtsAbout('.observa', '/etc/queue').join(), /^queue\.dir/)
  assert.match(
    doubtsAbout('.observa', '.observa/../../../../../../etc').join(),
    /^queue\.dir \/etc/,
  )
})
