// The addresses at which applications send, as they can reach them from this machine.

import type { ObservaConfig } from '../../config/root.ts'
import type { ReceiverUrls } from '../../core/component.ts'
import type { Listeners } from '../http/listeners.ts'
import type { OtlpConfig } from '../receivers/otlp/index.ts'

/** The URL of the first receiver of each kind. */
export function receiverUrls(config: ObservaConfig, listeners: Listeners): ReceiverUrls {
  const found: { -readonly [Kind in keyof ReceiverUrls]: ReceiverUrls[Kind] } = {
    grpc: null,
    otlp: null,
    http: null,
  }
  const bound = (endpoint: string | undefined): string | null =>
    endpoint === undefined ? null : listeners.url(endpoint)
  for (const { factory, config: own } of config.receivers.values()) {
    const { endpoint, protocols } = own as {
      readonly endpoint?: string
      readonly protocols?: OtlpConfig['protocols']
    }
    if (factory.type === 'observa') found.http ??= bound(endpoint)
    if (factory.type !== 'otlp') continue
    found.grpc ??= bound(protocols?.grpc?.endpoint)
    found.otlp ??= bound(protocols?.http?.endpoint)
  }
  return found
}
