/**
 * Completes the sentence "Use ..." for options such as `authRequired`, with which other libraries require a token. A guard
 * requires a token by default.
 */
const OPTIONAL =
  'requireToken({ optional: true }) only if callers may omit the token. By default, a guard requires a token'

/**
 * Names of options in other libraries (express-oauth2-jwt-bearer, express-jwt, passport-jwt, jose) and in earlier versions of
 * Bearward, and their replacements. Each replacement begins with an option or with `requireToken`, and completes the sentence
 * "Use ...".
 */
export const FOREIGN_NAMES: Readonly<Record<string, string>> = {
  issuerBaseURL: 'issuer',
  authority: 'issuer',
  domain: 'issuer, such as https://example.auth0.com/',
  iss: 'issuer',
  aud: 'audience',
  tokenUrl: 'tokenEndpoint',
  accessTokenUrl: 'tokenEndpoint',
  accessTokenUri: 'tokenEndpoint',
  jwksUrl: 'jwksUri',
  keys: 'jwks: { keys }',
  secretOrKey: 'secret (bytes) or jwks (public keys)',
  secretOrPublicKey: 'secret (bytes) or jwks (public keys)',
  tokenSigningAlg: 'algorithms',
  tokens: 'tokenFormat',
  tokenType: "jwtProfile: 'rfc9068'",
  strict: "jwtProfile: 'rfc9068'",
  clientId:
    'allowedClients for the clients that may call this API, or introspection.clientId for this API',
  clientSecret: 'clientAuthentication: { method, secret }',
  clockSkew: 'clockTolerance',
  cacheMaxAge: 'jwksMaxAge',
  timeoutDuration: 'fetchTimeout',
  timeout: 'fetchTimeout',
  cache: 'tokenCache',
  logger: 'onEvent',
  roles: 'requireToken({ claims }), or the option scopeClaim',
  clockToleranceSec: 'clockTolerance',
  scopesSupported: 'scopes.supported at the top level of the options',
  requiredScopes: 'requireToken({ scope })',
  authRequired: OPTIONAL,
  credentialsRequired: OPTIONAL,
  getToken:
    'credentials: (request) => token, or requireToken({ optional: true }) if callers may omit the token',
  jwtFromRequest: 'credentials: (request) => token',
  extractToken: 'credentials: (request) => token',
}

/** The requirements of guards, except `issuer`, which is also an option. */
const REQUIREMENTS: readonly string[] = [
  'acr',
  'authorizationDetails',
  'bound',
  'check',
  'claims',
  'clients',
  'introspect',
  'maxAuthAge',
  'optional',
  'scope',
  'subject',
]

/** Returns a hint if `name` is a requirement, and `known` contains the options of a resource server or of an issuer. */
export function hintAtRequirement(name: string, known: readonly string[]): string | undefined {
  // `machineClients` is an option of issuers. A resource server with one issuer has this option, too.
  if (!known.includes('machineClients') || !REQUIREMENTS.includes(name)) return undefined
  return `It is a requirement of guards: requireToken({ ${name} }).`
}

/**
 * Returns the foreign names whose replacement is one of the `known` options. For some lists of options, `requireToken` and
 * `scopes` are also replacements.
 */
export function getForeignNames(known: readonly string[]): Readonly<Record<string, string>> {
  // Resource servers, issuers and `metadata` have the option `jwksUri`. For their options, `requireToken` can be the replacement.
  const guards = known.includes('jwksUri') ? ['requireToken'] : []
  // Only `metadata` has the option `authorizationServers`. For its options, the top-level option `scopes` can be the replacement.
  const scopes = known.includes('authorizationServers') ? ['scopes'] : []
  const names = [...known, ...guards, ...scopes]
  const isHere = (use: string) => names.includes(/^\w+/.exec(use)![0])
  return Object.fromEntries(Object.entries(FOREIGN_NAMES).filter(([, use]) => isHere(use)))
}
