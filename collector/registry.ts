// The registry of the main thread: the factories of all components in `components.ts` and `edge-components.ts`, by kind and type.

import {
  type AnyExporter,
  type AnyExtension,
  type AnyProcessor,
  type AnyReceiver,
  makeRegistry,
} from '../config/registry-type.ts'
import { EXPORTERS, PROCESSORS } from './components.ts'
import { EXTENSIONS, RECEIVERS } from './edge-components.ts'

const loaded = <F>(loaders: readonly (() => Promise<F>)[]): Promise<F[]> =>
  Promise.all(loaders.map((load) => load()))

// Losing the type here is safe: the loader gives each configuration to the factory whose schema parsed it.
const any = <F>(list: readonly unknown[]): readonly F[] => list as readonly F[]

export const registry = makeRegistry({
  receivers: any<AnyReceiver>(await loaded<unknown>(RECEIVERS)),
  processors: any<AnyProcessor>(PROCESSORS),
  exporters: any<AnyExporter>(
    await loaded<unknown>(Object.values(EXPORTERS).map((e) => e.factory)),
  ),
  extensions: any<AnyExtension>(await loaded<unknown>(EXTENSIONS)),
})
