// `npm run packages`: prints how many packages production has and which dependency needs them. `--check` prints only faults.

import { ALL_MAX, countPackages, faultsOf, OWN_MAX, readLockfile } from './lockfile.ts'

const lock = readLockfile()
const faults = faultsOf(lock)

function table(): string {
  const counts = countPackages(lock)
  const rows = Object.entries(counts.byDependency)
    .filter(([, n]) => n > 0)
    .toSorted(([, a], [, b]) => b - a)
  return [
    `${counts.all} packages of production, variants for other platforms included (${ALL_MAX} at most)`,
    `${counts.ofFoundations} come with the foundations that the product is specified to stand on`,
    `${counts.own} are our own (${OWN_MAX} at most), ${counts.ownOptional} of them optional:`,
    ...rows.map(([name, n]) => `${String(n).padStart(6)}  ${name}`),
    '',
  ].join('\n')
}

if (!process.argv.includes('--check')) process.stdout.write(table())
for (const fault of faults) process.stdout.write(`package-lock.json: ${fault}\n`)
process.exitCode = faults.length > 0 ? 1 : 0
