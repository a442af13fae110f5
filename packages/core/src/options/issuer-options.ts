import type { JsonObject } from '../lib/json.ts'
import { LIMITS } from '../limits.ts'
import type { IssuerSettings } from '../model/settings.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import type { ClaimPath } from '../subject/claim-path.ts'
import { describeForeignMediaType } from '../subject/media-types.ts'
import type { Provider } from '../subject/providers.ts'
import {
  INTROSPECTION,
  type IntrospectionOptions,
  type IntrospectionValues,
} from './introspection-options.ts'
import { readAudience, readIssuerIdentifier } from './issuer-identifier.ts'
import { algorithmNames, readJwks, readSecret } from './issuer-keys.ts'
import {
  address,
  choice,
  claimPath,
  custom,
  date,
  flag,
  isName,
  names,
  nested,
  required,
  seconds,
  text,
} from './option-rows.ts'
import type { OptionTable, OptionValues } from './option-table.ts'
import { PROVIDER_WITHOUT_PART } from './provider-option.ts'

/** An HMAC secret as a `KeyObject` of Node, created by `createSecretKey`. */
export interface SecretKeyObject {
  readonly type: 'secret' | 'public' | 'private'
  export(): unknown
}

/** Options for one issuer. All times are in seconds. */
export interface IssuerOptions {
  /**
   * The issuer identifier. It is compared with `iss` byte for byte, so a trailing slash makes a difference. Keys are found by
   * discovery (RFC 8414, OpenID Connect Discovery), unless `jwksUri`, `jwks` or `secret` is set.
   *
   * @example
   * 'https://login.example.com/'
   */
  readonly issuer: string
  /**
   * The ids of the tenants whose tokens are accepted. Requires an `issuer` that contains `{tenantid}`, such as the
   * multi-tenant issuer of Microsoft Entra ID. The `tid` of a token must be the tenant in its `iss`.
   *
   * @default none
   */
  readonly tenants?: readonly string[]
  /**
   * The identifier of this API, or an array of identifiers. The `aud` of a token must contain one of them. `null`: the tokens of
   * this issuer have no `aud`, and a token with an `aud` is refused. Tokens of Cognito have an `aud` only if the client requests
   * a resource. An audience is compared byte for byte.
   *
   * `null` requires `allowedClients`, and a rule that distinguishes access tokens from other tokens. For JWTs, the rule is
   * `tokenUse` or `jwtProfile: 'rfc9068'`. For introspected tokens, it is `tokenUse` or a `maxTokenAge` of at most 3600.
   *
   * @default the option `resource`. The comparison then ignores upper and lower case in the scheme and host, and the slash of an
   *   empty path
   * @example
   * 'https://api.example.com'
   */
  readonly audience?: string | readonly string[] | null
  /**
   * `true`: refuses a token that also names another audience. Each API that receives a token for several APIs can send it to the
   * other APIs.
   *
   * @default false
   */
  readonly onlyAudience?: boolean
  /**
   * A date such as `'2027-02-01'` (UTC), for an issuer whose tokens have no `aud` yet. Before this date, a token without `aud` is
   * accepted, and the event `audience_missing` names its client. A token with another audience is always refused.
   *
   * From the date on, tokens without `aud` are refused, and a warning at startup says to remove the option.
   *
   * @default tokens without `aud` are refused
   */
  readonly audienceRequiredFrom?: string
  /**
   * The clients whose tokens are accepted, by client id. Tokens of other clients are refused.
   *
   * @default all clients
   */
  readonly allowedClients?: readonly string[]
  /**
   * URL of the JWK Set of the issuer. It can be an internal address. Keys are then not found by discovery.
   *
   * @default `jwks_uri` of the metadata of the issuer (RFC 8414 section 2)
   */
  readonly jwksUri?: string
  /**
   * The public keys of the issuer as a JWK Set (RFC 7517). The keys are then never fetched.
   *
   * @default fetched from `jwksUri`
   */
  readonly jwks?: { readonly keys: readonly object[] }
  /**
   * The HMAC secret of an issuer without public keys. It must have at least the size of the hash of the algorithm: 32 bytes for
   * `HS256` (RFC 7518 section 3.2). Everyone who knows the secret can create tokens.
   *
   * @default none
   * @example
   * createSecretKey(process.env.JWT_SECRET, 'base64')
   */
  readonly secret?: Uint8Array | SecretKeyObject
  /**
   * The accepted signature algorithms.
   *
   * @default all algorithms with public keys, except ML-DSA; `HS256` if `secret` is set
   * @example
   * ['RS256']
   */
  readonly algorithms?: readonly Algorithm[]
  /**
   * The format of the access tokens.
   *
   * - `'jwt'`: tokens are verified here.
   * - `'opaque'`: all tokens are introspected, including JWTs.
   * - `'any'`: JWTs are verified here, and introspected only while the keys are unavailable. Other tokens are introspected.
   *
   * Only one issuer can have a format other than `'jwt'`.
   *
   * @default 'jwt'
   */
  readonly tokenFormat?: 'jwt' | 'opaque' | 'any'
  /**
   * Options for introspection (RFC 7662). Required by guards with `introspect`, and by a `tokenFormat` other than `'jwt'`.
   * Cannot be combined with `tenants`.
   *
   * @default none
   */
  readonly introspection?: IntrospectionOptions
  /**
   * The profile of JWTs. `'rfc9068'` requires the `typ` and the claims of RFC 9068.
   *
   * Without a profile, the `typ` may be `at+jwt` or `JWT`, or may be missing. A token that is recognized as another kind, such as
   * an ID token, is refused.
   *
   * @default none
   */
  readonly jwtProfile?: 'rfc9068'
  /**
   * More values of `typ` in the header of access tokens, for a server that uses neither `at+jwt` nor `JWT`. Spring Authorization
   * Server, for example, can write `JWS`. Cannot be combined with `jwtProfile`. Types of other tokens, such as `logout+jwt`, are
   * always refused.
   *
   * @default none
   * @example
   * ['JWS']
   */
  readonly acceptTyp?: readonly string[]
  /**
   * The product of the authorization server. Its profile defines which claims identify clients, scopes, users and machines.
   * It is never derived from a token. `tokenUse`, `clientIdClaim`, `scopeClaim` and `scopeFormat` take precedence.
   *
   * @default detected from `issuer`, if only the vendor can host that address (Auth0, Entra, Okta, Cognito and others)
   */
  readonly provider?: Provider
  /**
   * The claim that marks access tokens, and its value. An introspection response may omit the claim in most cases. A response must
   * have it if `introspection.audience` is `null`, or if `audienceRequiredFrom` is set and the response has no `aud`. If the claim
   * is present, it must have this value.
   *
   * @default that of the provider
   * @example
   * { claim: 'token_use', value: 'access' }
   */
  readonly tokenUse?: { readonly claim: ClaimPath; readonly value: string }
  /**
   * The claim that contains the client id.
   *
   * @default that of the provider, or 'client_id' (RFC 9068 section 2.2)
   */
  readonly clientIdClaim?: string
  /**
   * The claim that contains the scopes. No other claim is read. An array is a path to a member of a claim.
   *
   * @default that of the provider, or 'scope' (RFC 9068 section 2.2.3)
   * @example
   * ['realm_access', 'roles']
   */
  readonly scopeClaim?: ClaimPath
  /**
   * The format of the scope claim. `'string'`: scopes are separated by spaces. `'array'`: an array of strings.
   *
   * @default that of the provider, or 'string'
   */
  readonly scopeFormat?: 'string' | 'array'
  /**
   * The form of `sub` in the tokens of machines. Set it only if no user has a `sub` of this form.
   *
   * - `'client_id'`: the `sub` of a machine is its client id. Use it only if the `sub` of a user can never be a client id, even
   *   if users and clients can choose their identifiers.
   * - `'absent'`: a machine has no `sub`. Use it only if every user has a `sub`, even in introspection responses.
   *
   * If `provider` is not set, this option also identifies users: a `sub` that differs from the client id of the token names a user.
   * The same applies to `hydra`, `spring-as`, `openiddict`, `gravitee-am` and `lemonldap-ng`. For any other provider, this option
   * only identifies machines. If the rules of the provider or other claims contradict this option, the subject kind is `unknown`.
   * Do not set this option if the `sub` of a machine differs from its client id (Keycloak, Entra, Auth0).
   *
   * @default none
   */
  readonly machineSubject?: 'client_id' | 'absent'
  /**
   * The clients that act only for themselves, by client id. The subject of their tokens is a machine. If a rule says that it is
   * a user, the subject kind is `unknown`. This option does not apply to a token with `act` (RFC 8693) whose `sub` is not the
   * client id.
   * If `allowedClients` is set, it must contain all `machineClients`.
   *
   * @default none
   */
  readonly machineClients?: readonly string[]
  /**
   * Seconds by which clocks can differ. Applies to `exp`, `nbf`, `iat` and `auth_time`. At most 300.
   *
   * @default 5
   */
  readonly clockTolerance?: number
  /**
   * Maximum age of a token in seconds since `iat`. An older token is refused even before `exp`. If this option is set, a token
   * must contain `iat`.
   *
   * @default no maximum
   */
  readonly maxTokenAge?: number
}

