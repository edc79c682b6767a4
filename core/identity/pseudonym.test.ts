// The digest of a pseudonym against HMAC as node makes it.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Pseudonyms } from './pseudonym.ts'

const KEY = 'a key of a test'

test('the digest is HMAC-SHA-256 under the key of the tenant', () => {
  const pseudonyms = new Pseudonyms(KEY)
  const byte = fc.integer({ min: 0, max: 255 }).map((b) => String.fromCharCode(b))
  const value = fc.array(byte, { maxLength: 200 }).map((bytes) => bytes.join(''))
  fc.assert(
    fc.property(fc.constantFrom('acme', 'größe', ''), fc.string(), value, (tenant, type, text) => {
      const key = createHmac('sha256', KEY).update(`observa-scrub\0${tenant}`).digest()
      const hmac = createHmac('sha256', key).update(`${type}\0`).update(text, 'latin1')
      assert.deepEqual(pseudonyms.digest(tenant, type, text), hmac.digest())
    }),
  )
})
