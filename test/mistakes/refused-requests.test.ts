/**
 * Common mistakes with requests and tokens. For each mistake, the event and the log line contain the failed check, the found
 * value and the advice. The requests lead to each piece of advice, except advice that other tests cover.
 */
import {
  type BearwardEvent,
  createResourceServer,
  memoryReplay,
  ReplayStoreError,
  type ReplayStoreProblem,
  type Requirements,
  type ResourceServerOptions,
  type SocketLike,
} from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { ADVICE } from '../../packages/core/src/advice/find-advice.ts'
import { ADVISOR } from '../../packages/core/src/advice/advisor.ts'
import { toLogLine } from '../../packages/core/src/log/log-line.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { generateKey } from '../support/keys.ts'
import { boundTo, createProof, generateProofKey } from '../support/proofs.ts'
import { requestWith } from '../support/requests.ts'

interface Mistake {
  /** Options besides the issuer, its audience and its keys. */
  readonly options?: Record<string, unknown>
  readonly claims?: Record<string, unknown>
  readonly header?: Record<string, unknown>
  readonly requirements?: Requirements
  /** Returns the `Authorization` header. Default: `Bearer` and the token. */
  readonly authorization?: (token: string) => string
  /** Other headers. */
  readonly headers?:
    | Record<string, string | string[]>
    | ((token: string) => Record<string, string | string[]>)
  /** The connection of the request. */
  readonly socket?: SocketLike
  readonly reason: string
  readonly found: string
  /** Text that the advice contains, usually its beginning. */
  readonly advice: string
}

const clock = fakeClock()
const issuer = createTestIssuer({ now: clock.seconds })
const proofKey = generateProofKey()

/** Returns options of an API that accepts DPoP. */
const withDpop = (dpop: object = {}) => ({
  publicUrl: 'https://api.example.com',
  dpop: { replay: memoryReplay({ clock }), ...dpop },
})

/** A request with a token that is bound to `proofKey`. */
const bound = {
  options: withDpop(),
  claims: boundTo(proofKey),
  authorization: (token: string) => `DPoP ${token}`,
}

const failingWith = (problem: ReplayStoreProblem) => ({
  firstUse: () => Promise.reject(new ReplayStoreError(problem, 'the test says so')),
})

function prove(token: string, claims: object = {}, header: object = {}): string {
  const subject = { key: proofKey, token, url: 'https://api.example.com/', now: clock.seconds() }
  return createProof(subject, { claims: { ...claims }, header: { ...header } })
}

