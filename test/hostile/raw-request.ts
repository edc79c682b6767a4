// Sends a request byte by byte over a socket, for tests of requests that HTTP client libraries cannot send: foreign, missing
// or repeated `Host` headers, absolute targets, HTTP/1.0.

import { connect } from 'node:net'

export interface RawReply {
  readonly status: number
  /** Headers with lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RawRequest {
  readonly method?: string
  /** The target as it stands in the request line. */
  readonly target: string
  readonly version?: string
  /** Headers in order; names may repeat. Only the length of the body is added. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: string | Uint8Array
}

const ANSWER_MS_MAX = 20_000

/** Sends one request and reads until the peer closes the connection. */
export function rawRequest(port: number, request: RawRequest): Promise<RawReply> {
  const { method = 'GET', target, version = '1.1', headers, body } = request
  const bytes = Buffer.from(body ?? '')
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
  if (body !== undefined) lines.push(`content-length: ${bytes.length}\r\n`)
  const head = `${method} ${target} HTTP/${version}\r\n${lines.join('')}connection: close\r\n\r\n`
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new Error('no answer in time')))
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(parsed(Buffer.concat(chunks).toString('latin1'))))
    socket.write(Buffer.concat([Buffer.from(head, 'latin1'), bytes]))
  })
}

function parsed(answer: string): RawReply {
  const cut = answer.indexOf('\r\n\r\n')
  const [first = '', ...lines] = answer.slice(0, cut < 0 ? undefined : cut).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(first)?.[1] ?? 0)
  return { status, headers, body: cut < 0 ? '' : answer.slice(cut + 4) }
}
