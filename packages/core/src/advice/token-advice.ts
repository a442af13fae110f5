import type { AdviceRow, RefusalFacts } from './refusal-facts.ts'

const IN_THE_CLIENT = 'In the client'
const IN_THE_OPTIONS = 'In the options of this API'

const ENTRA_V1 = 'https://sts.windows.net/'
const ENTRA_V2 = 'https://login.microsoftonline.com/'
/** Microsoft Graph, as the audience of its tokens. */
const GRAPH: readonly unknown[] = [
  '00000003-0000-0000-c000-000000000000',
  'https://graph.microsoft.com',
  'https://graph.microsoft.com/',
]

export function beginsWith(value: unknown, start: string): boolean {
  return typeof value === 'string' && value.startsWith(start)
}

/** Returns whether a text differs from one of the others by a slash at its end and nothing else. */
export function differsBySlash(text: unknown, others: readonly string[]): boolean {
  return (
    typeof text === 'string' && others.some((other) => other === `${text}/` || `${other}/` === text)
  )
}

function hasSamePath({ claims: { iss }, issuers }: RefusalFacts): boolean {
  if (typeof iss !== 'string' || !URL.canParse(iss)) return false
  const { pathname } = new URL(iss)
  return pathname !== '/' && issuers.some((issuer) => new URL(issuer).pathname === pathname)
}

export function isForGraph({ claims: { aud } }: RefusalFacts): boolean {
  return GRAPH.includes(aud)
}

