// The overview of the command line is complete.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS } from './commands.ts'
import { HELP } from './help.ts'

test('the overview has a line for every command, and for nothing else', () => {
  const listed = HELP.split('\n').flatMap((line) => /^ {2}observa (\w+)/.exec(line)?.[1] ?? [])
  assert.deepEqual(listed.toSorted(), [...COMMANDS.keys()].toSorted())
})
