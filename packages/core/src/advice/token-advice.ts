import { MATCHED_ISSUER } from '../authorization/issuer.ts'
import { NO_USABLE_KEY } from '../keys/key-search.ts'
import { OKTA_ORG_SERVER } from '../subject/providers/okta.ts'
import type { Advice, RefusalFacts } from './refusal-facts.ts'

const ENTRA_V1 = 'https://sts.windows.net/'
const ENTRA_V2 = 'https://login.microsoftonline.com/'
/** Audiences of tokens for Microsoft Graph. */
const GRAPH: readonly unknown[] = [
  '00000003-0000-0000-c000-000000000000',
  'https://graph.microsoft.com',
  'https://graph.microsoft.com/',
]

export function beginsWith(value: unknown, start: string): boolean {
  return typeof value === 'string' && value.startsWith(start)
}

/** Returns whether a text and one of the others differ only by a trailing slash. */
export function differsBySlash(text: unknown, others: readonly string[]): boolean {
  return (
    typeof text === 'string' && others.some((other) => other === `${text}/` || `${other}/` === text)
  )
}

/** Matches hosts that are reachable only inside a computer, a cluster or a private network. */
const INTERNAL =
  /^(?:[^.]+|localhost|127\..*|10\..*|192\.168\..*|172\.(?:1[6-9]|2\d|3[01])\..*|.*\.(?:local|internal|svc|lan))$/

/** Returns whether `iss` is a configured issuer at another address: an internal host, another port or another scheme. */
function isSameAtOtherAddress({ claims: { iss }, issuers }: RefusalFacts): boolean {
  if (typeof iss !== 'string' || !URL.canParse(iss)) return false
  const claimed = new URL(iss)
  return issuers.some(({ issuer }) => {
    if (!URL.canParse(issuer)) return false
    const { hostname, pathname } = new URL(issuer)
    const hosts = [hostname, claimed.hostname]
    return (
      pathname === claimed.pathname &&
      (hosts[0] === hosts[1] || hosts.some((host) => INTERNAL.test(host)))
    )
  })
}

const isAt = (start: string) => (settings: { readonly issuer: string }) =>
  settings.issuer.startsWith(start)

export function isForGraph({ claims: { aud } }: RefusalFacts): boolean {
  return GRAPH.includes(aud)
}

