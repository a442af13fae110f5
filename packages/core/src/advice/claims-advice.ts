import { showClaimPath } from '../subject/claim-path.ts'
import { describeForeignMediaType } from '../subject/media-types.ts'
import { beginsWith, differsBySlash, isForGraph } from './token-advice.ts'
import type { AdviceRow, RefusalFacts } from './refusal-facts.ts'

const IN_THE_CLIENT = 'In the client'
const IN_THE_OPTIONS = 'In the options of this API'
const AT_THE_SERVER = 'At the authorization server'

const audiencesOf = ({ claims: { aud } }: RefusalFacts): readonly string[] =>
  [aud].flat().filter((name) => typeof name === 'string')

const expectedAudiences = ({ settings }: RefusalFacts): readonly string[] =>
  settings?.audiences ?? []

/** Claims that show another kind of token. Most access tokens do not have them. */
const FOREIGN = ['nonce', 'at_hash', 'c_hash', 'events', 'htu', 'response_type']

/**
 * Returns whether the token may be an access token that is rejected only because `jwtProfile` is set. With `isAccessToken`,
 * its `typ` does not matter.
 */
function mayBeAccessToken(
  { claims, header: { typ }, settings }: RefusalFacts,
  isAccessToken = false,
): boolean {
  const isPlain =
    typ === undefined || (typeof typ === 'string' && /^(?:application\/)?jwt$/i.test(typ))
  const isForeign = FOREIGN.some((name) => Object.hasOwn(claims, name))
  return settings?.jwtProfile !== undefined && (isPlain || isAccessToken) && !isForeign
}

/** Returns whether the header has a `typ` of its own that may be that of access tokens. */
function isUnknownType({
  header: { typ },
  settings,
  explanation: { check },
}: RefusalFacts): boolean {
  const isText = typeof typ === 'string' && describeForeignMediaType(typ) === undefined
  return check === 'typ' && isText && settings?.jwtProfile === undefined
}

/** Returns whether the checked claim is one that contains the scopes. */
function isScopeClaim({ settings, explanation: { check } }: RefusalFacts): boolean {
  return settings?.scopeSources.some(({ claim }) => showClaimPath(claim) === check) === true
}

