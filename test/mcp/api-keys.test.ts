import { createHash } from 'node:crypto'
import { getAccessToken, type ApiKeyOptions } from '@bearward/mcp'
import { describe, expect, it, vi } from 'vitest'
import { fakeClock, settled } from '../support/fake-clock.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { noteSecret } from '../support/secrets.ts'
import { bearerLine } from '../support/requests.ts'
import { until } from '../support/until.ts'
import { ADMIN, ALL, clock, FLOOR, issuer, METADATA_URL, RESOURCE, TOKENS } from './fixture.ts'
import { LIST, PURGE } from './messages.ts'
import type { Sent } from './requests.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const KEYS = {
  admin: 'sk_the-key-of-an-admin',
  reader: 'sk_the-key-of-a-reader',
  expired: 'sk_the-key-that-expired',
  expiring: 'sk_the-key-that-expires-next',
  unknown: 'sk_the-key-of-an-attacker',
}
/** Keys that `verify` knows. The second key has one character too many. */
const LONG_KEYS = { longest: 'sk_'.padEnd(1024, 'a'), tooLong: 'sk_'.padEnd(1025, 'a') }
for (const key of [...Object.values(KEYS), ...Object.values(LONG_KEYS)]) noteSecret(key)

const OWNERS = new Map<string, object>([
  [
    KEYS.admin,
    { subject: { kind: 'machine', id: 'backup' }, clientId: 'backup-tool', scopes: [FLOOR, ADMIN] },
  ],
  [KEYS.reader, { scopes: [FLOOR] }],
  [LONG_KEYS.longest, { scopes: [FLOOR] }],
  [LONG_KEYS.tooLong, { scopes: [FLOOR] }],
  [KEYS.expired, { scopes: [FLOOR, ADMIN], expiresAt: clock.seconds() }],
  [KEYS.expiring, { scopes: [FLOOR, ADMIN], expiresAt: clock.seconds() + 1 }],
])

const apiKeys: ApiKeyOptions = {
  header: 'X-Api-Key',
  prefix: 'sk_',
  verify: (key) => OWNERS.get(key),
}

const inHeader = (key: string) => `X-Api-Key: ${key}`
const asToken = (key: string) => `Authorization: Bearer ${key}`

/** The two places of an API key. */
const PLACES = [
  ['in its header', inHeader],
  ['as a Bearer token', asToken],
] as const

