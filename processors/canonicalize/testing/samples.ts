// For tests and benches: the recorded samples of all dialects, `dialects/<name>/samples/<file>.json`.

import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const DIALECTS = join(import.meta.dirname, '../dialects')

/** The samples in the order of their names. The caller knows their form. */
export function sampleFiles<Sample>(): { readonly name: string; readonly sample: Sample }[] {
  return globSync('*/samples/*.json', { cwd: DIALECTS })
    .toSorted((a, b) => (basename(a) < basename(b) ? -1 : 1))
    .map((path) => ({
      name: basename(path, '.json'),
      // The file is part of this repository and has the form that the caller expects.
      sample: JSON.parse(readFileSync(join(DIALECTS, path), 'utf8')) as Sample,
    }))
}
