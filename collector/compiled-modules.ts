// What V8 made of the modules is kept beside them, so that the next start neither strips types nor compiles again.

import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

/** Beside the code and not in a directory that all users write to: what is in here is run. */
const DIRECTORY = join(import.meta.dirname, '../.cache/compiled')
const VARIABLE = 'NODE_COMPILE_CACHE'

/**
 * Turns on Node's compile cache for this process and for the threads that it starts; they take the variable from here. Where
 * the directory cannot be written, as in a container with a read-only root, modules are compiled at each start.
 * `NODE_COMPILE_CACHE` names another directory, `NODE_DISABLE_COMPILE_CACHE=1` turns it off.
 */
export function keepCompiledModules(): void {
  if (process.env[VARIABLE] !== undefined) return
  const { directory } = enableCompileCache(DIRECTORY)
  if (directory !== undefined) process.env[VARIABLE] = DIRECTORY
}

/**
 * Writes what this thread compiled since the last call. Node writes it when a thread ends in good order, which one of a process
 * that is killed never does: each start would strip and compile everything again. For the main thread only: a worker that is
 * terminated while it writes takes the process with it (Node 24.21, `Check failed: (location_) != nullptr`).
 */
export function storeCompiledModules(): void {
  flushCompileCache()
}
