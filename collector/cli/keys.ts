// `observa keys`: with `--database` for keys of the control plane, else the command of the keys extension with the
// real configuration loader and clock.

import { keysCommand as command, type KeysConfig } from '../extensions/keys/index.ts'
import type { Io } from './io.ts'
import { loadOrExplain } from './load.ts'

export async function keysCommand(args: readonly string[], io: Io): Promise<number> {
  if (args.some((arg) => /^--database(=|$)/.test(arg)))
    return await (await import('./control/keys.ts')).keysInDatabase(args, io)
  return await command(args, {
    stdout: (text) => io.out(text),
    stderr: (text) => io.err(text),
    env: io.env,
    nowMs: Date.now(),
    loadKeys: async (files) => {
      const config = await loadOrExplain({ config: files }, io, true)
      if (config === null) return null
      const found = [...config.extensions.values()].find((e) => e.factory.type === 'keys')
      if (found === undefined) {
        io.err(
          'The configuration has no keys extension. Keys of the control plane: add --database config.\n',
        )
        return null
      }
      // The schema of the keys factory has parsed this configuration.
      return found.config as KeysConfig
    },
  })
}
