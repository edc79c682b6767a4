// Zod types for the values that most configurations have: durations, sizes, secrets, addresses to listen on and to
// connect to. All components share one grammar, so `5s` and `64MiB` mean the same everywhere; each type also carries
// what the JSON Schema and the option tables need. Defaults are given as a user would write them: `.prefault('5s')`.
// Files, lines and references are left to `config/`.

import { inspect } from 'node:util'
import { z } from 'zod'
import { hostNameOf } from '../http/host-name.ts'
import { formatBytes, formatDuration, parseDurationMs, parseSizeBytes } from './units.ts'

/** Printed in place of a secret. */
export const MASK = '***'

// ---------------------------------------------------------------- durations and sizes

export interface RangeOptions {
  /** Smallest and largest value allowed, in ms or bytes. */
  readonly min?: number
  readonly max?: number
}

/**
 * `250ms`, `5s`, `1h30m`; parses to milliseconds. A bare number other than 0 is refused, because its unit would be a
 * guess.
 */
export function duration(range: RangeOptions = {}) {
  return z
    .union([z.string(), z.literal(0)], { error: 'expected a duration such as 250ms, 5s or 1h30m' })
    .meta({
      type: 'string',
      format: 'duration',
      pattern: '^(0|(\\d+(\\.\\d+)?(ns|us|µs|ms|s|m|h|d))+)$',
    })
    .transform((value, ctx): number => {
      const ms = parseDurationMs(String(value))
      if (ms !== null && inRange(ms, range)) return ms
      const message =
        ms === null
          ? 'expected a duration such as 250ms, 5s or 1h30m'
          : `expected a duration ${rangeText(range, formatDuration)}`
      ctx.addIssue({ code: 'custom', message, params: { rule: 'duration', show: true } })
      return z.NEVER
    })
}

/** `64MiB`, `10MB` or a number of bytes; parses to bytes. */
export function size(range: RangeOptions = {}) {
  return z
    .union([z.string(), z.number()], { error: 'expected a size such as 64MiB, 10MB or 4096' })
    .meta({
      type: ['string', 'integer'],
      format: 'size',
      pattern: '^\\d+(\\.\\d+)?\\s*([kKMGT]i?B|B)?$',
    })
    .transform((value, ctx): number => {
      const bytes = parseSizeBytes(String(value))
      if (bytes !== null && inRange(bytes, range)) return bytes
      const message =
        bytes === null
          ? 'expected a size such as 64MiB, 10MB or 4096'
          : `expected a size ${rangeText(range, formatBytes)}`
      ctx.addIssue({ code: 'custom', message, params: { rule: 'size', show: true } })
      return z.NEVER
    })
}

function inRange(value: number, range: RangeOptions): boolean {
  return value >= (range.min ?? 0) && value <= (range.max ?? Number.MAX_SAFE_INTEGER)
}

function rangeText(range: RangeOptions, show: (value: number) => string): string {
  if (range.max === undefined) return `of at least ${show(range.min ?? 0)}`
  return `from ${show(range.min ?? 0)} to ${show(range.max)}`
}

// ---------------------------------------------------------------- secrets

/** A value that cannot be printed by accident: as text, in JSON and under `inspect` it shows `***`. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself. Call this where the value is used, and do not store the result. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}

/**
 * An opaque text that parses to a `Secret`. Best given as `${env:NAME}` or `${file:path}`; written inline it causes a
 * warning.
 */
export function secret() {
  return z
    .string()
    .min(1, 'expected a text that is not empty')
    .meta({ secret: true })
    .transform((text) => new Secret(text))
}

// ---------------------------------------------------------------- addresses

/** A `host:port` to listen on; port 0 takes a free one. Parses to the same text in lower case. */
export function endpoint() {
  const error = 'expected host:port, such as 127.0.0.1:4318'
  return z
    .string({ error })
    .refine((text) => splitHostPort(text) !== null, { error })
    .toLowerCase()
    .meta({ format: 'host-port' })
}

/** A host name by which clients reach an instance, with or without a port. Parses to the same text. */
export function hostName() {
  const error = 'expected the name of a host, such as observa.internal'
  return z.string({ error }).refine((text) => hostNameOf(text) !== null, { error })
}

