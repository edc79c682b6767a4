// Which passwords are refused as common, and that long ones of their own are not; and how long a check of a password takes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCommonPassword } from './common-password.ts'
import { hashPassword, isPassword } from './password.ts'

const EMAIL = 'ada.lovelace@analytical.example'

test('words with digits, runs of keys, repetitions and the own address are refused', () => {
  for (const password of [
    'password123',
    'Password2026!',
    'P@ssw0rd1234',
    'passw0rd!!!!',
    '123password',
    'Welcome2026!',
    'Summer2026!!',
    'changeme123',
    'observa2026',
    'Iloveyou1234',
    'trustno1111',
    '1234567890',
    '0987654321',
    'qwertyuiop',
    'qwerty123456',
    'asdfghjkl123',
    '1q2w3e4r5t',
    '1qaz2wsx3edc',
    'abcdefghij',
    'aaaaaaaaaa',
    'abcabcabcabc',
    '1212121212',
    'ada.lovelace',
    'ada.lovelace1815',
    'analytical1!',
    EMAIL,
    EMAIL.toUpperCase(),
  ])
    assert.ok(isCommonPassword(password, EMAIL), password)
})

test('passwords of their own are accepted, also with common words in them', () => {
  for (const password of [
    'correct horse battery staple',
    'a horse that I remember',
    'password of the third engine',
    'kT7-vonZwiebel',
    'x8Qm2Lw9Rt4z',
    'summer in the old mill',
    'ada wrote the first program',
    'über-den-wolken',
    'qwerty is no good choice',
    '2026 observations of birds',
  ])
    assert.equal(isCommonPassword(password, EMAIL), false, password)
})

test('a check takes as long for nobody and for a person without a password as for a wrong one', async () => {
  const stored = await hashPassword('correct horse battery staple')
  const tookMs = async (against: string | null): Promise<number> => {
    const beganMs = performance.now()
    assert.equal(await isPassword('a wrong password', against), false)
    return performance.now() - beganMs
  }
  await tookMs(null)
  // The least times, of as many tries as a busy machine needs: a check without a hash would take a hundredth however often it is tried.
  let [known, nobody] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const isAlike = (): boolean => nobody / known > 0.7 && nobody / known < 1.4
  for (let i = 0; i < 100 && !(i >= 5 && isAlike()); i++) {
    known = Math.min(known, await tookMs(stored))
    nobody = Math.min(nobody, await tookMs(null))
  }
  assert.ok(isAlike(), `${nobody} ms, ${known} ms`)
})
