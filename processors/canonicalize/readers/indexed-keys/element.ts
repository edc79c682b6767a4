// What the programs of `indexed-keys/programs.ts` are made of.

import type { Rule } from '../../rules/tables.ts'
import type { Work } from '../../span/work.ts'

/** One element of a family: path behind the index -> its attribute, counted from the span's first. In the order of indexes. */
export type Element = ReadonlyMap<string, number>

/** Done; nothing usable; or not plain enough, nothing was written. */
export type Outcome = 'done' | 'nothing' | 'not plain'

export type TreeProgram = (w: Work, rule: Rule) => Outcome
