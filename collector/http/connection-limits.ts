// Limits the connections of a listener: how many there are, and how many of them one address may hold. Without the second limit
// one client that only opens connections would take all of them, and nobody else could connect.

import { BlockList, isIPv6, type Socket, type Server as TcpServer } from 'node:net'
import { counter, type Metrics } from '../../core/metrics.ts'

export const CONNECTION_METRICS = [
  counter(
    'observa_connections_refused_total',
    'Connections that were closed at once, because their listener (`listener`) or their address (`address`) has as many as it may.',
    ['limit'],
  ),
]

/** One address gets at most this share unless the configuration says otherwise: a proxy is one address for all of its clients. */
const ADDRESS_SHARE = 0.8

export interface ConnectionLimits {
  readonly connectionsMax: number
  readonly connectionsPerAddressMax: number
}

/** Those of the configuration. */
export const connectionLimitsOf = (limits: {
  readonly max_connections: number
  readonly max_connections_per_address?: number | undefined
}): ConnectionLimits => ({
  connectionsMax: limits.max_connections,
  connectionsPerAddressMax:
    limits.max_connections_per_address ??
    Math.max(1, Math.floor(limits.max_connections * ADDRESS_SHARE)),
})

/** Passes the connections of `server` to `accept`, and closes those that are too many. */
export function limitConnections(
  server: TcpServer,
  { connectionsMax, connectionsPerAddressMax }: ConnectionLimits,
  { metrics, accept }: { readonly metrics: Metrics | null; readonly accept: (s: Socket) => void },
): void {
  const open = new Map<string, number>()
  server.maxConnections = connectionsMax
  server.on('drop', () => metrics?.add('observa_connections_refused_total', 'limit="listener"'))
  server.on('connection', (socket) => {
    const client = clientOf(socket.remoteAddress)
    const count = open.get(client) ?? 0
    if (count >= connectionsPerAddressMax) {
      metrics?.add('observa_connections_refused_total', 'limit="address"')
      socket.on('error', () => {
        // The client noticed the end while it sent.
      })
      socket.destroy()
      return
    }
    open.set(client, count + 1)
    socket.once('close', () => {
      const rest = (open.get(client) ?? 1) - 1
      if (rest === 0) open.delete(client)
      else open.set(client, rest)
    })
    accept(socket)
  })
}

const MAPPED = new BlockList()
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6')

/**
 * What counts as one client: an address of IPv4, however it is written, and a network of 64 bits of IPv6, because whoever has
 * one address there has all of them.
 */
export function clientOf(address: string | undefined): string {
  if (address === undefined) return ''
  if (!isIPv6(address)) return address
  if (MAPPED.check(address, 'ipv6')) return address.slice(address.lastIndexOf(':') + 1)
  return networkOf(address)
}

/** The first 64 bits, as four groups. */
function networkOf(address: string): string {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':')
}
