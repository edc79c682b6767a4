// Request framing and limits: requests that two HTTP parsers could split differently (request smuggling) are refused, and each
// size limit is exact: the largest allowed size is accepted, one byte more is not.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import test, { after, before } from 'node:test'
import { gzipSync } from 'node:zlib'
import { rawRequest } from '../hostile/raw-request.ts'
import { Instance } from '../instance.ts'

const BODY_MAX = 4096
const DECODED_MAX = 8192
const HEADER_MAX = 4096
let instance: Instance

before(async () => {
  instance = await Instance.start({
    config: `limits: { max_body_bytes: ${BODY_MAX}, max_decoded_bytes: ${DECODED_MAX}, max_header_bytes: ${HEADER_MAX} }`,
  })
})
after(async () => {
  await instance.stop()
})

/** Sends bytes and reads until the peer closes: every answer that came. */
function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.setTimeout(20_000, () => socket.destroy())
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1')
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(answer))
    socket.write(Buffer.from(text, 'latin1'))
  })
}

const HEAD = 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
const SMUGGLED = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'

const FRAMINGS: Readonly<Record<string, string>> = {
  'both lengths': `${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'two lengths': `${HEAD}Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}${SMUGGLED}`,
  'two lengths in one header': `${HEAD}Content-Length: 2, 4\r\n\r\n{}${SMUGGLED}`,
  'two hosts': `${HEAD}Host: other\r\nContent-Length: 2\r\n\r\n{}${SMUGGLED}`,
  'a signed length': `${HEAD}Content-Length: +2\r\n\r\n{}${SMUGGLED}`,
  'a length in hexadecimal': `${HEAD}Content-Length: 0x2\r\n\r\n{}${SMUGGLED}`,
  'a coding after chunked': `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'a misspelt coding': `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'a chunk size that is none': `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n${SMUGGLED}`,
  'a chunk longer than it says': `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n${SMUGGLED}`,
  'header lines that end in LF alone': `${HEAD.replaceAll('\r\n', '\n')}Content-Length: 2\n\n{}${SMUGGLED}`,
  'a space before the colon': `${HEAD}Content-Length : 2\r\n\r\n{}${SMUGGLED}`,
  'a folded header': `${HEAD}X-Note: a\r\n b\r\nContent-Length: 2\r\nTransfer-Encoding:\r\n chunked\r\n\r\n{}${SMUGGLED}`,
  'a NUL in a header': `${HEAD}X-Note: a\0b\r\nContent-Length: 2\r\n\r\n{}${SMUGGLED}`,
}

for (const [what, text] of Object.entries(FRAMINGS))
  test(`${what}: a 400, a closed connection, and no response to the request behind it`, async () => {
    const answer = await talk(instance.ports.http, text)
    const answers = answer.match(/HTTP\/1\.1 \d+/g) ?? []
    assert.deepEqual(answers, ['HTTP/1.1 400'], answer)
    assert.match(answer, /^connection: close/im)
  })

/** A document of exactly so many bytes. */
const documentOf = (bytes: number): string => `{}${' '.repeat(bytes - 2)}`

async function statusOf(body: string | Uint8Array, coding = 'identity'): Promise<number> {
  const headers = { 'content-type': 'application/json', 'content-encoding': coding }
  return (await instance.post('/v1/traces', body, headers)).status
}

test('a body of exactly the limit is accepted, one byte more gets a 413', async () => {
  for (const [bytes, status] of [
    [BODY_MAX - 1, 200],
    [BODY_MAX, 200],
    [BODY_MAX + 1, 413],
  ] as const)
    assert.equal(await statusOf(documentOf(bytes)), status, `${bytes} bytes`)
})

test('a body that decompresses to exactly the limit is accepted, one byte more gets a 413', async () => {
  for (const [bytes, status] of [
    [DECODED_MAX - 1, 200],
    [DECODED_MAX, 200],
    [DECODED_MAX + 1, 413],
  ] as const)
    assert.equal(await statusOf(gzipSync(documentOf(bytes)), 'gzip'), status, `${bytes} bytes`)
})

test('several or unknown content codings get a 415', async () => {
  const twice = gzipSync(gzipSync('{}'))
  for (const coding of ['gzip, gzip', 'gzip,identity', 'identity, gzip', 'br', 'compress', '*'])
    assert.equal(await statusOf(twice, coding), 415, coding)
})

test('request headers above the limit get a 431', async () => {
  const sized = (bytes: number) =>
    rawRequest(instance.ports.http, {
      target: '/health',
      headers: [
        ['Host', 'localhost'],
        ['X-Note', 'a'.repeat(bytes)],
      ],
    })
  assert.equal((await sized(HEADER_MAX / 2)).status, 200)
  assert.equal((await sized(HEADER_MAX)).status, 431)
})

test('forwarded headers of a proxy change no response', async () => {
  const forwarded = [
    ['X-Forwarded-For', '10.0.0.1'],
    ['X-Forwarded-Host', 'localhost'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Real-IP', '127.0.0.1'],
    ['Forwarded', 'for=127.0.0.1;host=localhost'],
  ] as const
  for (const [host, status] of [
    ['evil.example', 403],
    ['localhost', 200],
  ] as const) {
    const headers = [['Host', host] as const, ...forwarded]
    const reply = await rawRequest(instance.ports.http, { target: '/health', headers })
    assert.equal(reply.status, status, host)
  }
})
