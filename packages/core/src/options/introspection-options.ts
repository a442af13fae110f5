import { LIMITS } from '../limits.ts'
import type { ClientAuthentication } from '../model/client-authentication.ts'
import type { IntrospectionSettings } from '../model/settings.ts'
import type { Algorithm } from '../signature/algorithms.ts'
import { CLIENT_AUTHENTICATION, clientId } from './client-authentication-options.ts'
import { readAudience } from './issuer-identifier.ts'
import { algorithmNames } from './issuer-keys.ts'
import { address, choice, custom, nested, seconds } from './option-rows.ts'
import { describeGiven } from '../lib/describe-given.ts'
import type { OptionRow, OptionTable, OptionValues } from './option-table.ts'

/** Options for token introspection (RFC 7662). All times are in seconds. */
export interface IntrospectionOptions {
  /**
   * URL of the introspection endpoint.
   *
   * @default `introspection_endpoint` of the metadata of the issuer (RFC 8414 section 2)
   */
  readonly endpoint?: string
  /** The client id of this API at the authorization server. */
  readonly clientId: string
  /** The way in which this API authenticates to the authorization server. */
  readonly clientAuthentication: ClientAuthentication
  /**
   * The format of responses. `'jwt'` requests signed responses (RFC 9701). Unsigned responses are then not accepted.
   *
   * @default 'json'
   */
  readonly response?: 'json' | 'jwt'
  /**
   * The algorithms of signed responses: a subset of `algorithms` of the issuer. Requires `response: 'jwt'`.
   *
   * @default `algorithms` of the issuer
   */
  readonly algorithms?: readonly Algorithm[]
  /**
   * The `token_type_hint` of requests (RFC 7662 section 2.1). With this hint, some servers find the token faster.
   *
   * @default none
   */
  readonly tokenTypeHint?: 'access_token'
  /**
   * The accepted audiences of introspection responses, if they differ from those of JWTs. The `aud` of a response must
   * contain one of these audiences. `null`: responses have no `aud`.
   *
   * `null` requires `allowedClients`. It also requires `tokenUse`, or a `maxTokenAge` of at most 3600.
   *
   * @default `audience` of the issuer
   */
  readonly audience?: string | readonly string[] | null
  /**
   * Seconds for which a response is cached, at most until `exp`. A revoked token is accepted until this time has passed. At most
   * 3600. If the value is 0, every request is introspected.
   *
   * @default 10
   */
  readonly maxAge?: number
  /**
   * Seconds for which an inactive response (`active: false`) is cached. At most 60. Never longer than `maxAge`.
   *
   * @default 3
   */
  readonly negativeMaxAge?: number
  /**
   * Returns the token of a probe. A probe introspects a token that the issuer does not know. The probe distinguishes an outage
   * from a token that makes the endpoint fail.
   *
   * `false` disables probes, for servers that lock clients out after wrong tokens. An outage is then detected only by calls for
   * known tokens: tokens that were active in an earlier response, or were verified here.
   *
   * @default a random token
   */
  readonly probe?: false | (() => string)
}

const AUDIENCE: OptionRow<string | readonly string[] | null, readonly string[] | null | undefined> =
  /* @__PURE__ */ custom((given, name, context) =>
    given === undefined ? undefined : readAudience(given, name, context),
  )

const PROBE_TOKEN: OptionRow<
  NonNullable<IntrospectionOptions['probe']>,
  false | (() => string) | undefined
> = /* @__PURE__ */ custom((given, name, { report }) => {
  if (given === undefined || given === false) return given
  if (typeof given === 'function') return given as () => string
  report(`${name} must be false, or a function that returns a token, not ${describeGiven(given)}.`)
  return undefined
})

type IntrospectionTable = OptionTable<
  IntrospectionOptions,
  Omit<IntrospectionSettings, 'algorithms' | 'audiences' | 'hasAudiencesOfIssuer'> & {
    readonly audience: readonly string[] | null | undefined
  }
>

export const INTROSPECTION_OPTIONS: IntrospectionTable = /* @__PURE__ */ createTable()

function createTable(): IntrospectionTable {
  return {
    endpoint: address(),
    clientId: clientId('this API is registered with the issuer'),
    clientAuthentication: CLIENT_AUTHENTICATION,
    response: choice(['json', 'jwt'], { default: 'json' }),
    algorithms: algorithmNames(),
    tokenTypeHint: choice(['access_token']),
    audience: AUDIENCE,
    maxAge: seconds({ min: 0, max: LIMITS.introspectionAge.active, default: 10 }),
    negativeMaxAge: seconds({ min: 0, max: LIMITS.introspectionAge.inactive, default: 3 }),
    probe: PROBE_TOKEN,
  }
}

/** The values of the options of introspection after reading. */
export type IntrospectionValues = OptionValues<typeof INTROSPECTION_OPTIONS>

/** The option `introspection`. */
export const INTROSPECTION: OptionRow<IntrospectionOptions, IntrospectionValues | undefined> =
  /* @__PURE__ */ nested(
    INTROSPECTION_OPTIONS,
    'an object: { clientId, clientAuthentication, ... }',
  )

/** Returns the settings of introspection. `algorithms` and `audience` default to those of the issuer. */
export function toIntrospectionSettings(
  { audience, ...values }: IntrospectionValues,
  ofIssuer: Pick<IntrospectionSettings, 'algorithms' | 'audiences'>,
): IntrospectionSettings {
  return {
    ...values,
    algorithms: values.algorithms ?? ofIssuer.algorithms,
    audiences: audience === undefined ? ofIssuer.audiences : audience,
    hasAudiencesOfIssuer: audience === undefined,
  }
}
