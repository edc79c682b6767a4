// Compiles a kernel (`*.as`) to the source text of a module that exports it as base64.

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import asc from 'assemblyscript/asc'

const OPTIONS =
  '--outFile out.wasm -O3 --converge --runtime stub --importMemory --enable simd --noAssert --initialMemory 1'

/** Returns the text of `<kernel>.generated.ts` for the source at `path`. `options` are additional ones of `asc`. */
export async function compiledKernel(
  path: string,
  options: readonly string[] = [],
): Promise<string> {
  const name = basename(path)
  const source = readFileSync(path, 'utf8')
  let binary = new Uint8Array(0)
  const result = await asc.main(['kernel.ts', ...OPTIONS.split(' '), ...options], {
    readFile: (file: string) => (file === 'kernel.ts' ? source : null),
    writeFile: (file: string, content: Uint8Array | string) => {
      if (file === 'out.wasm' && typeof content !== 'string') binary = Uint8Array.from(content)
    },
    listFiles: () => [],
  })
  if (result.error !== null) throw new Error(`${name} does not compile; run asc on it to see why`)
  const lines =
    Buffer.from(binary)
      .toString('base64')
      .match(/.{1,96}/g) ?? []
  return [
    `// Generated from ${name}. Do not edit.`,
    'export const KERNEL = [',
    ...lines.map((l) => `  '${l}',`),
    "].join('')",
    '',
  ].join('\n')
}
