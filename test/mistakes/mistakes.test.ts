/**
 * Common mistakes in configurations, and their messages. A message says what is wrong, then what to do. One error lists all
 * mistakes of the options.
 */
import { clientCredentials } from '@bearward/client'
import { ConfigurationError, createCors, createResourceServer } from '@bearward/core'
import * as onExpress from '@bearward/express'
import { describe, expect, it } from 'vitest'
import { ALGORITHMS } from '../../packages/core/src/signature/algorithms.ts'

const GOOD = { issuer: 'https://auth.example.com', audience: 'https://api.example.com' }
const SOURCE = {
  issuer: 'https://auth.example.com',
  clientId: 'orders',
  clientAuthentication: { method: 'client_secret_basic', secret: 'a' },
}
const METHODS = 'client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth'
const AUDIENCE_IS_MISSING =
  'audience is missing: set it to the value that tokens for this API have in aud, or to an array of such values. Or set resource, if aud is the address of this API.'
const RESOURCE_MUST_BE =
  'resource must be the https address of this API, without user name, password and fragment. http is accepted on loopback and for hosts in allowInsecureHosts.'
const ORIGINS_MUST_BE =
  "origins must be an array of origins such as 'https://app.example.com' (lower case, without a path or a slash at the end), '*', or a function, not"
const ISSUER_IS_MISSING =
  'issuer is missing: set the issuer identifier, as in the iss claim of its tokens.'

type Mistake = readonly [mistake: string, given: unknown, ...problems: string[]]

