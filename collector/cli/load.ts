// Loads a configuration for a command and prints everything that is wrong with it.

import { readFile, stat } from 'node:fs/promises'
import { problemReport } from '../../config/commands.ts'
import { type LoadResult, loadConfig } from '../../config/load.ts'
import type { ObservaConfig } from '../../config/root.ts'
import { registry } from '../registry.ts'
import type { Io } from './io.ts'

export interface ConfigArgs {
  readonly config?: readonly string[] | undefined
  readonly set?: readonly string[] | undefined
}

export function load(args: ConfigArgs, io: Io, isOffline = false): Promise<LoadResult> {
  return loadConfig({
    files: args.config ?? [],
    sets: args.set ?? [],
    env: io.env,
    readFile: (path: string) => readFile(path, 'utf8'),
    fileMode: async (path: string) => (await stat(path)).mode,
    registry,
    isOffline,
  })
}

/**
 * Returns the configuration, or null after printing every error. Prints warnings unless `quiet`. A command that opens
 * no listener sets `isOffline`, so that an open address without keys is only a warning.
 */
export async function loadOrExplain(
  args: ConfigArgs,
  io: Io,
  quiet = false,
  isOffline = quiet,
): Promise<ObservaConfig | null> {
  const result = await load(args, io, isOffline)
  if (!quiet || !result.ok) io.err(problemReport(result))
  return result.ok ? result.config : null
}
