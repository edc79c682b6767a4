// A secret found in a value, and how overlapping findings become one.

export interface Finding {
  start: number
  end: number
  /** Index into the type list of the scrubber. */
  type: number
  /** Higher wins where findings overlap. */
  rank: number
}

/** Sorts and joins overlapping findings: the one of the highest rank, then the longest, names the whole. */
export function mergeOverlaps(findings: Finding[]): Finding[] {
  if (findings.length < 2) return findings
  findings.sort((a, b) => a.start - b.start || b.end - a.end)
  let kept = 0
  for (let i = 1; i < findings.length; i++) {
    const last = findings[kept] as Finding
    const f = findings[i] as Finding
    if (f.start >= last.end) {
      findings[++kept] = f
      continue
    }
    const longer = f.end - f.start > last.end - last.start
    const better = f.rank > last.rank || (f.rank === last.rank && longer)
    if (better) {
      last.type = f.type
      last.rank = f.rank
    }
    if (f.end > last.end) last.end = f.end
  }
  findings.length = kept + 1
  return findings
}
