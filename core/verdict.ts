// What became of a send. Retryable or permanent is decided once, by the sender, where the failure happens.

export type SendVerdict =
  | {
      readonly kind: 'sent'
      /** Items the destination refused for good while taking the rest: they go to the dead letters. */
      readonly rejected?: {
        readonly items: number
        readonly code: string
        readonly message: string
      }
    }
  /** Try the same bytes again; `afterMs` when the destination said so. */
  | {
      readonly kind: 'retry'
      readonly code: string
      readonly message: string
      readonly afterMs?: number
    }
  /** These bytes will never be taken. The caller splits the batch to find the item, then dead-letters it. */
  | { readonly kind: 'rejected'; readonly code: string; readonly message: string }
