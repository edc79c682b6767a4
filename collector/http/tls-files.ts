// The certificate of an address, read from its files. They are looked at again at an interval: whoever renews a certificate
// replaces files and restarts nothing.

import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { systemClock } from '../../core/clock.ts'
import type { ServerTls } from '../../core/config/server-tls.ts'
import { messageOf, ObservaError } from '../../core/errors.ts'
import { gauge } from '../../core/metrics.ts'

export interface TlsFiles {
  readonly options: SecureContextOptions
  /** Changes with what is in the files. */
  readonly digest: string
  readonly validity: Validity
}

/** The times of the certificate, ms since 1970. */
export interface Validity {
  readonly fromMs: number
  readonly toMs: number
}

export const CERTIFICATE_EXPIRES = 'observa_tls_certificate_expires_timestamp_seconds'

export const TLS_METRICS = [
  gauge(CERTIFICATE_EXPIRES, 'Unix time at which the certificate that is served ends.', [
    'cert_file',
  ]),
]

const isValid = ({ fromMs, toMs }: Validity, nowMs: number): boolean =>
  fromMs <= nowMs && nowMs < toMs

function timesOf({ fromMs, toMs }: Validity): string {
  return `from ${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`
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
  let validity: Validity
  try {
    createSecureContext(options)
    const { validFrom, validTo } = new X509Certificate(cert)
    validity = { fromMs: Date.parse(validFrom), toMs: Date.parse(validTo) }
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
  return { options, digest: hash.digest('hex'), validity }
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
  /** The certificate that is served, at the start and after each renewal. */
  serves(tls: ServerTls, validity: Validity): void
  /** It is served although clients that verify it refuse it. */
  notValid(tls: ServerTls, times: string): void
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
  #validity: Validity
  #failure = ''

  constructor(server: SecureServer, tls: ServerTls, files: TlsFiles, events: TlsEvents) {
    this.#server = server
    this.#tls = tls
    this.#digest = files.digest
    this.#validity = files.validity
    this.#events = events
    this.#tell()
    this.#timer = setInterval(() => void this.#look(), tls.reload_interval)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** A renewal that puts back an old certificate would turn away every client that verifies it. */
  #assertBetter(validity: Validity): void {
    const nowMs = systemClock.nowMs()
    if (isValid(validity, nowMs) || !isValid(this.#validity, nowMs)) return
    throw new ObservaError(
      'OBS_TLS_FILES',
      `${this.#tls.cert_file} is valid ${timesOf(validity)}, and not now.`,
      'Look at what renews it.',
    )
  }

  #tell(): void {
    this.#events.serves(this.#tls, this.#validity)
    if (!isValid(this.#validity, systemClock.nowMs()))
      this.#events.notValid(this.#tls, timesOf(this.#validity))
  }

  async #look(): Promise<void> {
    try {
      const { options, digest, validity } = await readTlsFiles(this.#tls)
      if (digest !== this.#digest) this.#assertBetter(validity)
      this.#failure = ''
      if (digest === this.#digest) return
      this.#server.setSecureContext(options)
      this.#digest = digest
      this.#validity = validity
      this.#events.renewed(this.#tls)
      this.#tell()
    } catch (error) {
      const reason = messageOf(error)
      if (reason === this.#failure) return
      this.#failure = reason
      this.#events.failed(this.#tls, reason)
    }
  }
}
