// What a process and its worker threads allocate on the heap, from the lines that `node --trace-gc` prints: between two
// collections a heap grows by exactly what was allocated.

/** `[12:0x5a1c0] 345 ms: Scavenge 34.5 (50.0) -> 20.1 (52.0) MB, …`: the heap, its size before, and after. */
const COLLECTION = /^\[\d+:(0x[0-9a-f]+)[^\]]*\].*? ([\d.]+) \([\d.]+\) -> ([\d.]+) \([\d.]+\) MB/

export class Allocations {
  /** Size of each heap after its last collection, MB. */
  readonly #afterMb = new Map<string, number>()
  #rest = ''
  #mb = 0

  /** Takes output in pieces as they come. */
  read(output: string): void {
    const lines = (this.#rest + output).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#readLine(line)
  }

  /** Allocated so far, as far as collections told; what was allocated since the last one is not in it. */
  get bytes(): number {
    return this.#mb * 1024 * 1024
  }

  #readLine(line: string): void {
    const [, heap, before, after] = COLLECTION.exec(line) ?? []
    if (heap === undefined) return
    const last = this.#afterMb.get(heap)
    if (last !== undefined) this.#mb += Math.max(0, Number(before) - last)
    this.#afterMb.set(heap, Number(after))
  }
}