/** Wrong arguments of `createBearward`. */
const OPTIONS: readonly Mistake[] = [
  ['undefined', undefined, 'The options are missing: pass { issuer, audience, ... }.'],
  [
    'only the issuer, as a string',
    'https://auth.example.com',
    'The options must be an object { issuer, audience, ... }, not a string.',
  ],
  [
    'a promise of options',
    Promise.resolve(GOOD),
    'The options must be an object { issuer, audience, ... }, not a promise (await it).',
  ],
  [
    'environment variables that are not set',
    { issuer: undefined, audience: undefined },
    ISSUER_IS_MISSING,
    AUDIENCE_IS_MISSING,
  ],
  [
    'lines of a file with Windows line ends',
    { issuer: `${GOOD.issuer}\r`, audience: `${GOOD.audience}\r` },
    'issuer begins or ends with white space, such as a line end: remove it.',
    'audience begins or ends with white space, such as a line end: remove it.',
  ],
  [
    'white space in a list',
    { ...GOOD, allowedClients: ['orders', ' reports'], audience: ['a', 'b\n'] },
    'audience begins or ends with white space, such as a line end: remove it.',
    'allowedClients begins or ends with white space, such as a line end: remove it.',
  ],
  ['an audience that consists of white space', { ...GOOD, audience: ' ' }, AUDIENCE_IS_MISSING],
  [
    'a misspelt option',
    { issuer: GOOD.issuer, audiance: 'reports' },
    'audiance is not an option. Did you mean audience?',
    AUDIENCE_IS_MISSING,
  ],
  [
    'the name of a claim as option',
    { issuer: GOOD.issuer, aud: 'reports' },
    'aud is not an option. Use audience.',
    AUDIENCE_IS_MISSING,
  ],
  [
    'a name of express-oauth2-jwt-bearer',
    { issuerBaseURL: GOOD.issuer, audience: 'reports' },
    'issuerBaseURL is not an option. Use issuer.',
    ISSUER_IS_MISSING,
  ],
  [
    'a name of passport-jwt',
    { ...GOOD, secretOrKey: 'a' },
    'secretOrKey is not an option. Use secret (bytes) or jwks (public keys).',
  ],
  ['a name of jwks-rsa', { ...GOOD, jwksUrl: 'a' }, 'jwksUrl is not an option. Use jwksUri.'],
  [
    'a name of a metadata member',
    { ...GOOD, jwks_uri: 'a' },
    'jwks_uri is not an option. Did you mean jwksUri?',
  ],
  [
    'an issuer without its scheme',
    { ...GOOD, issuer: 'auth.example.com' },
    'issuer is not an https address, so its keys cannot be discovered. Did you mean https://auth.example.com? Otherwise set jwksUri or jwks.',
  ],
  [
    'an issuer with plain http',
    { ...GOOD, issuer: 'http://auth.example.com' },
    'issuer must be an https address without query and fragment (RFC 8414 section 2). http is accepted on loopback and for hosts in allowInsecureHosts. If the iss of the tokens begins with http:, set jwksUri or jwks.',
  ],
  [
    'the address of the metadata as issuer',
    { ...GOOD, issuer: 'https://auth.example.com/.well-known/openid-configuration' },
    'issuer is the address of the metadata: set the issuer that the metadata contains.',
  ],
  [
    'the endpoint of Entra for all tenants as issuer',
    { ...GOOD, issuer: 'https://login.microsoftonline.com/common/v2.0' },
    "issuer is an address that tenants share. For one tenant, replace 'common' with its id. For several, set https://login.microsoftonline.com/{tenantid}/v2.0 and tenants.",
  ],
  [
    'the org authorization server of Okta',
    { ...GOOD, issuer: 'https://dev-1.okta.com' },
    'issuer is the org authorization server of Okta. Only Okta can verify its access tokens. Set the issuer of a custom authorization server, such as https://dev-1.okta.com/oauth2/default.',
  ],
  [
    'a scope claim of Okta without its format',
    { ...GOOD, issuer: 'https://dev-1.okta.com/oauth2/default', scopeClaim: 'scp' },
    "scopeFormat is missing: okta issues scp as an array, so set scopeFormat: 'array'.",
  ],
  [
    'permissions of Auth0 without their format',
    { ...GOOD, issuer: 'https://shop.eu.auth0.com/', scopeClaim: 'permissions' },
    "scopeFormat is missing: auth0 issues permissions as an array, so set scopeFormat: 'array'.",
  ],
  [
    'several issuers in issuer',
    { ...GOOD, issuer: ['https://a.example.com', 'https://b.example.com'] },
    'issuer must be a string, not an array. For several issuers, set issuers: [{ issuer, audience }, ...].',
  ],
  [
    'issuer together with issuers',
    { issuer: GOOD.issuer, issuers: [GOOD] },
    'issuer cannot be combined with issuers: set it in each issuer.',
  ],
  [
    'one function as issuers',
    { issuers: () => GOOD },
    'issuers must be an array of at least one { issuer, audience, ... }, or an object { match, resolve }.',
  ],
  [
    'issuers without the function match',
    { issuers: { resolve: () => GOOD } },
    'issuers.match is missing: set a function that returns whether an iss may be an issuer.',
  ],
  [
    'a misspelt function in issuers',
    { issuers: { match: () => true, resolver: () => GOOD } },
    'issuers.resolver is not an option. Did you mean resolve?',
    'issuers.resolve is missing: set a function that returns the options of an issuer.',
  ],
  [
    'a list of issuers as resolve',
    { issuers: { match: () => true, resolve: [GOOD] } },
    'issuers.resolve must be a function, not an array.',
  ],
  [
    'numbers of issuers and times that are too small or too large',
    {
      issuers: {
        match: () => true,
        resolve: () => GOOD,
        maxEntries: 1,
        ttl: 0,
        negativeTtl: 3601,
        concurrency: 1,
      },
    },
    'issuers.maxEntries must be a whole number from 8 to 100000, not 1.',
    'issuers.ttl must be a number of seconds from 1 to 86400, not 0.',
    'issuers.negativeTtl must be a number of seconds from 1 to 3600, not 3601.',
    'issuers.concurrency must be a whole number from 2 to 1000, not 1.',
  ],
  [
    'one static issuer instead of a list, and an audience for all issuers',
    { issuers: { static: GOOD, match: () => true, resolve: () => GOOD }, audience: 'reports' },
    'audience cannot be combined with issuers: set it in each issuer.',
    'issuers.static must be an array of at least one { issuer, audience, ... }.',
  ],
  [
    'an audience of false',
    { ...GOOD, audience: false },
    'audience must be a non-empty string, an array of such strings, or null, not a boolean.',
  ],
  [
    'an audience of null without other rules',
    { ...GOOD, audience: null },
    'audience: null requires allowedClients. Otherwise tokens for all other APIs are accepted.',
    "audience: null requires tokenUse, or jwtProfile: 'rfc9068'. Otherwise ID tokens are accepted.",
  ],
  [
    'the algorithm none',
    { ...GOOD, algorithms: ['none'] },
    `algorithms must be an array of algorithms (${Object.keys(ALGORITHMS).join(', ')}), not an array whose entry 0 is invalid.`,
  ],
  [
    'a secret as a string',
    { ...GOOD, secret: 'a secret of many characters' },
    'secret must be bytes (a Uint8Array) or a secret KeyObject. A string is not accepted, because its encoding is ambiguous: use Buffer.from(text, encoding).',
  ],
  [
    'milliseconds instead of seconds',
    { ...GOOD, fetchTimeout: 5000 },
    'fetchTimeout must be a number of seconds from 0.001 to 30, not 5000.',
  ],
  [
    'a number as a string',
    { ...GOOD, clockTolerance: '5' },
    'clockTolerance must be a number of seconds from 0 to 300, not a string.',
  ],
  [
    'a provider with a capital letter',
    { ...GOOD, provider: 'Keycloak' },
    "provider 'Keycloak' is not a known provider. Did you mean keycloak?",
  ],
  [
    'the name of a vendor as provider',
    { ...GOOD, provider: 'azure' },
    "provider 'azure' is not a known provider. Use 'entra'.",
  ],
  [
    'the name of a product as provider',
    { ...GOOD, provider: 'IdentityServer' },
    "provider 'IdentityServer' is not a known provider. Use 'duende'.",
  ],
  [
    'opaque tokens without introspection',
    { ...GOOD, tokenFormat: 'opaque' },
    "tokenFormat 'opaque' requires introspection: { clientId, clientAuthentication }.",
  ],
  [
    'an audience, and a resource without its scheme',
    { ...GOOD, resource: 'api.example.com' },
    RESOURCE_MUST_BE,
  ],
  [
    'a resource with plain http, in place of the audience',
    { issuer: GOOD.issuer, resource: 'http://api.example.com', metadata: {} },
    RESOURCE_MUST_BE,
  ],
  [
    'a resource with a fragment',
    { issuer: GOOD.issuer, resource: 'https://api.example.com/#reports' },
    RESOURCE_MUST_BE,
  ],
  [
    'a resource in upper case',
    { issuer: GOOD.issuer, resource: 'https://API.example.com' },
    'resource must be written in its normal form: scheme and host in lower case, without default port and dot segments, and with a slash before a query.',
  ],
  [
    'metadata without a resource',
    { ...GOOD, metadata: {} },
    'metadata requires resource: set it to the address of this API.',
  ],
  [
    'metadata: true',
    { issuer: GOOD.issuer, resource: GOOD.audience, metadata: true },
    'metadata must be an object such as {}, not a boolean.',
  ],
  [
    'a name of RFC 9728 as an option of metadata',
    {
      issuer: GOOD.issuer,
      resource: GOOD.audience,
      metadata: { authorization_servers: [GOOD.issuer] },
    },
    'metadata.authorization_servers is not an option. Did you mean authorizationServers?',
  ],
  [
    'an advertised issuer with a slash at the end',
    {
      issuer: GOOD.issuer,
      resource: GOOD.audience,
      metadata: { authorizationServers: [`${GOOD.issuer}/`] },
    },
    'metadata.authorizationServers[0] is not an issuer that this API trusts: add it to the issuers, or remove it here.',
  ],
  [
    'a member in metadata.more that another option sets',
    { issuer: GOOD.issuer, resource: GOOD.audience, metadata: { more: { resource_name: 'A' } } },
    'metadata.more contains "resource_name", which another option sets or this version does not support.',
  ],
  [
    'the public key as the key of signed metadata',
    {
      issuer: GOOD.issuer,
      resource: GOOD.audience,
      metadata: { signed: { issuer: GOOD.audience, key: { kty: 'EC', alg: 'ES256' } } },
    },
    'metadata.signed.key is not a private key: set the private key, not the public key.',
  ],
  [
    'a list in place of the option scopes',
    { ...GOOD, scopes: ['read'] },
    'scopes must be an object { supported, implies }, not an array.',
  ],
  [
    'scopes in one string',
    { ...GOOD, scopes: { supported: 'read write' } },
    'scopes.supported must be an array with at least one scope: printable ASCII without spaces, quotes and backslashes (RFC 6749 section 3.3).',
  ],
  [
    'offline_access in the scopes of the API',
    { ...GOOD, scopes: { supported: ['read', 'offline_access'] } },
    'scopes.supported contains offline_access: remove it. With this scope, a client requests a refresh token: it is not a scope of an API.',
  ],
  [
    'scopes that contain each other',
    { ...GOOD, scopes: { implies: { read: ['write'], write: ['read'] } } },
    'scopes.implies has a cycle: read > write > read.',
  ],
  [
    'a misspelt scope in implies',
    { ...GOOD, scopes: { supported: ['notes', 'read'], implies: { notes: ['raed'] } } },
    'Add to scopes.supported the scopes that scopes.implies names: raed.',
  ],
  [
    'audienceRequiredFrom: true',
    { ...GOOD, audienceRequiredFrom: true },
    "audienceRequiredFrom must be a date such as '2027-02-01', not a boolean.",
  ],
  [
    'a date in another format',
    { ...GOOD, audienceRequiredFrom: '1.2.2027' },
    "audienceRequiredFrom must be a date such as '2027-02-01'.",
  ],
  [
    'a day that does not exist',
    { ...GOOD, audienceRequiredFrom: '2027-02-30' },
    "audienceRequiredFrom must be a date such as '2027-02-01'.",
  ],
  [
    'a logger as onEvent',
    { ...GOOD, onEvent: console },
    'onEvent must be a function, not an object.',
  ],
]

