// The parts of a running instance that deletions need: tombstones, cursors of exporters, running tasks and dead letters.

import type { WorkerPool } from '../worker/pool.ts'
import { LetterEraser, type LettersOf } from './letter-eraser.ts'
import type { LocalDeletionsOptions } from './local-deletions.ts'

export interface InstanceParts {
  readonly tombstones: LocalDeletionsOptions['tombstones']
  /** The exporters. They are read at each use, because exporters are added while the instance starts. */
  readonly exporters: readonly {
    readonly sender: LettersOf['sender']
    readonly loop: { readonly position: bigint; readonly deadLetters: LettersOf['box'] }
  }[]
  readonly pools: ReadonlySet<WorkerPool>
}

export function deletionParts({
  tombstones,
  exporters,
  pools,
}: InstanceParts): Pick<LocalDeletionsOptions, 'tombstones' | 'positions' | 'settled' | 'letters'> {
  return {
    tombstones,
    positions: () => exporters.map((e) => e.loop.position),
    settled: async () => {
      await Promise.all([...pools].map((pool) => pool.settled()))
    },
    letters: new LetterEraser(() =>
      exporters.map(({ loop, sender }) => ({ box: loop.deadLetters, sender })),
    ),
  }
}
