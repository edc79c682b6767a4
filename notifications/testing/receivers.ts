// Servers for tests to which notifications are sent: an HTTP server that records requests and gives chosen responses, and a
// mail server.

import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON. */
  readonly body: Record<string, unknown>
  readonly atMs: number
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly text?: string
  /** True for a server that never responds. */
  readonly isSilent?: boolean
}

export interface Receiver {
  readonly url: string
  readonly received: Received[]
  /** The responses to the next requests, in order; after them 200. */
  readonly answers: Answer[]
  stop(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const answers: Answer[] = []
  const server: Server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8')
      const body: unknown = JSON.parse(text)
      const given = Array.isArray(body) ? { list: body } : (body as Record<string, unknown>)
      received.push({
        path: req.url ?? '',
        headers: req.headers,
        text,
        body: given,
        atMs: Date.now(),
      })
      const answer = answers.shift() ?? { status: 200 }
      if (answer.isSilent !== true)
        res.writeHead(answer.status, answer.headers).end(answer.text ?? '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export interface MailServer {
  readonly url: string
  /** Mails as they were received, with headers. */
  readonly mails: { readonly to: readonly string[]; readonly text: string }[]
  /** SMTP codes with which the next mails are refused. */
  readonly refusals: number[]
  stop(): Promise<void>
}

/** Starts a server that requires the user `observa` with the password `mail-test`. */
export async function startMailServer(): Promise<MailServer> {
  const mails: MailServer['mails'] = []
  const refusals: number[] = []
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      username === 'observa' && password === 'mail-test'
        ? done(null, { user: username })
        : done(new Error('unknown')),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const code = refusals.shift()
        if (code !== undefined) {
          done(Object.assign(new Error('not now'), { responseCode: code }))
          return
        }
        const to = session.envelope.rcptTo.map((r) => r.address)
        mails.push({ to, text: Buffer.concat(chunks).toString('utf8') })
        done()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://observa:mail-test@127.0.0.1:${port}`,
    mails,
    refusals,
    stop: () => new Promise((resolve) => server.close(resolve)),
  }
}
