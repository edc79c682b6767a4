// What became of a send. The sender decides where the failure happens, and only once, whether it is retryable or
// permanent.

export type SendVerdict =
  | {
      readonly kind: 'sent'
      /** Items that the destination refused for good although it took the others. They go to the dead letters. */
      readonly rejected?: {
        readonly items: number
        readonly code: string
        readonly message: string
      }
    }
  /** The same bytes should be sent again, after `afterMs` if the destination said so. */
  | {
      readonly kind: 'retry'
      readonly code: string
      readonly message: string
      readonly afterMs?: number
    }
  /**
   * The destination will never take these bytes. The caller splits the batch to find the bad item and puts that among
   * the dead letters.
   */
  | { readonly kind: 'rejected'; readonly code: string; readonly message: string }
