// What was written last to `field_sources` of spans of a plan: kept with the plan, for the next span of its shape.

export class PlanSources {
  /** Steps of the plan that filled their targets. */
  steps = new Int32Array(0)
  /** Ids of their rules. */
  text = ''
  /** Number of the batch in whose arena the text lies, and where. */
  batch = -1
  off = 0
}
