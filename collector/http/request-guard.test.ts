// What the guard does in cases that a running instance on loopback cannot show: addresses of other machines and
// unusual names.

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { hostNameOf } from '../../core/http/host-name.ts'
import { BrowserGuard } from './request-guard.ts'

/** A request with only the properties that a guard reads. */
function request(host: string, localAddress: string | undefined, url = '/'): IncomingMessage {
  const seen = {
    url,
    method: 'GET',
    headers: { host },
    rawHeaders: ['Host', host],
    socket: { localAddress },
  }
  return seen as unknown as IncomingMessage
}

function isServed(endpoint: string, host: string, localAddress?: string): boolean {
  const guard = new BrowserGuard(endpoint, ['observa.internal'])
  return guard.refusalOf(request(host, localAddress)) === null
}

test('the address that a client connected to is a bound name, and no other address is', () => {
  assert.ok(isServed('0.0.0.0:4318', '10.1.2.3:4318', '10.1.2.3'))
  assert.ok(isServed('0.0.0.0:4318', '10.1.2.3', '10.1.2.3'))
  assert.ok(isServed('[::]:4318', '10.1.2.3:4318', '::ffff:10.1.2.3'))
  assert.ok(isServed('[::]:4318', '[2001:DB8:0:0::5]:4318', '2001:db8::5'))
  assert.ok(isServed('0.0.0.0:4318', '0.0.0.0:4318', '127.0.0.1'))
  assert.ok(!isServed('0.0.0.0:4318', '10.1.2.4:4318', '10.1.2.3'))
  assert.ok(!isServed('[::]:4318', '[2001:db8::6]', '2001:db8::5'))
  assert.ok(!isServed('0.0.0.0:4318', 'collector:4318', '10.1.2.3'))
  assert.ok(!isServed('0.0.0.0:4318', '10.1.2.3', undefined))
})

test('the name that is listened on is a bound name', () => {
  assert.ok(isServed('telemetry.lan:4318', 'Telemetry.LAN.:4318', '10.1.2.3'))
  assert.ok(isServed('10.1.2.3:4318', '10.1.2.3:31000', '10.1.2.3'))
  assert.ok(isServed('[fd00::1]:4318', '[fd00:0:0::1]:4318', 'fd00::1'))
  assert.ok(!isServed('telemetry.lan:4318', 'telemetry.lan.evil.example', '10.1.2.3'))
})

test('an absolute target counts as much as the Host header', () => {
  const guard = new BrowserGuard('127.0.0.1:3000', [])
  const asked = (target: string): boolean =>
    guard.refusalOf(request('localhost', '127.0.0.1', target)) === null
  assert.ok(asked('http://localhost:3000/api/v1/events'))
  assert.ok(asked('*'))
  for (const target of [
    'http://evil.example/api/v1/events',
    'http://localhost@evil.example/',
    'http:///api/v1/events',
    'evil.example:443',
    'x',
  ])
    assert.ok(!asked(target), target)
})

test('names of hosts are read strictly', () => {
  const names: Readonly<Record<string, string | null>> = {
    localhost: 'localhost',
    'LocalHost.:80': 'localhost',
    'a_b.c-d:': 'a_b.c-d',
    '[::1]:4318': '[::1]',
    '[0:0::1]': '[::1]',
    '127.0.0.1:1': '127.0.0.1',
    '': null,
    '.': null,
    'a..b': null,
    'a..': null,
    ':80': null,
    'a:b': null,
    'a:80:80': null,
    'a b': null,
    'u@a': null,
    'a/b': null,
    '[::1': null,
    '[::g]': null,
    '[1:2:3]': null,
    '[::1]x': null,
    'a\tb': null,
    ｌocalhost: null,
  }
  for (const [text, name] of Object.entries(names)) assert.equal(hostNameOf(text), name, text)
})
