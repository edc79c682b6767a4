// Which addresses notifications may be sent to. Targets are written by users of a tenant, so without this check a target could reach
// what only this machine can: the metadata service of a cloud, a database, an admin page. The check is made on the address that the
// connection goes to, after the name was resolved, because a name can point anywhere and change between two look-ups.

import { lookup as dnsLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { isLinkLocalHost } from '../../core/config/config-types.ts'
import { ObservaError } from '../../core/errors.ts'

export const ADDRESS_REFUSED = 'OBS_NOTIFY_ADDRESS'

const LOOK_UP_MS = 1000

/** Networks that are not the public internet (RFC 6890 and its registry). */
const PRIVATE_NETWORKS: readonly (readonly [
  network: string,
  prefix: number,
  type: 'ipv4' | 'ipv6',
])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
]

/**
 * All of IPv6 that is routed on the public internet (RFC 4291). Some forms that translate an IPv4 address are inside of it,
 * some outside.
 */
const GLOBAL_UNICAST = new BlockList()
GLOBAL_UNICAST.addSubnet('2000::', 3, 'ipv6')

/**
 * Networks of IPv6 whose addresses contain an IPv4 address: mapped, compatible, translated (NAT64), 6to4, Teredo. No target
 * has such an address.
 */
const EMBEDDING_NETWORKS: readonly (readonly [network: string, prefix: number])[] = [
  ['::ffff:0:0', 96],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['2001::', 32],
]

const PRIVATE = new BlockList()
for (const [network, prefix, type] of PRIVATE_NETWORKS) PRIVATE.addSubnet(network, prefix, type)
// In a list of its own, because a list with the mapped form would match every IPv4 address.
const EMBEDDING = new BlockList()
for (const [network, prefix] of EMBEDDING_NETWORKS) EMBEDDING.addSubnet(network, prefix, 'ipv6')

export class AddressGuard {
  readonly #names = new Set<string>()
  readonly #networks = new BlockList()

  /** `allowed`: the operator's host names, addresses and networks (`10.0.0.0/8`) that targets may use. */
  constructor(allowed: readonly string[]) {
    for (const entry of allowed) {
      const [address = '', prefix] = entry.split('/')
      const version = isIP(address)
      if (version === 0) this.#names.add(entry.toLowerCase())
      else
        this.#networks.addSubnet(
          address,
          prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix),
          version === 4 ? 'ipv4' : 'ipv6',
        )
    }
  }

  /** Whether a connection to the host name `host` may go to `address`. */
  permits(host: string, address: string): boolean {
    if (isLinkLocalHost(address) || isLinkLocalHost(host)) return false
    const type = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    const isPrivate =
      PRIVATE.check(address, type) ||
      (type === 'ipv6' && (EMBEDDING.check(address, type) || !GLOBAL_UNICAST.check(address, type)))
    if (!isPrivate) return true
    return this.#names.has(host.toLowerCase()) || this.#networks.check(address, type)
  }

  /** Throws for a refused address that is written in the URL itself, because for it no name is looked up. */
  checkLiteral(host: string): void {
    const bare = host.replace(/^\[|\]$/g, '')
    if (isIP(bare) !== 0 && !this.permits(bare, bare)) throw refusal(host)
  }

  /**
   * Throws if a target with this URL would be refused now. Nothing is said of a name that cannot be resolved here: another
   * worker may send, and each connection is checked again.
   */
  async checkUrl(url: string): Promise<void> {
    const host = new URL(url).hostname
    this.checkLiteral(host)
    const bare = host.replace(/^\[|\]$/g, '')
    if (isLinkLocalHost(bare)) throw refusal(host)
    if (isIP(bare) !== 0) return
    const addresses = await addressesOf(bare)
    if (addresses.some((address) => !this.permits(bare, address))) throw refusal(host)
  }

  /** For sockets: fails if any address of the name is refused, and connects only to the addresses that were checked. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, '', 0)
        return
      }
      if (addresses.some((a) => !this.permits(hostname, a.address))) {
        callback(refusal(hostname), '', 0)
        return
      }
      const first = addresses[0]
      if (options.all === true) callback(null, addresses)
      else if (first === undefined) callback(new Error(`${hostname} has no address`), '', 0)
      else callback(null, first.address, first.family)
    })
  }
}

/** None after a second: a resolver that does not answer is no reason to refuse, or to keep somebody waiting. */
async function addressesOf(name: string): Promise<readonly string[]> {
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve([]), LOOK_UP_MS)
    dnsLookup(name, { all: true }, (error, found) => {
      clearTimeout(timer)
      resolve(error === null ? found.map((a) => a.address) : [])
    })
  })
}

const refusal = (host: string): ObservaError =>
  new ObservaError(
    ADDRESS_REFUSED,
    `${host} is an address of a private network or of this machine.`,
    'The operator can permit it with notifications.allow_private.',
  )