/** Host and port of `host:port` or `[v6]:port`; null for any other text. */
export function splitHostPort(
  text: string,
): { readonly host: string; readonly port: number } | null {
  const m = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text)
  if (m === null || Number(m[3]) > 65_535) return null
  if (m[1] !== undefined && !isIPv6(m[1])) return null
  return { host: (m[1] ?? m[2]) as string, port: Number(m[3]) }
}

/** A URL that may hold a password, which is masked when the URL is printed. */
export class OutboundUrl {
  readonly #url: URL

  constructor(url: URL) {
    this.#url = url
  }

  /** The URL with its credentials, for the client library. Never log it. */
  reveal(): string {
    return this.#url.href
  }

  get protocol(): string {
    return this.#url.protocol
  }

  get hostname(): string {
    return this.#url.hostname
  }

  get port(): string {
    return this.#url.port
  }

  get pathname(): string {
    return this.#url.pathname
  }

  /** The URL without user, password, query and fragment: safe for logs and metrics. */
  toString(): string {
    return maskUrl(this.#url)
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

function maskUrl(url: URL): string {
  const who = url.username === '' && url.password === '' ? '' : `${MASK}@`
  const query = url.search === '' ? '' : `?${MASK}`
  return `${url.protocol}//${who}${url.host}${url.pathname}${query}`
}

/**
 * A URL to connect to. `protocols` are written like `https:`. The configuration loader refuses link-local and metadata
 * addresses unless the component says `allow_link_local: true`. Code that connects checks again with `isLinkLocalHost`,
 * because a name may resolve to such an address.
 */
export function outboundUrl(protocols: readonly string[] = ['http:', 'https:']) {
  const schemes = protocols.map((p) => `${p}//`).join(' or ')
  return z
    .string({ error: `expected a URL with ${schemes}` })
    .meta({ format: 'uri' })
    .transform((text, ctx): OutboundUrl => {
      const url = URL.canParse(text) ? new URL(text) : null
      if (url !== null && protocols.includes(url.protocol) && url.hostname !== '')
        return new OutboundUrl(url)
      const message = `expected a URL with ${schemes}`
      ctx.addIssue({ code: 'custom', message, params: { rule: 'url' } })
      return z.NEVER
    })
}

/** The key beside an `outboundUrl()` that permits a link-local address. */
export function allowLinkLocal() {
  return z
    .boolean()
    .default(false)
    .describe(
      'Permits a link-local or cloud metadata address (169.254.0.0/16, fe80::/10) as the target.',
    )
}

// Not imported from `node:net`, because processors use these types too and must not import modules that do I/O.
function isIPv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) <= 255)
}

function isIPv6(text: string): boolean {
  return /^[0-9A-Fa-f:.]+$/.test(text) && URL.canParse(`http://[${text}]/`)
}

/** Names and addresses at which cloud providers hand out credentials. */
const METADATA_HOSTS: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
])

/** True for link-local addresses and cloud metadata services. `host` is a name or an IP, with or without brackets. */
export function isLinkLocalHost(host: string): boolean {
  const bare = host
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (METADATA_HOSTS.has(bare)) return true
  if (isIPv4(bare)) return bare.startsWith('169.254.')
  if (!isIPv6(bare.split('%')[0] as string)) return false
  const v4 = embeddedIpv4(bare)
  if (v4 !== null) return isLinkLocalHost(v4)
  return /^fe[89ab][0-9a-f]:/.test(bare)
}

/** The IPv4 address of `::ffff:a.b.c.d`, also written `::ffff:aabb:ccdd`. */
function embeddedIpv4(v6: string): string | null {
  const dotted = /^(?:::ffff:|::|64:ff9b::)(\d+\.\d+\.\d+\.\d+)$/.exec(v6)
  if (dotted !== null) return dotted[1] ?? ''
  const hex = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(v6)
  if (hex === null) return null
  const bits = (Number.parseInt(hex[1] ?? '', 16) << 16) | Number.parseInt(hex[2] ?? '', 16)
  return [bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255, bits & 255].join('.')
}