/** Advice on tokens that cannot be verified: form, issuer, header, key and signature. */
export const getTokenAdvice = () =>
  ({
    token_too_long: [
      'At the authorization server: remove large claims, such as groups, from the access token.',
    ],
    malformed_token: [
      {
        when: ({ explanation: { found } }) => found.startsWith('the text '),
        advice:
          'In the client: check the variable that the header is built from: it does not contain a token.',
      },
      {
        found: 'five parts, as in an encrypted token (JWE)',
        providers: ['auth0'],
        advice:
          'In the client: send the audience of this API in the token request. Without the parameter audience, Auth0 issues an encrypted token for its own /userinfo.',
      },
      {
        found: 'five parts, as in an encrypted token (JWE)',
        advice:
          'At the authorization server: issue signed access tokens for this API, without encryption.',
      },
      {
        found: 'one part, as in an opaque token',
        providers: ['auth0', 'logto'],
        advice:
          'In the client: send the parameter audience or resource with the identifier of this API in the token request. Otherwise, the server issues an opaque token.',
      },
      {
        providers: ['google'],
        advice:
          'In the client: send a Google ID token for this API: Google access tokens are opaque.',
      },
      {
        found: 'one part, as in an opaque token',
        advice:
          "In the options of this API: if the issuer issues opaque tokens, set introspection, and tokenFormat: 'opaque' or 'any'. If it issues JWTs, the client must send the parameter audience or resource for this API in the token request.",
      },
      'In the client: send the complete access token, unchanged, as the token endpoint returned it.',
    ],
    unknown_issuer: [
      {
        when: ({ claims: { iss }, issuers }) =>
          differsBySlash(
            iss,
            issuers.map(({ issuer }) => issuer),
          ),
        advice:
          'In the options of this API: set issuer to the exact value of iss: a trailing slash makes a difference.',
      },
      {
        when: ({ claims: { iss }, issuers }) =>
          beginsWith(iss, ENTRA_V1) && issuers.some(isAt(ENTRA_V2)),
        advice:
          'At Entra, in App registrations > this API > Manifest: this is a v1.0 token. Set api.requestedAccessTokenVersion to 2 (accessTokenAcceptedVersion in the old manifest). To accept v1.0 tokens instead, set issuer to https://sts.windows.net/<tenant>/.',
      },
      {
        when: ({ claims: { iss }, issuers }) =>
          beginsWith(iss, ENTRA_V2) && issuers.some(isAt(ENTRA_V1)),
        advice:
          "In the options of this API: set issuer: 'https://login.microsoftonline.com/<tenant>/v2.0'. This is a v2.0 token, but the option issuer is for v1.0 tokens.",
      },
      {
        when: isSameAtOtherAddress,
        advice:
          'In the options of this API: set issuer to the exact iss if you trust this server. If iss depends on the address that the client calls, set the public address at the server (in Keycloak: the environment variable KC_HOSTNAME). If this API can reach only an internal address, set jwksUri to the internal address of the keys.',
      },
      {
        when: ({ claims: { iss } }) => typeof iss === 'string' && OKTA_ORG_SERVER.test(iss),
        advice:
          'In the client: use the token endpoint of a custom authorization server, such as /oauth2/default/v1/token. Tokens of the org server are valid only for the API of Okta.',
      },
      {
        when: ({ claims: { iss }, issuers }) =>
          beginsWith(iss, ENTRA_V2) && issuers.some(({ tenant }) => tenant !== undefined),
        advice:
          'In the options of this API: add the tenant to the option tenants if it may use this API.',
      },
      {
        found: 'nothing',
        advice: 'In the client: send an access token of a configured issuer: this JWT has no iss.',
      },
      {
        when: ({ explanation: { expected } }) => expected === 'an issuer that resolve knows',
        advice:
          'In your code: return options for this issuer from resolve if it is one of your tenants. A new tenant is accepted after negativeTtl seconds, or immediately after forgetIssuer.',
      },
      {
        when: ({ explanation: { expected } }) => expected === MATCHED_ISSUER,
        advice:
          'In your code: accept this issuer in match if it can be a tenant. If it cannot be a tenant, check the client: it uses another authorization server.',
      },
      {
        when: ({ explanation: { expected } }) => expected === 'a URL in its normal form',
        advice:
          'In the options of this API: if you trust this issuer, add it to issuers.static. The functions match and resolve are called only for a URL without user name, query and fragment.',
      },
      'In the options of this API: add this issuer if you trust it. If you do not trust it, check the client: it uses a different environment, tenant or realm.',
    ],
    unsupported_algorithm: [
      {
        found: 'claimed "none"',
        advice:
          'In the client: send a token that the issuer has signed. This token is not signed, so it proves nothing.',
      },
      {
        when: ({ claims: { typ } }) => typ === 'Refresh' || typ === 'Offline',
        advice: 'In the client: send the access_token of the response, not the refresh_token.',
      },
      {
        when: ({ header: { alg } }) => beginsWith(alg, 'HS'),
        advice:
          'At the authorization server: sign access tokens for this API with an asymmetric algorithm, such as RS256. If the server supports only a shared secret, set the option secret.',
      },
      'In the options of this API: add the algorithm to the option algorithms if the issuer signs with it and Bearward supports it.',
    ],
    unsupported_header: [
      'At the authorization server: remove this header parameter from access tokens: it requires processing that is not supported.',
    ],
    unknown_key: [
      {
        found: 'a distrusted key',
        advice:
          'At the authorization server: sign with another key: this key was passed to distrustKey.',
      },
      {
        found: NO_USABLE_KEY,
        advice:
          'In the options of this API: check that jwksUri is the address of the keys of this issuer. The keys that match the token were passed to distrustKey, are marked for another issuer, or are too many.',
      },
      {
        when: ({ settings }) =>
          settings?.keyOrigin.kind === 'static' || settings?.keyOrigin.kind === 'secret',
        advice:
          'In the options of this API: update jwks or secret, because static keys are never refreshed. To fetch the keys from the issuer, remove the option.',
      },
      'In the options of this API: check that issuer and jwksUri belong to the server that signed the token. If the token is old, its key may no longer be published. Then the client must request a new token.',
    ],
    invalid_signature: [
      {
        when: ({ header }) => Object.hasOwn(header, 'nonce'),
        advice:
          'In the client: request a token for this API, with the scope api://<this API>/.default. Only Microsoft Graph can verify this token.',
      },
      'In the client: send the token unchanged. If it is unchanged and comes from a server that you trust, check that issuer and jwksUri belong to that server. If the token comes from any other server, it is forged.',
    ],
  }) satisfies Advice