const OBJECT = "Requirements must be an object such as { scope: 'read:reports' }, not"
const OR_NOTHING = 'To accept any valid token, leave the argument out.'

/** Wrong arguments of `requireToken`. */
const REQUIREMENTS: readonly Mistake[] = [
  [
    'a scope as a string',
    'read',
    `Requirements must be an object such as { scope: 'read' }, not a string. ${OR_NOTHING}`,
  ],
  ['an array of scopes', ['read', 'write'], `${OBJECT} an array. ${OR_NOTHING}`],
  ['a variable that is undefined', undefined, `${OBJECT} undefined. ${OR_NOTHING}`],
  [
    'a scope that is undefined',
    { scope: undefined },
    'scope is undefined: give it a value, or leave it out.',
  ],
  [
    'the requirement scopes',
    { scopes: 'read' },
    'scopes is not a requirement. Did you mean scope?',
  ],
  [
    'an empty scope',
    { scope: '' },
    'scope must be a string or an array with at least one scope, or { any: [...] }. If no scope is required, remove scope.',
  ],
  [
    'the requirement roles',
    { roles: ['admin'] },
    "roles is not a requirement. Use claims: [{ claim: 'roles', includes: '...' }].",
  ],
  [
    'a client as a string',
    { clients: 'cron' },
    "clients must be an array with at least one client: ['cron'].",
  ],
  [
    'a subject kind that does not exist',
    { subject: 'service' },
    "subject must be 'machine' or 'user'.",
  ],
  [
    'a subject kind that cannot be determined',
    { subject: 'machine' },
    "subject: 'machine' cannot be determined: no option of https://auth.example.com shows the subject kind. Set its provider. If the sub of a machine is its client id, and the sub of a user is never a client id, you can set machineSubject: 'client_id' instead. All other subjects are then users. Or name the machines in machineClients.",
  ],
  [
    'an issuer that is not configured',
    { issuer: 'https://other.example.com' },
    'issuer must name configured issuers: https://auth.example.com.',
  ],
  [
    'introspect without the option introspection',
    { introspect: true },
    'introspect requires the option introspection of https://auth.example.com. Set this option, or name only issuers with this option in the requirement issuer.',
  ],
  ['a check that is a boolean', { check: true }, 'check must be a function.'],
  [
    'offline_access as a required scope',
    { scope: 'read offline_access' },
    'scope contains offline_access: remove it. With this scope, a client requests a refresh token: it is not a scope of an API.',
  ],
  [
    'a parameter of a challenge as a requirement',
    { acr_values: 'urn:mfa' },
    "acr_values is not a requirement. Use acr: ['...'].",
  ],
  [
    'several values of acr in one string',
    { acr: 'urn:mfa urn:hardware' },
    "acr must be a text or an array of texts such as ['urn:example:mfa'], without spaces, equals signs, quotes and backslashes.",
  ],
  [
    'max_age as a requirement',
    { max_age: 300 },
    'max_age is not a requirement. Use maxAuthAge: seconds.',
  ],
  [
    'maxAuthAge as a string',
    { maxAuthAge: '300' },
    'maxAuthAge must be a whole number of seconds, such as 300.',
  ],
  [
    'requireToken without parentheses',
    { method: 'GET', url: '/', headers: {} },
    'Write requireToken() with parentheses: this call returns the middleware.',
  ],
]

