// The ingest endpoint of Sentry for tests: a real HTTP server that reads envelopes as the protocol defines them (header lines, items by
// their length) and refuses what is none with 400 and a wrong key with 403.

import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

export interface ReceivedItem {
  readonly type: string
  /** The event or transaction. */
  readonly payload: Record<string, unknown>
  /** The whole request as it came, headers included. */
  readonly raw: string
}

export interface IngestAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
}

export class IngestServer {
  readonly items: ReceivedItem[] = []
  requests = 0
  /** What the next requests are answered; 200 when it is empty. `hang` never answers. */
  readonly answers: (IngestAnswer | 'hang')[] = []
  readonly #server = createServer((req, res) => void this.#take(req, res))
  #port = 0

  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    const address = this.#server.address()
    assert.ok(typeof address === 'object' && address !== null)
    this.#port = address.port
    return this
  }

  get port(): number {
    return this.#port
  }

  get dsn(): string {
    return `http://publickey@127.0.0.1:${this.#port}/sentry/42`
  }

  events(type: string): Record<string, unknown>[] {
    return this.items.filter((item) => item.type === type).map((item) => item.payload)
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async #take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    this.requests++
    const answer = this.answers.shift() ?? { status: 200 }
    if (answer === 'hang') return
    const status = answer.status === 200 ? this.#read(req, Buffer.concat(chunks)) : answer.status
    res.writeHead(status, answer.headers).end(status === 200 ? '{}' : '')
  }

  #read(req: IncomingMessage, body: Buffer): number {
    if (req.method !== 'POST' || req.url !== '/sentry/api/42/envelope/') return 404
    const auth = String(req.headers['x-sentry-auth'])
    if (!/^Sentry sentry_version=7, sentry_client=[\w./-]+, sentry_key=publickey$/.test(auth))
      return 403
    try {
      const raw = `${JSON.stringify(req.headers)}\n${body.toString('utf8')}`
      for (const item of itemsOf(body)) this.items.push({ ...item, raw })
      return 200
    } catch {
      return 400
    }
  }
}

function itemsOf(body: Buffer): Omit<ReceivedItem, 'raw'>[] {
  const lineAt = (from: number): [line: string, next: number] => {
    const end = body.indexOf(0x0a, from)
    assert.notEqual(end, -1)
    return [body.toString('utf8', from, end), end + 1]
  }
  const [first, start] = lineAt(0)
  const envelope = JSON.parse(first) as { event_id: string; sent_at: string }
  assert.match(envelope.event_id, /^[0-9a-f]{32}$/)
  assert.ok(!Number.isNaN(Date.parse(envelope.sent_at)))
  const items: Omit<ReceivedItem, 'raw'>[] = []
  for (let at = start; at < body.length; ) {
    const [line, from] = lineAt(at)
    const header = JSON.parse(line) as { type: string; length: number }
    const to = from + header.length
    assert.equal(body[to], 0x0a)
    const payload = JSON.parse(body.toString('utf8', from, to)) as Record<string, unknown>
    assert.equal(payload['event_id'], envelope.event_id)
    items.push({ type: header.type, payload })
    at = to + 1
  }
  return items
}
