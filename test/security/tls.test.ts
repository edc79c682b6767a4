// TLS of the addresses that are listened on: every protocol over it, certificates of clients, and new certificates without a
// restart. The certificates are made by the openssl command for this run; without it these tests are skipped.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const skip = hasOpenssl ? false : 'no openssl command'

let dir = ''
let instance: Instance

const at = (name: string): string => join(dir, name)
const pem = (name: string): Buffer => readFileSync(at(name))

/** Runs the command with options that have no blanks in them, and the files as they are named. */
function openssl(command: string, files: Readonly<Record<string, string>>): void {
  const named = Object.entries(files).flatMap(([option, name]) => [`-${option}`, at(name)])
  execFileSync('openssl', [...command.split(' '), ...named], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}

const EC = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'

function authority(name: string): void {
  openssl(`req -x509 ${EC} -days 2 -subj /CN=${name}`, {
    keyout: `${name}.key`,
    out: `${name}.pem`,
  })
}

/** A certificate for this host, signed by the authority `ca`. One of -1 days ended yesterday. */
function certificate(name: string, ca: string, days = 2): void {
  openssl(`req ${EC} -subj /CN=${name}`, { keyout: `${name}.key`, out: `${name}.csr` })
  writeFileSync(at(`${name}.ext`), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
  openssl(`x509 -req -days ${days} -CAcreateserial`, {
    in: `${name}.csr`,
    extfile: `${name}.ext`,
    CA: `${ca}.pem`,
    CAkey: `${ca}.key`,
    out: `${name}.pem`,
  })
}

before(async () => {
  if (!hasOpenssl) return
  dir = await mkdtemp(join(tmpdir(), 'observa-tls-'))
  authority('ca')
  authority('stranger')
  certificate('server', 'ca')
  certificate('renewed', 'ca')
  certificate('expired', 'ca', -1)
  certificate('client', 'ca')
  certificate('unknown', 'stranger')
  const tls = `cert_file: ${at('server.pem')}, key_file: ${at('server.key')}, reload_interval: 1s`
  instance = await Instance.start({
    config: `
receivers:
  otlp:
    protocols:
      http: { tls: { ${tls}, min_version: "1.3" } }
      grpc: { tls: { ${tls}, client_ca_file: ${at('ca.pem')} } }
extensions: { api: { tls: { ${tls} } } }
`,
  })
})
after(async () => {
  if (!hasOpenssl) return
  await instance.stop()
  await rm(dir, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  readonly body: string
}

/** `connection` are options of TLS beside the authority. */
function send(
  port: number,
  path: string,
  body?: string,
  connection: ConnectionOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(
      {
        ...connection,
        host: '127.0.0.1',
        port,
        path,
        ca: pem('ca.pem'),
        agent: false,
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json' },
      },
      (res) => {
        let text = ''
        res.on('data', (d: Buffer) => {
          text += d.toString()
        })
        res.on('end', () => resolve({ status: res.statusCode ?? 0, body: text }))
      },
    )
    req.on('error', reject)
    req.end(body)
  })
}

/** The serial number of the certificate that a new connection is shown. */
function serial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, ca: pem('ca.pem') }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

/** The status of a call without a message over HTTP/2, with the certificate of `client` where one is named. */
function call(port: number, client?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const own =
      client === undefined ? {} : { cert: pem(`${client}.pem`), key: pem(`${client}.key`) }
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: pem('ca.pem'), ...own })
    session.on('error', reject)
    const stream = session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    stream.on('error', reject)
    let status = ''
    const take = (headers: Record<string, unknown>): void => {
      const found = headers['grpc-status']
      if (typeof found === 'string') status = found
    }
    stream.on('response', take)
    stream.on('trailers', take)
    stream.on('close', () => {
      session.close()
      if (status === '') reject(new Error('the connection ended without a status'))
      else resolve(status)
    })
    stream.resume()
    // An empty message: five bytes before it.
    stream.end(Buffer.alloc(5))
  })
}

test('traces and the API are served over TLS, and nothing in the clear', { skip }, async () => {
  const { otlp, http } = instance.ports
  assert.equal((await send(otlp, '/v1/traces', otlpJson([{ name: 'chat' }]))).status, 200)
  await until(async () => (await instance.events()).length === 1, 'stored')
  assert.equal((await send(http, '/health')).status, 200)
  assert.match((await send(http, '/')).body, /<html/i)
  await assert.rejects(fetch(`http://127.0.0.1:${otlp}/v1/traces`, { method: 'POST', body: '{}' }))
  await assert.rejects(fetch(`http://127.0.0.1:${http}/health`))
  assert.match(instance.stderr, new RegExp(`OTLP/HTTP +https://127\\.0\\.0\\.1:${otlp}`))
})

