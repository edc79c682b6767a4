// Runs the example: npm run example redaction-only
// Without BACKEND_URL, a small receiver in this file takes the place of your backend and prints what it receives.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { inSession, say } from '../harness/session.ts'

const here = import.meta.dirname
const app = join(here, 'app.ts')
const config = join(here, 'observa.yaml')

/** Texts of at least five characters in a protobuf message, to show what arrived. */
const textsIn = (bytes: Buffer): string[] =>
  bytes.toString('latin1').match(/[\x20-\x7e]{5,}/g) ?? []

async function withBackend(work: (url: string) => Promise<void>): Promise<void> {
  const given = process.env['BACKEND_URL']
  if (given !== undefined) return work(given)
  const backend = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const body = Buffer.concat(chunks)
      const isGzip = req.headers['content-encoding'] === 'gzip'
      for (const text of textsIn(isGzip ? gunzipSync(body) : body)) say(`backend: ${text}`)
      res.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
    })
  })
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
  try {
    await work(`http://127.0.0.1:${(backend.address() as AddressInfo).port}`)
  } finally {
    backend.close()
    backend.closeAllConnections()
  }
}

await withBackend((url) =>
  inSession(config, { BACKEND_URL: url }, async (session) => {
    await session.run(process.execPath, [app])
    await session.drained()
    say(`found and taken out: ${await session.metric('observa_scrub_findings_total')}`)
  }),
)
