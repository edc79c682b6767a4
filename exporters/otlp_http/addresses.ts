// Which addresses an exporter refuses to talk to: link-local ones and the metadata services of clouds,
// which hand out credentials to whoever asks. Checked on every connection and after DNS resolution, because a name
// may point there tomorrow.

import { lookup as dnsLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

const refused = new BlockList()
refused.addSubnet('169.254.0.0', 16, 'ipv4')
refused.addSubnet('fe80::', 10, 'ipv6')
// Metadata services outside the link-local ranges: AWS over IPv6, Alibaba Cloud, Oracle Cloud.
refused.addAddress('fd00:ec2::254', 'ipv6')
refused.addAddress('100.100.100.200', 'ipv4')
refused.addAddress('192.0.0.192', 'ipv4')

/** True for an IP address that may not be connected to; an IPv4 address in IPv6 form counts as itself. */
export function isRefusedAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  const family = isIP(bare)
  if (family === 0) return false
  return refused.check(bare, family === 4 ? 'ipv4' : 'ipv6')
}

/** `dns.lookup` for an agent, failing with EADDRREFUSED_BY_POLICY when any answer is refused. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      callback(error, '', 0)
      return
    }
    const bad = addresses.find((a) => isRefusedAddress(a.address))
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
