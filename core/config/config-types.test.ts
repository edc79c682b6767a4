// Tests of the shared configuration types.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { z } from 'zod'
import {
  duration,
  endpoint,
  isLinkLocalHost,
  type OutboundUrl,
  outboundUrl,
  secret,
  size,
  splitHostPort,
} from './config-types.ts'

test('durations need a unit and respect their range', () => {
  assert.equal(duration().parse('1h30m'), 5_400_000)
  assert.equal(duration().parse('250ms'), 250)
  assert.equal(duration().parse(0), 0)
  for (const bad of ['5', 5, 'soon', '-1s', '', null, {}])
    assert.equal(duration().safeParse(bad).success, false, `not a duration: ${JSON.stringify(bad)}`)
  const narrow = duration({ min: 1000, max: 60_000 })
  assert.equal(narrow.safeParse('2m').success, false)
  assert.match(narrow.safeParse('2m').error?.issues[0]?.message ?? '', /from 1\.0 s to 1 m 0 s/)
})

test('sizes are bytes or bytes with a unit', () => {
  assert.equal(size().parse('64MiB'), 64 * 1024 * 1024)
  assert.equal(size().parse('10MB'), 10_000_000)
  assert.equal(size().parse(4096), 4096)
  for (const bad of ['lots', '5 bananas', -1, true, Number.NaN])
    assert.equal(size().safeParse(bad).success, false, `not a duration: ${JSON.stringify(bad)}`)
})

test('a secret shows *** however it is printed and keeps its value', () => {
  const value = ['hunter2', 'hunter2'].join('')
  const parsed = z.strictObject({ password: secret() }).parse({ password: value })
  assert.equal(parsed.password.reveal(), value)
  const printed = [
    String(parsed.password),
    JSON.stringify(parsed),
    inspect(parsed, { depth: 9, showHidden: true }),
    ['', parsed.password].join(''),
    JSON.stringify(structuredClone(parsed)),
  ].join('\n')
  assert.equal(printed.includes(value), false)
})

test('a URL prints without its credentials and query', () => {
  const url: OutboundUrl = outboundUrl(['postgres:']).parse(
    'postgres://u:pass-word@h:5432/db?x=tok',
  )
  assert.equal(String(url), 'postgres://***@h:5432/db?***')
  assert.equal(inspect({ url }), '{ url: postgres://***@h:5432/db?*** }')
  assert.equal(JSON.stringify({ url }), '{"url":"postgres://***@h:5432/db?***"}')
  assert.equal(url.reveal(), 'postgres://u:pass-word@h:5432/db?x=tok')
  assert.equal(outboundUrl().safeParse('postgres://h/db').success, false)
  assert.equal(outboundUrl().safeParse('not a url').success, false)
})

test('an endpoint is host:port', () => {
  assert.equal(endpoint().parse('0.0.0.0:4318'), '0.0.0.0:4318')
  assert.equal(endpoint().parse('[::1]:0'), '[::1]:0')
  assert.deepEqual(splitHostPort('[::1]:80'), { host: '::1', port: 80 })
  for (const bad of ['4318', 'http://x:1', 'x:99999', ':80', '::1:80', 'a b:1'])
    assert.equal(endpoint().safeParse(bad).success, false, bad)
})

test('link-local and metadata hosts are known in every spelling', () => {
  for (const host of [
    '169.254.169.254',
    '[fe80::1]',
    'fe80::1%eth0',
    '::ffff:169.254.1.1',
    '[::ffff:a9fe:a9fe]',
    'metadata.google.internal.',
    'fd00:ec2::254',
    new URL('http://2852039166/').hostname,
    new URL('http://0xA9FEA9FE/').hostname,
  ])
    assert.equal(isLinkLocalHost(host), true, host)
  for (const host of ['127.0.0.1', 'localhost', '::1', '10.169.254.1', 'clickhouse', 'fd00::1'])
    assert.equal(isLinkLocalHost(host), false, host)
})

test('JSON Schema keeps description, default and format of a shared type', () => {
  const schema = z.strictObject({
    wait: duration().prefault('5s').describe('How long.'),
    room: size().prefault('64MiB').describe('How much.'),
    key: secret().optional().describe('Who.'),
    url: outboundUrl().optional().describe('Where.'),
    listen: endpoint().prefault('127.0.0.1:1').describe('Here.'),
  })
  const json = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) as {
    properties: Record<string, Record<string, unknown>>
    required?: string[]
  }
  assert.equal(json.required, undefined)
  assert.equal(json.properties['wait']?.['default'], '5s')
  assert.equal(json.properties['wait']?.['format'], 'duration')
  assert.equal(json.properties['wait']?.['description'], 'How long.')
  assert.equal(json.properties['room']?.['format'], 'size')
  assert.equal(json.properties['key']?.['secret'], true)
  assert.equal(json.properties['url']?.['format'], 'uri')
  assert.equal(json.properties['listen']?.['default'], '127.0.0.1:1')
  assert.deepEqual(schema.parse({}), { wait: 5000, room: 67_108_864, listen: '127.0.0.1:1' })
})
