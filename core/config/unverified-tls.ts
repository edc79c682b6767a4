// Finds out whether a connection URL turns the check of the server's certificate off. Each client library has several spellings for it.

/** Of `pg`: `sslmode=no-verify`, `ssl=no-verify`, and modes of libpq that encrypt and do not verify. */
export function isUnverifiedPostgres(url: string): boolean {
  const all = parametersOf(url)
  const has = (name: string, ...values: readonly string[]): boolean =>
    all.some(([key, value]) => key === name && values.includes(value))
  if (has('sslmode', 'no-verify') || has('ssl', 'no-verify')) return true
  if (!has('uselibpqcompat', 'true')) return false
  const hasAuthority = all.some(([key, value]) => key === 'sslrootcert' && value !== '')
  return has('sslmode', 'prefer') || (has('sslmode', 'require') && !hasAuthority)
}

/** Of `nodemailer`: any value that it does not read as true. */
export function isUnverifiedMail(url: string): boolean {
  return parametersOf(url).some(
    ([key, value]) => key === 'tls.rejectUnauthorized' && !/^(?:true|1)$/i.test(value),
  )
}

/** Decoded, because the libraries decode them too. Every value of a name that stands there several times counts. */
function parametersOf(url: string): readonly (readonly [string, string])[] {
  return URL.canParse(url) ? [...new URL(url).searchParams] : []
}
