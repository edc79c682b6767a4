// Loads a configuration for a command and says what is wrong with it, all at once.

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
 * The configuration, or null after printing every error. Warnings are printed unless `quiet`. `isOffline` is for commands
 * that open no listener.
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