/** The options whose values have another type after reading. */
type ConvertedIssuerOptions = Pick<
  IssuerSettings,
  'tokenFormat' | 'clockTolerance' | 'onlyAudience' | 'audienceRequiredFrom'
> & {
  readonly audience: readonly string[] | null
  readonly jwks: JsonObject | undefined
  readonly secret: Uint8Array | undefined
  readonly introspection: IntrospectionValues | undefined
}

type IssuerOptionTable = OptionTable<IssuerOptions, ConvertedIssuerOptions>

/** Returns the options of an issuer, with this row for the option `introspection`. */
function createTable(introspection: IssuerOptionTable['introspection']): IssuerOptionTable {
  return {
    issuer: custom(readIssuerIdentifier, { required: true, variable: 'BEARWARD_ISSUER' }),
    tenants: names('an array with at least one tenant id', { matches: isTenant }),
    audience: custom(readAudience, { variable: 'BEARWARD_AUDIENCE' }),
    onlyAudience: flag(),
    audienceRequiredFrom: date(),
    allowedClients: names('an array with at least one client id'),
    jwksUri: address({ variable: 'BEARWARD_JWKS_URI' }),
    jwks: custom(readJwks),
    secret: custom(readSecret),
    algorithms: algorithmNames({ variable: 'BEARWARD_ALGORITHMS' }),
    tokenFormat: choice(['jwt', 'opaque', 'any'], { default: 'jwt' }),
    introspection,
    jwtProfile: choice(['rfc9068'], { variable: 'BEARWARD_JWT_PROFILE' }),
    acceptTyp: names('an array of values of typ, without types of other tokens', {
      matches: isAcceptableType,
    }),
    provider: PROVIDER_WITHOUT_PART,
    tokenUse: nested(
      {
        claim: required(claimPath(), 'set the name of the claim'),
        value: required(text('a non-empty string'), 'set the value in access tokens'),
      },
      "an object: { claim: 'token_use', value: 'access' }",
    ),
    clientIdClaim: text('the name of a claim', { variable: 'BEARWARD_CLIENT_ID_CLAIM' }),
    scopeClaim: claimPath({ variable: 'BEARWARD_SCOPE_CLAIM' }),
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
}

export const ISSUER_OPTIONS: IssuerOptionTable = /* @__PURE__ */ createTable(INTROSPECTION)

/** The options of an issuer for resource servers without the part `introspection`. */
export const OPTIONS_WITHOUT_INTROSPECTION: IssuerOptionTable = createTable(
  custom((given, name, { report }) => {
    if (given !== undefined)
      report(`${name} requires a part: import introspection, and set use: [introspection].`)
    return undefined
  }),
)

/** The values of the options of an issuer after validation. */
export type IssuerValues = OptionValues<typeof ISSUER_OPTIONS>

function isAcceptableType(value: unknown): value is string {
  return isName(value) && describeForeignMediaType(value) === undefined
}

function isTenant(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.-]+$/.test(value)
}
