// `npm run build`: the product as JavaScript, into `dist` or the folder given, with its bill of materials and checksums. The
// compiler leaves behind what is not TypeScript (migrations, tables, pages); this puts it where the compiled files look for it.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, cpSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildConsole } from '../console/build.ts'
import { makeBill, textOfBill } from '../tools/packages/sbom.ts'

const root = join(import.meta.dirname, '..')
const project = join(root, 'tsconfig.build.json')

/** Sources, their documentation, and files that only tests and generators read. */
const NOT_COPIED = /\.(ts|md|as|proto|txt)$|\/testdata\//

/** Compiles and copies, the console too. Returns the exit code of the compiler. */
async function build(out: string): Promise<number> {
  rmSync(out, { recursive: true, force: true })
  const compiler = join(root, 'node_modules/.bin/tsc')
  const done = spawnSync(compiler, ['-p', project, '--outDir', out], { stdio: 'inherit' })
  if (done.error !== undefined) throw done.error
  if (done.status !== 0) return done.status ?? 1
  for (const file of assets()) cpSync(join(root, file), join(out, file))
  await buildConsole()
  cpSync(join(root, 'console/dist'), join(out, 'console/dist'), { recursive: true })
  // npm runs this file directly, by its `#!` line, so it must be executable.
  chmodSync(join(out, 'collector/main.js'), 0o755)
  writeFileSync(join(out, 'sbom.cdx.json'), textOfBill(makeBill()))
  writeFileSync(join(out, 'SHA256SUMS'), sumsOf(out))
  return 0
}

/** The checksums in the format of `sha256sum`. */
function sumsOf(out: string): string {
  return globSync('**/*', { cwd: out })
    .filter((file) => statSync(join(out, file)).isFile())
    .map((file) => file.replaceAll('\\', '/'))
    .toSorted()
    .map(
      (file) =>
        `${createHash('sha256')
          .update(readFileSync(join(out, file)))
          .digest('hex')}  ${file}\n`,
    )
    .join('')
}

/** Files beside the sources that the running program may open. */
function assets(): string[] {
  const { include } = JSON.parse(readFileSync(project, 'utf8')) as { include: string[] }
  return include
    .flatMap((area) => globSync(`${area}/**/*.*`, { cwd: root }))
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !NOT_COPIED.test(file))
}

process.exitCode = await build(resolve(process.argv[2] ?? join(root, 'dist')))
