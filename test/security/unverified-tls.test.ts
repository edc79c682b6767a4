// URLs that turn the check of a server's certificate off, in every spelling of the client libraries: refused unless a second setting says
// that it is meant.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notifications } from '../../config/notifications-section.ts'
import { schema } from '../../exporters/postgres/config.ts'

const ca = 'sslrootcert=/etc/ca.pem'
const POSTGRES: readonly (readonly [query: string, isUnverified: boolean])[] = [
  ['sslmode=no-verify', true],
  ['sslmode=no%2Dverify', true],
  ['sslmode=verify-full&sslmode=no-verify', true],
  ['ssl=no-verify', true],
  ['uselibpqcompat=true&sslmode=require', true],
  ['uselibpqcompat=true&sslmode=prefer', true],
  [`uselibpqcompat=true&sslmode=require&${ca}`, false],
  ['sslmode=require', false],
  ['sslmode=verify-full', false],
  ['application_name=sslmode%3Dno-verify', false],
]

test('a Postgres URL that does not verify the certificate needs a second setting', () => {
  for (const [query, isUnverified] of POSTGRES) {
    const url = `postgres://db.example/x?${query}`
    const bare = schema.safeParse({ url })
    assert.equal(bare.success, !isUnverified, query)
    if (isUnverified) assert.match(String(bare.error), /accept_risk: true/)
    assert.ok(schema.safeParse({ url, accept_risk: true }).success, query)
  }
})

test('a mail server whose certificate is not verified needs a second setting', () => {
  for (const [query, isUnverified] of [
    ['tls.rejectUnauthorized=false', true],
    ['tls.reject%55nauthorized=0', true],
    ['tls.rejectUnauthorized=true', false],
    ['requireTLS=true', false],
  ] as const) {
    const smtp = { url: `smtps://mail.example?${query}`, from: 'observa@example.com' }
    assert.equal(notifications.safeParse({ smtp }).success, !isUnverified, query)
    assert.ok(notifications.safeParse({ smtp: { ...smtp, accept_risk: true } }).success, query)
  }
})
