import type { CommonOptions } from './common-options.ts'
import type { IssuerOptions } from './issuer-options.ts'

/** One issuer, or several: never both forms at once. `Raw` is the request of the framework. */
export type ResourceServerOptions<Raw extends object = object> = CommonOptions<Raw> &
  ((IssuerOptions & { readonly issuers?: never }) | SeveralIssuers)

type SeveralIssuers = { readonly issuers: readonly IssuerOptions[] } & {
  readonly [name in keyof IssuerOptions]?: never
}
