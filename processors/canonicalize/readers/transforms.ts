// The transforms that rows of any dialect may name.

import type { Transform } from '../rules/dialect.ts'
import type { TransformName } from '../rules/transform-names.ts'
import { content } from './content.ts'
import { indexedKeys } from './indexed-keys/transforms.ts'
import { events } from './listed-events.ts'
import { mapEntries } from './map-entries.ts'
import { names } from './names.ts'
import { packedJson } from './packed-json.ts'
import { scalars } from './scalars.ts'

export const TRANSFORMS: Readonly<Record<TransformName, Transform>> = {
  ...scalars,
  ...names,
  ...mapEntries,
  ...content,
  ...packedJson,
  ...indexedKeys,
  events,
}
