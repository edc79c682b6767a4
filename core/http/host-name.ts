// Names of hosts as they stand in a `Host` header, in an absolute request target and in the configuration.

/**
 * Name of an authority (`Observa.Internal.:8443`): lower case, without port and one final dot, IPv6 in brackets and in
 * its shortest form. Null for what is no name, such as one with a user in front.
 */
export function hostNameOf(authority: string): string | null {
  const found = /^(\[[\da-f:.]+\]|[\da-z_-]+(?:\.[\da-z_-]+)*)\.?(?::\d{0,5})?$/i.exec(authority)
  const name = found?.[1]?.toLowerCase()
  if (name === undefined) return null
  if (!name.startsWith('[')) return name
  const url = `http://${name}`
  return URL.canParse(url) ? new URL(url).hostname : null
}

/** Can only this machine connect to an address that is listened on? */
export function isLoopback(host: string): boolean {
  return /^(127\.[\d.]+|localhost|::1)$/i.test(host)
}