/** Wrong arguments of `clientCredentials`. */
const CLIENT: readonly Mistake[] = [
  [
    'undefined',
    undefined,
    'The options are missing: pass { issuer, clientId, clientAuthentication, ... }.',
  ],
  [
    'an environment variable that is not set',
    { ...SOURCE, clientAuthentication: { method: 'client_secret_basic', secret: undefined } },
    'clientAuthentication.secret is missing or empty: set the secret. If it comes from an environment variable, check that variable.',
  ],
  [
    'the secret next to the client id',
    { issuer: SOURCE.issuer, clientId: 'orders', clientSecret: 'very-secret' },
    'clientSecret is not an option. Use clientAuthentication: { method, secret }.',
    `clientAuthentication is missing: set an object with a method (${METHODS}) and its credentials.`,
  ],
  [
    'a short name of a method',
    { ...SOURCE, clientAuthentication: { method: 'basic', secret: 'very-secret' } },
    'clientAuthentication.method is not a known method. Did you mean client_secret_basic?',
  ],
  [
    'a secret with a line break, from a file',
    { ...SOURCE, clientAuthentication: { method: 'client_secret_basic', secret: 'very-secret\n' } },
    'clientAuthentication.secret contains a control character, such as a line break: remove it.',
  ],
  [
    'a string as key',
    {
      ...SOURCE,
      clientAuthentication: { method: 'private_key_jwt', key: 'very-secret', algorithm: 'ES256' },
    },
    'clientAuthentication.key is a string: for a PEM, set createPrivateKey(pem) from node:crypto.',
  ],
  [
    'a name of another library for tokenEndpoint',
    { ...SOURCE, issuer: undefined, tokenUrl: 'https://auth.example.com/token' },
    'issuer or tokenEndpoint is missing: set the authorization server that issues the tokens.',
    'tokenUrl is not an option. Use tokenEndpoint.',
  ],
  [
    'resource together with audience',
    { ...SOURCE, resource: 'https://api.example.com', audience: 'reports' },
    'resource and audience exclude each other: set the one that the authorization server supports.',
  ],
]