/** Advice on tokens that are not verified: form, issuer, header, key and signature. */
export const TOKEN_ADVICE: readonly AdviceRow[] = [
  {
    reason: 'token_too_long',
    where: 'At the authorization server',
    change: 'put fewer claims into the access token, such as the groups of a user.',
  },
  {
    reason: 'malformed_token',
    when: ({ explanation: { found } }) => found.startsWith('the text '),
    sign: '`found` is the text undefined, null, true, false or NaN',
    where: IN_THE_CLIENT,
    change: 'the header was made of a variable without a token: see why it has none.',
  },
  {
    reason: 'malformed_token',
    found: 'five parts, as in an encrypted token (JWE)',
    providers: ['auth0'],
    where: IN_THE_CLIENT,
    change:
      'request the audience of this API. Without audience, Auth0 issues an encrypted token for its own /userinfo.',
  },
  {
    reason: 'malformed_token',
    found: 'five parts, as in an encrypted token (JWE)',
    where: 'At the authorization server',
    change: 'issue signed access tokens for this API that are not encrypted.',
  },
  {
    reason: 'malformed_token',
    found: 'one part, as in an opaque token',
    providers: ['auth0', 'logto', 'kinde'],
    where: IN_THE_CLIENT,
    change:
      'request this API as audience (or resource). Without it, the server issues an opaque token.',
  },
  {
    reason: 'malformed_token',
    found: 'one part, as in an opaque token',
    providers: ['google'],
    where: IN_THE_CLIENT,
    change: 'send an ID token of Google for this API: access tokens of Google are opaque.',
  },
  {
    reason: 'malformed_token',
    found: 'one part, as in an opaque token',
    where: IN_THE_OPTIONS,
    change:
      "set tokenFormat: 'opaque' (or 'any') and introspection, if the issuer issues opaque tokens. If not, let the client request this API as audience or resource.",
  },
  {
    reason: 'malformed_token',
    where: IN_THE_CLIENT,
    change: 'send the access token whole and unchanged, as the token endpoint returned it.',
  },

  {
    reason: 'unknown_issuer',
    when: ({ claims: { iss }, issuers }) => differsBySlash(iss, issuers),
    sign: '`iss` differs from the option `issuer` by the slash at its end',
    where: IN_THE_OPTIONS,
    change: 'write issuer exactly as iss: the slash at its end counts.',
  },
  {
    reason: 'unknown_issuer',
    when: ({ claims: { iss }, issuers }) =>
      beginsWith(iss, ENTRA_V1) && issuers.some((issuer) => issuer.startsWith(ENTRA_V2)),
    sign: '`iss` is at `sts.windows.net`, and the option `issuer` at `login.microsoftonline.com`',
    where: 'At Entra, in the manifest of the app registration of this API',
    change:
      "set requestedAccessTokenVersion to 2. This is a v1.0 token, and the option issuer is that of v2.0. Or set issuer: 'https://sts.windows.net/<tenant>/'.",
  },
  {
    reason: 'unknown_issuer',
    when: ({ claims: { iss }, issuers }) =>
      beginsWith(iss, ENTRA_V2) && issuers.some((issuer) => issuer.startsWith(ENTRA_V1)),
    sign: '`iss` is at `login.microsoftonline.com`, and the option `issuer` at `sts.windows.net`',
    where: IN_THE_OPTIONS,
    change:
      "set issuer: 'https://login.microsoftonline.com/<tenant>/v2.0'. This is a v2.0 token, and the option issuer is that of v1.0.",
  },
  {
    reason: 'unknown_issuer',
    when: hasSamePath,
    sign: '`iss` has another scheme, host or port than the option `issuer`, and the same path',
    where: 'At the authorization server',
    change:
      'set its public address (KC_HOSTNAME at Keycloak): it writes the address into iss at which the client has called it. The option jwksUri may stay an internal address.',
  },
  {
    reason: 'unknown_issuer',
    found: 'nothing',
    where: IN_THE_CLIENT,
    change: 'this JWT has no iss: send an access token of a configured issuer.',
  },
  {
    reason: 'unknown_issuer',
    where: IN_THE_OPTIONS,
    change:
      'add this issuer if you trust it. If not, the client uses another environment, tenant or realm than this API.',
  },

  {
    reason: 'unsupported_algorithm',
    when: ({ header: { alg } }) => beginsWith(alg, 'HS'),
    sign: '`alg` is HS256, HS384 or HS512',
    where: 'At the authorization server',
    change:
      'sign access tokens for this API with a key pair, such as RS256. For a server that has nothing but a shared secret, set the option secret.',
  },
  {
    reason: 'unsupported_algorithm',
    where: IN_THE_OPTIONS,
    change:
      'add the algorithm to algorithms, if the issuer signs with it and Bearward supports it.',
  },
  {
    reason: 'unsupported_header',
    where: 'At the authorization server',
    change:
      'leave this header parameter out of access tokens: it asks for processing that is not supported.',
  },

  {
    reason: 'unknown_key',
    found: 'a distrusted key',
    where: 'At the authorization server',
    change: 'sign with another key: this one was named in distrustKey.',
  },
  {
    reason: 'unknown_key',
    when: ({ explanation: { found } }) => found.includes('keys that are marked as those of'),
    sign: 'the keys with this `kid` are marked as those of another issuer, or there are too many',
    where: IN_THE_OPTIONS,
    change: 'see whether issuer and jwksUri belong together: the keys are of another tenant.',
  },
  {
    reason: 'unknown_key',
    when: ({ settings }) =>
      settings?.keyOrigin.kind === 'static' || settings?.keyOrigin.kind === 'secret',
    sign: 'the keys come from the option `jwks` or `secret`',
    where: IN_THE_OPTIONS,
    change: 'update jwks, which never changes by itself. Or remove it, and the keys are fetched.',
  },
  {
    reason: 'unknown_key',
    where: IN_THE_OPTIONS,
    change:
      'see whether issuer and jwksUri are those of the server that has signed. The event keys_refreshed says how many keys it publishes, and which are ignored.',
  },
  {
    reason: 'invalid_signature',
    when: ({ header }) => Object.hasOwn(header, 'nonce'),
    sign: 'the header has a `nonce`, as in tokens for Microsoft Graph',
    where: IN_THE_CLIENT,
    change:
      'request a token for this API, not for Microsoft Graph: nobody else can verify those. At Entra the scope is api://<this API>/.default.',
  },
  {
    reason: 'invalid_signature',
    where: IN_THE_CLIENT,
    change:
      'send the token unchanged. If it is, a server with the same iss and kid but another key has signed it: compare issuer and jwksUri with it.',
  },
]
