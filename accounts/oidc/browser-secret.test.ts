// What binds a sign-in to a browser, and which paths are of this site.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browserSecretOf, newBrowserSecret, pathOfThisSite } from './browser-secret.ts'

const NOW = 1_700_000_000_000

test('the cookie gives back everything that was derived from it, and only for its own state', () => {
  const made = newBrowserSecret('/traces?q=ä', NOW)
  assert.deepEqual(browserSecretOf(made.cookie, made.state, NOW + 1000), made)
  assert.equal(made.returnTo, '/traces?q=ä')
  const other = newBrowserSecret('/traces?q=ä', NOW)
  assert.equal(new Set([made.state, made.nonce, made.codeVerifier, other.state]).size, 4)
  assert.equal(browserSecretOf(made.cookie, other.state, NOW), null)
  for (const state of ['', 'x', `${made.state}x`, made.nonce])
    assert.equal(browserSecretOf(made.cookie, state, NOW), null, state)
})

test('a cookie that was changed has another state, also where only its time or path was changed', () => {
  const { cookie, state } = newBrowserSecret('/a', NOW)
  const [time = '', secret = '', path = ''] = cookie.split('.')
  for (const changed of [
    `${Number(time) + 1}.${secret}.${path}`,
    `${time}.${secret}.${Buffer.from('/b').toString('base64url')}`,
    `${time}.${secret}.`,
    `${time}.${secret}`,
    `${time}.${secret}.${path}.x`,
    '',
    'x'.repeat(100_000),
  ])
    assert.equal(browserSecretOf(changed, state, NOW), null, changed.slice(0, 80))
})

test('a sign-in that takes more than ten minutes is over', () => {
  const { cookie, state } = newBrowserSecret('/', NOW)
  assert.notEqual(browserSecretOf(cookie, state, NOW + 599_000), null)
  assert.equal(browserSecretOf(cookie, state, NOW + 601_000), null)
  assert.equal(browserSecretOf(cookie, state, NOW - 601_000), null)
})

test('only a path of this site is a place to come back to', () => {
  for (const path of ['/', '/traces', '/traces?a=/b&c=d%20e', '/a/../b', '/users/ada@test.invalid'])
    assert.equal(pathOfThisSite(path), path)
  for (const path of [
    undefined,
    '',
    'traces',
    '//other.test.invalid',
    '///other.test.invalid',
    '/\\other.test.invalid',
    '\\\\other.test.invalid',
    '/\t/other.test.invalid',
    '/a\r\nset-cookie: x=y',
    '/a b',
    '/ä',
    'https://other.test.invalid/',
    'javascript:alert(1)',
    '@other.test.invalid',
    `/${'a'.repeat(1000)}`,
  ])
    assert.equal(pathOfThisSite(path), '/', String(path))
})
