// Compiles the kernels (`*.as`) to `*.generated.ts`. Run it after each change of a source; a second run changes nothing, and a test
// compares.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compiledKernel } from '../../../../core/kernel/scripts/compile.ts'

export const KERNELS = ['json', 'event-id'] as const
type Kernel = (typeof KERNELS)[number]

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** The text of `<kernel>.generated.ts` for the current source. */
export const generated = (kernel: Kernel): Promise<string> =>
  compiledKernel(path(`../${kernel}.as`))

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const kernel of KERNELS)
    writeFileSync(path(`../${kernel}.generated.ts`), await generated(kernel))