const KEYCLOAK = 'https://kc.example.com/realms/shop'
const ENTRA = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0'
const ENTRA_V1 = 'https://sts.windows.net/11111111-2222-3333-4444-555555555555/'
const INTROSPECTION = {
  clientId: 'api',
  clientAuthentication: { method: 'client_secret_basic', secret: 's' },
  endpoint: 'https://as.example.com/introspect',
}
const answering = (body: object, status = 200) => ({
  introspection: INTROSPECTION,
  fetch: async () => Response.json(body, { status }),
})
const bearer = (text: string) => () => `Bearer ${text}`
const fail = () => {
  throw new Error('the database is down')
}
/** Options with functions in `issuers`. By default, `match` accepts only the usual issuer. */
const byFunctions = (
  resolve: () => unknown,
  match: (iss: string) => unknown = (iss) => iss === ISSUER,
) => ({ issuers: { match, resolve } })
/** The thumbprint of another certificate. */
const X5T = 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2'
const byHeader = (trustedProxies: readonly string[]) => ({
  mtls: { certificate: { header: 'client-cert', format: 'rfc9440', trustedProxies } },
})
const opaque = { tokenFormat: 'opaque', jwks: undefined }
const now = Math.floor(clock.seconds())
const KEYCLOAK_USER = { sub: 'f3c1', azp: 'web', client_id: undefined, preferred_username: 'alice' }
const ENTRA_USER = {
  sub: 'a-user-of-entra',
  azp: 'web',
  client_id: undefined,
  scp: 'read',
  ver: '2.0',
}

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'a request without headers': {
    authorization: () => '',
    headers: {},
    reason: 'no_credentials',
    found: 'nothing',
    advice: "In the client: send 'Authorization: Bearer <token>'. If the client already sends it",
  },
  'the JWT without Bearer': {
    authorization: (token) => token,
    reason: 'unsupported_scheme',
    found: 'a JWT without a scheme',
    advice: "In the client: write 'Bearer ' before the token.",
  },
  'an opaque token without Bearer': {
    authorization: () => 'ya29.a0AfH6SMBx',
    reason: 'unsupported_scheme',
    found: 'one word, so the scheme or the token is missing',
    advice: 'In the client: send the scheme and the token',
  },
  'an Authorization header if credentials names another header': {
    options: { credentials: { header: 'x-token' } },
    reason: 'unsupported_scheme',
    found: 'an Authorization header instead',
    advice: 'In the client: send the token in the header that the option credentials names',
  },
  'an Authorization header in addition to the header that credentials names': {
    options: { credentials: { header: 'x-token' } },
    headers: { 'x-token': 'a' },
    reason: 'multiple_credentials',
    found: 'an Authorization header as well',
    advice: 'In the client or a proxy: send one header with credentials.',
  },
  'a DPoP token': {
    authorization: (token) => `DPoP ${token}`,
    reason: 'unsupported_scheme',
    found: 'the scheme DPoP',
    advice: 'In the client: request a token without a DPoP proof',
  },
  'a user name and a password': {
    authorization: () => 'Basic dTpw',
    reason: 'unsupported_scheme',
    found: 'the scheme Basic',
    advice: 'In the client: send an access token',
  },
  'the scheme of another library': {
    authorization: (token) => `JWT ${token}`,
    reason: 'unsupported_scheme',
    found: 'the scheme JWT',
    advice: 'In the client: send an access token',
  },
  'an empty variable': {
    authorization: bearer(''),
    reason: 'malformed_credentials',
    found: 'no token',
    advice: 'In the client: send the token after the scheme',
  },
  'the whole response of the token endpoint': {
    authorization: bearer('[object Object]'),
    reason: 'malformed_credentials',
    found: 'the text [object Object]',
    advice: 'In the client: put the access_token of the response into the header',
  },
  'a promise that is not awaited': {
    authorization: bearer('[object Promise]'),
    reason: 'malformed_credentials',
    found: 'the text [object Promise]',
    advice: 'In the client: await the token',
  },
  'Bearer twice': {
    authorization: (token) => `Bearer Bearer ${token}`,
    reason: 'malformed_credentials',
    found: 'the scheme twice',
    advice: "In the client: write 'Bearer ' once",
  },
  'quotes around the token': {
    authorization: (token) => `Bearer "${token}"`,
    reason: 'malformed_credentials',
    found: 'a token in quotes or brackets',
    advice: 'In the client: remove the quotes',
  },
  'a space after the token': {
    authorization: (token) => `Bearer ${token} `,
    reason: 'malformed_credentials',
    found: 'white space in the token',
    advice: 'In the client: remove line breaks and spaces',
  },
  'a percent-encoded token': {
    authorization: bearer('a%3D'),
    reason: 'malformed_credentials',
    found: 'a character that is not allowed in a token',
    advice: 'In the client: send exactly one token',
  },
  'a proxy that adds its own token': {
    authorization: (token) => `Bearer ${token}, Bearer ${token}`,
    reason: 'multiple_credentials',
    found: 'several, joined by a comma',
    advice:
      'In the client or a proxy: send one Authorization header. If a proxy adds such a header',
  },
  'a variable that is not set': {
    authorization: bearer(String(undefined)),
    reason: 'malformed_token',
    found: 'the text undefined',
    advice: 'In the client: check the variable that the header is built from',
  },
  'the text null as the token, with tokenFormat opaque': {
    options: { ...opaque, ...answering({ active: true }) },
    authorization: bearer(String(null)),
    reason: 'malformed_token',
    found: 'the text null',
    advice: 'In the client: check the variable that the header is built from',
  },
  'Auth0 without audience: an encrypted token': {
    options: { issuer: 'https://shop.eu.auth0.com/' },
    authorization: bearer('eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVy.dGFn'),
    reason: 'malformed_token',
    found: 'five parts, as in an encrypted token (JWE)',
    advice: 'In the client: send the audience of this API in the token request.',
  },
  'an encrypted token': {
    authorization: bearer('eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..aXY.Y2lwaGVy.dGFn'),
    reason: 'malformed_token',
    found: 'five parts, as in an encrypted token (JWE)',
    advice: 'At the authorization server: issue signed access tokens',
  },
  'Auth0 without audience: an opaque token': {
    options: { issuer: 'https://shop.eu.auth0.com/' },
    authorization: bearer('opaque-token'),
    reason: 'malformed_token',
    found: 'one part, as in an opaque token',
    advice: 'In the client: send the parameter audience or resource',
  },
  'an access token of Google': {
    options: { provider: 'google' },
    requirements: { check: () => true },
    authorization: bearer('ya29_a0AfH6SMBx'),
    reason: 'malformed_token',
    found: 'one part, as in an opaque token',
    advice: 'In the client: send a Google ID token',
  },
  'an opaque token': {
    authorization: bearer('opaque-token'),
    reason: 'malformed_token',
    found: 'one part, as in an opaque token',
    advice: 'In the options of this API: if the issuer issues opaque tokens, set introspection',
  },
  'a token that was cut': {
    authorization: (token) => `Bearer ${token.slice(0, token.lastIndexOf('.'))}`,
    reason: 'malformed_token',
    found: 'two parts',
    advice: 'In the client: send the complete access token, unchanged',
  },
  'a token of 20,000 characters': {
    authorization: bearer('a'.repeat(20_000)),
    reason: 'token_too_long',
    found: 'more',
    advice: 'At the authorization server: remove large claims',
  },

  'an option issuer without the trailing slash of iss': {
    claims: { iss: `${ISSUER}/` },
    reason: 'unknown_issuer',
    found: `claimed "${ISSUER}/"`,
    advice: 'In the options of this API: set issuer to the exact value of iss',
  },
  'a v1.0 token of Entra if the option issuer is for v2.0': {
    options: { issuer: ENTRA },
    claims: { iss: ENTRA_V1 },
    reason: 'unknown_issuer',
    found: `claimed "${ENTRA_V1}"`,
    advice: 'At Entra, in App registrations > this API > Manifest: this is a v1.0 token.',
  },
  'a v2.0 token of Entra if the option issuer is for v1.0': {
    options: { issuer: ENTRA_V1 },
    claims: { iss: ENTRA },
    reason: 'unknown_issuer',
    found: `claimed "${ENTRA}"`,
    advice: "In the options of this API: set issuer: 'https://login.microsoftonline.com",
  },
  'a Keycloak token from another address of the same server': {
    options: { issuer: KEYCLOAK },
    claims: { iss: 'http://localhost:8080/realms/shop' },
    reason: 'unknown_issuer',
    found: 'claimed "http://localhost:8080/realms/shop"',
    advice: 'In the options of this API: set issuer to the exact iss if you trust this server.',
  },
  'a JWT without iss': {
    claims: { iss: undefined },
    reason: 'unknown_issuer',
    found: 'nothing',
    advice: 'In the client: send an access token of a configured issuer',
  },
  'a token of the test environment': {
    claims: { iss: 'https://test.example.com' },
    reason: 'unknown_issuer',
    found: 'claimed "https://test.example.com"',
    advice: 'In the options of this API: add this issuer if you trust it.',
  },
  'a token of a tenant that resolve does not know': {
    options: byFunctions(() => {}),
    reason: 'unknown_issuer',
    found: `claimed "${ISSUER}"`,
    advice: 'In your code: return options for this issuer from resolve',
  },
  'a token of an issuer that match does not accept': {
    options: byFunctions(() => {}),
    claims: { iss: 'https://test.example.com' },
    reason: 'unknown_issuer',
    found: 'claimed "https://test.example.com"',
    advice: 'In your code: accept this issuer in match if it can be a tenant.',
  },
  'an iss that is not a URL in its normal form, and functions in issuers': {
    options: byFunctions(() => {}),
    claims: { iss: 'accounts.example.com' },
    reason: 'unknown_issuer',
    found: 'claimed "accounts.example.com"',
    advice: 'In the options of this API: if you trust this issuer, add it to issuers.static.',
  },
  'a JWT without iss, and functions in issuers': {
    options: byFunctions(() => {}),
    claims: { iss: undefined },
    reason: 'unknown_issuer',
    found: 'nothing',
    advice: 'In the client: send an access token of a configured issuer',
  },
  'a function match that throws': {
    options: byFunctions(() => {}, fail),
    reason: 'issuer_unavailable',
    found: `claimed "${ISSUER}" (match_failed)`,
    advice: 'In your code: check the function match in issuers: it must return true or false',
  },
  'a function match that is async': {
    options: byFunctions(
      () => {},
      async () => true,
    ),
    reason: 'issuer_unavailable',
    found: `claimed "${ISSUER}" (match_failed)`,
    advice: 'In your code: check the function match in issuers: it must return true or false',
  },
  'a function resolve that throws': {
    options: byFunctions(fail),
    reason: 'issuer_unavailable',
    found: `claimed "${ISSUER}" (resolve_failed)`,
    advice: 'In your code: check the function resolve in issuers, and the database that it reads.',
  },
  'a function resolve that returns wrong options': {
    options: byFunctions(() => ({ issuer: ISSUER })),
    reason: 'issuer_unavailable',
    found: `claimed "${ISSUER}" (invalid_options)`,
    advice: 'In your code: correct the options that the function resolve in issuers returns.',
  },
  'a guard with introspect, and a tenant without introspection': {
    options: byFunctions(() => ({ issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks })),
    requirements: { introspect: true },
    reason: 'wrong_issuer',
    found: 'nothing',
    advice: 'In your code: return introspection from the function resolve in issuers',
  },
  'a token with the alg HS256': {
    header: { alg: 'HS256' },
    reason: 'unsupported_algorithm',
    found: 'claimed "HS256"',
    advice:
      'At the authorization server: sign access tokens for this API with an asymmetric algorithm',
  },
  'an algorithm that is not listed': {
    options: { algorithms: ['RS256'], jwks: { keys: [generateKey('RS256').jwk] } },
    reason: 'unsupported_algorithm',
    found: 'claimed "ES256"',
    advice: 'In the options of this API: add the algorithm to the option algorithms',
  },
  'a header with crit': {
    header: { crit: ['exp'] },
    reason: 'unsupported_header',
    found: 'an array',
    advice: 'At the authorization server: remove this header parameter from access tokens',
  },
  'old keys in jwks': {
    header: { kid: 'rotated' },
    reason: 'unknown_key',
    found: 'claimed "rotated", which is not among the keys "ES256-key"',
    advice: 'In the options of this API: update jwks or secret',
  },
  'keys of another tenant': {
    options: {
      jwks: { keys: [{ ...issuer.jwks.keys[0], issuer: 'https://other.example.com' }] },
    },
    reason: 'unknown_key',
    found: 'only distrusted keys, keys of another issuer, or too many matching keys',
    advice:
      'In the options of this API: check that jwksUri is the address of the keys of this issuer',
  },
  'keys of another server': {
    options: {
      jwks: undefined,
      jwksUri: 'https://other.example.com/jwks',
      fetch: async () => Response.json({ keys: [generateKey('ES256', 'theirs').jwk] }),
    },
    reason: 'unknown_key',
    found: 'claimed "ES256-key", which is not among the keys "theirs"',
    advice: 'In the options of this API: check that issuer and jwksUri belong to the server',
  },
  'a token for Microsoft Graph': {
    options: { jwks: { keys: [generateKey('ES256', 'ES256-key').jwk] } },
    header: { nonce: 'n' },
    reason: 'invalid_signature',
    found: 'a signature that is not valid for the key "ES256-key" (claimed kid)',
    advice: 'In the client: request a token for this API, with the scope',
  },
  'a token that another server signed with the same kid': {
    options: { jwks: { keys: [generateKey('ES256', 'ES256-key').jwk] } },
    reason: 'invalid_signature',
    found: 'a signature that is not valid for the key "ES256-key" (claimed kid)',
    advice: 'In the client: send the token unchanged.',
  },

  'an ID token': {
    header: { typ: 'JWT' },
    claims: { at_hash: 'x' },
    reason: 'wrong_token_type',
    found: 'a claim of an ID token',
    advice: 'In the client: send the access_token of the response, not the id_token.',
  },
  'a refresh token': {
    claims: { typ: 'Refresh' },
    reason: 'wrong_token_type',
    found: 'a refresh token',
    advice: 'In the client: send the access_token of the response, not the refresh_token.',
  },
  'a token of typ JWT without client_id and scope': {
    header: { typ: 'JWT' },
    claims: { client_id: undefined, scope: undefined },
    reason: 'wrong_token_type',
    found: 'none of them',
    advice:
      'In the client or the options of this API: if the token is an ID token, send the access token instead.',
  },
  'jwtProfile rfc9068 and a token without the typ at+jwt': {
    options: { jwtProfile: 'rfc9068' },
    header: { typ: 'JWT' },
    reason: 'wrong_token_type',
    found: 'claimed "JWT"',
    advice: 'In the options of this API: remove jwtProfile',
  },
  'a DPoP proof as the token': {
    header: { typ: 'dpop+jwt' },
    reason: 'wrong_token_type',
    found: 'claimed a DPoP proof',
    advice: 'In the client: send the access token in the Authorization header, and the proof',
  },
  'an identity assertion as the token': {
    header: { typ: 'oauth-id-jag+jwt' },
    reason: 'wrong_token_type',
    found: 'claimed an identity assertion (ID-JAG)',
    advice: 'In the client: exchange the assertion for an access token',
  },
  'a token of typ JWS without acceptTyp': {
    header: { typ: 'JWS' },
    reason: 'wrong_token_type',
    found: 'claimed "JWS"',
    advice: 'In the options of this API: if access tokens of this issuer have this typ',
  },
  'a logout token': {
    header: { typ: 'logout+jwt' },
    reason: 'wrong_token_type',
    found: 'claimed a logout token',
    advice:
      'In the client: send the access_token of the response: this token is not an access token',
  },
  'maxTokenAge and a token without iat': {
    options: { maxTokenAge: 600 },
    claims: { iat: undefined },
    reason: 'missing_claim',
    found: 'nothing',
    advice: 'In the options of this API: remove maxTokenAge',
  },
  'jwtProfile rfc9068 and a token without jti': {
    options: { jwtProfile: 'rfc9068' },
    claims: { jti: undefined },
    reason: 'missing_claim',
    found: 'nothing',
    advice: 'In the options of this API: remove jwtProfile if the tokens of this issuer',
  },
  'a token without exp': {
    claims: { exp: undefined },
    reason: 'missing_claim',
    found: 'nothing',
    advice: 'At the authorization server: add exp to access tokens.',
  },
  'jwtProfile rfc9068 and a token with a nonce, without jti': {
    options: { jwtProfile: 'rfc9068' },
    claims: { jti: undefined, nonce: 'n' },
    reason: 'missing_claim',
    found: 'nothing',
    advice: 'At the authorization server: add the missing claim to access tokens.',
  },
  'a token without tid if the option tenants is set': {
    options: {
      issuer: ENTRA.replace('11111111-2222-3333-4444-555555555555', '{tenantid}'),
      tenants: ['11111111-2222-3333-4444-555555555555'],
    },
    claims: { iss: ENTRA, ver: '2.0', azp: 'a', scp: 'read' },
    reason: 'invalid_claim',
    found: 'no tid, or a tid that differs from the tenant in iss',
    advice: 'At the authorization server: write the tenant of iss into tid.',
  },
  'a token whose tid is not the tenant in iss': {
    options: {
      issuer: ENTRA.replace('11111111-2222-3333-4444-555555555555', '{tenantid}'),
      tenants: ['11111111-2222-3333-4444-555555555555'],
    },
    claims: {
      iss: ENTRA,
      tid: '99999999-2222-3333-4444-555555555555',
      ver: '2.0',
      azp: 'a',
      scp: 'read',
    },
    reason: 'invalid_claim',
    found: 'no tid, or a tid that differs from the tenant in iss',
    advice: 'At the authorization server: write the tenant of iss into tid.',
  },
  'scopes in an array': {
    claims: { scope: ['read'] },
    reason: 'invalid_claim',
    found: 'an array',
    advice: "In the options of this API: set scopeFormat: 'array'.",
  },
  'scopes in a string if an array is configured': {
    options: { scopeFormat: 'array', scopeClaim: 'scope' },
    reason: 'invalid_claim',
    found: 'a string',
    advice: "In the options of this API: set scopeFormat: 'string'.",
  },
  'a jti that is an array': {
    claims: { jti: ['a'] },
    reason: 'invalid_claim',
    found: 'an array',
    advice: 'At the authorization server: find the mapper, action or hook',
  },
  'a client id that is a number': {
    claims: { client_id: 5 },
    reason: 'invalid_claim',
    found: 'a number',
    advice: 'At the authorization server: find the mapper, action or hook',
  },

  'an aud with a trailing slash': {
    claims: { aud: `${AUDIENCE}/` },
    reason: 'wrong_audience',
    found: `"${AUDIENCE}/"`,
    advice: 'In the options of this API: set audience to the exact value of aud',
  },
  'the aud of Microsoft Graph': {
    claims: { aud: '00000003-0000-0000-c000-000000000000' },
    reason: 'wrong_audience',
    found: '"00000003-0000-0000-c000-000000000000"',
    advice:
      'In the client: this token is for Microsoft Graph. Request a scope of this API instead.',
  },
  'an aud that is the application id URI of Entra': {
    options: { audience: 'c0ffee00-2222-3333-4444-555555555555' },
    claims: { aud: 'api://c0ffee00-2222-3333-4444-555555555555' },
    reason: 'wrong_audience',
    found: '"api://c0ffee00-2222-3333-4444-555555555555"',
    advice: "In the options of this API: set audience: ['<id>', 'api://<id>'].",
  },
  'a token for /userinfo of Auth0': {
    options: { issuer: 'https://shop.eu.auth0.com/' },
    claims: {
      iss: 'https://shop.eu.auth0.com/',
      aud: 'https://shop.eu.auth0.com/userinfo',
      azp: 'spa',
      client_id: undefined,
    },
    reason: 'wrong_audience',
    found: '"https://shop.eu.auth0.com/userinfo"',
    advice: 'In the client: send audience=<Identifier>',
  },
  'a Keycloak token with the aud account': {
    options: { issuer: KEYCLOAK },
    claims: { iss: KEYCLOAK, aud: 'account', azp: 'cron' },
    reason: 'wrong_audience',
    found: '"account"',
    advice: 'At Keycloak: add an audience mapper: Clients > the calling client',
  },
  'a Keycloak token without aud': {
    options: { issuer: KEYCLOAK },
    claims: { iss: KEYCLOAK, aud: undefined, azp: 'cron' },
    reason: 'wrong_audience',
    found: 'nothing',
    advice: 'At Keycloak: add an audience mapper: Clients > the calling client',
  },
  'a Cognito token without aud if the option audience is set': {
    options: { provider: 'cognito' },
    claims: { aud: undefined, token_use: 'access' },
    reason: 'wrong_audience',
    found: 'nothing',
    advice: 'In the options of this API: set audience: null, and set allowedClients',
  },
  'a token without aud': {
    claims: { aud: undefined },
    reason: 'wrong_audience',
    found: 'nothing',
    advice: 'At the authorization server: add the identifier of this API to aud.',
  },
  'audience: null and a token with aud': {
    options: { audience: null, allowedClients: ['reports-cron'], jwtProfile: 'rfc9068' },
    reason: 'wrong_audience',
    found: `"${AUDIENCE}"`,
    advice:
      'In the options of this API: if the aud of this token identifies this API, set audience',
  },
  'a token for another API': {
    claims: { aud: 'https://other.example.com' },
    reason: 'wrong_audience',
    found: '"https://other.example.com"',
    advice: 'In the client: request a token for this API with the parameter',
  },
  'a token for this API and another API if onlyAudience is set': {
    options: { onlyAudience: true },
    claims: { aud: [AUDIENCE, 'https://other.example.com'] },
    reason: 'wrong_audience',
    found: `"${AUDIENCE}", "https://other.example.com"`,
    advice: 'In the client: request a token for this API only.',
  },
  'a token without aud, from the date of audienceRequiredFrom on': {
    options: { audienceRequiredFrom: '2030-01-01' },
    claims: { aud: undefined },
    reason: 'wrong_audience',
    found: 'nothing',
    advice: 'At the authorization server: add the identifier of this API to aud.',
  },
  'an aud that differs from the resource by a slash at the end': {
    options: { audience: undefined, resource: AUDIENCE },
    claims: { aud: `${AUDIENCE}/` },
    reason: 'wrong_audience',
    found: `"${AUDIENCE}/"`,
    advice: 'In the options of this API: set audience to the exact value of aud',
  },
  'a client that is not in allowedClients': {
    options: { allowedClients: ['orders'] },
    reason: 'untrusted_client',
    found: '"reports-cron"',
    advice: 'In the options of this API: add the client to allowedClients',
  },

  'a client that sends a cached token after its exp': {
    claims: { exp: now - 65, iat: now - 365 },
    reason: 'expired',
    found: '65 s ago',
    advice: 'In the client: request a new token before the cached token expires.',
  },
  'an nbf 30 s in the future': {
    claims: { nbf: now + 30 },
    reason: 'not_yet_valid',
    found: 'in 30 s',
    advice: 'On this computer: compare its clock with the clock of the authorization server',
  },
  'an iat 30 s in the future': {
    claims: { iat: now + 30 },
    reason: 'issued_in_future',
    found: 'in 30 s',
    advice: 'On this computer: compare its clock with the clock of the authorization server',
  },
  'nbf in milliseconds': {
    claims: { nbf: now * 1000 },
    reason: 'not_yet_valid',
    found: `in ${now * 999} s`,
    advice: 'At the authorization server: write times in seconds',
  },
  'iat in milliseconds': {
    claims: { iat: now * 1000 },
    reason: 'issued_in_future',
    found: `in ${now * 999} s`,
    advice: 'At the authorization server: write times in seconds',
  },
  'maxTokenAge that is shorter than the token lifetime': {
    options: { maxTokenAge: 60 },
    claims: { iat: now - 100 },
    reason: 'too_old',
    found: '100 s ago',
    advice: 'In the client: request a new token.',
  },
  'introspection of a Keycloak token at an internal address': {
    options: { ...opaque, issuer: KEYCLOAK, ...answering({ active: false }) },
    authorization: bearer('opaque-token'),
    reason: 'inactive',
    found: 'an inactive token',
    advice: 'At Keycloak: check whether the token is revoked or expired. Keycloak also reports',
  },
  'a revoked token': {
    options: { ...opaque, ...answering({ active: false }) },
    authorization: bearer('opaque-token'),
    reason: 'inactive',
    found: 'an inactive token',
    advice: 'At the authorization server: check whether the token is revoked',
  },
  'a token bound to a key, without the option dpop': {
    claims: { cnf: { jkt: 'A'.repeat(43) } },
    reason: 'unsupported_binding',
    found: 'a token bound to a DPoP key (jkt)',
    advice: 'In the options of this API: set dpop',
  },
  'a token that is bound in an unknown way': {
    claims: { cnf: { kid: 'x' } },
    reason: 'unsupported_binding',
    found: 'the cnf member kid',
    advice: 'In the client: request an unbound token',
  },
  'an introspection response with token_type DPoP, but without cnf': {
    options: { ...opaque, ...answering({ active: true, token_type: 'DPoP' }) },
    authorization: bearer('opaque-token'),
    reason: 'unsupported_binding',
    found: 'DPoP',
    advice: 'At the authorization server: write cnf.jkt into introspection responses',
  },
  'a bound token as a bearer token': {
    ...bound,
    authorization: (token) => `Bearer ${token}`,
    reason: 'wrong_scheme',
    found: 'the scheme Bearer',
    advice: "In the client: send 'Authorization: DPoP <token>' and a proof",
  },
  'an unbound token with the scheme DPoP': {
    ...bound,
    claims: {},
    reason: 'wrong_scheme',
    found: 'a token without cnf.jkt',
    advice: 'In the client: request the token with a DPoP proof',
  },
  'a bound token without a proof': {
    ...bound,
    reason: 'no_proof',
    found: 'nothing',
    advice: 'In the client: send a DPoP proof in the header DPoP.',
  },
  'two proofs': {
    ...bound,
    headers: (token) => ({ dpop: [prove(token), prove(token)] }),
    reason: 'invalid_proof',
    found: 'several header lines',
    advice: 'In the client or a proxy: send one DPoP header.',
  },
  'a proof that is not a JWT': {
    ...bound,
    headers: { dpop: 'abc' },
    reason: 'invalid_proof',
    found: 'no JWT',
    advice: 'In the client: create a proof for each request',
  },
  'a proof for another host': {
    ...bound,
    headers: (token) => ({ dpop: prove(token, { htu: 'http://127.0.0.1:3000/' }) }),
    reason: 'invalid_proof',
    found: 'an address at claimed "http://127.0.0.1:3000"',
    advice: 'In the options of this API: publicUrl and the path of the request',
  },
  'a proof for another path': {
    ...bound,
    headers: (token) => ({ dpop: prove(token, { htu: 'https://api.example.com/v1/' }) }),
    reason: 'invalid_proof',
    found: 'the same path after a prefix',
    advice: 'In the options of this API: a proxy removes the beginning of the path',
  },
  'a proof for a path that has nothing in common with the request': {
    ...bound,
    headers: (token) => ({ dpop: prove(token, { htu: 'https://api.example.com/v1' }) }),
    reason: 'invalid_proof',
    found: 'a different path',
    advice: 'In the options of this API: publicUrl and the path of the request',
  },
  'two proofs that are joined by a comma': {
    ...bound,
    headers: (token) => ({ dpop: `${prove(token)}, ${prove(token)}` }),
    reason: 'invalid_proof',
    found: 'several, joined by a comma',
    advice: 'In the client or a proxy: send one DPoP header with one proof.',
  },
  'an unbound token if the route requires a token that is bound to a key': {
    ...bound,
    claims: {},
    authorization: (token) => `Bearer ${token}`,
    requirements: { bound: 'dpop' },
    reason: 'unbound_token',
    found: 'an unbound token',
    advice: 'In the client: request a token that is bound to a key. To get one, send a proof',
  },
  'a proof for another method': {
    ...bound,
    headers: (token) => ({ dpop: prove(token, { htm: 'POST' }) }),
    reason: 'invalid_proof',
    found: 'claimed "POST"',
    advice: 'In the client: create a proof for each request',
  },
  'a proof by a client whose clock is slow': {
    ...bound,
    headers: (token) => ({ dpop: prove(token, { iat: clock.seconds() - 300 }) }),
    reason: 'invalid_proof',
    found: '300 s ago',
    advice: 'In the client: create a new proof for each request, just before the request is sent.',
  },
  'a proof by a client whose clock is fast': {
    ...bound,
    headers: (token) => ({ dpop: prove(token, { iat: clock.seconds() + 300 }) }),
    reason: 'invalid_proof',
    found: 'in 300 s',
    advice: 'In the client: compare its clock with the clock of this API',
  },
  'a proof with an algorithm that is not allowed': {
    ...bound,
    headers: (token) => ({ dpop: prove(token, {}, { alg: 'HS256' }) }),
    reason: 'invalid_proof',
    found: 'claimed "HS256"',
    advice: 'In the client: use an algorithm that the challenge lists',
  },
  'a proof with a private key': {
    ...bound,
    headers: (token) => ({
      dpop: prove(token, {}, { jwk: proofKey.privateKey.export({ format: 'jwk' }) }),
    }),
    reason: 'invalid_proof',
    found: 'a private key',
    advice: 'In the client: write the public key into the header',
  },
  'a proof by another key': {
    ...bound,
    claims: { cnf: { jkt: 'A'.repeat(43) } },
    headers: (token) => ({ dpop: prove(token) }),
    reason: 'wrong_proof_key',
    found: 'the thumbprint of a different key',
    advice: 'In the client: sign proofs with the key',
  },
  'a proof that was used': {
    ...bound,
    options: withDpop({ replay: { firstUse: () => false } }),
    headers: (token) => ({ dpop: prove(token) }),
    reason: 'proof_used',
    found: 'a proof that was used',
    advice: 'In the client: create a new proof for each request, even for',
  },
  'a proof without a nonce': {
    ...bound,
    options: withDpop({ nonce: { secrets: ['s'.repeat(32)] } }),
    headers: (token) => ({ dpop: prove(token) }),
    reason: 'nonce_required',
    found: 'nothing',
    advice: 'In the client: repeat the request with the nonce',
  },
  'a proof while the store is full': {
    ...bound,
    options: withDpop({ replay: failingWith('full') }),
    headers: (token) => ({ dpop: prove(token) }),
    reason: 'replay_unavailable',
    found: 'full: the test says so',
    advice: 'At the replay store: give it more memory',
  },
  'a proof of a client that sends too many proofs': {
    ...bound,
    options: withDpop({ replay: failingWith('key_full') }),
    headers: (token) => ({ dpop: prove(token) }),
    reason: 'replay_unavailable',
    found: 'key_full: the test says so',
    advice: 'In the options of this API: if it is normal that one client sends so many requests',
  },
  'a proof that no replica of the store confirms': {
    ...bound,
    options: withDpop({ replay: failingWith('unconfirmed') }),
    headers: (token) => ({ dpop: prove(token) }),
    reason: 'replay_unavailable',
    found: 'unconfirmed: the test says so',
    advice: 'At the replay store: if found names an error',
  },
  'a proof while the store may forget proofs': {
    ...bound,
    options: withDpop({ replay: failingWith('unsuitable') }),
    headers: (token) => ({ dpop: prove(token) }),
    reason: 'replay_unavailable',
    found: 'unsuitable: the test says so',
    advice: 'At the replay store: set maxmemory-policy',
  },
  'a proof while the store is unreachable': {
    ...bound,
    options: withDpop({ replay: failingWith('unreachable') }),
    headers: (token) => ({ dpop: prove(token) }),
    reason: 'replay_unavailable',
    found: 'unreachable: the test says so',
    advice: 'At the replay store: check that the store runs',
  },
  'a token bound to a certificate, without the option mtls': {
    claims: { cnf: { 'x5t#S256': X5T } },
    reason: 'unsupported_binding',
    found: 'a token bound to a client certificate (x5t#S256)',
    advice: 'In the options of this API: set mtls',
  },
  'an unbound token if certificates are required': {
    options: { mtls: { certificate: 'tls', mode: 'required' } },
    reason: 'unbound_token',
    found: 'a token without it',
    advice: 'In the client: request a token that is bound to the certificate of the client',
  },
  'an unbound token if the route requires a token that is bound to a key or a certificate': {
    options: { ...withDpop(), mtls: { certificate: 'tls' } },
    requirements: { bound: true },
    reason: 'unbound_token',
    found: 'an unbound token',
    advice: 'In the client: request a token that is bound to a key or a certificate',
  },
  'a bound token without a certificate': {
    options: { mtls: { certificate: () => undefined } },
    claims: { cnf: { 'x5t#S256': X5T } },
    reason: 'no_certificate',
    found: 'nothing',
    advice: 'In the client: send the certificate with which the token was requested.',
  },
  'a bound token behind a proxy that ends TLS': {
    options: { mtls: { certificate: 'tls' } },
    claims: { cnf: { 'x5t#S256': X5T } },
    socket: { remoteAddress: '10.0.0.1' },
    reason: 'no_certificate',
    found: 'a connection without TLS',
    advice: 'In the options of this API: if TLS ends at a proxy',
  },
  'a certificate in a header of a proxy that is not in trustedProxies': {
    options: byHeader(['10.0.0.2']),
    claims: { cnf: { 'x5t#S256': X5T } },
    headers: { 'client-cert': ':MAIwAA==:' },
    socket: { remoteAddress: '10.0.0.1' },
    reason: 'no_certificate',
    found: 'a header of a peer that is not one of trustedProxies',
    advice: 'In the options of this API: add the address of your proxy',
  },
  'a certificate in a format that is not mtls.certificate.format': {
    options: byHeader(['10.0.0.1']),
    claims: { cnf: { 'x5t#S256': X5T } },
    headers: { 'client-cert': '-----BEGIN%20CERTIFICATE-----' },
    socket: { remoteAddress: '10.0.0.1' },
    reason: 'no_certificate',
    found: 'a malformed certificate',
    advice: 'In the options of this API: check that mtls.certificate.format',
  },
  'a certificate header that the proxy adds to the header of the client': {
    options: byHeader(['10.0.0.1']),
    claims: { cnf: { 'x5t#S256': X5T } },
    headers: { 'client-cert': [':MAIwAA==:', ':MAIwAA==:'] },
    socket: { remoteAddress: '10.0.0.1' },
    reason: 'no_certificate',
    found: 'several header lines',
    advice: 'In the proxy: replace the header of the client',
  },
  'a renewed certificate with an old token': {
    options: { mtls: { certificate: () => Uint8Array.of(0x30, 2, 0x30, 0) } },
    claims: { cnf: { 'x5t#S256': X5T } },
    reason: 'wrong_certificate',
    found: 'a certificate with a different thumbprint',
    advice: 'In the client: use the certificate with which the token was requested.',
  },

  ...Object.fromEntries(
    (['permissions', 'scp', 'roles', 'groups', 'authorities'] as const).map(
      (claim): [string, Mistake] => [
        `a scope in the claim ${claim}, which is not read`,
        {
          claims: { [claim]: ['x', 'admin'] },
          requirements: { scope: 'admin' },
          reason: 'insufficient_scope',
          found: '"read"',
          advice: `In the options of this API: set scopeClaim: '${claim}'`,
        },
      ],
    ),
  ),
  'a permission of Auth0 that the client did not request': {
    options: { provider: 'auth0' },
    claims: { permissions: ['x', 'admin'] },
    requirements: { scope: 'admin' },
    reason: 'insufficient_scope',
    found: '"read"',
    advice: "In the client: request the scope. Do not set scopeClaim: 'permissions'",
  },
  'a path in scopeClaim': {
    options: { scopeClaim: 'resource_access.shop.roles' },
    claims: { resource_access: { shop: { roles: ['admin'] } } },
    requirements: { scope: 'admin' },
    reason: 'insufficient_scope',
    found: 'no scopes',
    advice: 'In the options of this API: write a path as an array, such as scopeClaim:',
  },
  'a token without scopes': {
    claims: { scope: undefined },
    requirements: { scope: 'admin' },
    reason: 'insufficient_scope',
    found: 'no scopes',
    advice:
      'In the client: request the scope. In the options of this API: if the scope is in another claim',
  },
  'a misspelt scope': {
    claims: { scope: 'read:reports openid' },
    requirements: { scope: 'read:report' },
    reason: 'insufficient_scope',
    found: '"read:reports", "openid"',
    advice:
      'In the client: request the scope. If the client already requests it, grant the scope to the client',
  },
  'a token of an issuer that the route does not allow': {
    options: {
      issuers: [
        { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks },
        { issuer: 'https://b.example.com', audience: AUDIENCE, jwks: issuer.jwks },
      ],
    },
    requirements: { issuer: 'https://b.example.com' },
    reason: 'wrong_issuer',
    found: ISSUER,
    advice: 'At the route: if this route may accept tokens of this issuer',
  },
  'a machine at a route for users': {
    options: { machineClients: ['reports-cron'], machineSubject: 'client_id' },
    requirements: { subject: 'user' },
    reason: 'wrong_subject',
    found: 'machine',
    advice: 'At the route: if this kind of caller may call this route',
  },
  'the requirement clients and a token without a client id': {
    claims: { client_id: undefined },
    requirements: { clients: ['reports-cron'] },
    reason: 'wrong_client',
    found: 'no client',
    advice: 'In the options of this API: set provider or clientIdClaim',
  },
  'a client that is not in the requirement clients': {
    requirements: { clients: ['orders'] },
    reason: 'wrong_client',
    found: '"reports-cron"',
    advice: 'At the route: if this client may call this route',
  },
  'a token that the option revoked reports': {
    options: { revoked: () => true },
    reason: 'revoked',
    found: 'true',
    advice: 'In the client: request a new token.',
  },
  'an option revoked that returns undefined': {
    options: { revoked: () => {} },
    reason: 'revocation_unavailable',
    found: 'nothing',
    advice: 'In your code: make the option revoked return true or false within one second.',
  },
  'the requirement claims and a token without the claim': {
    requirements: { claims: [{ claim: 'plan', equals: 'gold' }] },
    reason: 'wrong_claim',
    found: 'no such claim',
    advice: 'At the authorization server: add the claim to access tokens',
  },
  'a role that is not in the claim': {
    claims: { realm_access: { roles: ['user'] } },
    requirements: { claims: [{ claim: ['realm_access', 'roles'], includes: 'admin' }] },
    reason: 'wrong_claim',
    found: 'an array without it',
    advice: 'At the route: if this token may call this route, change claims',
  },
  'a token without the authorization details of the guard': {
    requirements: { authorizationDetails: { type: 'payment' } },
    reason: 'wrong_authorization_details',
    found: 'none',
    advice: 'In the client: request these authorization_details (RFC 9396)',
  },
  'a check that returns undefined': {
    requirements: { check: (() => {}) as unknown as () => boolean },
    reason: 'check_failed',
    found: 'undefined: a return is missing in the check',
    advice: 'At the route: return true or false from the check.',
  },
  'a check that returns false': {
    requirements: { check: () => false },
    reason: 'check_failed',
    found: 'false',
    advice: 'At the route: the check returned false for this token.',
  },

  'a scheme in the header that credentials names': {
    options: { credentials: { header: 'x-token' } },
    authorization: () => '',
    headers: { 'x-token': 'Bearer abc' },
    reason: 'malformed_credentials',
    found: 'a scheme before the token',
    advice: "In the client, or where verify is called: remove 'Bearer '",
  },
  'an empty header that credentials names': {
    options: { credentials: { header: 'x-token' } },
    authorization: () => '',
    headers: { 'x-token': '' },
    reason: 'malformed_credentials',
    found: 'an empty string',
    advice: 'In the client, or where verify is called: pass the token as a string',
  },
  'a request without the header that credentials names': {
    options: { credentials: { header: 'x-token' } },
    authorization: () => '',
    reason: 'no_credentials',
    found: 'nothing',
    advice: 'In the client: send the token in the place that the option credentials defines.',
  },
  'a colon after Bearer': {
    authorization: (token) => `Bearer: ${token}`,
    reason: 'malformed_credentials',
    found: 'a colon after the scheme',
    advice: 'In the client: remove the colon',
  },
  'a variable in single quotes': {
    authorization: bearer('$TOKEN'),
    reason: 'malformed_credentials',
    found: 'a variable that was not replaced',
    advice: 'In the client: replace the variable with its value',
  },
  'a refresh token of Keycloak': {
    header: { alg: 'HS512' },
    claims: { typ: 'Refresh' },
    reason: 'unsupported_algorithm',
    found: 'claimed "HS512"',
    advice: 'In the client: send the access_token of the response, not the refresh_token.',
  },
  'a token with the alg none': {
    header: { alg: 'none' },
    reason: 'unsupported_algorithm',
    found: 'claimed "none"',
    advice: 'In the client: send a token that the issuer has signed.',
  },
  'a token of the org server of Okta': {
    options: { issuer: 'https://dev-1.okta.com/oauth2/default' },
    claims: { iss: 'https://dev-1.okta.com' },
    reason: 'unknown_issuer',
    found: 'claimed "https://dev-1.okta.com"',
    advice: 'In the client: use the token endpoint of a custom authorization server',
  },
  'a token of a tenant that is not in tenants': {
    options: {
      issuer: ENTRA.replace('11111111-2222-3333-4444-555555555555', '{tenantid}'),
      tenants: ['11111111-2222-3333-4444-555555555555'],
    },
    claims: { iss: ENTRA.replace('11111111', '99999999') },
    reason: 'unknown_issuer',
    found: `claimed "${ENTRA.replace('11111111', '99999999')}"`,
    advice:
      'In the options of this API: add the tenant to the option tenants if it may use this API.',
  },
  'a token of another organization of the same vendor': {
    options: { issuer: 'https://dev-1.okta.com/oauth2/default' },
    claims: { iss: 'https://dev-2.okta.com/oauth2/default' },
    reason: 'unknown_issuer',
    found: 'claimed "https://dev-2.okta.com/oauth2/default"',
    advice: 'In the options of this API: add this issuer if you trust it.',
  },
  'jwtProfile rfc9068 and an ID token': {
    options: { jwtProfile: 'rfc9068' },
    header: { typ: 'JWT' },
    claims: { nonce: 'n' },
    reason: 'wrong_token_type',
    found: 'claimed "JWT"',
    advice:
      'In the client: send the access_token of the response: this token is not an access token',
  },
  'allowedClients and a token without a client id': {
    options: { allowedClients: ['reports-cron'] },
    claims: { client_id: undefined },
    reason: 'untrusted_client',
    found: 'no client',
    advice: 'In the options of this API: set provider, or set clientIdClaim',
  },
  'allowedClients and a token that names two clients': {
    options: { allowedClients: ['reports-cron'], provider: 'auth0' },
    claims: { azp: 'another' },
    reason: 'untrusted_client',
    found: 'different client ids in several claims',
    advice: 'In the options of this API: set provider, or set clientIdClaim',
  },
  'introspection.audience: null and a response with aud': {
    options: {
      ...opaque,
      ...answering({ active: true, aud: AUDIENCE, client_id: 'a', scope: 'read', iat: now }),
      introspection: { ...INTROSPECTION, audience: null },
      allowedClients: ['a'],
      maxTokenAge: 600,
    },
    authorization: bearer('opaque-token'),
    reason: 'wrong_audience',
    found: `"${AUDIENCE}"`,
    advice: 'In the options of this API: remove audience: null from the option introspection',
  },
  'a scope that is a role of Keycloak': {
    options: { issuer: KEYCLOAK },
    claims: { iss: KEYCLOAK, azp: 'cron', realm_access: { roles: ['admin'] } },
    requirements: { scope: 'admin' },
    reason: 'insufficient_scope',
    found: '"read"',
    advice:
      'At the route: for roles, use the requirement claims instead of scope, such as claims: [{ claim:',
  },
  'a group with the name of the scope, if scopeClaim is set': {
    options: { scopeClaim: 'scp' },
    claims: { scp: 'read', groups: ['admin'] },
    requirements: { scope: 'admin' },
    reason: 'insufficient_scope',
    found: '"read"',
    advice: 'In the client: request the scope. If the client already requests it',
  },
  'a claim that is not read and has only one of two required scopes': {
    claims: { groups: ['read'] },
    requirements: { scope: 'read write' },
    reason: 'insufficient_scope',
    found: '"read"',
    advice: 'In the client: request the scope. If the client already requests it',
  },

  'a Keycloak token without acr': {
    options: { issuer: KEYCLOAK },
    claims: { iss: KEYCLOAK, ...KEYCLOAK_USER },
    requirements: { acr: 'urn:mfa' },
    reason: 'insufficient_user_authentication',
    found: 'nothing',
    advice: 'At Keycloak, in the client scopes of the client: add the client scope acr',
  },
  'a token whose auth_time is a text': {
    requirements: { maxAuthAge: 300 },
    claims: { sub: 'alice', client_id: 'web', auth_time: '2026-11-30' },
    reason: 'insufficient_user_authentication',
    found: 'a string',
    advice:
      'At the authorization server: write auth_time as a number of seconds and acr as a text.',
  },
  'a Keycloak token without auth_time': {
    options: { issuer: KEYCLOAK },
    claims: { iss: KEYCLOAK, ...KEYCLOAK_USER, acr: 'urn:mfa' },
    requirements: { acr: 'urn:mfa', maxAuthAge: 300 },
    reason: 'insufficient_user_authentication',
    found: 'nothing',
    advice: 'At Keycloak, in the client scopes of the client: add the client scope basic',
  },
  'an Entra token without auth_time': {
    options: { issuer: ENTRA },
    claims: { iss: ENTRA, ...ENTRA_USER },
    requirements: { maxAuthAge: 300 },
    reason: 'insufficient_user_authentication',
    found: 'nothing',
    advice:
      'At Entra, in App registrations > this API > Token configuration: add the optional claim',
  },
  'a token without acr': {
    claims: { sub: 'alice', client_id: 'web' },
    requirements: { acr: ['urn:mfa', 'urn:hardware'] },
    reason: 'insufficient_user_authentication',
    found: 'nothing',
    advice: 'At the authorization server: add the claims acr and auth_time to access tokens',
  },
  'a token with an acr that is not accepted': {
    claims: { sub: 'alice', client_id: 'web', acr: 'urn:password' },
    requirements: { acr: 'urn:mfa' },
    reason: 'insufficient_user_authentication',
    found: 'an acr that is not accepted',
    advice: 'In the client: authenticate the user again with the acr_values and max_age',
  },
  'a token of a user who authenticated an hour ago': {
    claims: { sub: 'alice', client_id: 'web', auth_time: now - 3600 },
    requirements: { maxAuthAge: 300 },
    reason: 'insufficient_user_authentication',
    found: '3600 s ago',
    advice: 'In the client: authenticate the user again with the acr_values and max_age',
  },
  'a token whose auth_time is in the future': {
    claims: { sub: 'alice', client_id: 'web', auth_time: now + 60 },
    requirements: { maxAuthAge: 300 },
    reason: 'insufficient_user_authentication',
    found: 'a time in the future',
    advice: 'On this computer: compare its clock with the clock of the authorization server',
  },
  'a token whose auth_time is in milliseconds': {
    claims: { sub: 'alice', client_id: 'web', auth_time: now * 1000 },
    requirements: { maxAuthAge: 300 },
    reason: 'insufficient_user_authentication',
    found: 'a time in the future',
    advice: 'At the authorization server: write times in seconds',
  },
  'a token of a machine if the guard requires acr': {
    options: { machineSubject: 'client_id' },
    requirements: { acr: 'urn:mfa' },
    reason: 'wrong_subject',
    found: 'machine',
    advice: 'At the route: if machines may call this route, remove acr and maxAuthAge',
  },

  'keys that could not be fetched': {
    options: {
      jwks: undefined,
      jwksUri: 'https://as.example.com/jwks',
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    },
    reason: 'keys_unavailable',
    found: 'none, and they could not be fetched (unreachable)',
    advice: 'On this computer: check that the address of the keys is reachable',
  },
  'a wrong secret for introspection': {
    options: { ...opaque, ...answering({ error: 'invalid_client' }, 401) },
    authorization: bearer('opaque-token'),
    reason: 'introspection_unavailable',
    found: 'credentials_refused',
    advice: 'In the options of this API: check clientId and clientAuthentication of introspection',
  },
}

