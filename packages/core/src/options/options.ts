import type { CommonOptions } from './common-options.ts'
import type { DynamicIssuerOptions } from './dynamic-issuer-options.ts'
import type { IssuerOptions } from './issuer-options.ts'

/**
 * Options of a resource server: the common options, and either the options of one issuer or `issuers`. `Raw` is the request
 * of the framework. `issuers` is a list, or an object with the functions `match` and `resolve`. All times are in seconds.
 *
 * @example
 * const options: ResourceServerOptions = {
 *   issuers: [
 *     { issuer: 'https://login.example.com/', audience: 'https://api.example.com' },
 *     { issuer: 'https://acme.eu.auth0.com/', audience: 'https://api.example.com', maxTokenAge: 3600 },
 *   ],
 *   onEvent: (event) => console.info(event.type),
 * }
 */
export type ResourceServerOptions<Raw extends object = object> = CommonOptions<Raw> &
  (
    | (IssuersOf<IssuerOptions> & { readonly resource: string })
    // Without `resource`, each issuer needs an audience.
    | IssuersOf<WithAudience>
  )

type WithAudience = IssuerOptions & Required<Pick<IssuerOptions, 'audience'>>

/** The options of one issuer, or `issuers`. */
type IssuersOf<Options extends IssuerOptions> =
  | (Options & { readonly issuers?: never })
  | ({ readonly issuers: readonly Options[] | DynamicIssuerOptions } & {
      readonly [name in keyof IssuerOptions]?: never
    })
