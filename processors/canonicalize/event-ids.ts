// Event ids made where their parts lie: `eventId` of `core/identity.ts` in a kernel, one for every event.
// Measured 2026-11: 0.25 µs an id with its copy into the arena, 0.8 µs in JS.

import type { Arena } from '../../core/arena.ts'
import { SHA256_CONSTANTS } from '../../core/sha256.ts'
import { KERNEL } from './kernel/event-id.generated.ts'

/** Constants, schedule, message: see the kernel. */
const WORK_BYTES = 768
const SLACK = 16

type EventId = (
  out: number,
  project: number,
  trace: number,
  span: number,
  type: number,
  typeLen: number,
  work: number,
) => void

let module: WebAssembly.Module | null = null

export class EventIds {
  #arena!: Arena
  #work = 0
  #make!: EventId
  #owner: Arena | null = null
  #generation = -1

  /** Begins a batch. */
  begin(arena: Arena): void {
    this.#arena = arena
    if (this.#owner !== arena || this.#generation !== arena.generation) {
      module ??= new WebAssembly.Module(Uint8Array.from(Buffer.from(KERNEL, 'base64')))
      const { exports } = new WebAssembly.Instance(module, { env: { memory: arena.memory } })
      // The module exports exactly this function: `kernel/event-id.as`.
      this.#make = exports['eventId'] as EventId
      this.#owner = arena
      this.#generation = arena.generation
    }
    this.#work = arena.reserve(WORK_BYTES)
    for (const [i, k] of SHA256_CONSTANTS.entries())
      arena.view.setInt32(this.#work + i * 4, k, true)
  }

  /** Offset of the 16 bytes. All arguments are offsets in the arena; ids below 0 are absent. */
  make(project: number, trace: number, span: number, type: number, typeLen: number): number {
    const out = this.#arena.reserve(16 + SLACK)
    this.#arena.top = out + 16
    this.#make(out, project, trace, span, type, typeLen, this.#work)
    return out
  }
}
