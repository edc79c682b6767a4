// All that can be measured, by name.

import { collectorSubjects } from './peers/collector.ts'
import { productSubjects } from './product.ts'
import type { Subject } from './subject.ts'

export const subjects: readonly Subject[] = [...productSubjects, ...collectorSubjects]

/** The named subjects, or `defaults` when none are named. */
export function chooseSubjects(names: readonly string[], defaults: readonly string[]): Subject[] {
  return (names.length > 0 ? names : defaults).map((name) => {
    const subject = subjects.find((candidate) => candidate.name === name)
    if (subject === undefined)
      throw new Error(`no subject ${name}; there are ${subjects.map((s) => s.name).join(', ')}`)
    return subject
  })
}
