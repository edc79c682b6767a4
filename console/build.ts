// Builds the console into `console/dist`. `npm run build` calls it, and so does an instance whose console is missing or older than
// its sources. A build goes into a folder of its own first, so that nobody meets a half-written one.

import { globSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const HERE = import.meta.dirname
const BUILT = join(HERE, 'dist')
const WORK = join(HERE, '.cache')
const LOCK = join(WORK, 'lock')
/** A lock that is older was left by a build that was killed. */
const LOCK_MS_MAX = 120_000
const WAIT_MS = 200

/** Whether there is a build that is not older than any source. */
export function isBuilt(): boolean {
  const builtMs = mtimeOf(join(BUILT, 'index.html'))
  const sources = globSync(['src/**/*', 'public/*', 'index.html', 'vite.config.ts'], { cwd: HERE })
  return builtMs > 0 && sources.every((file) => mtimeOf(join(HERE, file)) <= builtMs)
}

function mtimeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** Builds unless a build is there. Two that start at the same time make one build. */
export async function buildConsole({ isForced = false } = {}): Promise<'built' | 'present'> {
  if (!isForced && isBuilt()) return 'present'
  mkdirSync(WORK, { recursive: true })
  while (!takeLock()) await delay(WAIT_MS)
  try {
    if (!isForced && isBuilt()) return 'present'
    await build()
    return 'built'
  } finally {
    rmSync(LOCK, { recursive: true, force: true })
  }
}

function takeLock(): boolean {
  try {
    mkdirSync(LOCK)
    return true
  } catch {
    // Somebody holds it; a folder cannot be made twice.
    if (Date.now() - mtimeOf(LOCK) > LOCK_MS_MAX) rmSync(LOCK, { recursive: true, force: true })
    return false
  }
}

async function build(): Promise<void> {
  // Loaded here, because an instance without development packages still asks whether a build is there.
  const vite = await import('vite')
  const outDir = join(WORK, 'new')
  await vite.build({
    configFile: join(HERE, 'vite.config.ts'),
    // Beside the files there are the manifest and the licences of what was bundled.
    build: { outDir, emptyOutDir: true },
  })
  rmSync(BUILT, { recursive: true, force: true })
  renameSync(outDir, BUILT)
}

if (import.meta.main) {
  const startedAt = performance.now()
  const isForced = !process.argv.includes('--if-needed')
  const done = await buildConsole({ isForced })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (done === 'built') process.stdout.write(`console: built in ${seconds} s\n`)
}
