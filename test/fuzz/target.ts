// What can be fuzzed: something that takes any bytes and must never throw, hang, or break what it promises of its answer.

import type { Dice } from '../../bench/traffic/random.ts'

export interface Target {
  readonly name: string
  readonly about: string
  /** Executions of a short run. */
  readonly executions: number
  open(): Promise<OpenTarget>
}

export interface OpenTarget {
  /** The input of one execution, from its dice alone. */
  input(dice: Dice): Buffer
  /** Throws when a promise is broken; what it says becomes the report. */
  execute(input: Buffer, dice: Dice): void | Promise<void>
}
