import { showClaimPath } from '../subject/claim-path.ts'
import { describeForeignMediaType } from '../subject/media-types.ts'
import { beginsWith, differsBySlash, isForGraph } from './token-advice.ts'
import type { Advice, RefusalFacts } from './refusal-facts.ts'

const audiencesOf = ({ claims: { aud } }: RefusalFacts): readonly string[] =>
  [aud].flat().filter((name) => typeof name === 'string')

const expectedAudiences = ({ settings }: RefusalFacts): readonly string[] =>
  settings?.audiences ?? []

/** Claims of other kinds of tokens. Most access tokens do not have these claims. */
const FOREIGN = ['nonce', 'at_hash', 'c_hash', 'events', 'htu', 'response_type']

/**
 * Returns whether the token may be an access token that is rejected only because `jwtProfile` is set. If `isAccessToken` is
 * `true`, the `typ` of the token is ignored.
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

/**
 * Returns whether the token was rejected because of an unknown `typ`. The issuer may use this `typ` for access tokens. The `typ`
 * of another kind of token, such as `logout+jwt`, does not count as unknown.
 */
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

/** Advice on tokens that are not access tokens, and on access tokens with wrong claims. */
export const getClaimsAdvice = () =>
  ({
    wrong_token_type: [
      ...['an ID token', 'a claim of an ID token'].map((found) => ({
        found,
        advice: 'In the client: send the access_token of the response, not the id_token.',
      })),
      {
        found: 'a refresh token',
        advice: 'In the client: send the access_token of the response, not the refresh_token.',
      },
      {
        found: 'a DPoP proof',
        advice:
          'In the client: send the access token in the Authorization header, and the proof in the header DPoP.',
      },
      {
        found: 'an identity assertion (ID-JAG)',
        advice:
          'In the client: exchange the assertion for an access token at the authorization server of this API, and send that token.',
      },
      {
        found: 'none of them',
        advice:
          "In the client or the options of this API: if the token is an ID token, send the access token instead. If the token is an access token, set clientIdClaim to the claim with the client id, or set tokenUse. Example: tokenUse: { claim: 'token_use', value: 'access' }.",
      },
      {
        when: (facts) => facts.explanation.check === 'typ' && mayBeAccessToken(facts),
        advice:
          'In the options of this API: remove jwtProfile if the access tokens of this issuer do not have the typ at+jwt.',
      },
      {
        when: isUnknownType,
        advice:
          'In the options of this API: if access tokens of this issuer have this typ, add it to acceptTyp.',
      },
      'In the client: send the access_token of the response: this token is not an access token.',
    ],
    missing_claim: [
      {
        when: ({ settings, explanation: { check } }) =>
          check === 'iat' && settings?.maxTokenAge !== undefined,
        advice:
          'In the options of this API: remove maxTokenAge if the tokens of this issuer do not have iat.',
      },
      {
        when: (facts) => facts.explanation.check !== 'exp' && mayBeAccessToken(facts, true),
        advice:
          'In the options of this API: remove jwtProfile if the tokens of this issuer do not follow RFC 9068.',
      },
      {
        when: ({ explanation: { check } }) => check === 'exp',
        advice:
          'At the authorization server: add exp to access tokens. Without exp, a token would never expire.',
      },
      'At the authorization server: add the missing claim to access tokens.',
    ],
    invalid_claim: [
      {
        found: 'no tid, or a tid that differs from the tenant in iss',
        advice: 'At the authorization server: write the tenant of iss into tid.',
      },
      {
        when: (facts) =>
          isScopeClaim(facts) &&
          facts.explanation.expected === 'a string' &&
          Array.isArray(facts.claims[facts.explanation.check]),
        advice: "In the options of this API: set scopeFormat: 'array'.",
      },
      {
        when: (facts) =>
          isScopeClaim(facts) &&
          facts.explanation.expected === 'an array of strings' &&
          typeof facts.claims[facts.explanation.check] === 'string',
        advice: "In the options of this API: set scopeFormat: 'string'.",
      },
      'At the authorization server: find the mapper, action or hook that writes this claim, and make it write the expected type.',
    ],
    wrong_audience: [
      {
        when: (facts) =>
          audiencesOf(facts).some((name) => differsBySlash(name, expectedAudiences(facts))),
        advice:
          'In the options of this API: set audience to the exact value of aud: a trailing slash makes a difference.',
      },
      {
        when: (facts) =>
          facts.settings?.onlyAudience === true &&
          audiencesOf(facts).some((name) => expectedAudiences(facts).includes(name)),
        advice:
          'In the client: request a token for this API only. If tokens may name several APIs, remove onlyAudience from the options of this API.',
      },
      {
        when: isForGraph,
        advice:
          'In the client: this token is for Microsoft Graph. Request a scope of this API instead. For a service, the scope is api://<this API>/.default. For a user, it is api://<this API>/<scope>.',
      },
      {
        when: (facts) =>
          audiencesOf(facts).some((aud) =>
            expectedAudiences(facts).some(
              (name) => aud === `api://${name}` || name === `api://${aud}`,
            ),
          ),
        advice:
          "In the options of this API: set audience: ['<id>', 'api://<id>']. The aud of a v2.0 token of Entra is the client id of this API. The aud of a v1.0 token is the name that the client requested.",
      },
      {
        providers: ['auth0'],
        when: (facts) =>
          audiencesOf(facts).some(
            (aud) => beginsWith(aud, 'https://') && aud.endsWith('/userinfo'),
          ),
        advice:
          'In the client: send audience=<Identifier> in the token request. Auth0 shows the Identifier under Applications > APIs > this API.',
      },
      {
        when: ({ claims: { aud } }) => [aud].flat().includes('account'),
        advice:
          'At Keycloak: add an audience mapper: Clients > the calling client > Client scopes > <client>-dedicated > Add mapper > By configuration > Audience. Set Included Custom Audience to the value of the option audience.',
      },
      {
        found: 'nothing',
        providers: ['keycloak'],
        advice:
          'At Keycloak: add an audience mapper: Clients > the calling client > Client scopes > <client>-dedicated > Add mapper > By configuration > Audience. Set Included Custom Audience to the value of the option audience.',
      },
      {
        found: 'nothing',
        providers: ['cognito'],
        advice:
          'In the options of this API: set audience: null, and set allowedClients to the ids in User pool > App clients. Cognito access tokens have an aud only if the client requests a resource.',
      },
      {
        found: 'nothing',
        advice:
          'At the authorization server: add the identifier of this API to aud. If the server cannot do this, set audience: null, allowedClients and tokenUse in the options of this API.',
      },
      {
        when: ({ settings, claims: { aud } }) =>
          settings?.introspection?.audiences === null &&
          [aud].flat().some((one) => settings.audiences?.includes(one as string)),
        advice:
          'In the options of this API: remove audience: null from the option introspection. The introspection responses of this issuer have an aud.',
      },
      {
        when: ({ settings }) => settings?.audiences === null,
        advice:
          'In the options of this API: if the aud of this token identifies this API, set audience to this aud. With audience: null, tokens with an aud are rejected.',
      },
      'In the client: request a token for this API with the parameter that the provider expects: audience, resource or scope. If aud is another name of this API, add it to the option audience.',
    ],
    untrusted_client: [
      ...['no client', 'different client ids in several claims'].map((found) => ({
        found,
        advice:
          'In the options of this API: set provider, or set clientIdClaim to the name of the claim that contains the client id.',
      })),
      'In the options of this API: add the client to allowedClients if it may use this API.',
    ],
  }) satisfies Advice
