// Host names as they occur in a `Host` header, in an absolute request target and in the configuration.

/**
 * Host name of an authority such as `Observa.Internal.:8443`: lower case, without the port and one final dot; an IPv6
 * address in brackets and in its shortest form. Null for other text, such as an authority with a user.
 */
export function hostNameOf(authority: string): string | null {
  const found = /^(\[[\da-f:.]+\]|[\da-z_-]+(?:\.[\da-z_-]+)*)\.?(?::\d{0,5})?$/i.exec(authority)
  const name = found?.[1]?.toLowerCase()
  if (name === undefined) return null
  if (!name.startsWith('[')) return name
  const url = `http://${name}`
  return URL.canParse(url) ? new URL(url).hostname : null
}

/** Whether only this machine can connect to a listener at this address. */
export function isLoopback(host: string): boolean {
  return /^(127\.[\d.]+|localhost|::1)$/i.test(host)
}
