// The IPC messages between the program and its engine process. The password is sent only this way, because other
// users of the machine can read arguments and environments.

export interface StartMessage {
  readonly kind: 'start'
  readonly dataDir: string
  readonly username: string
  readonly password: string
  /** 0 selects any free port. After a crash the same port is used again, so that the address stays. */
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
