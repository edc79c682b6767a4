// Measures what a process and its worker threads allocate on the heap, from the lines that `node --trace-gc` prints. Between
// two garbage collections a heap grows by exactly what was allocated.

/** Matches `[12:0x5a1c0] 345 ms: Scavenge 34.5 (50.0) -> 20.1 (52.0) MB, …`: id of the heap, its size before and after. */
const COLLECTION = /^\[\d+:(0x[0-9a-f]+)[^\]]*\].*? ([\d.]+) \([\d.]+\) -> ([\d.]+) \([\d.]+\) MB/

export class Allocations {
  /** Size of each heap after its latest collection, MB. */
  readonly #afterMb = new Map<string, number>()
  #rest = ''
  #mb = 0

  /** Takes output in pieces, as it arrives. */
  read(output: string): void {
    const lines = (this.#rest + output).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#readLine(line)
  }

  /** Bytes allocated up to the latest collection of each heap. */
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
