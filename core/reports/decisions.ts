// What a store must know to tell which of two decisions about the usage of an event is the better one.

export interface Decisions {
  /**
   * The number of reports from which it was decided what an event counts, for an event that does not simply count what it
   * reports: it repeats or contains the usage of others, or was thought to. 0 for all other events. If two instances decide
   * about one event, the one that knew more reports is right, so stores keep its decision. A missing function means that
   * nothing was decided.
   */
  decidedFrom?(event: number): number
}
