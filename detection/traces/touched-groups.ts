// Groups of calls that got calls with a task. They are judged when all observations of the task are in.

import { GROUP_KINDS, type Group, type GroupKind, groupName } from './repeated-calls.ts'
import type { Trace } from './trace.ts'

export class TouchedGroups {
  readonly byTrace = new Map<Trace, Map<string, Group>>()

  add(trace: Trace, group: Group): void {
    let groups = this.byTrace.get(trace)
    if (groups === undefined) {
      groups = new Map()
      this.byTrace.set(trace, groups)
    }
    groups.set(groupName(group), group)
  }
}

/** The kind of group that a slot counts; those from `similar` on have one for each word. */
export const kindOfSlot = (slot: number): GroupKind =>
  slot === GROUP_KINDS.failed
    ? 'failed'
    : slot === GROUP_KINDS.unknown
      ? 'unknown'
      : slot === GROUP_KINDS.same
        ? 'same'
        : 'similar'

/** Counts a call; returns how many there are. */
export function bump(groups: Map<string, number>, group: Group): number {
  const name = groupName(group)
  const calls = (groups.get(name) ?? 0) + 1
  groups.set(name, calls)
  return calls
}
