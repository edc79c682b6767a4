// A fuzz target: code that accepts any bytes and must never throw, hang, or return a result that breaks its contract.

import type { Dice } from '../../bench/traffic/random.ts'

export interface Target {
  readonly name: string
  readonly about: string
  /** Number of executions in a short run. */
  readonly executions: number
  open(): Promise<OpenTarget>
}

export interface OpenTarget {
  /** Makes the input of one execution. The dice alone determine it. */
  input(dice: Dice): Buffer
  /** Throws when the contract is broken; the message becomes the report. */
  execute(input: Buffer, dice: Dice): void | Promise<void>
}
