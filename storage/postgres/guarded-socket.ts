// A socket for the Postgres client that refuses link-local and cloud metadata addresses, however the host is given:
// in a URL's authority, in its `host` parameter, or by a name that resolves to such an address.

import { lookup } from 'node:dns/promises'
import { Socket } from 'node:net'
import { isLinkLocalHost } from '../../core/config/config-types.ts'
import { ObservaError } from '../../core/errors.ts'
import { guardedLookup, REFUSED_CODE, refusalText } from '../../core/http/guarded-lookup.ts'

/** The client calls `connect` with port and host, or with the path of a local socket. */
export function guardedSocket(): Socket {
  const socket = new Socket()
  const connect = socket.connect.bind(socket)
  const guarded = (to: number | string, host?: string): Socket => {
    if (host === undefined) return connect(String(to))
    if (!isLinkLocalHost(host)) return connect({ port: Number(to), host, lookup: guardedLookup })
    const refusal: NodeJS.ErrnoException = new Error(refusalText(host))
    refusal.code = REFUSED_CODE
    return socket.destroy(refusal)
  }
  // These are the overloads of `connect` that the client uses.
  socket.connect = guarded as Socket['connect']
  return socket
}

/** Refuses, at the start and with a clear message, a URL whose host is such an address now. */
export async function refuseLinkLocal(url: string): Promise<void> {
  const { hostname, searchParams } = new URL(url)
  // The client uses the parameter if there is one.
  const host = searchParams.get('host') ?? hostname
  const addresses = await lookup(host, { all: true }).catch(() => [])
  if (!isLinkLocalHost(host) && !addresses.some((a) => isLinkLocalHost(a.address))) return
  throw new ObservaError(
    'OBS_POSTGRES_LINK_LOCAL',
    `The Postgres host ${host} is a link-local or cloud metadata address.`,
    'Set allow_link_local: true if it is meant to be.',
  )
}
