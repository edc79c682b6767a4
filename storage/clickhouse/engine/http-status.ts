// The HTTP status for an error of the engine, from the table of ClickHouse's own HTTP handler, so that clients and
// the exporter get the same responses from the embedded engine as from a server.

const STATUS: readonly (readonly [status: number, codes: readonly number[]])[] = [
  [401, [194]],
  [403, [192, 193, 497, 516]],
  // Errors of parsing, types and syntax: the request can never succeed.
  // biome-ignore format: a table
  [400, [
    6, 7, 8, 15, 16, 17, 20, 25, 26, 27, 33, 36, 37, 38, 41, 42, 43, 44, 53, 62, 69, 70, 72, 115, 117, 130, 131, 158, 167, 168,
    190, 223, 344, 349, 427, 456, 457,
  ]],
  [404, [45, 46, 47, 50, 56, 60, 73, 80, 81]],
  [408, [159]],
  [501, [1, 48]],
  [503, [76, 202, 209, 439]],
]

const byCode = new Map(STATUS.flatMap(([status, codes]) => codes.map((c) => [c, status] as const)))

/** The status of an error code: 500 for codes that are not in the table. */
export function httpStatusOf(code: number): number {
  return byCode.get(code) ?? 500
}

/** `Code: 60. DB::Exception: ...` gives 60, and a text without a code 0. The innermost code is the cause. */
export function codeOf(text: string): number {
  const m = /Code: (\d+)/.exec(text)
  return m === null ? 0 : Number(m[1])
}
