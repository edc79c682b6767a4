// Makes the text of CHANGELOG.md: an unreleased section from fragments, above the sections of the releases, which are never
// rewritten. No I/O here: `main.ts` reads and writes the files.

import { type Fragment, KINDS } from './fragments.ts'

const TITLE = `# Changelog

What users notice, by release. The first section is made of the fragments in [changes/](changes/README.md) by \`npm run changelog\`:
write a fragment, not here.
`
const UNRELEASED = '## Unreleased'

/** The changelog with these fragments as its unreleased section. `before` is the present changelog, '' for none. */
export function withUnreleased(before: string, fragments: readonly Fragment[]): string {
  const section = fragments.length === 0 ? '' : `\n${UNRELEASED}\n${items(fragments)}`
  return `${TITLE}${section}${releasesOf(before)}`
}

/** The changelog with these fragments as a release. */
export function withRelease(
  before: string,
  fragments: readonly Fragment[],
  version: string,
  date: string,
): string {
  return `${TITLE}\n## ${version} (${date})\n${items(fragments)}${releasesOf(before)}`
}

/**
 * Items of the unreleased section that match no fragment, because somebody edited a fragment or the changelog by hand. A
 * fragment that is not yet in the changelog is no error: changes made in parallel must not conflict in one file.
 */
export function strayItems(changelog: string, fragments: readonly Fragment[]): string[] {
  const start = changelog.indexOf(`${UNRELEASED}\n`)
  if (start < 0) return []
  const end = changelog.length - releasesOf(changelog).length
  const known = new Set(fragments.map(item))
  return changelog
    .slice(start + UNRELEASED.length, end)
    .split(/\n(?=- |#)/)
    .map((part) => `${part.trim()}\n`)
    .filter((part) => part.startsWith('- ') && !known.has(part))
}

/** All released sections, with the empty line above each. */
function releasesOf(changelog: string): string {
  const at = /\n## (?!Unreleased\n)/.exec(changelog)?.index
  return at === undefined ? '' : changelog.slice(at)
}

function items(fragments: readonly Fragment[]): string {
  return KINDS.flatMap((kind) => {
    const own = fragments.filter((f) => f.kind === kind)
    const heading = `${kind[0]?.toUpperCase()}${kind.slice(1)}`
    return own.length === 0 ? [] : [`\n### ${heading}\n\n${own.map(item).join('')}`]
  }).join('')
}

/** A fragment as one list item; its later paragraphs are indented. */
function item(fragment: Fragment): string {
  const lines = fragment.text.split('\n').map((line) => (line === '' ? '' : `  ${line}`))
  return `- ${lines.join('\n').slice(2)}\n`
}
