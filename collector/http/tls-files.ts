// The certificate of an address, read from its files. They are looked at again at an interval: whoever renews a certificate
// replaces files and restarts nothing.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { ServerTls } from '../../core/config/server-tls.ts'
import { messageOf, ObservaError } from '../../core/errors.ts'

export interface TlsFiles {
  readonly options: SecureContextOptions
  /** Changes with what is in the files. */
  readonly digest: string
}

/** Throws `OBS_TLS_FILES` when a file cannot be read, is no PEM, or the key is not that of the certificate. */
export async function readTlsFiles(tls: ServerTls): Promise<TlsFiles> {
  const [cert, key, ca] = await Promise.all([
    read(tls.cert_file),
    read(tls.key_file),
    tls.client_ca_file === undefined ? undefined : read(tls.client_ca_file),
  ])
  const options: SecureContextOptions = {
    cert,
    key,
    ...(ca === undefined ? {} : { ca }),
    minVersion: tls.min_version === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
  }
  try {
    createSecureContext(options)
  } catch (error) {
    throw new ObservaError(
      'OBS_TLS_FILES',
      `${tls.cert_file} and ${tls.key_file} make no certificate with its key: ${messageOf(error)}.`,
      'Both must be PEM without a passphrase, and belong together.',
      { cause: error },
    )
  }
  const hash = createHash('sha256')
  for (const part of [cert, key, ca ?? '']) hash.update(part).update('\0')
  return { options, digest: hash.digest('hex') }
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new ObservaError(
      'OBS_TLS_FILES',
      `${path} cannot be read: ${messageOf(error)}.`,
      'The user that Observa runs as needs to read it.',
      { cause: error },
    )
  }
}

/** The part of a TLS server that takes new certificates. */
export interface SecureServer {
  setSecureContext(options: SecureContextOptions): void
}

/** What is told when files change. */
export interface TlsEvents {
  renewed(tls: ServerTls): void
  /** The last certificate goes on being served. Told once for each state of the files. */
  failed(tls: ServerTls, reason: string): void
}

/** Gives new contents of the files to the server until `stop`. */
export class TlsReload {
  readonly #server: SecureServer
  readonly #tls: ServerTls
  readonly #events: TlsEvents
  readonly #timer: NodeJS.Timeout
  #digest: string
  #failure = ''

  constructor(server: SecureServer, tls: ServerTls, digest: string, events: TlsEvents) {
    this.#server = server
    this.#tls = tls
    this.#digest = digest
    this.#events = events
    this.#timer = setInterval(() => void this.#look(), tls.reload_interval)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    try {
      const { options, digest } = await readTlsFiles(this.#tls)
      this.#failure = ''
      if (digest === this.#digest) return
      this.#server.setSecureContext(options)
      this.#digest = digest
      this.#events.renewed(this.#tls)
    } catch (error) {
      const reason = messageOf(error)
      if (reason === this.#failure) return
      this.#failure = reason
      this.#events.failed(this.#tls, reason)
    }
  }
}
