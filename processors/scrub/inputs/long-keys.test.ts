// Keys and names are the sender's too: a megabyte of them costs no more than a megabyte of text.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import fc from 'fast-check'
import { keyMeaning } from '../detectors/key-names.ts'
import { keyGlob } from '../judge/allow-list.ts'

test('a name of a megabyte is judged by its end', () => {
  for (const unit of ['A', 'aB', 'a.', '1', 'a1', '_', 'Password.', 'é']) {
    const name = `${unit.repeat(2 ** 20)}.password`
    const context = vm.createContext({ judge: () => keyMeaning(name).kind })
    // No measure of speed: by the square of its length it would take minutes.
    const kind = vm.runInContext('judge()', context, { timeout: 10_000 })
    assert.equal(kind, 'password', unit)
  }
})

test('a glob means what its expression means, and costs the length of the key', () => {
  const expression = (glob: string): RegExp =>
    new RegExp(
      `^${glob
        .split('*')
        .map((p) => p.replaceAll('.', '\\.'))
        .join('.*')}$`,
      'i',
    )
  const letters = (of: string): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...of.split('')), maxLength: 8 })
  fc.assert(
    fc.property(letters('aB.*'), letters('Aab.'), (glob, key) => {
      assert.equal(keyGlob(glob)(key), expression(glob).test(key))
    }),
    { numRuns: 5000 },
  )
  const key = 'a'.repeat(2 ** 20)
  const context = vm.createContext({ ask: () => keyGlob('*a*a*a*b')(key) })
  assert.equal(vm.runInContext('ask()', context, { timeout: 10_000 }), false)
})
