// Compiles `scan.as` to `scan.generated.ts`. Run it after each change of the source; a second run changes nothing, and a test compares.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compiledKernel } from '../../../core/kernel/scripts/compile.ts'

const SOURCE = fileURLToPath(new URL('../search/kernel/scan.as', import.meta.url))
const TARGET = fileURLToPath(new URL('../search/kernel/scan.generated.ts', import.meta.url))

/** The text of `scan.generated.ts` for the source as it is. */
export const generated = (): Promise<string> => compiledKernel(SOURCE, ['--enable', 'relaxed-simd'])

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TARGET, await generated())
