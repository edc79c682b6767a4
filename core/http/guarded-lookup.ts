// Keeps an exporter from connecting to link-local addresses and to cloud metadata services, which hand out credentials to any
// caller. The check is made at every connection and after DNS resolution, because a name may resolve to such an address
// later. `core/config/config-types.ts` defines which addresses they are. Not for processors, which do no I/O.

import { lookup as dnsLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isLinkLocalHost } from '../config/config-types.ts'

/** A `dns.lookup` for an HTTP agent that fails with EADDRREFUSED_BY_POLICY if any of the addresses is refused. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '', 0)
      return
    }
    const bad = addresses.find((a) => isLinkLocalHost(a.address))
    if (bad !== undefined) {
      const refusal: NodeJS.ErrnoException = new Error(refusalText(hostname))
      refusal.code = REFUSED_CODE
      callback(refusal, '', 0)
      return
    }
    const first = addresses[0]
    if (options.all === true) callback(null, addresses)
    else if (first === undefined) callback(new Error(`${hostname} has no address`), '', 0)
    else callback(null, first.address, first.family)
  })
}

export const REFUSED_CODE = 'EADDRREFUSED_BY_POLICY'

export const refusalText = (host: string): string =>
  `${host} is a link-local or cloud metadata address; set allow_link_local to send there anyway`
