import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { TOKEN_REQUIREMENTS } from '../../src/authorization/requirements.ts'
import { createResourceServer, type ResourceServerOptions } from '../../src/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { COMMON_OPTIONS } from '../../src/options/common-options.ts'
import { FOREIGN_NAMES } from '../../src/options/foreign-names.ts'
import { INTROSPECTION_OPTIONS } from '../../src/options/introspection-options.ts'
import { ISSUER_OPTIONS } from '../../src/options/issuer-options.ts'
import { getProblems } from '../support/get-problems.ts'

const good = { issuer: ISSUER, audience: AUDIENCE }
const { jwks } = createTestIssuer()

describe('createResourceServer', () => {
  it('createResourceServer accepts options that contain only an issuer and an audience', () => {
    expect(getProblems(good)).toEqual([])
  })

  it('createResourceServer reports every problem of the options in one error', () => {
    const problems = getProblems({
      issuer: 'http://as.example.com',
      audiense: AUDIENCE,
      clockTolerance: '5',
      realm: 'a"b',
    })
    expect(problems).toHaveLength(5)
    expect(problems.join('\n')).toMatch(/audiense is not an option\. Did you mean audience\?/)
    expect(problems.join('\n')).toMatch(/audience is missing/)
    expect(problems.join('\n')).toMatch(/issuer must be an https address/)
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'https://as.example.com'],
    ['an array', []],
    ['a number', 7],
  ])('createResourceServer rejects %s instead of an object with options', (_, options) => {
    expect(getProblems(options).length).toBeGreaterThan(0)
  })

  it('createResourceServer accepts tokenCache: false or limits in the allowed range, and rejects other values', () => {
    for (const tokenCache of [
      undefined,
      {},
      false,
      { maxEntries: 1_000_000, maxBytes: 1_073_741_824 },
      { maxEntries: 1, maxBytes: 65_536 },
      { maxEntries: undefined, maxBytes: undefined },
    ]) {
      expect(getProblems({ ...good, tokenCache })).toEqual([])
    }
    for (const tokenCache of [
      null,
      true,
      0,
      5000,
      [],
      { maxEntries: 0 },
      { maxEntries: -1 },
      { maxEntries: 1.5 },
      { maxEntries: '5000' },
      { maxEntries: 1_000_001 },
      { maxEntries: NaN },
      { maxBytes: 0 },
      { maxBytes: 65_535 },
      { maxBytes: 1_073_741_825 },
      { maxBytes: Infinity },
      { size: 1 },
    ]) {
      expect([tokenCache, getProblems({ ...good, tokenCache }).length]).toEqual([tokenCache, 1])
    }
    expect(getProblems({ ...good, tokenCache: { maxEntries: 0 } })).toEqual([
      'tokenCache.maxEntries must be a whole number from 1 to 1000000, not 0. To disable the token cache, set tokenCache: false.',
    ])
  })

  it('8414-22: createResourceServer with discovery rejects an issuer with a user, a query or a fragment, and accepts http only on loopback and for allowInsecureHosts', () => {
    for (const issuer of [
      'https://as.example.com/',
      'http://127.0.0.1:9',
      'http://localhost',
      'http://[::1]:9/t',
    ]) {
      expect(getProblems({ ...good, issuer })).toEqual([])
    }
    expect(
      getProblems({ ...good, issuer: 'http://keycloak:8080', allowInsecureHosts: ['keycloak'] }),
    ).toEqual([])
    for (const issuer of [
      'http://as.example.com',
      'http://keycloak:8080',
      'https://as.example.com?tenant=a',
      'https://as.example.com#a',
      'https://user:secret@as.example.com',
      'http://127.0.0.1.example.com',
      'http://localhost.example.com',
      'https://',
    ]) {
      expect(getProblems({ ...good, issuer }), issuer).toHaveLength(1)
    }
  })

  it('createResourceServer rejects the address of the metadata as issuer', () => {
    const issuer = 'https://as.example.com/.well-known/openid-configuration'
    expect(getProblems({ ...good, issuer })).toEqual([
      'issuer is the address of the metadata: set the issuer that the metadata contains.',
    ])
  })

  it('createResourceServer rejects an issuer that is not an address if its keys need discovery', () => {
    expect(getProblems({ ...good, issuer: 'acme' })).toEqual([
      'issuer is not an https address, so its keys cannot be discovered. Set jwksUri or jwks.',
    ])
    expect(getProblems({ ...good, issuer: 'as.example.com' })).toEqual([
      'issuer is not an https address, so its keys cannot be discovered. Did you mean https://as.example.com? Otherwise set jwksUri or jwks.',
    ])
    expect(getProblems({ ...good, issuer: 'acme', jwks })).toEqual([])
  })

  it('createResourceServer requires an audience, or null together with allowedClients and with tokenUse or jwtProfile', () => {
    expect(getProblems({ ...good, audience: ['a', 'b'] })).toEqual([])
    for (const audience of [undefined, '', [], [''], ['a', 1], 1, {}]) {
      expect(getProblems({ ...good, audience }), JSON.stringify(audience)).toHaveLength(1)
    }
    expect(getProblems({ ...good, audience: null })).toHaveLength(2)
    const tokenUse = { claim: 'token_use', value: 'access' }
    expect(getProblems({ ...good, audience: null, tokenUse })).toHaveLength(1)
    expect(getProblems({ ...good, audience: null, allowedClients: ['a'] })).toHaveLength(1)
    expect(getProblems({ ...good, audience: null, allowedClients: ['a'], tokenUse })).toEqual([])
    const strict = { ...good, audience: null, allowedClients: ['a'], jwtProfile: 'rfc9068' }
    expect(getProblems(strict)).toEqual([])
  })

  it('createResourceServer rejects entries of allowedClients and machineClients that cannot match a token', () => {
    const github = { ...good, provider: 'github-actions' }
    const NO_CLIENT =
      'cannot match: JWTs of github-actions usually contain no client id. Remove this option, or set clientIdClaim if your JWTs contain a client id.'
    expect(getProblems({ ...github, allowedClients: ['a'] })).toEqual([
      `allowedClients ${NO_CLIENT}`,
    ])
    expect(getProblems({ ...github, machineClients: ['a'] })).toEqual([
      `machineClients ${NO_CLIENT}`,
    ])
    const named = { ...github, clientIdClaim: 'repository_id' }
    expect(getProblems({ ...named, allowedClients: ['a'], machineClients: ['a'] })).toEqual([])
    expect(getProblems({ ...good, allowedClients: ['a'], machineClients: ['a', 'b'] })).toEqual([
      'machineClients[1] is not in allowedClients: add it there, or remove it here.',
    ])
  })

  it('createResourceServer rejects the shared addresses of Entra as issuer, and accepts {tenantid} with tenants', () => {
    const share = (name: string) =>
      `issuer is an address that tenants share. For one tenant, replace '${name}' with its id. For several, set https://login.microsoftonline.com/{tenantid}/v2.0 and tenants.`
    for (const name of ['common', 'organizations', 'consumers']) {
      const issuer = `https://login.microsoftonline.com/${name}/v2.0`
      expect(getProblems({ ...good, issuer })).toEqual([share(name)])
    }
    expect(getProblems({ ...good, issuer: 'https://sts.windows.net/common/' })).toEqual([
      share('common'),
    ])
    const issuer = 'https://login.microsoftonline.com/{tenantid}/v2.0'
    expect(getProblems({ ...good, issuer, tenants: ['8d2f2e4a'] })).toEqual([])
  })

  it('createResourceServer accepts issuer or issuers but not both, and rejects an issuer that is listed twice', () => {
    const other = { ...good, issuer: 'https://other.example.com' }
    expect(getProblems({ issuers: [good, other] })).toEqual([])
    expect(getProblems({ ...good, issuers: [other] }).join()).toContain(
      'audience cannot be combined with issuers',
    )
    expect(getProblems({ issuers: [] })).toHaveLength(1)
    expect(getProblems({ issuers: [good, good] }).join()).toContain(`contains ${good.issuer} twice`)
    const template = { ...good, issuer: 'https://login.example.com/{tenantid}/v2.0' }
    const tenants = [
      { ...template, tenants: ['a'] },
      { ...template, tenants: ['b'] },
    ]
    expect(getProblems({ issuers: tenants }).join()).toContain('twice')
    expect(getProblems({ issuers: [good, { ...other, audience: '' }] })).toEqual([
      expect.stringMatching(/^issuers\[1\]\.audience is missing/),
    ])
  })

  it('createResourceServer accepts an https jwksUri, and rejects http, jwksUri with jwks, and jwks with secret', () => {
    const jwksUri = 'https://as.example.com/jwks'
    expect(getProblems({ ...good, jwksUri })).toEqual([])
    expect(getProblems({ ...good, jwksUri: 'http://10.0.0.1/jwks' })).toHaveLength(1)
    expect(getProblems({ ...good, jwksUri, jwks }).join()).toContain(
      'jwksUri and jwks cannot be combined',
    )
    const secret = randomBytes(32)
    expect(getProblems({ ...good, jwks, secret }).join()).toContain(
      'jwks and secret cannot be combined',
    )
  })

  it('createResourceServer names the index of an invalid key in jwks, and rejects jwks without a usable key', () => {
    const { jwk, privateKey } = generateKey('ES256')
    const weak = generateKey('RS256', 'weak', 1024).jwk
    const unusable = [jwk, privateKey.export({ format: 'jwk' }), weak, { ...jwk, use: 'enc' }]
    expect(getProblems({ ...good, jwks: { keys: unusable } })).toEqual([
      'jwks.keys[1]: private_key, jwks.keys[2]: weak_key',
    ])
    const notForVerification = [{ ...jwk, use: 'enc' }, { kty: 'AKP' }, { ...jwk, alg: 'RSA-OAEP' }]
    expect(getProblems({ ...good, jwks: { keys: notForVerification } })).toHaveLength(1)
    for (const other of [[jwk], { keys: [] }, { keys: 'a' }, 'a', null, {}]) {
      expect(getProblems({ ...good, jwks: other }), JSON.stringify(other)).toHaveLength(1)
    }
  })

  it('createResourceServer accepts jwks that contain keys for other purposes, and publishes configuration_warning about them', () => {
    const { jwk } = generateKey('ES256')
    const encryption = { ...generateKey('RS256', 'enc').jwk, use: 'enc', alg: 'RSA-OAEP' }
    const events: unknown[] = []
    const { guard, status } = createResourceServer({
      ...good,
      jwks: { keys: [jwk, encryption, { kty: 'AKP', kid: 'ml', alg: 'ML-DSA-44' }] },
      onEvent: (event) => events.push(event),
    })
    expect(guard).toBeDefined()
    expect(status().issuers).toMatchObject([{ keys: { state: 'static' } }])
    expect(events).toEqual([
      {
        type: 'configuration_warning',
        issuer: good.issuer,
        option: 'jwks',
        advice:
          'These keys are not used to verify tokens of this issuer: jwks.keys[1]: not_for_verification, jwks.keys[2]: unsupported_key_type. Remove them, or check the option algorithms.',
      },
    ])
  })

  it('createResourceServer accepts an http issuer if keys and endpoints need no discovery', () => {
    const issuer = 'http://adfs.example.com/adfs/services/trust'
    const jwksUri = 'https://adfs.example.com/adfs/discovery/keys'
    expect(getProblems({ ...good, issuer, jwksUri })).toEqual([])
    expect(getProblems({ ...good, issuer, jwks })).toEqual([])
    const credentials = { clientId: 'a', clientAuthentication: { method: 'tls_client_auth' } }
    const endpoint = 'https://adfs.example.com/introspect'
    const introspection = { ...credentials, endpoint }
    expect(getProblems({ ...good, issuer, jwksUri, introspection })).toEqual([])
    const opaque = { tokenFormat: 'opaque', introspection }
    expect(getProblems({ ...good, issuer, ...opaque })).toEqual([])

    const http = 'issuer must be an https address'
    const ending = (text: string) =>
      expect.stringMatching(new RegExp(`^${http}.* ${text}$`)) as string
    expect(getProblems({ ...good, issuer })).toEqual([ending('set jwksUri or jwks\\.')])
    expect(getProblems({ ...good, issuer, jwksUri, introspection: credentials })).toEqual([
      ending('set introspection\\.endpoint\\.'),
    ])
    for (const wrong of [
      'http://user:a@as.example.com',
      'http://as.example.com?a',
      'http://as.example.com#a',
    ]) {
      expect(getProblems({ ...good, issuer: wrong, jwksUri }), wrong).toHaveLength(1)
    }
    expect(
      getProblems({ ...good, issuer, jwksUri: jwksUri.replace('https', 'http') }),
    ).toHaveLength(1)
  })

  it('8725-09, 7518-33: createResourceServer accepts an HMAC secret of sufficient length as bytes or KeyObject, but not as a string', () => {
    const bytes = randomBytes(32)
    expect(getProblems({ ...good, secret: bytes })).toEqual([])
    expect(getProblems({ ...good, secret: createSecretKey(bytes) })).toEqual([])
    expect(
      getProblems({ ...good, secret: 'correct horse battery staple correct horse' }).join(),
    ).toContain('secret must be bytes')
    for (const secret of [
      randomBytes(31),
      new Uint8Array(),
      null,
      generateKeyPairSync('ed25519').publicKey,
    ]) {
      expect(getProblems({ ...good, secret })).not.toEqual([])
    }
    const needs = (algorithm: string, secret: Uint8Array) =>
      getProblems({ ...good, secret, algorithms: [algorithm] })
    expect(needs('HS384', randomBytes(47))).toHaveLength(1)
    expect(needs('HS384', randomBytes(48))).toEqual([])
    expect(needs('HS512', randomBytes(63))).toHaveLength(1)
    expect(needs('HS512', randomBytes(64))).toEqual([])
  })

  it('8725-01: createResourceServer rejects "none", unknown algorithms, and algorithms that do not match the keys', () => {
    const secret = randomBytes(64)
    for (const algorithms of [
      ['none'],
      ['NONE'],
      ['RS256', 'none'],
      ['ES256K'],
      [],
      'RS256',
      ['dir'],
    ]) {
      expect(getProblems({ ...good, algorithms }), String(algorithms)).toHaveLength(1)
    }
    expect(getProblems({ ...good, algorithms: ['HS256'] })).toHaveLength(1)
    expect(getProblems({ ...good, algorithms: ['HS256'], jwks }).length).toBeGreaterThan(0)
    expect(getProblems({ ...good, secret, algorithms: ['RS256'] })).toHaveLength(1)
    expect(getProblems({ ...good, secret, algorithms: ['HS256', 'RS256'] })).toHaveLength(1)
  })

  it('9068-10: createResourceServer accepts only a clockTolerance from 0 to 300 seconds', () => {
    expect(LIMITS.clockTolerance).toBe(300)
    for (const clockTolerance of [0, 300]) {
      expect(getProblems({ ...good, clockTolerance })).toEqual([])
    }
    for (const clockTolerance of [-1, 301, Number.NaN, Infinity, '5', null]) {
      expect(getProblems({ ...good, clockTolerance })).toHaveLength(1)
    }
  })

  it('createResourceServer reports exactly one problem for an option with a wrong value', () => {
    const wrong: Record<string, unknown> = {
      maxTokenAge: 0,
      tokenFormat: 'both',
      jwtProfile: 'JWT',
      tokenUse: { claim: 'token_use' },
      clientIdClaim: '',
      scopeClaim: ['scp', ''],
      scopeFormat: 'list',
      machineSubject: 'sub',
      machineClients: 'cron',
      provider: 5,
      allowedClients: [],
      allowInsecureHosts: ['http://keycloak'],
      fetch: 'node-fetch',
      fetchTimeout: 3000,
      onEvent: {},
      errorBody: true,
      clock: { now: 1 },
      realm: '',
    }
    for (const [name, value] of Object.entries(wrong)) {
      expect(getProblems({ ...good, [name]: value }), name).toHaveLength(1)
    }
  })

  it('6750-12: createResourceServer rejects a realm that a challenge cannot contain', () => {
    for (const realm of ['a"b', 'a\\b', 'a\r\nb', 'caf\u00e9']) {
      expect(getProblems({ ...good, realm })).toHaveLength(1)
    }
  })

  it('createResourceServer suggests a similar option or provider for an unknown name, or lists all options', () => {
    expect(getProblems({ ...good, jwks_uri: 'a' })).toEqual([
      'jwks_uri is not an option. Did you mean jwksUri?',
    ])
    expect(getProblems({ ...good, provider: 'autho' })).toEqual([
      "provider 'autho' is not a known provider. Did you mean auth0?",
    ])
    expect(getProblems({ ...good, provider: 'key_cloak' })).toEqual([
      "provider 'key_cloak' is not a known provider. Did you mean keycloak?",
    ])
    const meant = {
      'azure/entra-id': 'entra',
      'oidc-provider': 'node-oidc-provider',
      lemonldap: 'lemonldap-ng',
      betterauth: 'better-auth',
      cloudflare: 'cloudflare-access',
      'firebase-auth': 'firebase',
      'ad-fs': 'adfs',
    }
    for (const [provider, name] of Object.entries(meant)) {
      expect(getProblems({ ...good, provider })).toEqual([
        `provider '${provider}' is not a known provider. Did you mean ${name}?`,
      ])
    }
    const used = {
      azure: 'entra',
      microsoft: 'entra',
      identityserver: 'duende',
      forgerock: 'pingam',
      openam: 'pingam',
      iap: 'google-iap',
      gcip: 'firebase',
      gcp: 'google',
    }
    for (const [provider, name] of Object.entries(used)) {
      expect(getProblems({ ...good, provider })).toEqual([
        `provider '${provider}' is not a known provider. Use '${name}'.`,
      ])
    }
    expect(getProblems({ ...good, provider: 'constructor' }).join()).toContain(
      "provider 'constructor' is not a known provider. The providers are: auth0, entra, b2c, adfs, okta",
    )
    expect(getProblems({ ...good, maxAge: 1 }).join()).toContain(
      'The options are: issuer, tenants, audience',
    )
  })
})

