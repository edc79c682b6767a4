// All subjects that can be measured, by name.

import { collectorSubjects } from './peers/collector.ts'
import { rotelSubjects } from './peers/rotel.ts'
import { productSubjects } from './product.ts'
import type { Subject } from './subject.ts'

export const subjects: readonly Subject[] = [
  ...productSubjects,
  ...collectorSubjects,
  ...rotelSubjects,
]

/** The subjects with these names, or `defaults` when there are no names. */
export function chooseSubjects(names: readonly string[], defaults: readonly string[]): Subject[] {
  return (names.length > 0 ? names : defaults).map((name) => {
    const subject = subjects.find((candidate) => candidate.name === name)
    if (subject === undefined)
      throw new Error(`no subject ${name}; there are ${subjects.map((s) => s.name).join(', ')}`)
    return subject
  })
}
