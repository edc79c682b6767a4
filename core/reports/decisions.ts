// What stores must know to tell which of two decisions about the usage of an event is the better one.

export interface Decisions {
  /**
   * From how many reports it was decided what an event counts, where that is not what it reports: it repeats or contains what others
   * report, or was taken for a repetition. 0 for all others. Of two instances that decide about one event, the one that knew more
   * is right, so stores keep its decision. Where it is missing, nothing was decided.
   */
  decidedFrom?(event: number): number
}
