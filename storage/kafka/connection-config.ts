// The configuration of a connection to Kafka, shared by exporter and receiver, and its translation to the settings of a driver.

import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { allowLinkLocal, duration, secret } from '../../core/config/config-types.ts'
import type { ConnectionSettings } from './driver.ts'

const tls = z.strictObject({
  enabled: z.boolean().default(false).describe('Connect with TLS.'),
  ca_file: z.string().optional().describe('PEM file of certificate authorities to trust.'),
  cert_file: z.string().optional().describe('PEM file of the client certificate (mutual TLS).'),
  key_file: z.string().optional().describe('PEM file of the key of cert_file.'),
})

const sasl = z.strictObject({
  mechanism: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
    .default('plain')
    .describe('SASL mechanism.'),
  username: z.string().min(1).describe('User name.'),
  password: secret().describe('Password.'),
})

/** The option `brokers`, the first option of each component. */
export const brokerOptions = {
  brokers: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Addresses host:port of the first brokers to contact; one entry may hold several, separated by commas.',
    ),
}

/** The options of the connection to the brokers. */
export const connectionOptions = {
  allow_link_local: allowLinkLocal(),
  request_timeout: duration().prefault('30s').describe('Longest time for one request to a broker.'),
  connect_timeout: duration().prefault('5s').describe('Longest time for one connection attempt.'),
  tls: tls.prefault({}).describe('Encryption of connections.'),
  sasl: sasl.optional().describe('Authentication.'),
}

const connectionSchema = z.strictObject({ ...brokerOptions, ...connectionOptions })
type ConnectionConfig = z.output<typeof connectionSchema> & { readonly client_id: string }

/** Returns the brokers as a list. One entry may contain several, `a:1,b:2`, for example from an environment variable. */
export const brokerList = (config: Pick<ConnectionConfig, 'brokers'>): string[] =>
  config.brokers.flatMap((entry) => entry.split(',')).flatMap((b) => b.trim() || [])

/** Returns the settings that a driver needs to connect. Reads the files of `tls`, and rejects with the path of a missing file. */
export async function connectionSettings(config: ConnectionConfig): Promise<ConnectionSettings> {
  return {
    brokers: brokerList(config),
    clientId: config.client_id,
    requestTimeoutMs: config.request_timeout,
    connectTimeoutMs: config.connect_timeout,
    allowsLinkLocal: config.allow_link_local,
    tls: config.tls.enabled ? await tlsFiles(config.tls) : null,
    sasl:
      config.sasl === undefined
        ? null
        : { ...config.sasl, password: config.sasl.password.reveal() },
  }
}

async function tlsFiles(
  tls: ConnectionConfig['tls'],
): Promise<NonNullable<ConnectionSettings['tls']>> {
  const files = { ca: tls.ca_file, cert: tls.cert_file, key: tls.key_file }
  const out: Record<string, string> = {}
  for (const [name, path] of Object.entries(files))
    if (path !== undefined) out[name] = await readFile(path, 'utf8')
  return out
}
