import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../../test/support/issuer.ts'
import type { IssuerSettings } from '../../../src/model/settings.ts'
import { checkAudience, checkClaimTypes, getRequiredClaims } from '../../../src/token/jwt/claims.ts'
import { summarize } from '../../support/refusal.ts'
import { createSettings } from '../../support/settings.ts'

const MISSING = 'missing_claim: 401 invalid_token'
const INVALID = 'invalid_claim: 401 invalid_token'
const AUDIENCES = 'wrong_audience: 401 invalid_token'
const CLIENT = 'untrusted_client: 401 invalid_token'

const GOOD: Readonly<Record<string, unknown>> = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'a-user',
  client_id: 'a-client',
  scope: 'read write',
  iat: 1_900_000_000,
  nbf: 1_900_000_000,
  exp: 1_900_000_300,
  jti: 'a-token',
}

const without = (name: string) =>
  Object.fromEntries(Object.entries(GOOD).filter(([claim]) => claim !== name))
const check = (claims: Record<string, unknown>, settings = createSettings()) =>
  checkClaimTypes(claims, settings, getRequiredClaims(settings))
const types = (claims: Record<string, unknown>, changes?: Partial<IssuerSettings>) =>
  summarize(check(claims, createSettings(changes)))

describe('checkClaimTypes', () => {
  const strict = { jwtProfile: 'rfc9068' } as const

  it('checkClaimTypes accepts valid claims with and without the profile rfc9068', () => {
    expect(types(GOOD)).toBe('passed')
    expect(types(GOOD, strict)).toBe('passed')
    expect(types({ iss: ISSUER, aud: AUDIENCE, exp: 1 })).toBe('passed')
  })

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])(
    '9068-12: checkClaimTypes requires %s with the profile rfc9068',
    (name) => expect(types(without(name), strict)).toBe(MISSING),
  )

  it('checkClaimTypes without a profile requires only iss and exp, and with maxTokenAge also iat', () => {
    for (const name of ['iss', 'exp']) expect(types(without(name))).toBe(MISSING)
    expect(types(without('iat'), { maxTokenAge: 60 })).toBe(MISSING)
    for (const name of ['sub', 'client_id', 'iat', 'jti', 'nbf', 'scope']) {
      expect(types(without(name))).toBe('passed')
    }
  })

  it('checkClaimTypes requires no aud with audiences: null', () => {
    expect(types(without('aud'), { ...strict, audiences: null })).toBe('passed')
  })

  const notStrings = [1, null, true, ['a'], {}, [], 0]
  const notNumbers = ['1893456000', null, true, [1], {}, '', [], 'soon']
  const notAudiences = [
    1,
    null,
    true,
    {},
    { 0: AUDIENCE, length: 1 },
    [AUDIENCE, 1],
    [[AUDIENCE]],
    [null],
  ]

  it.each([
    ...['sub', 'client_id', 'jti', 'scope'].flatMap((name) =>
      notStrings.map((value) => [name, value] as const),
    ),
    ...['exp', 'iat', 'nbf'].flatMap((name) => notNumbers.map((value) => [name, value] as const)),
    ...notAudiences.map((value) => ['aud', value] as const),
  ])('9068-13: checkClaimTypes rejects %s with a value of another type: %j', (name, value) => {
    expect(types({ ...GOOD, [name]: value })).toBe(INVALID)
    expect(types({ ...GOOD, [name]: value }, strict)).toBe(INVALID)
  })

  it.each(notNumbers.map((exp) => [exp]))(
    '7519-38: checkClaimTypes rejects an exp that is not a number: %j',
    (exp) => {
      expect(types({ ...GOOD, exp })).toBe(INVALID)
    },
  )

  it('7519-39: checkClaimTypes rejects a time that is infinite, negative or larger than MAX_SAFE_INTEGER', () => {
    for (const text of ['1e400', '-1', '-0.5', '-1e400', '9007199254740993', '1e20', '9e99']) {
      for (const name of ['exp', 'nbf', 'iat']) {
        expect(types({ ...GOOD, [name]: JSON.parse(text) })).toBe(INVALID)
      }
    }
    for (const exp of [0, 253402300800, 9007199254740991]) {
      expect(types({ ...GOOD, exp })).toBe('passed')
    }
  })

  it('7519-40: checkClaimTypes accepts a time with a fraction', () => {
    for (const name of ['exp', 'nbf', 'iat']) {
      expect(types({ ...GOOD, [name]: 1_900_000_300.5 })).toBe('passed')
    }
  })

  it('checkClaimTypes rejects a sub or client_id that is empty or contains a lone surrogate', () => {
    for (const name of ['sub', 'client_id']) {
      for (const value of ['', '\ud800', 'a\udc00', '\udc00\ud800']) {
        expect(types({ ...GOOD, [name]: value })).toBe(INVALID)
      }
      expect(types({ ...GOOD, [name]: '\ud83d\udc3b __proto__ \0\r\n' })).toBe('passed')
    }
  })

  it('checkClaimTypes checks the types of the configured claims for client id and scopes', () => {
    const okta = {
      clientIdClaims: ['cid'],
      scopeSources: [{ claim: 'scp', format: 'array' }],
    } as const
    expect(types({ ...GOOD, cid: 'c', scp: ['read'] }, okta)).toBe('passed')
    expect(types({ ...GOOD, cid: 'c', scp: [] }, okta)).toBe('passed')
    for (const scp of ['read', ['read', 1], {}, null]) {
      expect(types({ ...GOOD, cid: 'c', scp }, okta)).toBe(INVALID)
    }
    for (const cid of ['', 1, ['c'], null]) expect(types({ ...GOOD, cid }, okta)).toBe(INVALID)
  })

  it('checkClaimTypes accepts an empty sub only with the provider cloudflare-access, because its service tokens have an empty sub', () => {
    const empty = { ...GOOD, sub: '' }
    expect(summarize(check(empty))).toBe(INVALID)
    const subjects = (provider: 'cloudflare-access' | 'keycloak') =>
      createSettings({ subjects: { ...createSettings().subjects, provider } })
    expect(summarize(check(empty, subjects('keycloak')))).toBe(INVALID)
    expect(summarize(check(empty, subjects('cloudflare-access')))).toBe('passed')
    expect(summarize(check({ ...GOOD, sub: 7 }, subjects('cloudflare-access')))).toBe(INVALID)
    expect(summarize(check({ ...GOOD, jti: null }, subjects('cloudflare-access')))).toBe(INVALID)
  })

  it('the explanation of checkClaimTypes for invalid_claim contains no claim value', () => {
    for (const name of Object.keys(GOOD).filter((claim) => claim !== 'iss')) {
      const rejection = check({ ...GOOD, [name]: { s3cret: 's3cret' } })
      expect(summarize(rejection)).toBe(INVALID)
      expect(JSON.stringify(rejection)).not.toContain('s3cret')
    }
  })
})

