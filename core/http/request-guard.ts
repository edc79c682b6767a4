// The guard of an endpoint: whether a request may come in at all, decided before anything else handles it. `collector/http` has
// the rules.

/**
 * Decides, before anything else handles a request, whether it may come in at all. There is one guard for the routes of
 * an endpoint.
 */
export interface RequestGuard {
  /** Why the request is refused, as a message for its sender; null when it may come in. Cheap, and never waits. */
  refusalOf(req: GuardedRequest): RequestRefusal | null
}

/** The part of a request that a guard reads. A gRPC call is presented in the same form. */
export type GuardedRequest = Pick<
  import('node:http').IncomingMessage,
  'headers' | 'method' | 'rawHeaders' | 'url'
> & { readonly socket: { readonly localAddress?: string | undefined } }

export interface RequestRefusal {
  readonly status: 403 | 415
  readonly code: string
  readonly message: string
}

export interface GuardOptions {
  /** Whether web pages of another site with this origin may send requests, according to the CORS configuration. */
  readonly isAllowedOrigin?: (origin: string) => boolean
  /** Whether a POST must declare a JSON content type. */
  readonly isJsonOnly?: boolean
}