/** Advice of the events in the tests below. The last test reads this set, so it passes only if all these tests run. */
const shown = new Set<string>()

/** Sends the request of a mistake. Returns the outcome, and the event about the refusal. */
async function refuse(mistake: Mistake) {
  const {
    options,
    claims,
    header = {},
    requirements = {},
    authorization,
    headers,
    socket,
  } = mistake
  const events: BearwardEvent[] = []
  const single = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks }
  const server = createResourceServer({
    ...(options !== undefined && 'issuers' in options ? {} : single),
    ...options,
    clock,
    onEvent: (event: BearwardEvent) => events.push(event),
  } as ResourceServerOptions)
  const iss = options?.['issuer'] ?? ISSUER
  const token = issuer.token({ header, claims: { iss, ...claims } })
  const line = authorization?.(token) ?? `Bearer ${token}`
  const request = {
    ...requestWith(token),
    headers: {
      ...(line !== '' && { authorization: line }),
      ...(typeof headers === 'function' ? headers(token) : headers),
    },
    socket,
  }
  const outcome = await server.authorize(request, requirements)
  server.close()
  return { outcome, event: events.filter(({ type }) => type === 'refused').at(-1)! }
}

describe('refused requests', () => {
  it.each(Object.entries(MISTAKES))(
    'the event and the log line explain the refusal: %s',
    async (_mistake, mistake) => {
      const { outcome, event } = await refuse(mistake)
      const { reason, found, advice } = mistake
      expect(outcome).toMatchObject({ kind: 'refused', reason })
      expect(event).toMatchObject({
        reason,
        found,
        advice: expect.stringContaining(advice) as string,
      })
      if (event.type !== 'refused') return
      shown.add(event.advice)
      const line = toLogLine(event, ADVISOR)!
      expect(line.level).toBe(event.status === 503 ? 'warn' : 'info')
      expect(line.text).toContain(
        `[bearward] refused ${event.status} ${reason}: ${event.check}: expected `,
      )
      expect(line.text).toContain(`found ${found}. ${event.advice} (`)
    },
  )

  it('event.found does not begin with the word "another", "something" or "other", and event.advice has more than 20 characters', () => {
    for (const mistake of Object.values(MISTAKES)) {
      expect(mistake.found).not.toMatch(/^(?:another|something|other)\b/)
      expect(mistake.advice.length).toBeGreaterThan(20)
    }
  })

  it('the requests of this file lead to each piece of advice, except advice that other tests cover', () => {
    // Other tests cover a distrusted key, too many header lines, and a pause between fetches.
    // They also cover failed introspection, calls after `close`, and `verify` without a request.
    // The reason `issuer_unavailable` has advice for each cause. `refused-mcp-requests.test.ts` covers MCP servers.
    const elsewhere = ['a distrusted key', 'at least 1000 header lines']
    const {
      keys_refresh_pending: _pending,
      introspection_unavailable: _introspection,
      issuer_unavailable: _issuer,
      api_key_not_sufficient: _apiKey,
      ...others
    } = ADVICE
    const all = Object.values(others)
      .flat()
      .map((row) => (typeof row === 'string' ? { advice: row } : row))
      .filter(({ found }: { readonly found?: string }) => !elsewhere.includes(found!))
      .map(({ advice }) => advice)
      .filter((advice) => !advice.startsWith('In your code: call close only'))
      .filter((advice) => !advice.startsWith('In your code: pass the request to verify'))
    expect(all.filter((advice) => !shown.has(advice))).toEqual([])
  })
})
