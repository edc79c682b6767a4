// What the rest of the processor asks about the dialects of a span. `detection.ts` finds the answers.

import type { Literal } from '../../../core/arena.ts'
import type { CurrentSpan } from '../span/current-span.ts'

/** How the dialects of a span are named. */
export interface DialectNames {
  readonly dialect: Literal | null
  readonly dialects: readonly string[] | null
}

/** A value of an attribute that betrays a dialect. */
export interface ValueMarker {
  readonly text: string
  readonly isPrefix: boolean
  readonly dialect: number
}

/** An attribute, counted from the span's first, and what its value may betray. */
export interface Valued {
  readonly position: number
  readonly markers: readonly ValueMarker[]
}

export interface DetectedDialects {
  /** Any GenAI dialect at all. */
  readonly isGenAi: boolean
  /** Nothing but the general convention and what any span may carry. */
  readonly isGeneral: boolean
  /** The input count leaves the cached tokens out. */
  readonly isCacheExtra: boolean
  /** Is the dialect of that number among them? */
  hasIndex(dialect: number): boolean
  /** The dialect that names the span, or null. */
  primary(): Literal | null
  /** All dialects on the span when there are several specific ones; else null. */
  several(): readonly string[] | null
  /** Kind by span name, of the dialects found. */
  kindOfName(name: string): string | null
  /** The span stands for no call of its own. */
  isVirtual(span: CurrentSpan): boolean
  /** True when a dialect reads names in place of all other readers, and has done so. */
  readName(span: CurrentSpan): boolean
  readOtherName(span: CurrentSpan, name: string): void
  /** A log record of no dialect was read as one of the general convention. */
  addLogRecords(): void
}
