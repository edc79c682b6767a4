// The name under which an instance keeps its cursor in Postgres. It is a file of the data directory, so a copy of the directory has it too.
// Two instances with one cursor would each take the other's batches for their own: what one sends would count as stored already.

import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ObservaError } from '../../core/errors.ts'
import { makeDirectorySync } from '../../core/files/make-directory.ts'

export const COPIED = 'OBS_INSTANCE_COPIED'

export interface CursorRow {
  readonly last_sequence: string
  readonly batch_id: string
}

const directoryOf = (dataDir: string): string => join(dataDir, 'postgres-exporter')
const idFile = (dataDir: string): string => join(directoryOf(dataDir), 'instance-id')
/** Holds the id that another instance turned out to use, so that a restart does not take its position for the own one. */
const takenFile = (dataDir: string): string => join(directoryOf(dataDir), 'taken-id')

/** Reads the id of the instance, or makes one. */
export function instanceId(dataDir: string): string {
  const file = idFile(dataDir)
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const id = randomUUID()
  makeDirectorySync(directoryOf(dataDir), 0o700)
  writeFileSync(file, `${id}\n`, { mode: 0o600 })
  return id
}

/** Throws when another instance was found to use the id. Whoever removes its file gives this instance an id of its own. */
export function assertOwnId(dataDir: string, id: string): void {
  const file = takenFile(dataDir)
  if (!existsSync(file)) return
  if (readFileSync(file, 'utf8').trim() === id) throw taken(dataDir)
  rmSync(file)
}

function taken(dataDir: string): ObservaError {
  return new ObservaError(
    COPIED,
    `Another instance uses the cursor of this one in Postgres: one data directory is a copy of the other (${dataDir}).`,
    `Stop this instance, remove ${idFile(dataDir)} and start it: it sends what waits in its queue under an id of its own.`,
  )
}

/** Notices when somebody else has moved the cursor of this instance. */
export class CursorOwner {
  readonly #dataDir: string
  readonly #id: string
  /** The cursor as this instance left or found it; undefined before it was read. */
  #known: CursorRow | null | undefined
  /** The batch that was sent last. After a broken connection nobody knows whether it was stored. */
  #attempted = ''

  constructor(dataDir: string, id: string) {
    this.#dataDir = dataDir
    this.#id = id
  }

  /** The cursor was read while nothing is being sent. */
  found(row: CursorRow | null): void {
    this.#known = row
  }

  /** In the transaction of a batch, before it is stored. Throws if another instance has moved the cursor since. */
  assertOurs(row: CursorRow | null, batchId: string): void {
    const known = this.#known
    const attempted = this.#attempted
    this.#attempted = batchId
    if (known === undefined || row === null) return
    const isOurs = row.batch_id === known?.batch_id || [attempted, batchId].includes(row.batch_id)
    // A cursor that went back is that of a database that was restored.
    const hasMoved = BigInt(row.last_sequence) > BigInt(known?.last_sequence ?? -1)
    if (isOurs || !hasMoved) return
    writeFileSync(takenFile(this.#dataDir), `${this.#id}\n`, { mode: 0o600 })
    throw taken(this.#dataDir)
  }

  stored(row: CursorRow): void {
    this.#known = row
  }
}
