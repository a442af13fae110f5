import { beginsWith, differsBySlash, isForGraph } from './token-advice.ts'
import type { AdviceRow, RefusalFacts } from './refusal-facts.ts'

const IN_THE_CLIENT = 'In the client'
const IN_THE_OPTIONS = 'In the options of this API'
const AT_THE_SERVER = 'At the authorization server'

const audiencesOf = ({ claims: { aud } }: RefusalFacts): readonly unknown[] => [aud].flat()

const expectedAudiences = ({ settings }: RefusalFacts): readonly string[] =>
  settings?.audiences ?? []

/** Numbers of milliseconds since 1973 are greater than numbers of seconds of the next centuries. */
const isInMilliseconds =
  (name: string) =>
  ({ claims: { [name]: value } }: RefusalFacts) =>
    typeof value === 'number' && value > 1e11

/** Advice on tokens of another kind, with wrong claims or times, and on introspection. */
export const CLAIMS_ADVICE: readonly AdviceRow[] = [
  {
    reason: 'wrong_token_type',
    found: 'an ID token',
    where: IN_THE_CLIENT,
    change: 'send the access_token of the response, not the id_token.',
  },
  {
    reason: 'wrong_token_type',
    found: 'a refresh token',
    where: IN_THE_CLIENT,
    change: 'send the access_token of the response, not the refresh_token.',
  },
  {
    reason: 'wrong_token_type',
    found: 'no sign of an access token',
    where: IN_THE_OPTIONS,
    change:
      'if this is how access tokens of this issuer look, name their claim of the client id in clientIdClaim, or a mark in tokenUse. If not, the client sends an ID token.',
  },
  {
    reason: 'wrong_token_type',
    when: ({ settings, explanation: { check } }) =>
      check === 'typ' && settings?.jwtProfile !== undefined,
    sign: "`typ` is not `at+jwt`, and `jwtProfile: 'rfc9068'` is set",
    where: IN_THE_OPTIONS,
    change: 'remove jwtProfile, if this issuer does not write the typ at+jwt into access tokens.',
  },
  {
    reason: 'wrong_token_type',
    where: IN_THE_CLIENT,
    change: 'send the access_token of the response: this is another kind of token.',
  },

  {
    reason: 'missing_claim',
    when: ({ settings, explanation: { check } }) =>
      check === 'iat' && settings?.maxTokenAge !== undefined,
    sign: '`iat` is missing, and `maxTokenAge` is set',
    where: IN_THE_OPTIONS,
    change: 'remove maxTokenAge, if this issuer writes no iat.',
  },
  {
    reason: 'missing_claim',
    when: ({ settings, explanation: { check } }) =>
      check !== 'exp' && settings?.jwtProfile !== undefined,
    sign: "`jwtProfile: 'rfc9068'` requires the claim",
    where: IN_THE_OPTIONS,
    change: 'remove jwtProfile, if this issuer does not issue tokens of RFC 9068.',
  },
  {
    reason: 'missing_claim',
    where: AT_THE_SERVER,
    change: 'add the claim to access tokens. A token without exp would be valid for ever.',
  },

  {
    reason: 'invalid_claim',
    found: 'the id of a tenant that is not the one of the issuer',
    where: IN_THE_OPTIONS,
    change: 'add the tenant to tenants if it may call.',
  },
  {
    reason: 'invalid_claim',
    when: ({ claims, explanation: { check, expected } }) =>
      expected === 'a string' && Array.isArray(claims[check]),
    sign: 'the claim with the scopes is an array',
    where: IN_THE_OPTIONS,
    change: "set scopeFormat: 'array'.",
  },
  {
    reason: 'invalid_claim',
    when: ({ claims, explanation: { check, expected } }) =>
      expected === 'an array of strings' && typeof claims[check] === 'string',
    sign: 'the claim with the scopes is a string',
    where: IN_THE_OPTIONS,
    change: "set scopeFormat: 'string'.",
  },
  {
    reason: 'invalid_claim',
    where: AT_THE_SERVER,
    change:
      'see which mapper, action or hook writes this claim, and let it write the expected type.',
  },

  {
    reason: 'wrong_audience',
    when: (facts) =>
      audiencesOf(facts).some((name) => differsBySlash(name, expectedAudiences(facts))),
    sign: 'one `aud` differs from the option `audience` by the slash at its end',
    where: IN_THE_OPTIONS,
    change: 'write audience exactly as aud: the slash at its end counts.',
  },
  {
    reason: 'wrong_audience',
    when: isForGraph,
    sign: '`aud` is Microsoft Graph',
    where: IN_THE_CLIENT,
    change: 'request the scope api://<this API>/.default: this token is for Microsoft Graph.',
  },
  {
    reason: 'wrong_audience',
    when: (facts) =>
      audiencesOf(facts).some((aud) =>
        expectedAudiences(facts).some(
          (name) => aud === `api://${name}` || name === `api://${String(aud)}`,
        ),
      ),
    sign: '`aud` and the option `audience` differ by `api://` at the beginning',
    where: IN_THE_OPTIONS,
    change:
      "set audience: ['<id>', 'api://<id>']. At Entra, v2.0 tokens have the client id of this API as aud, and v1.0 tokens the URI with api://.",
  },
  {
    reason: 'wrong_audience',
    providers: ['auth0'],
    when: (facts) =>
      audiencesOf(facts).some(
        (aud) => beginsWith(aud, 'https://') && String(aud).endsWith('/userinfo'),
      ),
    sign: '`aud` is `/userinfo` of the tenant',
    where: IN_THE_CLIENT,
    change: 'request the identifier of this API as audience.',
  },
  {
    reason: 'wrong_audience',
    when: ({ claims: { aud } }) => [aud].flat().includes('account'),
    sign: '`aud` is `account`, as Keycloak writes it by default',
    where: 'At Keycloak',
    change:
      'add an audience mapper: Clients, the client that calls, Client scopes, its dedicated scope, Add mapper, Audience. Set the option audience to the same name.',
  },
  {
    reason: 'wrong_audience',
    found: 'nothing',
    providers: ['keycloak'],
    where: 'At Keycloak',
    change:
      'add an audience mapper: Clients, the client that calls, Client scopes, its dedicated scope, Add mapper, Audience. Set the option audience to the same name.',
  },
  {
    reason: 'wrong_audience',
    found: 'nothing',
    providers: ['cognito'],
    where: IN_THE_OPTIONS,
    change:
      'set audience: null with allowedClients. Access tokens of Cognito have no aud, unless resource binding is used.',
  },
  {
    reason: 'wrong_audience',
    found: 'nothing',
    where: AT_THE_SERVER,
    change:
      'let it write this API into aud. If it cannot, set audience: null with allowedClients and tokenUse.',
  },
  {
    reason: 'wrong_audience',
    when: ({ settings }) => settings?.audiences === null,
    sign: 'the token has an `aud`, and `audience: null` is set',
    where: IN_THE_OPTIONS,
    change:
      'set audience to the identifier of this API: with null, tokens for other APIs are refused by it.',
  },
  {
    reason: 'wrong_audience',
    where: IN_THE_CLIENT,
    change:
      'request a token for this API (audience, resource or scope, by provider). If aud is this API by another name, add it to the option audience.',
  },
  {
    reason: 'untrusted_client',
    where: IN_THE_OPTIONS,
    change: 'add the client to allowedClients if it may call.',
  },

  {
    reason: 'expired',
    where: IN_THE_CLIENT,
    change:
      'request a new token before the old one expires. If every token is expired, compare the clocks of this machine and of the authorization server.',
  },
  ...(['not_yet_valid', 'issued_in_future'] as const).flatMap((reason): readonly AdviceRow[] => [
    {
      reason,
      when: isInMilliseconds(reason === 'not_yet_valid' ? 'nbf' : 'iat'),
      sign: 'the time is written in milliseconds',
      where: AT_THE_SERVER,
      change: 'write times in seconds (RFC 7519 section 2).',
    },
    {
      reason,
      where: 'On this machine',
      change:
        'compare its clock with that of the authorization server (NTP). For small differences, raise clockTolerance.',
    },
  ]),
  {
    reason: 'too_old',
    where: IN_THE_CLIENT,
    change: 'request a new token. If this API need not be that strict, raise maxTokenAge.',
  },
  {
    reason: 'inactive',
    providers: ['keycloak'],
    where: 'At Keycloak',
    change:
      'see whether the token is revoked or expired. Keycloak also calls it inactive if iss is not the address at which it was asked: set KC_HOSTNAME.',
  },
  {
    reason: 'inactive',
    where: AT_THE_SERVER,
    change:
      'see whether the token is revoked, expired or of another server, and whether the client id of introspection may introspect it.',
  },
  {
    reason: 'unsupported_binding',
    where: IN_THE_CLIENT,
    change:
      'request a token that is not bound to a key or certificate (cnf): proofs are not supported.',
  },
]
