// Finds the credential of a request in its headers, and recognises credentials in URLs, where they are not allowed.

export type Credential =
  | { readonly kind: 'key'; readonly text: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'unusable'; readonly message: string }

type Headers = Readonly<Record<string, string | string[] | undefined>>

const HEADER_CHARS_MAX = 4096
/** Matches one character more than the public id of a key, because routes of the API name keys by that id. */
const KEY_IN_TEXT = /(?:sk|pk)_(?:live|test)_[0-9A-Za-z]{9}/
const KEY_PARAMETER = /[?&;](?:x[-_])?(?:api[-_]?key|access[-_]?token|authorization)=/i

/**
 * Reads `Authorization: Bearer KEY`, `Authorization: Basic base64(anything:KEY)` as Langfuse clients send it, or
 * `x-api-key: KEY`. If both headers are present, Authorization is used.
 */
export function credentialOf(headers: Headers): Credential {
  const authorization = headers['authorization']
  if (authorization !== undefined) return fromAuthorization(authorization)
  const apiKey = headers['x-api-key']
  if (apiKey === undefined) return { kind: 'none' }
  if (typeof apiKey !== 'string' || apiKey.length > HEADER_CHARS_MAX)
    return unusable('The x-api-key header is not one API key.')
  return { kind: 'key', text: apiKey.trim() }
}

/** True when the URL contains a credential. URLs are written into logs, so such a key is leaked. */
export function urlHasCredential(url: string): boolean {
  return KEY_PARAMETER.test(url) || KEY_IN_TEXT.test(url) || KEY_IN_TEXT.test(decoded(url))
}

function decoded(url: string): string {
  if (!url.includes('%')) return ''
  return url.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

function fromAuthorization(header: string | string[]): Credential {
  if (typeof header !== 'string' || header.length > HEADER_CHARS_MAX)
    return unusable('The Authorization header is not one credential.')
  const [scheme, value] = splitOnce(header.trim(), /\s+/)
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return bearer(value)
    case 'basic': {
      const [, password] = splitOnce(Buffer.from(value, 'base64').toString('latin1'), /:/)
      return { kind: 'key', text: password }
    }
    default:
      return unusable('The Authorization header must be Bearer or Basic.')
  }
}

function bearer(value: string): Credential {
  if (/^eyJ[\w-]*\.[\w-]*\.[\w-]*$/.test(value))
    return unusable('Signed tokens are not accepted here: send an API key.')
  return { kind: 'key', text: value }
}

function unusable(message: string): Credential {
  return { kind: 'unusable', message }
}

function splitOnce(text: string, separator: RegExp): [string, string] {
  const m = separator.exec(text)
  return m === null ? [text, ''] : [text.slice(0, m.index), text.slice(m.index + m[0].length)]
}
