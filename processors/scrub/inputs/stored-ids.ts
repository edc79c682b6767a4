// What a plain id is stored as: the id is scrubbed as the value of its field would be, once with each key that may have been
// in use.

import type { IdField, StoredIds } from '../../../core/identity/stored-ids.ts'
import type { Judges } from '../judge/judge.ts'
import { freeTextOf } from './free-text.ts'
import { TextScrubber } from './text.ts'

/** What is looked up is short; all else was not stored as an id either. */
const PLAIN_MAX = 1024

/** `judgesByKey` makes judges for each key: they have tables of half a megabyte, and are made when somebody asks. */
export function storedIdsOf(
  judgesByKey: () => readonly Judges[],
  judgesOf: () => Judges,
): StoredIds {
  let all: readonly Judges[] | null = null
  const of = (tenantId: string, field: IdField, plain: string): readonly string[] => {
    if (plain.length > PLAIN_MAX) return [plain]
    all ??= judgesByKey()
    const forms = all.map((judges) => new TextScrubber(judges, tenantId).scrub(plain, field).text)
    return [...new Set(forms)]
  }
  return { of, textOf: freeTextOf(judgesOf) }
}
