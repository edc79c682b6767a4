// All fuzz targets, by name.

import type { Target } from './target.ts'
import { chain } from './targets/chain.ts'
import { configuration } from './targets/configuration.ts'
import { decoder } from './targets/decoder.ts'
import { logReader } from './targets/log-reader.ts'
import { scrubber } from './targets/scrubber.ts'

export const TARGETS: readonly Target[] = [decoder, chain, scrubber, configuration, logReader]

export function targetNamed(name: string): Target {
  const target = TARGETS.find((t) => t.name === name)
  if (target === undefined)
    throw new Error(
      `there is no target ${name}; there are ${TARGETS.map((t) => t.name).join(', ')}`,
    )
  return target
}
