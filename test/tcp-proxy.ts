// A TCP proxy that breaks connections like networks and peers do: a reset, an end, silence. For tests of code in front of a
// real server.

import { createServer, connect as dial, type Server, type Socket } from 'node:net'

export type Fault = 'reset' | 'end' | 'silence'

interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  /** When true, nothing is passed on in either direction. */
  isMute: boolean
}

export class TcpProxy {
  readonly port: number
  readonly #server: Server
  readonly #target: number
  readonly #pairs = new Set<Pair>()
  #isSilent = false
  /**
   * Text of the client after which its connection breaks. The server receives the text, but the client receives nothing more.
   */
  #breakAfter: {
    readonly text: string
    readonly fault: Fault
    readonly broken: () => void
  } | null = null

  private constructor(server: Server, port: number, target: number) {
    this.#server = server
    this.port = port
    this.#target = target
    server.on('connection', (client) => this.#pair(client))
  }

  static async start(target: number): Promise<TcpProxy> {
    // Needed for the fault `end`, which leaves the client with a half-open connection.
    const server = createServer({ allowHalfOpen: true })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return new TcpProxy(server, address.port, target)
  }

  /** The same address, through the proxy. */
  url(direct: string): string {
    const url = new URL(direct)
    url.hostname = '127.0.0.1'
    url.port = String(this.port)
    return url.href
  }

  get connections(): number {
    return this.#pairs.size
  }

  /** Breaks all open connections. `silence` affects new ones too, until `heal`. */
  break(fault: Fault): void {
    if (fault === 'silence') this.#isSilent = true
    for (const pair of this.#pairs) breakPair(pair, fault)
  }

  /** Resolves when a client has sent `text`. The server has received it, but its response will not reach the client. */
  breakAfter(text: string, fault: Fault): Promise<void> {
    return new Promise((broken) => {
      this.#breakAfter = { text, fault, broken }
    })
  }

  /** New connections are served again. */
  heal(): void {
    this.#isSilent = false
  }

  async stop(): Promise<void> {
    for (const { client, upstream } of this.#pairs) {
      client.destroy()
      upstream.destroy()
    }
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #pair(client: Socket): void {
    const upstream = dial({ port: this.#target, host: '127.0.0.1' })
    const pair: Pair = { client, upstream, isMute: this.#isSilent }
    this.#pairs.add(pair)
    for (const socket of [client, upstream])
      socket.on('error', () => {
        // The proxy breaks connections itself, and `close` follows each error.
      })
    client.on('data', (bytes: Buffer) => {
      if (pair.isMute) return
      upstream.write(bytes)
      const wanted = this.#breakAfter
      if (wanted === null || !bytes.includes(wanted.text)) return
      this.#breakAfter = null
      breakPair(pair, wanted.fault)
      wanted.broken()
    })
    upstream.on('data', (bytes: Buffer) => {
      if (!pair.isMute && client.writable) client.write(bytes)
    })
    client.on('end', () => upstream.end())
    client.on('close', () => {
      this.#pairs.delete(pair)
      upstream.end()
    })
    upstream.on('close', () => {
      if (!pair.isMute) client.destroy()
    })
  }
}

function breakPair(pair: Pair, fault: Fault): void {
  const { client } = pair
  pair.isMute = true
  if (fault === 'reset') client.resetAndDestroy()
  if (fault === 'end') client.end()
}
