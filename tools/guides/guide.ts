// Follows a guide in `docs/adding-*.md` below a root directory: runs its commands, writes the files it shows, and inserts
// lines where it says. The guide is read as a person would read it, which proves that its steps work:
//
//     `path/of/a/file.ts`:                     the block below is the whole file
//     In `path`, below the line of `text`:     the block is inserted there
//     In `path`, in place of the line of `text`:   the block replaces that line
//         npm run new KIND NAME                an indented command

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Followed {
  /** Paths written, in the order of the guide. */
  readonly written: readonly string[]
  /** Arguments that the guide gives to `npm test`. */
  readonly tests: readonly string[]
}

const STEP =
  /^(?:`([\w./-]+)`|In `([\w./-]+)`, (below|in place of) the line of `([^`\n]+)`):\n\n(`{3,})\w*\n([\s\S]*?)^\5$|^ {4}npm (run new|test) (.+)$/gm

/** Follows every step in order. Throws if a step cannot be followed. */
export function followGuide(root: string, guide: string): Followed {
  const text = readFileSync(join(root, guide), 'utf8')
  const written: string[] = []
  const tests: string[] = []
  for (const step of text.matchAll(STEP)) {
    const [, whole, part, how, anchor, , block = '', command, args = ''] = step
    if (command === 'test') tests.push(...args.trim().split(/\s+/))
    else if (command === 'run new') runNew(root, args)
    else if (whole !== undefined) {
      const path = numbered(root, whole)
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), block)
      written.push(path)
    } else if (part !== undefined && anchor !== undefined) {
      changeFile(join(root, part), anchor, block, how === 'below')
      written.push(part)
    }
  }
  return { written, tests }
}

/** Replaces NNNN in a file name by the next number in its folder, as for migrations. */
function numbered(root: string, path: string): string {
  if (!path.includes('NNNN')) return path
  const files = readdirSync(join(root, dirname(path)))
  const last = Math.max(0, ...files.map((f) => Number.parseInt(f, 10)).filter(Number.isFinite))
  return path.replace('NNNN', String(last + 1).padStart(4, '0'))
}

function runNew(root: string, args: string): void {
  const command = ['tools/new/main.ts', ...args.trim().split(/\s+/), '--no-generate']
  const done = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`npm run new ${args}\n${done.stdout}${done.stderr}`)
}

function changeFile(path: string, anchor: string, block: string, isBelow: boolean): void {
  const lines = readFileSync(path, 'utf8').split('\n')
  const at = lines.findIndex((line) => line.includes(anchor))
  if (at < 0) throw new Error(`${path} has no line with "${anchor}"`)
  lines.splice(isBelow ? at + 1 : at, isBelow ? 0 : 1, ...block.replace(/\n$/, '').split('\n'))
  writeFileSync(path, lines.join('\n'))
}