/** Wrong arguments of `cors`. */
const CORS: readonly Mistake[] = [
  ['undefined', undefined, 'The options are missing: pass { origins }.'],
  [
    'no origins',
    {},
    "origins is missing: set the origins of the pages that may call this API, such as ['https://app.example.com'].",
  ],
  [
    'an origin with a slash at the end',
    { origins: ['https://app.example.com/'] },
    `${ORIGINS_MUST_BE} an array whose entry 0 is invalid.`,
  ],
  [
    'one origin as a string',
    { origins: 'https://app.example.com' },
    `${ORIGINS_MUST_BE} a string.`,
  ],
  [
    'the star in a list',
    { origins: ['*'] },
    `${ORIGINS_MUST_BE} an array whose entry 0 is invalid.`,
  ],
  [
    'an option of the package cors',
    { origins: '*', credentials: true },
    'credentials is not an option. The options are: origins, headers, methods, exposedHeaders, maxAge.',
  ],
  [
    'another name for origins',
    { origin: '*' },
    'origin is not an option. Did you mean origins?',
    "origins is missing: set the origins of the pages that may call this API, such as ['https://app.example.com'].",
  ],
]

/** Wrong arguments of `optionsFromEnv`. */
const ENVIRONMENT: readonly Mistake[] = [
  ['undefined', undefined, 'The environment is missing: call optionsFromEnv(process.env).'],
  [
    'an environment without variables',
    { PATH: '/bin' },
    'BEARWARD_ISSUER is not set: set it to the issuer identifier, as in iss.',
    'BEARWARD_AUDIENCE is not set: set it to the identifier of this API, as in aud. Or set BEARWARD_RESOURCE to the address of this API.',
  ],
  [
    'a misspelt variable',
    { BEARWARD_ISSUER: GOOD.issuer, BEARWARD_AUDIANCE: 'reports' },
    'BEARWARD_AUDIANCE is not an environment variable of Bearward. Did you mean BEARWARD_AUDIENCE?',
    'BEARWARD_AUDIENCE is not set: set it to the identifier of this API, as in aud. Or set BEARWARD_RESOURCE to the address of this API.',
  ],
]

