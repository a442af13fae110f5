import type { JsonObject } from '../lib/json.ts'
import { LIMITS } from '../limits.ts'
import type { IssuerSettings } from '../model/settings.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { Provider } from '../subject/providers.ts'
import {
  INTROSPECTION,
  type IntrospectionOptions,
  type IntrospectionValues,
} from './introspection-options.ts'
import { readAudience, readIssuerIdentifier } from './issuer-identifier.ts'
import { algorithmNames, readJwks, readSecret } from './issuer-keys.ts'
import { address, choice, custom, names, nested, required, seconds, text } from './option-rows.ts'
import type { OptionTable, OptionValues } from './option-table.ts'
import { readProvider } from './read-provider.ts'

/** An HMAC secret held by Node: a `KeyObject` made by `createSecretKey`. */
export interface SecretKeyObject {
  readonly type: 'secret' | 'public' | 'private'
  export(): unknown
}

/** Options for one issuer. All times are in seconds. */
export interface IssuerOptions {
  /**
   * The issuer identifier, byte for byte as in `iss` (a trailing slash counts). Keys are found by discovery
   * (RFC 8414, OpenID Connect), unless `jwksUri`, `jwks` or `secret` is set.
   */
  readonly issuer: string
  /**
   * The tenants whose tokens are accepted, if `issuer` contains `{tenantid}`, like the multi-tenant issuer of
   * Microsoft Entra ID. The `tid` of a token must be the tenant in its `iss`.
   */
  readonly tenants?: readonly string[]
  /**
   * The identifiers of this API. A token must contain one of them in `aud`. `null`: the tokens of this issuer
   * have no audience (Cognito). `null` requires `allowedClients`, and a rule that tells its access tokens from
   * its other tokens: `tokenUse`, or `jwtProfile: 'rfc9068'`. Tokens with an audience are then refused.
   */
  readonly audience: string | readonly string[] | null
  /** The only clients whose tokens are accepted, by client id. */
  readonly allowedClients?: readonly string[]
  /** URL of the issuer's JWK Set. Replaces discovery. Can be an internal address. */
  readonly jwksUri?: string
  /** The public keys of the issuer as a JWK Set. They are never fetched. */
  readonly jwks?: { readonly keys: readonly object[] }
  /**
   * The HMAC secret of an issuer without public keys: at least 32 bytes, or the size of the algorithm's hash. Not a
   * string. Everybody who knows it can make tokens.
   */
  readonly secret?: Uint8Array | SecretKeyObject
  /** The signature algorithms of this issuer. Without it: all with public keys, or `HS256` with a `secret`. */
  readonly algorithms?: readonly Algorithm[]
  /**
   * The format of the access tokens. `'jwt'`: tokens are verified here. `'opaque'`: all tokens are introspected,
   * JWTs too. `'any'`: JWTs are verified here, and introspected only while the keys are unavailable; all other
   * tokens are introspected. Only one issuer can have a format other than `'jwt'`.
   *
   * @default 'jwt'
   */
  readonly tokenFormat?: 'jwt' | 'opaque' | 'any'
  /**
   * Options for introspection (RFC 7662): used by guards that require `introspect`, and by a `tokenFormat` other than
   * `'jwt'`. Cannot be combined with `tenants`.
   */
  readonly introspection?: IntrospectionOptions
  /**
   * `'rfc9068'` requires the `typ` and the claims of RFC 9068. Without it, a `typ` of `at+jwt`, `JWT` or none is
   * accepted, and every token that is recognized as another kind (such as an ID token) is refused.
   */
  readonly jwtProfile?: 'rfc9068'
  /**
   * The product of this authorization server. Its profile says how tokens name clients, users, scopes and machines.
   * Detected if only the vendor can operate `issuer` (Auth0, Entra, Okta, Cognito and others). Never read from a
   * token. The options below take precedence.
   */
  readonly provider?: Provider
  /**
   * The claim and its value that mark the access tokens of this issuer, such as `token_use`: `access` at Cognito.
   * An introspection response can omit the claim, but cannot have another value.
   *
   * @example
   * { claim: 'token_use', value: 'access' }
   */
  readonly tokenUse?: { readonly claim: string; readonly value: string }
  /** The claim with the client id. Without it: that of the provider, or `'client_id'` (RFC 9068 section 2.2). */
  readonly clientIdClaim?: string
  /** The only claim with the scopes. Without it: that of the provider, or `'scope'`. */
  readonly scopeClaim?: string
  /** The format of that claim: separated by spaces, or an array. Without it: that of the provider, or `'string'`. */
  readonly scopeFormat?: 'string' | 'array'
  /**
   * The `sub` that all machines and no users have on this issuer. `'client_id'`: the `sub` of a machine is its client
   * id. Use it only if users and clients cannot choose identifiers that match. `'absent'`: a machine has no `sub`, and
   * every user has one, also in introspection responses.
   *
   * Without rules of a provider, all other subjects are then users. Do not use it if machines have a `sub` of their own
   * (Keycloak, Entra, Auth0). If the rules of the provider, or claims of a user or
   * a machine, contradict it, the subject is unknown.
   */
  readonly machineSubject?: 'client_id' | 'absent'
  /**
   * The clients that act only for themselves, by client id. Their tokens are those of machines, unless `act` shows a
   * token exchange. All of them must be in `allowedClients`, if that is set.
   */
  readonly machineClients?: readonly string[]
  /**
   * Seconds by which clocks can differ. At most 300.
   *
   * @default 5
   */
  readonly clockTolerance?: number
  /** Seconds after `iat` at which a token is refused, whatever its `exp` says. `iat` is then required. */
  readonly maxTokenAge?: number
}

