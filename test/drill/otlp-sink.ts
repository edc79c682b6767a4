// A destination of OTLP/HTTP that records the numbered spans which it gets, and may be unavailable for a while.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Arrivals } from './books.ts'

/** The bodies as text. This works for JSON and protobuf, because both contain strings unchanged. */
const PAYLOAD = /payload [0-9a-f]{24} of (\d+)/g

export class OtlpSink {
  readonly arrivals = new Arrivals()
  /** Answers 503 to all requests while false. */
  isUp = true
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        if (!this.isUp) return void response.writeHead(503).end()
        const text = Buffer.concat(chunks).toString('latin1')
        for (const [payload, n] of text.matchAll(PAYLOAD)) this.arrivals.add(`drill ${n}`, payload)
        const type = request.headers['content-type'] ?? ''
        response.setHeader('content-type', type)
        response.end(type.includes('json') ? '{}' : '')
      })
    })
  }

  static async start(): Promise<OtlpSink> {
    const sink = new OtlpSink()
    await new Promise<void>((resolve) => sink.#server.listen(0, '127.0.0.1', resolve))
    return sink
  }

  get url(): string {
    // A server that listens on TCP has an address.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}