/** Returns the problems of the `ConfigurationError` that a call throws. Returns an empty array if the call does not throw. */
function getProblems(call: () => unknown): readonly string[] {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(String(error)).not.toContain('very-secret')
    return (error as ConfigurationError).problems
  }
  return []
}

const bearward = onExpress.createBearward(GOOD)

describe('a message about a mistake', () => {
  const SECRETS = [
    'Bearer mF_9.B5f-4.1JqM-of-a-user',
    'sk_live_51H8aSECRET',
    'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJlLW9mLWEtdG9rZW4tdGhhdC1pcy1sb25n',
    'hunter2\n\u001b[2Jlevel=info all fine',
  ]
  const PLACES: Readonly<Record<string, (secret: string) => unknown>> = {
    'requireToken(...)': (secret) => bearward.requireToken(secret as never),
    issuer: (issuer) => onExpress.createBearward({ ...GOOD, issuer }),
    provider: (provider) => onExpress.createBearward({ ...GOOD, provider: provider as never }),
    jwtProfile: (jwtProfile) => onExpress.createBearward({ ...GOOD, jwtProfile } as never),
    algorithms: (one) => onExpress.createBearward({ ...GOOD, algorithms: [one] } as never),
    allowInsecureHosts: (one) => onExpress.createBearward({ ...GOOD, allowInsecureHosts: [one] }),
    resource: (resource) => onExpress.createBearward({ ...GOOD, resource }),
    audienceRequiredFrom: (date) =>
      onExpress.createBearward({ ...GOOD, audienceRequiredFrom: date }),
    'metadata.authorizationServers': (one) =>
      onExpress.createBearward({
        ...GOOD,
        resource: GOOD.audience,
        metadata: { authorizationServers: [one] },
      }),
    'metadata.signed.key': (key) =>
      onExpress.createBearward({
        ...GOOD,
        resource: GOOD.audience,
        metadata: { signed: { issuer: GOOD.audience, key: key as never } },
      }),
    'scopes.implies': (scopes) =>
      onExpress.createBearward({ ...GOOD, scopes: { implies: { read: scopes as never } } }),
    origins: (origin) => bearward.cors({ origins: [origin] }),
    method: (method) =>
      clientCredentials({ ...SOURCE, clientAuthentication: { method, secret: 'a' } } as never),
  }

  it.each(Object.entries(PLACES))(
    'a ConfigurationError omits a secret that is passed as %s',
    (_place, call) => {
      for (const secret of SECRETS) {
        const [problem] = getProblems(() => call(secret))
        expect(problem).toBeDefined()
        expect(problem).not.toContain(secret.slice(0, 12))
        expect(problem).toMatch(/^[ -~]+$/)
      }
    },
  )

  it('a ConfigurationError contains an unknown name in escaped and shortened form', () => {
    const strange = `${'x'.repeat(30)}\n\u001b[2J`
    for (const call of [
      () => onExpress.createBearward({ ...GOOD, [strange]: 1 }),
      () => bearward.requireToken({ [strange]: 1 }),
      () => clientCredentials({ ...SOURCE, [strange]: 1 } as never),
    ]) {
      expect(getProblems(call)).toEqual([
        expect.stringMatching(
          /^"x{20}"\.\.\. is not an? (option|requirement)\. The \1s are: [ -~]+$/,
        ),
      ])
    }
  })
})

describe.each<[function: string, mistakes: readonly Mistake[], call: (given: never) => unknown]>([
  ['createBearward', OPTIONS, onExpress.createBearward],
  ['createResourceServer', OPTIONS, createResourceServer],
  ['requireToken', REQUIREMENTS, bearward.requireToken],
  ['cors', CORS, bearward.cors],
  ['createCors', CORS, createCors],
  ['clientCredentials', CLIENT, clientCredentials],
  ['optionsFromEnv', ENVIRONMENT, onExpress.optionsFromEnv],
])('%s', (name, mistakes, call) => {
  it.each(mistakes)(
    `${name} reports the mistake and its fix: %s`,
    (_mistake, given, ...problems) => {
      expect(getProblems(() => call(given as never))).toEqual(problems)
    },
  )
})

describe('a ConfigurationError', () => {
  it('a ConfigurationError contains each problem only once in the text that Node prints', async () => {
    const { inspect } = await import('node:util')
    try {
      onExpress.createBearward({} as never)
      expect.unreachable()
    } catch (error) {
      expect(inspect(error).split('audience is missing')).toHaveLength(2)
    }
  })
})
