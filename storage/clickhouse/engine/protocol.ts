// What the program and its engine process say to each other over IPC. The password goes this way and no
// other: not by argument or environment, which other users of the machine can read.

export interface StartMessage {
  readonly kind: 'start'
  readonly dataDir: string
  readonly username: string
  readonly password: string
  /** 0 = any free one; the same again after a crash, so that the address stays. */
  readonly port: number
  readonly memoryMaxBytes: number
}

export interface StopMessage {
  readonly kind: 'stop'
}

export type EngineCommand = StartMessage | StopMessage

export type EngineReport =
  | { readonly kind: 'ready'; readonly port: number; readonly version: string }
  | {
      readonly kind: 'failed'
      readonly code: `OBS_${string}`
      readonly message: string
      readonly hint: string
    }
