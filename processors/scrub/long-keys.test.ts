// Keys and names are the sender's too: a megabyte of them costs no more than a megabyte of text.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import { keyMeaning } from './key-names.ts'

test('a name of a megabyte is judged by its end', () => {
  for (const unit of ['A', 'aB', 'a.', '1', 'a1', '_', 'Password.', 'é']) {
    const name = `${unit.repeat(2 ** 20)}.password`
    const context = vm.createContext({ judge: () => keyMeaning(name).kind })
    // No measure of speed: by the square of its length it would take minutes.
    const kind = vm.runInContext('judge()', context, { timeout: 10_000 })
    assert.equal(kind, 'password', unit)
  }
})