const audience = (claims: Record<string, unknown>, changes?: Partial<IssuerSettings>) =>
  summarize(checkAudienceBy({ ...GOOD, ...claims }, createSettings(changes)))

const checkAudienceBy = (claims: Parameters<typeof checkAudience>[0], settings: IssuerSettings) =>
  checkAudience(claims, settings, settings)

describe('checkAudience', () => {
  it('9068-06: checkAudience accepts only a token whose aud contains the audience of this API', () => {
    const checkAll = (aud: unknown) => {
      const claims = { ...without('aud'), ...(aud === undefined ? {} : { aud }) }
      const settings = createSettings({ jwtProfile: 'rfc9068' })
      return summarize(check(claims, settings) ?? checkAudienceBy(claims, settings))
    }
    expect(checkAll(AUDIENCE)).toBe('passed')
    expect(checkAll(['https://other.example.com', AUDIENCE])).toBe('passed')
    const others = [
      [],
      '',
      `${AUDIENCE}/`,
      'https://API.example.com/v1',
      'HTTPS://api.example.com/v1',
      [''],
      `${AUDIENCE} `,
      `${AUDIENCE}#`,
      `${AUDIENCE}?x`,
      'https://api.example.com/v',
      'https://api.example.com',
      [`${AUDIENCE},https://other.example.com`],
      [AUDIENCE.split('')].flat(),
    ]
    for (const aud of others) expect(checkAll(aud)).toBe(AUDIENCES)
    for (const aud of [{ 0: AUDIENCE }, [[AUDIENCE]], 1, null]) expect(checkAll(aud)).toBe(INVALID)
    expect(checkAll(undefined)).toBe(MISSING)
  })

  it('8725-14, 7519-43: checkAudience rejects a token without aud, or with an aud that contains only other audiences', () => {
    for (const aud of [undefined, [], 'https://other.example.com', ['https://other.example.com']]) {
      expect(audience({ aud })).toBe(AUDIENCES)
    }
  })

  it('checkAudience accepts each of several configured audiences', () => {
    const changes = { audiences: [AUDIENCE, 'orders'] }
    expect(audience({ aud: 'orders' }, changes)).toBe('passed')
    expect(audience({ aud: ['x', 'orders'] }, changes)).toBe('passed')
    expect(audience({ aud: 'order' }, changes)).toBe(AUDIENCES)
  })

  it('checkAudience accepts a token whose aud contains the audience of this API and 100,000 other audiences', () => {
    const others = Array.from({ length: 100_000 }, (_, i) => `https://api${i}.example.com`)
    expect(audience({ aud: others })).toBe(AUDIENCES)
    expect(audience({ aud: [...others, AUDIENCE] })).toBe('passed')
  })

  it('checkAudience accepts only clients in allowedClients', () => {
    const changes = { allowedClients: ['a-client', 'b-client'] }
    expect(audience({}, changes)).toBe('passed')
    expect(audience({ client_id: 'b-client' }, changes)).toBe('passed')
    expect(audience({ client_id: 'A-client' }, changes)).toBe(CLIENT)
    expect(audience({ client_id: undefined }, changes)).toBe(CLIENT)
    expect(audience({ azp: 'x' }, { ...changes, clientIdClaims: ['azp'] })).toBe(CLIENT)
    expect(audience({ aud: 'x' }, changes)).toBe(AUDIENCES)
  })

  it('checkAudience with audiences: null accepts only tokens without an audience, and only of clients in allowedClients', () => {
    const cognito = { audiences: null, allowedClients: ['a-client'] }
    expect(audience({ aud: undefined }, cognito)).toBe('passed')
    expect(audience({ aud: undefined, client_id: 'x' }, cognito)).toBe(CLIENT)
    expect(audience({ aud: [] }, cognito)).toBe('passed')
    expect(audience({ aud: [], client_id: 'x' }, cognito)).toBe(CLIENT)
    for (const aud of [AUDIENCE, 'a-client', [''], ''])
      expect(audience({ aud }, cognito)).toBe(AUDIENCES)
  })

  it.each([
    ['one audience', { aud: 'account' }, '"account"'],
    ['two audiences', { aud: ['a', 'b'] }, '"a", "b"'],
    [
      'seven audiences',
      { aud: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] },
      '"a", "b", "c", "d", "e" and 2 more',
    ],
    [
      'an audience with special characters',
      { aud: 'line\nend \u00e9 "quoted"' },
      String.raw`"line\nend \u00e9 \"quoted\""`,
    ],
    ['an audience of 200 characters', { aud: 'x'.repeat(200) }, `"${'x'.repeat(100)}..."`],
    ['a token as the audience', { aud: createTestIssuer().token() }, '(a token)'],
    ['a missing audience', { aud: undefined }, 'nothing'],
    ['another client', { aud: AUDIENCE, client_id: 'b' }, '"b"'],
    ['a missing client', { aud: AUDIENCE, client_id: undefined }, 'no client'],
  ])(
    'the explanation of checkAudience describes %s, and contains no other claim',
    (_, claims, found) => {
      const settings = createSettings({ allowedClients: ['a'] })
      const rejection = checkAudienceBy({ sub: 's3cret', jti: 's3cret', ...claims }, settings)
      expect(rejection).toMatchObject({ explanation: { found } })
      expect(JSON.stringify(rejection)).not.toContain('s3cret')
    },
  )
})
