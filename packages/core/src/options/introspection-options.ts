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

/** Options for the introspection of tokens at their issuer (RFC 7662). All times are in seconds. */
export interface IntrospectionOptions {
  /** URL of the introspection endpoint. Without it: `introspection_endpoint` of the metadata. */
  readonly endpoint?: string
  /** The client id of this API at the authorization server. */
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  /**
   * `'jwt'` requests signed responses (RFC 9701) and accepts no others.
   *
   * @default 'json'
   */
  readonly response?: 'json' | 'jwt'
  /** The algorithms of signed responses, out of those of the issuer. Without it: all of them. With `'jwt'` only. */
  readonly algorithms?: readonly Algorithm[]
  /** Sent with the token, for servers that find it faster then. */
  readonly tokenTypeHint?: 'access_token'
  /**
   * The audiences of which one has to be in the `aud` of a response, where they are not those of JWTs. `null`: responses
   * have no `aud`. That takes `allowedClients`, and `tokenUse` or a `maxTokenAge` of at most 3600: see `audience` of the
   * issuer.
   *
   * @default `audience` of the issuer
   */
  readonly audience?: string | readonly string[] | null
  /**
   * Seconds for which a response is cached, at most until `exp`. A revoked token can be accepted for as long. At most
   * 3600. With 0, every request is introspected.
   *
   * @default 10
   */
  readonly maxAge?: number
  /**
   * The same for the response that a token is not active. At most 60, and never longer than `maxAge`.
   *
   * @default 3
   */
  readonly negativeMaxAge?: number
  /**
   * Returns a token for the probe: a call for a token that the issuer does not know, to distinguish an outage from a token
   * that makes a call fail. Without it: a random token. `false`: no probes, for servers that lock clients out for wrong
   * tokens. Then only known tokens (active before, or verified here) detect an outage.
   */
  readonly probe?: false | (() => string)
}

const AUDIENCE: OptionRow<string | readonly string[] | null, readonly string[] | null | undefined> =
  custom((given, name, context) =>
    given === undefined ? undefined : readAudience(given, name, context),
  )

const PROBE_TOKEN: OptionRow<
  NonNullable<IntrospectionOptions['probe']>,
  false | (() => string) | undefined
> = custom((given, name, { report }) => {
  if (given === undefined || given === false) return given
  if (typeof given === 'function') return given as () => string
  report(`${name} must be false, or a function that returns a token, not ${describeGiven(given)}.`)
  return undefined
})

export const INTROSPECTION_OPTIONS: OptionTable<
  IntrospectionOptions,
  Omit<IntrospectionSettings, 'algorithms' | 'audiences'> & {
    readonly audience: readonly string[] | null | undefined
  }
> = {
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

/** The options of introspection, as reading them returns them. */
export type IntrospectionValues = OptionValues<typeof INTROSPECTION_OPTIONS>

/** The option `introspection`. */
export const INTROSPECTION: OptionRow<IntrospectionOptions, IntrospectionValues | undefined> =
  nested(INTROSPECTION_OPTIONS, 'an object: { clientId, clientAuthentication, ... }')

/** Returns the settings of introspection. Algorithms and audiences are those of the issuer, unless some are set. */
export function toIntrospectionSettings(
  { audience, ...values }: IntrospectionValues,
  ofIssuer: Pick<IntrospectionSettings, 'algorithms' | 'audiences'>,
): IntrospectionSettings {
  return {
    ...values,
    algorithms: values.algorithms ?? ofIssuer.algorithms,
    audiences: audience === undefined ? ofIssuer.audiences : audience,
  }
}