test('a page of the instance itself may send over https', { skip }, async () => {
  const { http } = instance.ports
  const own = await send(http, '/api/v1/auth/me')
  assert.notEqual(own.status, 0)
  assert.doesNotMatch(own.body, /<html/i)
})

test('older versions of TLS than configured are refused', { skip }, async () => {
  const { otlp, http } = instance.ports
  const old: ConnectionOptions = { maxVersion: 'TLSv1.2' }
  await assert.rejects(send(otlp, '/v1/traces', '{}', old))
  assert.equal((await send(http, '/health', undefined, old)).status, 200)
  await assert.rejects(
    send(http, '/health', undefined, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }),
  )
})

test('where certificates of clients are asked for, only those of the authority get in', {
  skip,
}, async () => {
  const { grpc } = instance.ports
  assert.equal(await call(grpc, 'client'), '0')
  for (const client of [undefined, 'unknown'])
    assert.equal(await call(grpc, client).catch(() => 'refused'), 'refused')
  // Who was refused has not ended the listener.
  assert.equal(await call(grpc, 'client'), '0')
})

test('a connection that never shakes hands ends, and the others go on', { skip }, async () => {
  const { otlp } = instance.ports
  const idle = connect({ host: '127.0.0.1', port: otlp, ca: pem('ca.pem') })
  await new Promise<void>((resolve) => idle.once('secureConnect', () => resolve()))
  assert.equal((await send(otlp, '/v1/traces', otlpJson([{ name: 'other' }]))).status, 200)
  idle.destroy()
})

test('new files are served to new connections, and broken ones change nothing', {
  skip,
}, async () => {
  const { otlp } = instance.ports
  const first = await serial(otlp)
  // Half a renewal: the key is not that of the certificate.
  renameSync(at('server.key'), at('first.key'))
  writeFileSync(at('server.key'), pem('renewed.key'))
  await until(() => instance.stderr.includes('OBS_TLS_FILES'), 'the broken pair told')
  assert.equal(await serial(otlp), first)
  writeFileSync(at('server.pem'), pem('renewed.pem'))
  await until(async () => (await serial(otlp)) !== first, 'renewed')
  assert.equal((await send(otlp, '/v1/traces', otlpJson([{ name: 'chat' }]))).status, 200)
})

test('a certificate that is over does not take the place of a valid one', { skip }, async () => {
  const { otlp } = instance.ports
  const served = await serial(otlp)
  const kept = [pem('server.pem'), pem('server.key')] as const
  writeFileSync(at('server.key'), pem('expired.key'))
  writeFileSync(at('server.pem'), pem('expired.pem'))
  await until(() => /OBS_TLS_FILES.*is valid from .* and not now/.test(instance.stderr), 'told')
  assert.equal(await serial(otlp), served)
  writeFileSync(at('server.key'), kept[1])
  writeFileSync(at('server.pem'), kept[0])
})

test('a start with a certificate that is over tells it, and the metrics tell its end', {
  skip,
}, async (t) => {
  const tls = `{ cert_file: ${at('expired.pem')}, key_file: ${at('expired.key')} }`
  const other = await Instance.start({
    config: `receivers: { otlp: { protocols: { http: { tls: ${tls} } } } }\n`,
  })
  t.after(() => other.stop())
  assert.match(other.stderr, /OBS_TLS_EXPIRED/)
  const ends = await other.metric('observa_tls_certificate_expires_timestamp_seconds')
  assert.ok(ends > 0 && ends < Date.now() / 1000, String(ends))
})

test('a start with a file that is not there names it', { skip }, async () => {
  const started = Instance.start({
    config: `
receivers: { otlp: { protocols: { http: { tls: { cert_file: ${at('none.pem')}, key_file: ${at('server.key')} } } } } }
`,
  })
  await assert.rejects(started, /OBS_TLS_FILES[^\n]*none\.pem cannot be read/)
})

test('two components of one address cannot want different certificates', { skip }, async () => {
  const pair = (name: string): string =>
    `{ cert_file: ${at(`${name}.pem`)}, key_file: ${at(`${name}.key`)} }`
  const started = Instance.start({
    config: `
receivers: { observa: { tls: ${pair('client')} } }
extensions: { api: { tls: ${pair('renewed')} } }
`,
  })
  await assert.rejects(started, /OBS_CONFIG_ROUTE_TAKEN[^\n]*different settings of tls/)
})