describe('an option with a name of another library', () => {
  const getHint = (options: object) => {
    const [problem] = getProblems({ ...good, ...options })
    return problem
  }

  it.each<[name: string, hint: string]>([
    ['issuerBaseURL', 'Use issuer.'],
    ['issuerBaseUrl', 'Use issuer.'],
    ['jwks_uri', 'Did you mean jwksUri?'],
    ['jwksUrl', 'Use jwksUri.'],
    ['jwksURL', 'Use jwksUri.'],
    ['keys', 'Use jwks: { keys }.'],
    ['secretOrKey', 'Use secret (bytes) or jwks (public keys).'],
    ['secretOrPublicKey', 'Use secret (bytes) or jwks (public keys).'],
    ['tokenSigningAlg', 'Use algorithms.'],
    ['tokens', 'Use tokenFormat.'],
    ['tokenType', "Use jwtProfile: 'rfc9068'."],
    ['clockSkew', 'Use clockTolerance.'],
    ['clockToleranceSec', 'Use clockTolerance.'],
    ['audiences', 'Did you mean audience?'],
    [
      'client_id',
      'Use allowedClients for the clients that may call this API, or introspection.clientId for this API.',
    ],
    ['requiredScopes', 'Use requireToken({ scope }).'],
    ['scope', 'It is a requirement of guards: requireToken({ scope }).'],
    ['subject', 'It is a requirement of guards: requireToken({ subject }).'],
    ['scopesSupported', 'Use scopes.supported at the top level of the options.'],
    [
      'credentialsRequired',
      'Use requireToken({ optional: true }) only if callers may omit the token. By default, a guard requires a token.',
    ],
    [
      'getToken',
      'Use credentials: (request) => token, or requireToken({ optional: true }) if callers may omit the token.',
    ],
  ])('createResourceServer suggests a replacement for the unknown option %s', (name, hint) => {
    expect(getHint({ [name]: 'x' })).toBe(`${name} is not an option. ${hint}`)
  })

  it('createResourceServer suggests a replacement for an unknown option inside introspection', () => {
    const clientAuthentication = { method: 'client_secret_basic', secret: 'a' }
    const introspection = { client_id: 'api', clientId: 'api', clientAuthentication }
    expect(getHint({ introspection })).toBe(
      'introspection.client_id is not an option. Did you mean clientId?',
    )
    const withSecret = { clientId: 'api', clientSecret: 'a', clientAuthentication }
    expect(getHint({ introspection: withSecret })).toBe(
      'introspection.clientSecret is not an option. Use clientAuthentication: { method, secret }.',
    )
  })

  it.each(Object.keys(TOKEN_REQUIREMENTS).concat('check', 'optional', 'introspect'))(
    'createResourceServer explains that %s is a requirement of guards, even for an issuer in the list issuers',
    (name) => {
      const hint = `${name} is not an option. It is a requirement of guards: requireToken({ ${name} }).`
      expect(getHint({ [name]: 'x' })).toBe(hint)
      const listed = { issuer: ISSUER, audience: AUDIENCE, [name]: 'x' }
      expect(getProblems({ issuers: [listed] })).toEqual([`issuers[0].${hint}`])
    },
  )

  it('createResourceServer suggests the option scopes.supported for the name scopesSupported in metadata', () => {
    expect(
      getHint({ resource: 'https://api.example.com', metadata: { scopesSupported: [] } }),
    ).toBe(
      'metadata.scopesSupported is not an option. Use scopes.supported at the top level of the options.',
    )
  })

  it('FOREIGN_NAMES contains no option of an issuer, and only replacements that begin with an option or requireToken', () => {
    const { introspection: _, ...ofIssuer } = ISSUER_OPTIONS
    const ofTheClient = 'tokenEndpoint'
    const ofCore = { ...COMMON_OPTIONS, ...ofIssuer, ...INTROSPECTION_OPTIONS }
    const known = ['requireToken', ofTheClient, ...Object.keys(ofCore)]
    for (const use of Object.values(FOREIGN_NAMES)) {
      expect(known).toContain(/^\w+/.exec(use)![0])
    }
    for (const name of Object.keys(FOREIGN_NAMES)) expect(ISSUER_OPTIONS).not.toHaveProperty(name)
  })
})

