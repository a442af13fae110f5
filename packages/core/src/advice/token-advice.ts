import { OKTA_ORG_SERVER } from '../subject/providers/okta.ts'
import type { AdviceRow, RefusalFacts } from './refusal-facts.ts'

const IN_THE_CLIENT = 'In the client'
const IN_THE_OPTIONS = 'In the options of this API'
const AT_THE_SERVER = 'At the authorization server'

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

/** Matches hosts that are reachable only inside a machine, a cluster or a private network. */
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
export const TOKEN_ADVICE: readonly AdviceRow[] = [
  {
    reason: 'token_too_long',
    where: AT_THE_SERVER,
    change: 'remove large claims, such as groups, from the access token.',
  },
  {
    reason: 'malformed_token',
    when: ({ explanation: { found } }) => found.startsWith('the text '),
    sign: '`found` is the text undefined, null, true, false or NaN',
    where: IN_THE_CLIENT,
    change: 'check the variable that the header is built from: it does not contain a token.',
  },
  {
    reason: 'malformed_token',
    found: 'five parts, as in an encrypted token (JWE)',
    providers: ['auth0'],
    where: IN_THE_CLIENT,
    change:
      'send the audience of this API in the token request. Without audience, Auth0 issues an encrypted token for its own /userinfo.',
  },
  {
    reason: 'malformed_token',
    found: 'five parts, as in an encrypted token (JWE)',
    where: AT_THE_SERVER,
    change: 'issue signed access tokens for this API, without encryption.',
  },
  {
    reason: 'malformed_token',
    found: 'one part, as in an opaque token',
    providers: ['auth0', 'logto'],
    where: IN_THE_CLIENT,
    change:
      'send audience (or resource) for this API in the token request. Without it, the server issues an opaque token.',
  },
  {
    reason: 'malformed_token',
    providers: ['google'],
    where: IN_THE_CLIENT,
    change: 'send a Google ID token for this API: Google access tokens are opaque.',
  },
  {
    reason: 'malformed_token',
    found: 'one part, as in an opaque token',
    where: IN_THE_OPTIONS,
    change:
      "set tokenFormat: 'opaque' (or 'any') and introspection if the issuer issues opaque tokens. If it issues JWTs, the client must send audience or resource for this API in the token request.",
  },
  {
    reason: 'malformed_token',
    where: IN_THE_CLIENT,
    change: 'send the complete access token, unchanged, as the token endpoint returned it.',
  },

  {
    reason: 'unknown_issuer',
    when: ({ claims: { iss }, issuers }) =>
      differsBySlash(
        iss,
        issuers.map(({ issuer }) => issuer),
      ),
    sign: '`iss` and the option `issuer` differ only by a trailing slash',
    where: IN_THE_OPTIONS,
    change: 'set issuer to the exact value of iss: a trailing slash makes a difference.',
  },
  {
    reason: 'unknown_issuer',
    when: ({ claims: { iss }, issuers }) =>
      beginsWith(iss, ENTRA_V1) && issuers.some(isAt(ENTRA_V2)),
    sign: '`iss` is at `sts.windows.net`, but the option `issuer` is at `login.microsoftonline.com`',
    where: 'At Entra, in App registrations > this API > Manifest',
    change:
      'this is a v1.0 token. Set api.requestedAccessTokenVersion to 2 (accessTokenAcceptedVersion in the old manifest). To accept v1.0 tokens instead, set issuer to https://sts.windows.net/<tenant>/.',
  },
  {
    reason: 'unknown_issuer',
    when: ({ claims: { iss }, issuers }) =>
      beginsWith(iss, ENTRA_V2) && issuers.some(isAt(ENTRA_V1)),
    sign: '`iss` is at `login.microsoftonline.com`, but the option `issuer` is at `sts.windows.net`',
    where: IN_THE_OPTIONS,
    change:
      "set issuer: 'https://login.microsoftonline.com/<tenant>/v2.0'. This is a v2.0 token, but the option issuer is for v1.0 tokens.",
  },
  {
    reason: 'unknown_issuer',
    when: isSameAtOtherAddress,
    sign: '`iss` and the option `issuer` have the same path, but an internal host, another port or another scheme',
    where: IN_THE_OPTIONS,
    change:
      'set issuer to the exact iss if you trust this server. If iss depends on the address that the client calls, set the public address at the server (in Keycloak: the environment variable KC_HOSTNAME). If this API reaches only the internal address, set jwksUri to it.',
  },
  {
    reason: 'unknown_issuer',
    when: ({ claims: { iss } }) => typeof iss === 'string' && OKTA_ORG_SERVER.test(iss),
    sign: '`iss` is the org authorization server of Okta',
    where: IN_THE_CLIENT,
    change:
      'use the token endpoint of a custom authorization server, such as /oauth2/default/v1/token. Tokens of the org server are only valid for the API of Okta.',
  },
  {
    reason: 'unknown_issuer',
    when: ({ claims: { iss }, issuers }) =>
      beginsWith(iss, ENTRA_V2) && issuers.some(({ tenant }) => tenant !== undefined),
    sign: '`iss` is another tenant of Entra, and the option `tenants` is set',
    where: IN_THE_OPTIONS,
    change: 'add the tenant to the option tenants if it may use this API.',
  },
  {
    reason: 'unknown_issuer',
    found: 'nothing',
    where: IN_THE_CLIENT,
    change: 'send an access token of a configured issuer: this JWT has no iss.',
  },
  {
    reason: 'unknown_issuer',
    when: ({ explanation: { expected } }) => expected === 'an issuer that resolve knows',
    sign: 'the option `issuers` has functions, and `resolve` returned no options for `iss`',
    where: 'In your code',
    change:
      'return options for this issuer from resolve if it is one of your tenants. A new tenant is accepted when negativeTtl is over, or at once after forgetIssuer.',
  },
  {
    reason: 'unknown_issuer',
    when: ({ explanation: { expected } }) => expected === 'an issuer that match accepts',
    sign: 'the option `issuers` has functions, and `match` returned `false` for `iss`',
    where: 'In your code',
    change:
      'accept this issuer in match if it can be a tenant. If it cannot, check the client: it uses another authorization server.',
  },
  {
    reason: 'unknown_issuer',
    when: ({ explanation: { expected } }) => expected === 'a URL in its normal form',
    sign: 'the option `issuers` has functions, and `iss` is not a URL in its normal form',
    where: IN_THE_OPTIONS,
    change:
      'if you trust this issuer, add it to issuers.static. The functions match and resolve are only called for a URL without user name, query and fragment.',
  },
  {
    reason: 'unknown_issuer',
    where: IN_THE_OPTIONS,
    change:
      'add this issuer if you trust it. If you do not, check the client: it uses a different environment, tenant or realm.',
  },

  {
    reason: 'unsupported_algorithm',
    found: 'claimed "none"',
    where: IN_THE_CLIENT,
    change:
      'send a token that the issuer has signed. This token is not signed, so it proves nothing.',
  },
  {
    reason: 'unsupported_algorithm',
    when: ({ claims: { typ } }) => typ === 'Refresh' || typ === 'Offline',
    sign: 'the claim `typ` is `Refresh` or `Offline`, as in refresh tokens of Keycloak',
    where: IN_THE_CLIENT,
    change: 'send the access_token of the response, not the refresh_token.',
  },
  {
    reason: 'unsupported_algorithm',
    when: ({ header: { alg } }) => beginsWith(alg, 'HS'),
    sign: '`alg` is HS256, HS384 or HS512',
    where: AT_THE_SERVER,
    change:
      'sign access tokens for this API with an asymmetric algorithm, such as RS256. If the server supports only a shared secret, set the option secret.',
  },
  {
    reason: 'unsupported_algorithm',
    where: IN_THE_OPTIONS,
    change:
      'add the algorithm to the option algorithms if the issuer signs with it and Bearward supports it.',
  },
  {
    reason: 'unsupported_header',
    where: AT_THE_SERVER,
    change:
      'remove this header parameter from access tokens: it requires processing that is not supported.',
  },

  {
    reason: 'unknown_key',
    found: 'a distrusted key',
    where: AT_THE_SERVER,
    change: 'sign with another key: this key was passed to distrustKey.',
  },
  {
    reason: 'unknown_key',
    found: 'only keys of another issuer, or too many keys',
    where: IN_THE_OPTIONS,
    change:
      'check that jwksUri belongs to issuer. Its keys have the issuer of another tenant, or too many keys match the token.',
  },
  {
    reason: 'unknown_key',
    when: ({ settings }) =>
      settings?.keyOrigin.kind === 'static' || settings?.keyOrigin.kind === 'secret',
    sign: 'the keys come from the option `jwks` or `secret`',
    where: IN_THE_OPTIONS,
    change:
      'update jwks or secret, because static keys are never refreshed. To fetch the keys from the issuer, remove the option.',
  },
  {
    reason: 'unknown_key',
    where: IN_THE_OPTIONS,
    change:
      'check that issuer and jwksUri belong to the server that signed the token. If the token is old, the client must request a new one: its key may no longer be published.',
  },
  {
    reason: 'invalid_signature',
    when: ({ header }) => Object.hasOwn(header, 'nonce'),
    sign: 'the header has a `nonce`, as in tokens for Microsoft Graph',
    where: IN_THE_CLIENT,
    change:
      'request a token for this API, with the scope api://<this API>/.default. Only Microsoft Graph can verify this token.',
  },
  {
    reason: 'invalid_signature',
    where: IN_THE_CLIENT,
    change:
      'send the token unchanged. If it is unchanged and comes from a server that you trust, check that issuer and jwksUri belong to that server. Otherwise the token is forged.',
  },
]
