// A small registry for the tests of this folder, which must not depend on the options of real components. It has one
// component for each case that the loader treats differently.

import { z } from 'zod'
import type { Component } from '../../core/component.ts'
import {
  allowLinkLocal,
  duration,
  endpoint,
  outboundUrl,
  secret,
  size,
} from '../../core/config/config-types.ts'
import type { TelemetryKind } from '../../core/task.ts'
import {
  type AnyExporter,
  type AnyExtension,
  type AnyProcessor,
  type AnyReceiver,
  makeRegistry,
} from '../registry-type.ts'

const idle: Component = { start: async () => {}, stop: async () => {} }

function receiver(type: string, schema: z.ZodType): AnyReceiver {
  const summary = `Receives ${type}.`
  return {
    kind: 'receiver',
    type,
    stability: 'beta',
    summary,
    schema,
    metrics: [],
    create: () => idle,
  }
}

function processor(
  type: string,
  schema: z.ZodType,
  prepare?: AnyProcessor['prepare'],
): AnyProcessor {
  const base = { kind: 'processor', type, stability: 'beta', summary: `Does ${type}.` } as const
  const create = () => ({ process: () => {} })
  return { ...base, schema, metrics: [], create, ...(prepare === undefined ? {} : { prepare }) }
}

function exporter(
  type: string,
  schema: z.ZodType,
  telemetry: readonly TelemetryKind[],
): AnyExporter {
  return {
    kind: 'exporter',
    type,
    stability: 'alpha',
    summary: `Sends to ${type}.`,
    schema,
    metrics: [],
    telemetry,
    encoderSettings: () => null,
    limits: () => ({ itemsMax: 1, bytesMax: 1, delayMs: 0 }),
    createSender: async () => ({ ...idle, send: async () => ({ kind: 'sent' }) }),
  }
}

function extension(type: string, schema: z.ZodType): AnyExtension {
  const summary = `Extends by ${type}.`
  return {
    kind: 'extension',
    type,
    stability: 'stable',
    summary,
    schema,
    metrics: [],
    create: () => idle,
  }
}

const grpc = z.strictObject({
  endpoint: endpoint().prefault('127.0.0.1:4317').describe('Where to listen.'),
})

const http = z.strictObject({
  endpoint: endpoint().prefault('127.0.0.1:4318').describe('Where to listen.'),
})

export const testRegistry = makeRegistry({
  receivers: [
    receiver(
      'otlp',
      z.strictObject({
        protocols: z
          .strictObject({
            grpc: grpc.optional().describe('OTLP over gRPC.'),
            http: http.prefault({}).describe('OTLP over HTTP.'),
          })
          .prefault({})
          .describe('Transports.'),
      }),
    ),
    receiver('observa', z.strictObject({ endpoint: endpoint().prefault('127.0.0.1:3000') })),
  ],
  processors: [
    processor(
      'scrub',
      z.strictObject({
        detectors: z
          .array(z.enum(['email', 'iban', 'jwt']))
          .default(['email'])
          .describe('Detectors.'),
        rules: z
          .array(z.strictObject({ name: z.string(), pattern: z.string() }))
          .default([])
          .describe('Own patterns.'),
      }),
    ),
    processor('canonicalize', z.strictObject({})),
    processor(
      'cost',
      z.strictObject({ overrides: z.string().optional().describe('A price list.') }),
      async (config, files) => {
        const { overrides } = config as { overrides?: string }
        return overrides === undefined ? {} : { prices: await files.readFile(overrides) }
      },
    ),
    processor('signals', z.strictObject({ latency: duration().prefault('5s') })),
  ],
  exporters: [
    exporter(
      'clickhouse',
      z.strictObject({
        url: outboundUrl().optional().describe('Server.'),
        embedded: z.boolean().default(false).describe('In this process.'),
        timeout: duration().prefault('5s').describe('How long.'),
        batch: size().prefault('1MiB').describe('How much.'),
        port: z.int().optional().describe('A number.'),
        password: secret().optional().describe('Secret.'),
        allow_link_local: allowLinkLocal(),
      }),
      ['traces', 'logs', 'metrics'],
    ),
    exporter(
      'postgres',
      z.strictObject({
        url: outboundUrl(['postgres:', 'postgresql:']).optional(),
        embedded: z.boolean().default(false),
      }),
      ['traces', 'logs'],
    ),
  ],
  extensions: [
    extension('api', z.strictObject({ endpoint: endpoint().prefault('127.0.0.1:3000') })),
    extension('keys', z.strictObject({ keys: z.array(z.unknown()).default([]) })),
  ],
})
