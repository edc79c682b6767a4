// Entries of a map of the detector as they are written into a snapshot: as columns, so that the names of members are not repeated.

export const PIECE_ENTRIES = 200

/** `T` says what the members are. */
export interface StoredTable<T extends object> {
  readonly keys: readonly string[]
  readonly isDone: readonly boolean[]
  readonly members: readonly (keyof T)[]
  readonly columns: readonly (readonly unknown[])[]
}

/** An entry; those of a table that is looked up in another way have no key. */
interface Stored<T> {
  readonly key?: string
  readonly value: T
  readonly isDone: boolean
}

/** Indexes, which are made anew. */
const NOT_STORED: ReadonlySet<PropertyKey> = new Set(['groups', 'events', 'latest'])

export function storedTable<T extends object>(entries: readonly Stored<T>[]): StoredTable<T> {
  const first = entries[0]?.value
  // The members of an object of a known type are its keys.
  const all = first === undefined ? [] : (Object.keys(first) as (keyof T)[])
  const members = all.filter((member) => !NOT_STORED.has(member))
  return {
    keys: entries.map((e) => e.key ?? ''),
    isDone: entries.map((e) => e.isDone),
    members,
    columns: members.map((member) => entries.map((e) => e.value[member])),
  }
}

export function* entriesOf<T extends object>(
  table: StoredTable<T> | undefined,
): Generator<readonly [key: string, value: T, isDone: boolean]> {
  if (table === undefined) return
  const { keys, isDone, members, columns } = table
  for (const [i, key] of keys.entries()) {
    const pairs = members.map((member, c) => [member, columns[c]?.[i]] as const)
    // `storedTable` took these members from such an object.
    yield [key, Object.fromEntries(pairs) as T, isDone[i] === true]
  }
}

/** A few hundred at once, so that writing them holds nothing up. */
export function* inPieces<E>(all: Iterable<E>): Generator<readonly E[]> {
  let entries: E[] = []
  for (const entry of all) {
    entries.push(entry)
    if (entries.length < PIECE_ENTRIES) continue
    yield entries
    entries = []
  }
  if (entries.length > 0) yield entries
}