/** Advice on tokens of another kind, or with wrong claims. */
export const CLAIMS_ADVICE: readonly AdviceRow[] = [
  ...['an ID token', 'a claim of an ID token'].map((found): AdviceRow => ({
    reason: 'wrong_token_type',
    found,
    where: IN_THE_CLIENT,
    change: 'send the access_token of the response, not the id_token.',
  })),
  {
    reason: 'wrong_token_type',
    found: 'a refresh token',
    where: IN_THE_CLIENT,
    change: 'send the access_token of the response, not the refresh_token.',
  },
  {
    reason: 'wrong_token_type',
    found: 'a DPoP proof',
    where: IN_THE_CLIENT,
    change: 'send the access token in the Authorization header, and the proof in the header DPoP.',
  },
  {
    reason: 'wrong_token_type',
    found: 'an identity assertion (ID-JAG)',
    where: IN_THE_CLIENT,
    change:
      'exchange the assertion for an access token at the authorization server of this API, and send that token.',
  },
  {
    reason: 'wrong_token_type',
    found: 'none of them',
    where: 'In the client or the options of this API',
    change:
      "if this is an ID token, send the access token. If it is an access token, set clientIdClaim to the claim with the client id, or set tokenUse. Example: tokenUse: { claim: 'token_use', value: 'access' }.",
  },
  {
    reason: 'wrong_token_type',
    when: (facts) => facts.explanation.check === 'typ' && mayBeAccessToken(facts),
    sign: "`typ` is `JWT` or missing, and `jwtProfile: 'rfc9068'` is set",
    where: IN_THE_OPTIONS,
    change: 'remove jwtProfile if the access tokens of this issuer do not have the typ at+jwt.',
  },
  {
    reason: 'wrong_token_type',
    when: isUnknownType,
    sign: 'the `typ` in the header has another value',
    where: IN_THE_OPTIONS,
    change: 'if access tokens of this issuer have this typ, add it to acceptTyp.',
  },
  {
    reason: 'wrong_token_type',
    where: IN_THE_CLIENT,
    change: 'send the access_token of the response: this token is not an access token.',
  },

  {
    reason: 'missing_claim',
    when: ({ settings, explanation: { check } }) =>
      check === 'iat' && settings?.maxTokenAge !== undefined,
    sign: '`iat` is missing, and `maxTokenAge` is set',
    where: IN_THE_OPTIONS,
    change: 'remove maxTokenAge if the tokens of this issuer do not have iat.',
  },
  {
    reason: 'missing_claim',
    when: (facts) => facts.explanation.check !== 'exp' && mayBeAccessToken(facts, true),
    sign: "`jwtProfile: 'rfc9068'` requires the claim",
    where: IN_THE_OPTIONS,
    change: 'remove jwtProfile if the tokens of this issuer do not follow RFC 9068.',
  },
  {
    reason: 'missing_claim',
    when: ({ explanation: { check } }) => check === 'exp',
    sign: '`exp` is missing',
    where: AT_THE_SERVER,
    change: 'add exp to access tokens. Without exp, a token would never expire.',
  },
  {
    reason: 'missing_claim',
    where: AT_THE_SERVER,
    change: 'add the missing claim to access tokens.',
  },

  {
    reason: 'invalid_claim',
    found: 'no tid, or a tid that differs from the tenant in iss',
    where: AT_THE_SERVER,
    change: 'write the tenant of iss into tid.',
  },
  {
    reason: 'invalid_claim',
    when: (facts) =>
      isScopeClaim(facts) &&
      facts.explanation.expected === 'a string' &&
      Array.isArray(facts.claims[facts.explanation.check]),
    sign: 'the claim with the scopes is an array',
    where: IN_THE_OPTIONS,
    change: "set scopeFormat: 'array'.",
  },
  {
    reason: 'invalid_claim',
    when: (facts) =>
      isScopeClaim(facts) &&
      facts.explanation.expected === 'an array of strings' &&
      typeof facts.claims[facts.explanation.check] === 'string',
    sign: 'the claim with the scopes is a string',
    where: IN_THE_OPTIONS,
    change: "set scopeFormat: 'string'.",
  },
  {
    reason: 'invalid_claim',
    where: AT_THE_SERVER,
    change:
      'find the mapper, action or hook that writes this claim, and make it write the expected type.',
  },

  {
    reason: 'wrong_audience',
    when: (facts) =>
      audiencesOf(facts).some((name) => differsBySlash(name, expectedAudiences(facts))),
    sign: 'an `aud` and the option `audience` differ only by a trailing slash',
    where: IN_THE_OPTIONS,
    change: 'set audience to the exact value of aud: a trailing slash makes a difference.',
  },
  {
    reason: 'wrong_audience',
    when: (facts) =>
      facts.settings?.onlyAudience === true &&
      audiencesOf(facts).some((name) => expectedAudiences(facts).includes(name)),
    sign: '`aud` also names another audience, and `onlyAudience` is set',
    where: IN_THE_CLIENT,
    change:
      'request a token for this API only. If tokens may name several APIs, remove onlyAudience from the options of this API.',
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
    sign: '`aud` and the option `audience` differ only by the prefix `api://`',
    where: IN_THE_OPTIONS,
    change:
      "set audience: ['<id>', 'api://<id>']. The aud of a v2.0 token of Entra is the client id of this API. The aud of a v1.0 token is the name that the client requested.",
  },
  {
    reason: 'wrong_audience',
    providers: ['auth0'],
    when: (facts) =>
      audiencesOf(facts).some((aud) => beginsWith(aud, 'https://') && aud.endsWith('/userinfo')),
    sign: '`aud` is `/userinfo` of the tenant',
    where: IN_THE_CLIENT,
    change:
      'send audience=<Identifier> in the token request. Auth0 shows the Identifier under Applications > APIs > this API.',
  },
  {
    reason: 'wrong_audience',
    when: ({ claims: { aud } }) => [aud].flat().includes('account'),
    sign: '`aud` is `account`, the default of Keycloak',
    where: 'At Keycloak',
    change:
      'add an audience mapper: Clients > the calling client > Client scopes > <client>-dedicated > Add mapper > By configuration > Audience. Set Included Custom Audience to the value of the option audience.',
  },
  {
    reason: 'wrong_audience',
    found: 'nothing',
    providers: ['keycloak'],
    where: 'At Keycloak',
    change:
      'add an audience mapper: Clients > the calling client > Client scopes > <client>-dedicated > Add mapper > By configuration > Audience. Set Included Custom Audience to the value of the option audience.',
  },
  {
    reason: 'wrong_audience',
    found: 'nothing',
    providers: ['cognito'],
    where: IN_THE_OPTIONS,
    change:
      'set audience: null, and set allowedClients to the ids in User pool > App clients. Cognito access tokens have an aud only if the client requests a resource.',
  },
  {
    reason: 'wrong_audience',
    found: 'nothing',
    where: AT_THE_SERVER,
    change:
      'add the identifier of this API to aud. If the server cannot do that, set audience: null with allowedClients and tokenUse.',
  },
  {
    reason: 'wrong_audience',
    when: ({ settings, claims: { aud } }) =>
      settings?.introspection?.audiences === null &&
      [aud].flat().some((one) => settings.audiences?.includes(one as string)),
    sign: 'the introspection response has the `aud` of this API, and `introspection.audience: null` is set',
    where: IN_THE_OPTIONS,
    change:
      'remove introspection.audience: null. The introspection responses of this issuer have an aud.',
  },
  {
    reason: 'wrong_audience',
    when: ({ settings }) => settings?.audiences === null,
    sign: 'the token has an `aud`, and `audience: null` is set',
    where: IN_THE_OPTIONS,
    change:
      'set audience to the aud of this token if it identifies this API. With audience: null, tokens with an aud are rejected.',
  },
  {
    reason: 'wrong_audience',
    where: IN_THE_CLIENT,
    change:
      'request a token for this API with the parameter that the provider expects: audience, resource or scope. If aud is another name of this API, add it to the option audience.',
  },
  ...['no client', 'different client ids in several claims'].map((found): AdviceRow => ({
    reason: 'untrusted_client',
    found,
    where: IN_THE_OPTIONS,
    change:
      'set provider, or set clientIdClaim to the name of the claim that contains the client id.',
  })),
  {
    reason: 'untrusted_client',
    where: IN_THE_OPTIONS,
    change: 'add the client to allowedClients if it may use this API.',
  },
]
