// Compiles `range-kernel.as` to `range-kernel.generated.ts`. Run it after each change of the source; a second run changes nothing, and
// a test compares.

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compiledKernel } from './compile.ts'

const SOURCE = fileURLToPath(new URL('../range-kernel.as', import.meta.url))
const TARGET = fileURLToPath(new URL('../range-kernel.generated.ts', import.meta.url))

/** The text of `range-kernel.generated.ts` for the source as it is. */
export const generated = (): Promise<string> => compiledKernel(SOURCE)

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TARGET, await generated())
