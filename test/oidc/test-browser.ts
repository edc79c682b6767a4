// A browser for tests of sign-ins: keeps cookies by origin, and follows redirects one at a time, so that a test can change what is on
// the way. An origin that is no address, such as https://observa.test, is served by an instance behind a proxy with TLS.

import assert from 'node:assert/strict'

export const CONSOLE = 'https://observa.test'

export interface Step {
  readonly status: number
  readonly location: string | null
  readonly text: string
  readonly setCookies: readonly string[]
}

let browsers = 0

export class TestBrowser {
  readonly #served: () => string
  readonly #cookies = new Map<string, Map<string, string>>()
  readonly #address: string

  /** `served` returns the address of the instance behind `CONSOLE`. Every browser has an address of its own. */
  constructor(served: () => string, address?: string) {
    browsers++
    this.#served = served
    this.#address = address ?? `10.9.${browsers >> 8}.${browsers & 255}`
  }

  cookies(origin: string): Map<string, string> {
    const known = this.#cookies.get(origin) ?? new Map<string, string>()
    this.#cookies.set(origin, known)
    return known
  }

  async open(
    address: string,
    {
      form,
      headers = {},
    }: { form?: Record<string, string>; headers?: Record<string, string> } = {},
  ): Promise<Step> {
    const url = new URL(address)
    const cookies = this.cookies(url.origin)
    const proxied =
      url.origin === CONSOLE
        ? { 'x-forwarded-for': this.#address, 'x-forwarded-proto': 'https' }
        : {}
    const target = url.origin === CONSOLE ? `${this.#served()}${url.pathname}${url.search}` : url
    const res = await fetch(target, {
      redirect: 'manual',
      headers: {
        ...proxied,
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...headers,
      },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    })
    const setCookies = res.headers.getSetCookie()
    for (const line of setCookies) keep(cookies, line)
    const location = res.headers.get('location')
    return {
      status: res.status,
      location: location === null ? null : new URL(location, url).href,
      text: await res.text(),
      setCookies,
    }
  }

  /** Follows redirects until one would leave for `until`, and returns that address. */
  async follow(address: string, until: (url: string) => boolean): Promise<string> {
    let next = address
    for (let steps = 0; steps < 12; steps++) {
      if (until(next)) return next
      const step = await this.open(next)
      assert.ok(step.location !== null, `${next} answered ${step.status}: ${step.text}`)
      next = step.location
    }
    return assert.fail(`too many redirects from ${address}`)
  }

  /** Logs in at the provider. Returns the address of the callback, which was not opened yet. */
  async logInAt(authorization: string, subject: string): Promise<string> {
    const isForm = (url: string): boolean => /\/interaction\/[^/]+$/.test(url)
    const isBack = (url: string): boolean => url.includes('/auth/oidc/callback')
    const form = await this.follow(authorization, (url) => isForm(url) || isBack(url))
    if (isBack(form)) return form
    const sent = await this.open(form, {
      form: { prompt: 'login', login: subject, password: 'any' },
    })
    assert.ok(sent.location !== null, sent.text)
    return await this.follow(sent.location, isBack)
  }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(/; ?/)
  const name = pair.slice(0, pair.indexOf('='))
  const isOver = attributes.some((a) => /^max-age=0$/i.test(a) || /^expires=.*1970/i.test(a))
  if (isOver) cookies.delete(name)
  else cookies.set(name, pair.slice(pair.indexOf('=') + 1))
}
