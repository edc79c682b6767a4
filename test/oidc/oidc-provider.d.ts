// The part of `oidc-provider`, which has no types, that the test provider uses.

declare module 'oidc-provider' {
  import type { RequestListener } from 'node:http'

  export default class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>)
    readonly Grant: new (of: {
      readonly clientId: string
      readonly accountId: string
    }) => Grant
    callback(): RequestListener
  }

  interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }
}
