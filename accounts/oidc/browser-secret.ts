// Binds a sign-in to the browser that began it, without any state on the server, so that every instance can finish it. The
// browser keeps a random secret in a cookie. State, nonce and code verifier are derived from it, and the provider sees only
// those. Whoever lures somebody to the callback with a code of their own does not have the cookie that belongs to it.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export const SIGN_IN_SECONDS_MAX = 600
const RETURN_TO_MAX = 1000
const COOKIE = /^(\d{1,12})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{0,1400})$/

export interface BrowserSecret {
  readonly state: string
  readonly nonce: string
  /** Of PKCE. */
  readonly codeVerifier: string
  /** The page of the console that the person wanted, as a path. */
  readonly returnTo: string
  /** Value of the cookie. */
  readonly cookie: string
}

export function newBrowserSecret(returnTo: string, nowMs: number): BrowserSecret {
  const path = Buffer.from(returnTo).toString('base64url')
  return derived(String(Math.floor(nowMs / 1000)), randomBytes(32).toString('base64url'), path)
}

/** Reads the cookie of a sign-in that has this state. Null if it belongs to another one or is too old. */
export function browserSecretOf(
  cookie: string,
  state: string,
  nowMs: number,
): BrowserSecret | null {
  const [, begunS = '', secret = '', path = ''] = COOKIE.exec(cookie) ?? []
  const ageS = nowMs / 1000 - Number(begunS)
  if (secret === '' || ageS > SIGN_IN_SECONDS_MAX || ageS < -SIGN_IN_SECONDS_MAX) return null
  const found = derived(begunS, secret, path)
  const [ours, theirs] = [Buffer.from(found.state), Buffer.from(state)]
  return ours.length === theirs.length && timingSafeEqual(ours, theirs) ? found : null
}

function derived(begunS: string, secret: string, path: string): BrowserSecret {
  const part = (name: string): string =>
    createHmac('sha256', secret).update(`${name}\n${begunS}\n${path}`).digest('base64url')
  return {
    state: part('state'),
    nonce: part('nonce'),
    codeVerifier: part('verifier'),
    returnTo: Buffer.from(path, 'base64url').toString(),
    cookie: `${begunS}.${secret}.${path}`,
  }
}

/**
 * The path, if it is one of this site, else `/`. Browsers read a backslash as a slash and skip control characters, so that
 * `/\other.example` and `/<tab>/other.example` would leave the site.
 */
export function pathOfThisSite(text: string | undefined): string {
  if (text === undefined || text.length > RETURN_TO_MAX) return '/'
  const isPath = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(text)
  const base = 'http://observa.invalid'
  return isPath && URL.canParse(text, base) && new URL(text, base).origin === base ? text : '/'
}
