// An archive in a bucket of S3, or of what speaks its protocol (MinIO, R2, Ceph). A file is put with one request whose signature covers
// its hash and length: it is there as a whole when the answer comes, and S3 keeps what it has acknowledged.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Clock } from '../../core/clock.ts'
import { codeOf, ObservaError } from '../../core/errors.ts'
import { guardedLookup } from '../../core/http/guarded-lookup.ts'
import { type ArchivePlace, bytesOf, type StoredFile } from './archive-place.ts'
import { EMPTY_SHA256, encoded, type S3Credentials, signedHeaders } from './s3-signature.ts'

export interface S3PlaceOptions extends S3Credentials {
  /** Bucket and folder: `https://s3.eu-central-1.amazonaws.com/bucket/folder`, or with the bucket in the name of the host. */
  readonly url: string
  readonly spoolDir: string
  readonly clock: Clock
}

/** A request without progress is given up after that time. */
const IDLE_MS = 60_000
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
/** What fails for a reason that passes is tried again after these pauses. */
const RETRY_MS = [500, 2000, 8000] as const

export class S3Place implements ArchivePlace {
  readonly name: string
  readonly spoolDir: string
  readonly #options: S3PlaceOptions
  /** Path of the URL, with a slash at its end. */
  readonly #root: string

  constructor(options: S3PlaceOptions) {
    this.#options = options
    this.spoolDir = options.spoolDir
    const url = new URL(options.url)
    this.#root = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`
    this.name = `${url.protocol}//${url.host}${url.pathname}`
  }

  async put(path: string, localFile: string): Promise<void> {
    const sha = createHash('sha256')
    await pipeline(createReadStream(localFile), sha)
    const bodySha256 = sha.digest('hex')
    const { size } = await stat(localFile)
    const res = await this.#ask('PUT', this.#urlOf(path), { bodySha256, size, localFile })
    await this.#text(res)
    await rm(localFile, { force: true })
  }

  async read(path: string): Promise<Readable | null> {
    const res = await this.#ask('GET', this.#urlOf(path), null, [404])
    if (res.statusCode !== 404) return res
    res.destroy()
    return null
  }

  async list(prefix: string): Promise<readonly StoredFile[]> {
    // In the host's name or as the first segment of the path: what is listed is the bucket, keys are the rest of the path.
    const { bucketUrl, keyRoot } = this.#bucket()
    const found: StoredFile[] = []
    let token: string | null = null
    do {
      const url = new URL(bucketUrl)
      url.searchParams.set('list-type', '2')
      url.searchParams.set('prefix', `${keyRoot}${prefix}`)
      if (token !== null) url.searchParams.set('continuation-token', token)
      const text = await this.#text(await this.#ask('GET', url, null))
      for (const [, entry = ''] of text.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)) {
        const key = unescaped(/<Key>([\s\S]*?)<\/Key>/.exec(entry)?.[1] ?? '')
        if (!key.startsWith(keyRoot)) continue
        const bytes = Number(/<Size>(\d+)<\/Size>/.exec(entry)?.[1] ?? 0)
        found.push({ path: key.slice(keyRoot.length), bytes })
      }
      const isCut = /<IsTruncated>true<\/IsTruncated>/.test(text)
      const next = /<NextContinuationToken>([\s\S]*?)<\/NextContinuationToken>/.exec(text)?.[1]
      token = isCut && next !== undefined ? unescaped(next) : null
    } while (token !== null)
    return found.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }

  async remove(path: string): Promise<void> {
    const res = await this.#ask('DELETE', this.#urlOf(path), null, [404])
    res.destroy()
  }

  #urlOf(path: string): URL {
    const url = new URL(this.#options.url)
    // Segments are percent-encoded once more: the key has the `%` that a segment has.
    url.pathname = this.#root + path.split('/').map(encoded).join('/')
    return url
  }

  #bucket(): { readonly bucketUrl: URL; readonly keyRoot: string } {
    const bucketUrl = new URL(this.#options.url)
    const segments = this.#root
      .split('/')
      .filter((s) => s !== '')
      .map(decodeURIComponent)
    const isInHost = /^[^.]+\.s3[.-]/.test(bucketUrl.hostname)
    const key = isInHost ? segments : segments.slice(1)
    bucketUrl.pathname = isInHost ? '/' : `/${segments[0] ?? ''}`
    return { bucketUrl, keyRoot: key.map((s) => `${s}/`).join('') }
  }

  /** The answer, its body unread. Statuses other than 2xx and `allowed` are faults. */
  async #ask(
    method: 'GET' | 'PUT' | 'DELETE',
    url: URL,
    body: { bodySha256: string; size: number; localFile: string } | null,
    allowed: readonly number[] = [],
  ): Promise<IncomingMessage> {
    const { clock } = this.#options
    for (let attempt = 0; ; attempt++) {
      const pauseMs = RETRY_MS[attempt]
      try {
        const res = await this.#once(method, url, body)
        const status = res.statusCode ?? 0
        if ((status >= 200 && status < 300) || allowed.includes(status)) return res
        const fault = await this.#fault(method, res)
        if ((status < 500 && status !== 429) || pauseMs === undefined) throw fault
      } catch (thrown) {
        if (thrown instanceof ObservaError) throw thrown
        if (pauseMs === undefined)
          throw new ObservaError(
            'OBS_ARCHIVE_UNREACHABLE',
            `${this.name} does not answer: ${codeOf(thrown) ?? 'no connection'}.`,
            'It is tried again with the next run.',
            { cause: thrown },
          )
      }
      await clock.sleep(pauseMs)
    }
  }

  #once(
    method: 'GET' | 'PUT' | 'DELETE',
    url: URL,
    body: { bodySha256: string; size: number; localFile: string } | null,
  ): Promise<IncomingMessage> {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const bodySha256 = body?.bodySha256 ?? EMPTY_SHA256
    const now = new Date(this.#options.clock.nowMs())
    const headers = signedHeaders({ method, url, bodySha256 }, this.#options, now)
    return new Promise((resolve, reject) => {
      const req = send(url, {
        method,
        agent: false,
        lookup: guardedLookup,
        timeout: IDLE_MS,
        headers: { ...headers, ...(body === null ? {} : { 'content-length': body.size }) },
      })
      req.on('response', resolve)
      req.on('timeout', () => req.destroy(new Error('no progress')))
      req.on('error', reject)
      if (body === null) req.end()
      else pipeline(createReadStream(body.localFile), req).catch(reject)
    })
  }

  async #fault(method: string, res: IncomingMessage): Promise<ObservaError> {
    const text = await this.#text(res).catch(() => '')
    const code = /<Code>(\w{1,64})<\/Code>/.exec(text)?.[1] ?? ''
    return new ObservaError(
      'OBS_ARCHIVE_REFUSED',
      `${this.name} refused a ${method}: HTTP ${res.statusCode} ${code}`.trimEnd(),
      'Check the bucket, the region, the credentials and their rights (GetObject, PutObject, DeleteObject, ListBucket).',
    )
  }

  async #text(res: IncomingMessage): Promise<string> {
    return (await bytesOf(res, ANSWER_BYTES_MAX)).toString('utf8')
  }
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

function unescaped(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|(amp|lt|gt|quot|apos));/g, (_all, code, name) =>
    code === undefined ? (NAMED[String(name)] ?? '') : String.fromCodePoint(Number(code)),
  )
}
