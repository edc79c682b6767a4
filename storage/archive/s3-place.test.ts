// The archive in S3: signatures against the examples of AWS, faults against a server that has them, and all operations against a real
// server of the protocol, where one can be had (moto, `pip install 'moto[server]'`; or any with OBSERVA_TEST_S3_URL).

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { S3Place } from './s3-place.ts'
import { EMPTY_SHA256, signedHeaders } from './s3-signature.ts'
import { realServer } from './testing/s3-server.ts'

/** The credentials of AWS' own examples, which are no secret. */
const EXAMPLE = {
  accessKeyId: ['AKIA', 'IOSFODNN7EXAMPLE'].join(''),
  secretAccessKey: ['wJalrXUtnFEMI/K7MDENG', '/bPxRfiCYEXAMPLEKEY'].join(''),
  sessionToken: null,
  region: 'us-east-1',
}

test('requests are signed as in the examples of AWS', () => {
  const signatureOf = (query: string): string | undefined => {
    const url = new URL(`https://examplebucket.s3.amazonaws.com/${query}`)
    const request = { method: 'GET', url, bodySha256: EMPTY_SHA256 } as const
    const headers = signedHeaders(request, EXAMPLE, new Date('2013-05-24T00:00:00Z'))
    assert.match(
      headers['authorization'] ?? '',
      /\/20130524\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date,/,
    )
    return /Signature=(\w+)$/.exec(headers['authorization'] ?? '')?.[1]
  }
  assert.equal(
    signatureOf('?lifecycle'),
    'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  )
  assert.equal(
    signatureOf('?prefix=J&max-keys=2'),
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  )
})

async function placeAt(t: TestContext, url: string): Promise<{ place: S3Place; dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-s3-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const clock = { ...systemClock, sleep: () => Promise.resolve() }
  return { place: new S3Place({ ...EXAMPLE, url, spoolDir: dir, clock }), dir }
}

async function fileIn(dir: string, bytes: Buffer): Promise<string> {
  const file = join(dir, randomBytes(4).toString('hex'))
  await writeFile(file, bytes)
  return file
}

test('what fails for a moment is tried again; what is refused is not, and the reason has no credential', async (t) => {
  const answers = [503, 200, 403]
  let requests = 0
  const server = createServer((req, res) => {
    req.resume()
    req.on('end', () => {
      const status = answers[requests++] ?? 503
      res.writeHead(status).end(status === 403 ? '<Error><Code>AccessDenied</Code></Error>' : '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const { place, dir } = await placeAt(t, `http://127.0.0.1:${address.port}/bucket/x`)
  await place.put('a/b', await fileIn(dir, Buffer.from('x')))
  assert.equal(requests, 2)
  await assert.rejects(
    place.put('a/b', await fileIn(dir, Buffer.from('x'))),
    (e: Error & { code?: string }) =>
      e.code === 'OBS_ARCHIVE_REFUSED' &&
      /HTTP 403 AccessDenied/.test(e.message) &&
      !e.message.includes(EXAMPLE.secretAccessKey) &&
      !e.message.includes(EXAMPLE.accessKeyId),
  )
  assert.equal(requests, 3)
  await assert.rejects(place.list(''), { code: 'OBS_ARCHIVE_REFUSED' })
  assert.equal(requests, 7, 'a server that goes on failing is asked four times')
  server.close()
  server.closeAllConnections()
  await assert.rejects(place.read('a/b'), { code: 'OBS_ARCHIVE_UNREACHABLE' })
})

test('files are put, read, listed page by page, replaced and removed on a real server', async (t) => {
  const server = await realServer(t)
  if (server === null) return
  t.after(server.stop)
  const { place, dir } = await placeAt(t, `${server.url}/a folder/ü`)
  const text = async (path: string): Promise<Buffer | null> => {
    const body = await place.read(path)
    if (body === null) return null
    const chunks: Buffer[] = []
    for await (const chunk of body) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }
  const big = randomBytes(9_000_000)
  await place.put('t%2E/p/events/2026-01-01/big-1.parquet', await fileIn(dir, big))
  assert.deepEqual(await text('t%2E/p/events/2026-01-01/big-1.parquet'), big)
  assert.equal(await text('t%2E/p/events/2026-01-01/none'), null)
  await place.put('t%2E/p/events/2026-01-01/big-1.parquet', await fileIn(dir, Buffer.from('new')))
  assert.equal(String(await text('t%2E/p/events/2026-01-01/big-1.parquet')), 'new')
  const names = Array.from({ length: 1005 }, (_, n) => `many/${String(n).padStart(4, '0')}&<x>`)
  const put = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop())
      await place.put(name, await fileIn(dir, Buffer.from('x')))
  }
  await Promise.all(Array.from({ length: 8 }, put))
  const many = await place.list('many/')
  assert.equal(many.length, 1005, 'more than one page')
  assert.deepEqual(many[7], { path: 'many/0007&<x>', bytes: 1 })
  assert.deepEqual(await place.list('t%2E/'), [
    { path: 't%2E/p/events/2026-01-01/big-1.parquet', bytes: 3 },
  ])
  await place.remove('t%2E/p/events/2026-01-01/big-1.parquet')
  await place.remove('t%2E/p/events/2026-01-01/big-1.parquet')
  assert.deepEqual(await place.list('t%2E/'), [])
  assert.deepEqual(await readdir(dir), [], 'nothing stays on this machine')
})
