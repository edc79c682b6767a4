// The last `field_sources` text of a plan, which is kept with the plan for the next span of the same shape.

export class PlanSources {
  /** The steps of the plan that filled their targets. */
  steps = new Int32Array(0)
  /** The ids of their rules. */
  text = ''
  /** The number of the batch whose arena has the text, and its position. */
  batch = -1
  off = 0
}
