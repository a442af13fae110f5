import { beginsWith, differsBySlash, isForGraph } from './token-advice.ts'
import type { AdviceRow, RefusalFacts } from './refusal-facts.ts'

const IN_THE_CLIENT = 'In the client'
const IN_THE_OPTIONS = 'In the options of this API'
const AT_THE_SERVER = 'At the authorization server'

const audiencesOf = ({ claims: { aud } }: RefusalFacts): readonly string[] =>
  [aud].flat().filter((name) => typeof name === 'string')

const expectedAudiences = ({ settings }: RefusalFacts): readonly string[] =>
  settings?.audiences ?? []

/** Claims that access tokens do not have. */
const FOREIGN = ['nonce', 'at_hash', 'c_hash', 'events', 'htu', 'response_type']

/** Returns whether a profile refuses a token that could be an access token without it. */
function mayBeAccessToken(
  { claims, header: { typ }, settings }: RefusalFacts,
  isAccessToken = false,
): boolean {
  const isPlain =
    typ === undefined || (typeof typ === 'string' && /^(?:application\/)?jwt$/i.test(typ))
  const isForeign = FOREIGN.some((name) => Object.hasOwn(claims, name))
  return settings?.jwtProfile !== undefined && (isPlain || isAccessToken) && !isForeign
}

/** Advice on tokens of another kind, or with wrong claims. */
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
      "if this is an access token, set clientIdClaim to its claim with the client id, or tokenUse, such as { claim: 'token_use', value: 'access' }. If it is an ID token, the client must send the access token.",
  },
  {
    reason: 'wrong_token_type',
    when: (facts) => facts.explanation.check === 'typ' && mayBeAccessToken(facts),
    sign: "`typ` is `JWT` or missing, and `jwtProfile: 'rfc9068'` is set",
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
    when: (facts) => facts.explanation.check !== 'exp' && mayBeAccessToken(facts, true),
    sign: "`jwtProfile: 'rfc9068'` requires the claim",
    where: IN_THE_OPTIONS,
    change: 'remove jwtProfile, if this issuer does not issue tokens of RFC 9068.',
  },
  {
    reason: 'missing_claim',
    where: AT_THE_SERVER,
    change: 'add the claim to access tokens. Without exp, a token would never expire.',
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
      'find the mapper, action or hook that writes this claim, and let it write the expected type.',
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
    change:
      'request a scope of this API: api://<this API>/.default for a service, api://<this API>/<scope> for a user. This token is for Microsoft Graph.',
  },
  {
    reason: 'wrong_audience',
    when: (facts) =>
      audiencesOf(facts).some((aud) =>
        expectedAudiences(facts).some((name) => aud === `api://${name}` || name === `api://${aud}`),
      ),
    sign: '`aud` and the option `audience` differ by `api://` at the beginning',
    where: IN_THE_OPTIONS,
    change:
      "set audience: ['<id>', 'api://<id>']. At Entra, v2.0 tokens have the client id of this API as aud, and v1.0 tokens the name that the client has requested.",
  },
  {
    reason: 'wrong_audience',
    providers: ['auth0'],
    when: (facts) =>
      audiencesOf(facts).some((aud) => beginsWith(aud, 'https://') && aud.endsWith('/userinfo')),
    sign: '`aud` is `/userinfo` of the tenant',
    where: IN_THE_CLIENT,
    change:
      'send audience=<Identifier> in the request for the token. It is in Applications, APIs, this API.',
  },
  {
    reason: 'wrong_audience',
    when: ({ claims: { aud } }) => [aud].flat().includes('account'),
    sign: '`aud` is `account`, as Keycloak writes it by default',
    where: 'At Keycloak',
    change:
      'add an audience mapper: Clients, the calling client, Client scopes, <client>-dedicated, Add mapper, By configuration, Audience. Write the value of the option audience into Included Custom Audience.',
  },
  {
    reason: 'wrong_audience',
    found: 'nothing',
    providers: ['keycloak'],
    where: 'At Keycloak',
    change:
      'add an audience mapper: Clients, the calling client, Client scopes, <client>-dedicated, Add mapper, By configuration, Audience. Write the value of the option audience into Included Custom Audience.',
  },
  {
    reason: 'wrong_audience',
    found: 'nothing',
    providers: ['cognito'],
    where: IN_THE_OPTIONS,
    change:
      'set audience: null, and allowedClients to the ids in User pool, App clients. Access tokens of Cognito have no aud, unless the client requests a resource.',
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
    when: ({ settings, claims: { aud } }) =>
      settings?.introspection?.audiences === null &&
      [aud].flat().some((one) => settings.audiences?.includes(one as string)),
    sign: 'the answer of the issuer has the `aud` of this API, and `introspection.audience: null` is set',
    where: IN_THE_OPTIONS,
    change: 'remove introspection.audience: the answers have an audience.',
  },
  {
    reason: 'wrong_audience',
    when: ({ settings }) => settings?.audiences === null,
    sign: 'the token has an `aud`, and `audience: null` is set',
    where: IN_THE_OPTIONS,
    change:
      'set audience to the identifier of this API, if it is the aud of this token. With null, a token must not have an aud.',
  },
  {
    reason: 'wrong_audience',
    where: IN_THE_CLIENT,
    change:
      'request a token for this API (audience, resource or scope, by provider). If aud is this API by another name, add it to the option audience.',
  },
  ...['no client', 'several clients, which contradict each other'].map((found): AdviceRow => ({
    reason: 'untrusted_client',
    found,
    where: IN_THE_OPTIONS,
    change: 'set provider, or clientIdClaim to the claim with the client id.',
  })),
  {
    reason: 'untrusted_client',
    where: IN_THE_OPTIONS,
    change: 'add the client to allowedClients if it may call.',
  },
]
