// The type of the component registry. `config/` receives a registry and imports no components; `collector/registry.ts` makes
// the real one, tests make small ones.

import type {
  ExporterFactory,
  ExtensionFactory,
  ProcessorFactory,
  ReceiverFactory,
} from '../core/component.ts'

// Factories with any configuration type. `unknown` is safe here, because a configuration is parsed with the factory's own
// schema before it is given back to that factory.
export type AnyReceiver = ReceiverFactory<unknown>
export type AnyProcessor = ProcessorFactory<unknown, unknown>
export type AnyExporter = ExporterFactory<unknown, unknown>
export type AnyExtension = ExtensionFactory<unknown>
export type AnyComponent = AnyReceiver | AnyProcessor | AnyExporter | AnyExtension

/** All known components by type, which is the part of an id before the `/`. */
export interface Registry {
  readonly receivers: ReadonlyMap<string, AnyReceiver>
  readonly processors: ReadonlyMap<string, AnyProcessor>
  readonly exporters: ReadonlyMap<string, AnyExporter>
  readonly extensions: ReadonlyMap<string, AnyExtension>
}

/** The sections of a configuration that hold components, in the order in which data passes them. */
export const SECTIONS = ['receivers', 'processors', 'exporters', 'extensions'] as const
export type Section = (typeof SECTIONS)[number]

/** Makes a registry from lists of factories. Two factories of the same type are a bug and throw. */
export function makeRegistry(lists: {
  readonly receivers?: readonly AnyReceiver[]
  readonly processors?: readonly AnyProcessor[]
  readonly exporters?: readonly AnyExporter[]
  readonly extensions?: readonly AnyExtension[]
}): Registry {
  return {
    receivers: byType(lists.receivers ?? []),
    processors: byType(lists.processors ?? []),
    exporters: byType(lists.exporters ?? []),
    extensions: byType(lists.extensions ?? []),
  }
}

function byType<F extends AnyComponent>(factories: readonly F[]): ReadonlyMap<string, F> {
  const map = new Map<string, F>()
  for (const factory of factories) {
    if (map.has(factory.type)) throw new Error(`two ${factory.kind}s of type ${factory.type}`)
    map.set(factory.type, factory)
  }
  return map
}
