import { describe, expect, it } from 'vitest'
import { AUDIENCE, ISSUER } from '../../../../test/support/issuer.ts'
import { parseJsonObject } from '../../src/lib/parse-json.ts'
import type { IssuerSettings } from '../../src/model/settings.ts'
import { checkClaimTypes } from '../../src/token/jwt/claims.ts'
import type { AccessToken } from '../../src/model/access-token.ts'
import { toAccessToken } from '../../src/token/to-access-token.ts'
import { summarize } from '../support/refusal.ts'
import { createSettings } from '../support/settings.ts'

const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'alice',
  client_id: 'app',
  scope: 'read write',
  iat: 1_900_000_000,
  nbf: 1_900_000_001,
  exp: 1_900_000_300.5,
}

/** Values of the claim `scope`, and the scopes that they contain. */
const SCOPE_STRINGS: readonly (readonly [
  name: string,
  scope: string,
  scopes: readonly string[],
])[] = [
  ['a space', 'read write', ['read', 'write']],
  ['two spaces', 'read  write', ['read', 'write']],
  ['spaces at both ends', ' read ', ['read']],
  ['no characters', '', []],
  ['spaces only', '   ', []],
  ['a tab', 'read\twrite', ['read\twrite']],
  ['a no-break space', 'read\u00a0write', ['read\u00a0write']],
  ['a line break', 'read\nwrite', ['read\nwrite']],
  ['the same scope twice', 'read read', ['read', 'read']],
  ['a comma', 'read,write', ['read,write']],
]

/** Creates an access token from claims that are parsed from bytes and frozen. */
function createToken(
  changes: Record<string, unknown> = {},
  settings?: Partial<IssuerSettings>,
): AccessToken {
  const text = JSON.stringify({ ...CLAIMS, ...changes })
  return toAccessToken(parseJsonObject(Buffer.from(text)), createSettings(settings), 'jwt')
}

describe('toAccessToken', () => {
  it('toAccessToken creates an access token with the values of the claims', () => {
    const { hasScope: _hasScope, ...token } = createToken()
    expect(token).toStrictEqual({
      issuer: ISSUER,
      audience: [AUDIENCE],
      subject: {
        kind: 'unknown',
        id: 'alice',
        clientId: 'app',
        evidence: { level: 'none', rules: [], claims: [], reason: 'no_evidence' },
      },
      clientId: 'app',
      scopes: ['read', 'write'],
      expiresAt: 1_900_000_300.5,
      issuedAt: 1_900_000_000,
      notBefore: 1_900_000_001,
      claims: { __proto__: null, ...CLAIMS },
      verifiedBy: 'jwt',
      bindings: [],
    })
  })

  it('toAccessToken creates an access token with undefined and empty members for missing claims', () => {
    const missing = ['aud', 'sub', 'client_id', 'scope', 'iat', 'nbf']
    const token = createToken(Object.fromEntries(missing.map((name) => [name, undefined])))
    expect(token).toMatchObject({
      audience: [],
      subject: { kind: 'unknown' },
      clientId: undefined,
      scopes: [],
      issuedAt: undefined,
      notBefore: undefined,
    })
    expect(token.subject).not.toHaveProperty('id')
    expect(token.hasScope('')).toBe(false)
  })

  it('toAccessToken returns every value of aud in audience', () => {
    expect(createToken({ aud: ['x', AUDIENCE] }).audience).toEqual(['x', AUDIENCE])
  })

  it('9068-18: toAccessToken with machineSubject returns a machine for a client that acts for itself, and a user for other tokens', () => {
    const machine = createToken(
      { sub: 'cron', client_id: 'cron' },
      { subjects: { machineSubject: 'client_id' } },
    )
    expect(machine.subject).toMatchObject({ kind: 'machine', id: 'cron', clientId: 'cron' })
    expect(machine.claims).toMatchObject({ sub: 'cron', client_id: 'cron' })
    expect(createToken({}, { subjects: { machineSubject: 'client_id' } }).subject.kind).toBe('user')
  })

  it('toAccessToken reads client id and scopes only from the configured claims', () => {
    const okta = {
      clientIdClaims: ['cid'],
      scopeSources: [{ claim: 'scp', format: 'array' }],
    } as const
    const token = createToken({ cid: 'c', scp: ['a', 'b c', ''] }, okta)
    expect(token.clientId).toBe('c')
    expect(token.scopes).toEqual(['a', 'b c', ''])
    expect(createToken({}, okta)).toMatchObject({ clientId: undefined, scopes: [] })
  })

  it.each(SCOPE_STRINGS)(
    '9068-17: toAccessToken splits a scope string with %s only at spaces, and removes empty parts',
    (_, scope, scopes) => {
      expect(createToken({ scope }).scopes).toEqual(scopes)
    },
  )

  it.each(SCOPE_STRINGS)(
    '9068-17: checkClaimTypes rejects an array that contains a scope string with %s',
    (_, scope) => {
      const array = checkClaimTypes({ ...CLAIMS, scope: [scope] }, createSettings(), [])
      expect(summarize(array)).toBe('invalid_claim: 401 invalid_token')
    },
  )

  it('hasScope returns true only for an exact scope of the token', () => {
    const token = createToken({ scope: 'read:reports write* __proto__' })
    for (const scope of ['read:reports', 'write*', '__proto__']) {
      expect(token.hasScope(scope)).toBe(true)
    }
    const others = ['read', 'reports', 'READ:REPORTS', 'read:reports ', 'read:reports write*', '']
    for (const scope of [...others, 'write', 'writes', 'constructor', 'length', '0']) {
      expect(token.hasScope(scope)).toBe(false)
    }
    const { hasScope } = token
    expect(hasScope('write*')).toBe(true)
  })

  it('toAccessToken of frozen claims returns an access token whose values are all frozen', () => {
    const own = { roles: ['admin', { deep: [{}] }], address: { city: {} } }
    const okta = {
      scopeSources: [{ claim: 'scp', format: 'array' }],
      subjects: { machineSubject: 'client_id' },
    } as const
    const tokens = [
      createToken(own),
      createToken({ ...own, aud: ['x', AUDIENCE], scp: ['a'], sub: 'app' }, okta),
      createToken({ ...own, scp: ['a'] }, okta),
      createToken({ aud: undefined, sub: undefined, client_id: undefined, scope: undefined }),
    ]
    for (const token of tokens) expectFrozen(token, 'token')
    expect(() => ((tokens[0] as { issuer: string }).issuer = 'x')).toThrow(TypeError)
  })
})

function expectFrozen(value: unknown, path: string): void {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  if (!isObject) return
  expect(Object.isFrozen(value), path).toBe(true)
  for (const [name, member] of Object.entries(value)) expectFrozen(member, `${path}.${name}`)
}