/** The values that do not have the type of their property: as in the settings, and as converted. */
type ConvertedIssuerOptions = Pick<IssuerSettings, 'tokenFormat' | 'clockTolerance'> & {
  readonly audience: readonly string[] | null
  readonly jwks: JsonObject | undefined
  readonly secret: Uint8Array | undefined
  readonly introspection: IntrospectionValues | undefined
}

export const ISSUER_OPTIONS: OptionTable<IssuerOptions, ConvertedIssuerOptions> = {
  issuer: custom(readIssuerIdentifier, { required: true, variable: 'BEARWARD_ISSUER' }),
  tenants: names('an array with at least one tenant id', { matches: isTenant }),
  audience: custom(readAudience, { required: true, variable: 'BEARWARD_AUDIENCE' }),
  allowedClients: names('an array with at least one client id'),
  jwksUri: address({ variable: 'BEARWARD_JWKS_URI' }),
  jwks: custom(readJwks),
  secret: custom(readSecret),
  algorithms: algorithmNames({ variable: 'BEARWARD_ALGORITHMS' }),
  tokenFormat: choice(['jwt', 'opaque', 'any'], { default: 'jwt' }),
  introspection: INTROSPECTION,
  jwtProfile: choice(['rfc9068'], { variable: 'BEARWARD_JWT_PROFILE' }),
  provider: custom(readProvider, { variable: 'BEARWARD_PROVIDER' }),
  tokenUse: nested(
    {
      claim: required(text('the name of a claim'), 'set the name of the claim'),
      value: required(text('a non-empty string'), 'set the value in access tokens'),
    },
    "an object: { claim: 'token_use', value: 'access' }",
  ),
  clientIdClaim: text('the name of a claim', { variable: 'BEARWARD_CLIENT_ID_CLAIM' }),
  scopeClaim: text('the name of a claim', { variable: 'BEARWARD_SCOPE_CLAIM' }),
  scopeFormat: choice(['string', 'array'], { variable: 'BEARWARD_SCOPE_FORMAT' }),
  machineSubject: choice(['client_id', 'absent'], { variable: 'BEARWARD_MACHINE_SUBJECT' }),
  machineClients: names('an array with at least one client id', {
    variable: 'BEARWARD_MACHINE_CLIENTS',
  }),
  clockTolerance: seconds({
    min: 0,
    max: LIMITS.clockTolerance,
    default: 5,
    variable: 'BEARWARD_CLOCK_TOLERANCE',
  }),
  maxTokenAge: seconds({ min: 1 }),
}

/** The options of an issuer, as reading them returns them. */
export type IssuerValues = OptionValues<typeof ISSUER_OPTIONS>

function isTenant(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]+$/.test(value)
}
