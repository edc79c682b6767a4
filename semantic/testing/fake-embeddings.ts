// An embeddings endpoint for tests. Texts with the same words get similar vectors.

import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { stemsOf } from '../quality/words.ts'

const DIMENSIONS = 64

export class FakeEmbeddings {
  /** All embedded texts, in order. */
  readonly texts: string[] = []
  readonly #server: Server

  private constructor() {
    this.#server = createServer((req, res) => {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => {
        // Only the clients of the tests send requests here, so the body has this form.
        const { input } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { input: string[] }
        this.texts.push(...input)
        const tokens = input.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0)
        const data = input.map((text, index) => ({ index, embedding: vectorOf(text) }))
        res.writeHead(200, { 'content-type': 'application/json' })
        res.end(JSON.stringify({ data, usage: { prompt_tokens: tokens } }))
      })
    })
  }

  static async start(): Promise<FakeEmbeddings> {
    const fake = new FakeEmbeddings()
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve))
    return fake
  }

  get url(): string {
    // The address of a server that listens on TCP is an object.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

function vectorOf(text: string): number[] {
  const v = Array.from({ length: DIMENSIONS }, () => 0.001)
  for (const stem of stemsOf(text)) {
    const at = createHash('sha256').update(stem).digest().readUInt16BE(0) % DIMENSIONS
    v[at] = (v[at] ?? 0) + 1
  }
  return v
}