describe('problems of several options', () => {
  it('createResourceServer reports problems of nested options and of several issuers with the path of each option', () => {
    const introspection = { clientId: 'api', clientAuthentication: {}, maxAge: -1, endpont: 'a' }
    const first = { ...good, issuer: 'acme', tokenFormat: 'opaque', introspection }
    const second = { ...good, audience: null, clockTolerance: 301, tokenUse: { claim: 'a' } }
    expect(
      getProblems({ issuers: [first, second], realm: '"', jwksMaxAge: 700, jwksStaleIfError: 60 }),
    ).toEqual([
      'realm must be printable ASCII without quotes, backslashes and equals signs.',
      'jwksStaleIfError must be at least jwksMaxAge (700).',
      'issuers[0].introspection.endpont is not an option. Did you mean endpoint?',
      'issuers[0].introspection.clientAuthentication must be an object with a method (client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth) and its credentials.',
      'issuers[0].introspection.maxAge must be a number of seconds from 0 to 3600, not -1.',
      'issuers[0].issuer is not an https address, so its introspection endpoint cannot be discovered. Set issuers[0].introspection.endpoint.',
      'issuers[1].tokenUse.value is missing: set the value in access tokens.',
      'issuers[1].clockTolerance must be a number of seconds from 0 to 300, not 301.',
      'issuers[1].audience: null requires issuers[1].allowedClients. Otherwise tokens for all other APIs are accepted.',
    ])
  })

  it('createResourceServer reports exactly one problem for a wrong value, even if rules for other options depend on this value', () => {
    const wrong = [
      { jwksUri: 7, issuer: 'acme' },
      { jwks: 7, issuer: 'acme' },
      { secret: 'a text' },
      { introspection: 7, tokenFormat: 'opaque' },
      { allowedClients: 7, audience: null, jwtProfile: 'rfc9068' },
      { tenants: [], issuer: 'https://as.example.com/{tenantid}' },
      { issuers: [{ audience: AUDIENCE }], issuer: undefined, audience: undefined },
    ]
    for (const options of wrong) expect(getProblems({ ...good, ...options })).toHaveLength(1)
    const both = { issuers: [{ audience: AUDIENCE }, { audience: AUDIENCE }] }
    expect(getProblems(both)).toEqual([
      expect.stringMatching(/^issuers\[0\]\.issuer is missing/),
      expect.stringMatching(/^issuers\[1\]\.issuer is missing/),
    ])
  })
})

describe('clock', () => {
  it.each<[string, (now: () => number) => ResourceServerOptions['clock']]>([
    ['a function', (now) => now],
    ['an object with now()', (now) => ({ now })],
    ['an object with now() and monotonic()', (now) => ({ now, monotonic: now })],
  ])(
    'authorize() takes the time from a clock that is %s, and refuses an expired token',
    (_kind, toClock) => {
      let seconds = 1_900_000_000
      const issuer = createTestIssuer({ now: () => seconds })
      const clock = toClock(() => seconds * 1000)
      const options = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks, clockTolerance: 0 }
      const server = createResourceServer({ ...options, clock: clock! })
      const token = issuer.token()
      expect(server.authorize(requestWith(token))).toMatchObject({ kind: 'granted' })
      seconds += 300
      expect(server.authorize(requestWith(token))).toMatchObject({ reason: 'expired' })
    },
  )
})
