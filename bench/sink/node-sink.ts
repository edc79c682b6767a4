// The sink for machines without Go. It gives the same answers with more CPU, and counts no spans.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const counts = { requests: 0, bytes: 0, spans: 0, inserts: 0, queries: 0 }

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  let head = url.searchParams.get('query') ?? ''
  request.on('data', (chunk: Buffer) => {
    counts.bytes += chunk.length
    if (head === '') head = chunk.subarray(0, 8192).toString('latin1')
  })
  request.on('end', () => {
    if (url.pathname === '/stats') return void response.end(JSON.stringify(counts))
    if (url.pathname === '/ping') return void response.end('Ok.\n')
    counts.requests++
    if (url.pathname.startsWith('/v1/')) {
      response.setHeader('content-type', 'application/x-protobuf')
      return void response.end()
    }
    const isInsert = /^\s*INSERT\b/i.test(head)
    counts[isInsert ? 'inserts' : 'queries']++
    response.setHeader('x-clickhouse-summary', '{"read_rows":"0","written_rows":"0"}')
    return void response.end(!isInsert && /version\(\)/i.test(head) ? '25.8.1.1\n' : '')
  })
})

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo // a TCP server has one
  process.stdout.write(`listening on 127.0.0.1:${port}\n`)
})
process.on('SIGTERM', () => process.exit(0))
