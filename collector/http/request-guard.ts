// Protects listeners that need no key from web pages. A page reaches a listener on loopback in two ways: by DNS
// rebinding, which shows in a foreign `Host`, and by cross-site requests, which show in `Origin` and `Sec-Fetch-Site`
// or lack the content type that would have caused a preflight. Where keys are needed, the key decides.

import { hostNameOf } from '../../core/http/host-name.ts'
import type {
  GuardedRequest,
  GuardOptions,
  RequestGuard,
  RequestRefusal,
} from '../../core/http/request-guard.ts'
import { hasSeveralHosts, splitEndpoint } from './listeners.ts'

/** The guard of listeners that need a key: it refuses nothing. */
export const openGuard: RequestGuard = { refusalOf: () => null }

/** Names of the machine itself, as its own clients and those in its containers write them. */
const LOCAL_NAMES = ['localhost', '127.0.0.1', '[::1]', 'host.docker.internal'] as const

/**
 * Content types of the JSON family. A browser sends none of them across sites without a preflight, unlike
 * `text/plain` or no type at all.
 */
const JSON_TYPE = /^application\/(json|x-ndjson|ndjson|jsonl|x-jsonlines|jsonlines|[\w.-]+\+json)$/

export class BrowserGuard implements RequestGuard {
  readonly #names: ReadonlySet<string>
  /** `Host` headers that need no parsing: the names alone and with the configured port. */
  readonly #usual: ReadonlySet<string>
  readonly #isAllowedOrigin: (origin: string) => boolean
  readonly #isJsonOnly: boolean

  /** `endpoint` is the address of the listener. `allowedHosts` are further names for this instance. */
  constructor(endpoint: string, allowedHosts: readonly string[], options: GuardOptions = {}) {
    const { host, port } = splitEndpoint(endpoint)
    const bound = host.includes(':') ? `[${host}]` : host
    const names = [...LOCAL_NAMES, bound, ...allowedHosts].flatMap((name) => hostNameOf(name) ?? [])
    this.#names = new Set(names)
    this.#usual = new Set(names.flatMap((name) => [name, `${name}:${port}`]))
    this.#isAllowedOrigin = options.isAllowedOrigin ?? (() => false)
    this.#isJsonOnly = options.isJsonOnly ?? false
  }

  refusalOf(req: GuardedRequest): RequestRefusal | null {
    const { host } = req.headers
    if (host === undefined || !this.#isOwn(host, req.socket)) return foreignHost(host)
    const authority = authorityOf(req.url ?? '/')
    if (authority !== null && !this.#isOwn(authority, req.socket)) return foreignHost(authority)
    if (hasSeveralHosts(req.rawHeaders)) return foreignHost('')
    if (this.#isCrossSite(req, host)) return CROSS_SITE
    return this.#isJsonOnly && req.method === 'POST' && !isJson(req) ? NO_JSON : null
  }

  #isOwn(authority: string, socket: GuardedRequest['socket']): boolean {
    if (this.#usual.has(authority)) return true
    const name = hostNameOf(authority)
    if (name === null) return false
    // On 0.0.0.0 the address that the client connected to is accepted too, because health probes use the address of
    // the pod.
    return this.#names.has(name) || name === addressOf(socket)
  }

  /** True for a cross-site request. A page of an allowed origin may send, because its preflight was answered. */
  #isCrossSite(req: GuardedRequest, host: string): boolean {
    const { origin } = req.headers
    if (origin !== undefined) {
      if (this.#isAllowedOrigin(origin)) return false
      if (!isOriginOf(origin, host)) return true
    }
    const site = req.headers['sec-fetch-site']
    return site !== undefined && site !== 'same-origin' && site !== 'none' && !isVisit(req)
  }
}

/** The authority of an absolute request target, which takes precedence over the `Host` header. Null for a path. */
function authorityOf(target: string): string | null {
  if (target.startsWith('/') || target === '*') return null
  return /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1] ?? ''
}

function addressOf(socket: GuardedRequest['socket']): string | null {
  const address = socket.localAddress
  if (address === undefined) return null
  const v4 = address.startsWith('::ffff:') ? address.slice(7) : address
  return v4.includes(':') ? hostNameOf(`[${v4}]`) : v4
}

/**
 * Compares host and port. The scheme may differ because a proxy may end TLS. A page on another port is a page of
 * another site.
 */
function isOriginOf(origin: string, host: string): boolean {
  const found = /^(https?):\/\/([^/]+)$/.exec(origin.toLowerCase())
  if (found === null) return false
  const port = found[1] === 'https' ? ':443' : ':80'
  const withoutPort = (text: string): string =>
    text.endsWith(port) ? text.slice(0, -port.length) : text
  return withoutPort(found[2] ?? '') === withoutPort(host.toLowerCase())
}

/** True for a path of the API in any spelling: absolute, escaped, or with additional slashes. */
function isData(target: string): boolean {
  const path = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0] ?? ''
  try {
    return /^\/+api(\/|$)/i.test(decodeURIComponent(path))
  } catch {
    // No page of this instance has such a name.
    return true
  }
}

/** True when somebody followed a link to a page. Another page cannot read the response, and pages contain no data. */
function isVisit(req: GuardedRequest): boolean {
  return (
    req.method === 'GET' &&
    req.headers['sec-fetch-mode'] === 'navigate' &&
    req.headers['sec-fetch-dest'] === 'document' &&
    !isData(req.url ?? '')
  )
}

function isJson(req: GuardedRequest): boolean {
  const type = req.headers['content-type'] ?? ''
  const semicolon = type.indexOf(';')
  return JSON_TYPE.test((semicolon < 0 ? type : type.slice(0, semicolon)).trim().toLowerCase())
}

/** The foreign host is repeated in the response only when it is a plain name, because the client chose the text. */
function foreignHost(host: string | undefined): RequestRefusal {
  const name = hostNameOf(host ?? '')
  const what =
    name === null
      ? 'This request names no host of this instance'
      : `${name} is no name of this instance`
  const message = `${what}, and it needs no key, so that only known names are served: add the name to \`allowed_hosts\`, or set \`auth: keys\`.`
  return { status: 403, code: 'FOREIGN_HOST', message }
}

const CROSS_SITE: RequestRefusal = {
  status: 403,
  code: 'CROSS_SITE',
  message:
    'This instance needs no key, so that pages of other sites may not use it: list the origin in `cors.allowed_origins` of the receiver, or set `auth: keys`.',
}

const NO_JSON: RequestRefusal = {
  status: 415,
  code: 'UNSUPPORTED_MEDIA_TYPE',
  message: 'The content type must be application/json or application/x-ndjson.',
}