describe.each(MCP_FRAMEWORKS)('API keys at the guard for $name', (framework) => {
  it.each(PLACES)('MCP-28: the guard grants a known API key %s', async (_place, write) => {
    const server = await start(framework, { guard: { apiKeys } })
    const response = await server.send({ body: PURGE, lines: [write(KEYS.admin)] })
    expect(response.status).toBe(200)
    const { authInfo } = server.seen[0]!
    expect(authInfo).toEqual({
      token: createHash('sha256').update(KEYS.admin).digest('base64url'),
      clientId: 'backup-tool',
      scopes: [FLOOR, ADMIN],
      resource: new URL(RESOURCE),
      extra: {
        issuer: 'api-key',
        subject: getAccessToken(authInfo).subject,
        claims: {},
      },
    })
    expect(authInfo?.extra.subject).toMatchObject({ kind: 'machine', id: 'backup' })
    expect(JSON.stringify(authInfo)).not.toContain(KEYS.admin)
  })

  it.each(PLACES)(
    'MCP-32: authInfo of a request with an API key %s contains the key if exposeToken is true',
    async (_place, write) => {
      const server = await start(framework, { guard: { apiKeys, exposeToken: true } })
      await server.send({ body: PURGE, lines: [write(KEYS.admin)] })
      expect(server.seen[0]!.authInfo?.token).toBe(KEYS.admin)
    },
  )

  it.each(PLACES)(
    'MCP-28: the guard refuses an API key %s without the scope of the operation',
    async (_place, write) => {
      const server = await start(framework, { guard: { apiKeys } })
      const lines = [write(KEYS.reader)]
      expect((await server.send({ body: LIST, lines })).status).toBe(200)
      const refused = await server.send({ body: PURGE, lines })
      expect(refused.status).toBe(403)
      expect(refused.challenge('error')).toBe('insufficient_scope')
      expect(refused.challenge('scope')).toBe(ALL)
      expect(refused.challenge('resource_metadata')).toBeUndefined()
      expect(server.seen).toHaveLength(1)
    },
  )

  const BAD: readonly (readonly [what: string, status: number, lines: readonly string[]])[] = [
    ...PLACES.flatMap(([place, write]) => [
      [`an unknown key ${place}`, 401, [write(KEYS.unknown)]] as const,
      [`an expired key ${place}`, 401, [write(KEYS.expired)]] as const,
      [
        `a key in another case ${place}`,
        401,
        [write(KEYS.admin.replace('admin', 'Admin'))],
      ] as const,
      [`a key of 1,025 characters ${place}`, 401, [write(LONG_KEYS.tooLong)]] as const,
      [`only the prefix ${place}`, 401, [write('sk_')]] as const,
    ]),
    ['an empty key', 401, ['X-Api-Key:']],
    ['a token instead of a key', 401, [inHeader(TOKENS.admin)]],
    ['a key and a token', 400, [inHeader(KEYS.admin), bearerLine(TOKENS.admin)]],
    ['an empty key and a token', 400, ['X-Api-Key:', bearerLine(TOKENS.admin)]],
    ['an unknown key and a token', 400, [inHeader(KEYS.unknown), bearerLine(TOKENS.admin)]],
    ['a key in both places', 400, [inHeader(KEYS.admin), asToken(KEYS.admin)]],
    ['a key and other credentials', 400, [inHeader(KEYS.admin), 'Authorization: Basic YTpi']],
    ['a key and malformed credentials', 400, [inHeader(KEYS.admin), 'Authorization: Bearer']],
    ['two lines with keys', 400, [inHeader(KEYS.admin), inHeader(KEYS.reader)]],
    ['two lines with the same key', 400, [inHeader(KEYS.admin), inHeader(KEYS.admin)]],
    ['two lines, the first without a key', 400, ['X-Api-Key:', inHeader(KEYS.admin)]],
  ]

  it.each(BAD)('MCP-28: the guard refuses %s with %i', async (_what, status, lines) => {
    const verify = vi.fn(apiKeys.verify)
    const server = await start(framework, { guard: { apiKeys: { ...apiKeys, verify } } })
    for (const sent of [{ body: LIST }, { body: PURGE }, { method: 'GET' }] satisfies Sent[]) {
      const response = await server.send({ ...sent, lines })
      expect(response.status).toBe(status)
      expect(response.challenge('resource_metadata')).toBeUndefined()
      expect(response.header('WWW-Authenticate')).toMatch(/^Bearer /)
    }
    const [reason] = new Set(server.takeReasons())
    expect(reason).toBe(status === 401 ? 'invalid_api_key' : 'multiple_credentials')
    if (status === 400) expect(verify).not.toHaveBeenCalled()
    expect(server.seen).toEqual([])
  })

  it('MCP-28: the guard sends the address of the metadata to callers without credentials or with a bad token', async () => {
    const server = await start(framework, { guard: { apiKeys } })
    for (const lines of [
      [],
      ['Authorization: Bearer sk-other'],
      [`Authorization: DPoP ${KEYS.admin}`],
    ]) {
      const response = await server.send({ body: LIST, lines })
      expect(response.status).toBe(401)
      expect(response.challenge('resource_metadata')).toBe(METADATA_URL)
    }
    expect(server.seen).toEqual([])
  })

  it('MCP-28: the guard grants a key of 1,024 characters', async () => {
    const server = await start(framework, { guard: { apiKeys } })
    for (const [, write] of PLACES) {
      const lines = [write(LONG_KEYS.longest)]
      expect((await server.send({ body: LIST, lines })).status).toBe(200)
    }
  })

  it('MCP-28: the guard still grants tokens if it accepts API keys', async () => {
    const server = await start(framework, { guard: { apiKeys } })
    expect((await server.send({ body: PURGE, token: TOKENS.admin })).status).toBe(200)
    expect((await server.send({ body: PURGE, token: TOKENS.reader })).status).toBe(403)
  })

  it('MCP-28: the guard never reads an API key from the query, the body or a cookie', async () => {
    const server = await start(framework, { guard: { apiKeys } })
    const body = { ...LIST, 'X-Api-Key': KEYS.admin, access_token: KEYS.admin }
    for (const sent of [
      { path: `/mcp?X-Api-Key=${KEYS.admin}&access_token=${KEYS.admin}` },
      { lines: [`Cookie: X-Api-Key=${KEYS.admin}`] },
      { lines: [`Api-Key: ${KEYS.admin}`, `X_Api_Key: ${KEYS.admin}`] },
    ])
      expect((await server.send({ body, ...sent })).status).toBe(401)
    expect(server.seen).toEqual([])
  })

  it('MCP-28: the guard refuses an API key when its expiresAt is reached', async () => {
    const own = fakeClock(clock.seconds())
    const server = await start(framework, { guard: { apiKeys }, bearward: { clock: own } })
    const lines = [inHeader(KEYS.expiring)]
    expect((await server.send({ body: PURGE, lines })).status).toBe(200)
    expect(server.seen[0]!.authInfo?.expiresAt).toBe(clock.seconds() + 1)
    own.advance(1)
    expect((await server.send({ body: PURGE, lines })).status).toBe(401)
    expect(server.seen).toHaveLength(1)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('the database is down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('the database is down'))],
    ['returns true', () => true],
    ['returns a text', () => 'admin'],
    ['returns an array', () => [FLOOR]],
    ['returns a promise of false', async () => false],
    ['returns scopes that are a text', () => ({ scopes: ALL })],
    ['returns a scope that is not a text', () => ({ scopes: [FLOOR, 5] })],
    ['returns an owner with an unknown member', () => ({ scope: [FLOOR, ADMIN] })],
    ['returns another kind of subject', () => ({ subject: { kind: 'admin', id: 'a' } })],
    ['returns a subject without an id', () => ({ subject: { kind: 'user' } })],
    ['returns an expiresAt that is a text', () => ({ scopes: [FLOOR], expiresAt: '2030-01-01' })],
    ['returns an expiresAt that is NaN', () => ({ scopes: [FLOOR], expiresAt: NaN })],
    ['returns claims with a function', () => ({ scopes: [FLOOR], claims: { a: () => {} } })],
    [
      'returns an object whose member throws',
      () => ({
        get scopes() {
          throw new Error('late')
        },
      }),
    ],
  ])('MCP-28: the guard responds with 503 if verify of the API keys %s', async (_what, verify) => {
    const guard = { apiKeys: { ...apiKeys, verify: verify as never } }
    const server = await start(framework, { guard })
    for (const [, write] of PLACES) {
      const response = await server.send({ body: LIST, lines: [write(KEYS.admin)] })
      expect(response.status).toBe(503)
      expect(response.header('Retry-After')).toBe('1')
      expect(response.header('WWW-Authenticate')).toBeUndefined()
    }
    expect(server.takeReasons()).toEqual(['api_key_unavailable', 'api_key_unavailable'])
    // Requests with tokens are still granted.
    expect((await server.send({ body: PURGE, token: TOKENS.admin })).status).toBe(200)
    expect(server.seen).toHaveLength(1)
  })

  it.each([
    ['undefined', undefined],
    ['null', null],
  ])(
    'MCP-28: the guard responds with 401 if verify of the API keys returns %s',
    async (_what, owner) => {
      for (const verify of [() => owner, async () => owner]) {
        const guard = { apiKeys: { ...apiKeys, verify: verify as never } }
        const server = await start(framework, { guard })
        const response = await server.send({ body: LIST, lines: [inHeader(KEYS.admin)] })
        expect(response.status).toBe(401)
        expect(server.takeReasons()).toEqual(['invalid_api_key'])
        expect(server.seen).toEqual([])
      }
    },
  )

  it('MCP-28: the guard responds with 503 if verify of the API keys takes longer than one second', async () => {
    const own = fakeClock(clock.seconds())
    let resolve: (owner: object) => void = () => {}
    const verify = () => new Promise<object>((done) => void (resolve = done))
    const guard = { apiKeys: { ...apiKeys, verify } }
    const server = await start(framework, { guard, bearward: { clock: own } })
    const pending = server.send({ body: PURGE, lines: [inHeader(KEYS.admin)] })
    await until(() => own.pending() > 0)
    await own.pass(0.999)
    expect(server.events).toEqual([])
    own.advance(0.001)
    const response = await pending
    expect(response.status).toBe(503)
    expect(response.header('Retry-After')).toBe('1')
    // A late result does not let the request pass.
    resolve({ scopes: [FLOOR, ADMIN] })
    await settled()
    expect(server.seen).toEqual([])
  })

  it('MCP-28: the guard refuses an API key if the operation requires the token of an issuer', async () => {
    const tools = { list: {}, purge: { issuer: issuer.issuer } }
    const server = await start(framework, { guard: { apiKeys, tools } })
    const lines = [inHeader(KEYS.admin)]
    expect((await server.send({ body: LIST, lines })).status).toBe(200)
    const refused = await server.send({ body: PURGE, lines })
    expect(refused.status).toBe(403)
    expect(refused.challenge('error')).toBeUndefined()
    expect(refused.challenge('resource_metadata')).toBeUndefined()
    expect(server.takeReasons()).toEqual(['api_key_not_sufficient'])
    expect((await server.send({ body: PURGE, token: TOKENS.reader })).status).toBe(200)
  })

  it('MCP-28: the guard refuses a token of the issuer api-key, the name that stands for API keys', async () => {
    const named = createTestIssuer({ issuer: 'api-key', audience: RESOURCE, now: clock.seconds })
    const server = await start(framework, { guard: { apiKeys } })
    const token = named.token({ claims: { scope: ALL }, key: issuer.keys[0]! })
    expect((await server.send({ body: PURGE, token })).status).toBe(401)
    expect(server.seen).toEqual([])
  })
})
