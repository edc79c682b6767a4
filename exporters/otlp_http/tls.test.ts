// TLS to the destination: its certificate is verified, and a client certificate is presented if the destination asks for one.
// openssl makes the certificates during the test.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { never, sendBatch, testDir, testHost } from '../../test/exporter-host.ts'
import { schema, settings } from './config.ts'
import { OtlpHttpSender } from './send.ts'

const openssl = (cwd: string, ...args: string[]): void => {
  const run = spawnSync('openssl', args, { cwd, encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
}

const missing = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed'

/** A certificate authority, a certificate for 127.0.0.1 and a client certificate. */
function certificates(t: TestContext): string {
  const dir = testDir(t)
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(dir, 'req', '-x509', ...ec, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=ca')
  writeFileSync(join(dir, 'names'), 'subjectAltName=IP:127.0.0.1')
  for (const name of ['server', 'client']) {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.csr`]
    openssl(dir, 'req', ...ec, ...files, '-subj', `/CN=${name}`)
    const signed = ['-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial']
    openssl(dir, 'x509', '-req', ...signed, '-extfile', 'names', '-out', `${name}.pem`)
  }
  return dir
}

async function guarded(t: TestContext, dir: string): Promise<{ url: string; peers: string[] }> {
  const read = (name: string): Buffer => readFileSync(join(dir, name))
  const peers: string[] = []
  const server = createServer(
    {
      key: read('server.key'),
      cert: read('server.pem'),
      ca: read('ca.pem'),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (req, res) => {
      const { subject } = (req.socket as TLSSocket).getPeerCertificate()
      const name: unknown = subject?.CN
      peers.push(typeof name === 'string' ? name : '')
      res.end()
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, peers }
}

async function verdictWith(t: TestContext, endpoint: string, tls: object): Promise<string> {
  const config = schema.parse({ endpoint, tls })
  const sender = new OtlpHttpSender(await settings(config, {}), testHost(t))
  await sender.start()
  const part = { exporter: 'x', stream: 'traces', items: 1, bytes: new Uint8Array([0x0a, 0]) }
  const verdict = await sender.send(sendBatch([part]), never)
  await sender.stop()
  return verdict.kind
}

test('the server’s certificate is verified, and the configured client certificate is presented', {
  skip: missing,
}, async (t) => {
  const dir = certificates(t)
  const { url, peers } = await guarded(t, dir)
  const file = (name: string): string => join(dir, name)
  assert.equal(await verdictWith(t, url, {}), 'retry', 'an unknown authority is not trusted')
  assert.deepEqual(peers, [], 'and nothing was sent')
  assert.equal(await verdictWith(t, url, { ca_file: file('ca.pem') }), 'sent')
  const ours = { cert_file: file('client.pem'), key_file: file('client.key') }
  assert.equal(await verdictWith(t, url, { ca_file: file('ca.pem'), ...ours }), 'sent')
  const careless = { insecure_skip_verify: true, accept_risk: true }
  assert.equal(await verdictWith(t, url, careless), 'sent')
  assert.deepEqual(peers, ['', 'client', ''])
})
