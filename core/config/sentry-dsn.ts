// The DSN of a Sentry project: where its reports go, and the public key they are sent with.

import { isLinkLocalHost } from './config-types.ts'

export interface SentryDsn {
  /** Where envelopes are posted: `https://host/path/api/PROJECT/envelope/`. Without the key, so it may be shown. */
  readonly endpoint: string
  readonly publicKey: string
}

/**
 * Reads `https://KEY@host/PROJECT`, with a path before the project where Sentry is served below one. Null for any other text,
 * and for the addresses at which clouds hand out credentials. An old DSN has a secret behind the key, which is not used any more.
 */
export function parseSentryDsn(text: string): SentryDsn | null {
  if (!URL.canParse(text)) return null
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null
  if (isLinkLocalHost(url.hostname) || url.search !== '' || url.hash !== '') return null
  const path = /^(\/.*)?\/([A-Za-z0-9_-]{1,64})$/.exec(url.pathname)
  if (path === null || !/^[A-Za-z0-9_-]{1,128}$/.test(url.username)) return null
  const [, before = '', project] = path
  return {
    endpoint: `${url.protocol}//${url.host}${before}/api/${project}/envelope/`,
    publicKey: url.username,
  }
}

export const DSN_EXPECTED =
  'expected the DSN of a Sentry project, such as https://KEY@sentry.example.com/1'
