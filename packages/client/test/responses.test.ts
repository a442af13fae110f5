import { describe, expect, it } from 'vitest'
import type { TokenError } from '../src/index.ts'
import { setup } from './setup.ts'
import { type ReceivedRequest, grant, grantTokens, type Script } from './token-server.ts'

/** Creates a script that responds with a status and JSON. */
const respondWith =
  (status: number, members: object): Script =>
  ({ response }: ReceivedRequest) =>
    void response
      .writeHead(status, { 'Content-Type': 'application/json' })
      .end(JSON.stringify(members))

describe('a token response', () => {
  it.each([200, 201, 202, 203, 206, 299])(
    'getToken() returns and caches the token of a response with status %i',
    async (status) => {
      const { getValue, server } = await setup(respondWith(status, grant(1)))
      expect([await getValue(), await getValue()]).toEqual(['token-1', 'token-1'])
      expect(server.requests).toHaveLength(1)
    },
  )

  it.each([300, 304, 399])(
    'getToken() rejects with the code redirected if a token response has status %i',
    async (status) => {
      const { getErrorCode } = await setup(respondWith(status, grant(1)))
      expect(await getErrorCode()).toBe('redirected')
    },
  )

  it.each([
    ['is missing', undefined, ['read', 'write'], []],
    ['is null', null, ['read', 'write'], []],
    ['is an array', ['read', 'other'], ['read', 'other'], ['write']],
    [
      'is an array with spaces and duplicates',
      ['read  other', 'read'],
      ['read', 'other'],
      ['write'],
    ],
    ['is a string with spaces and duplicates', ' read  write read ', ['read', 'write'], []],
    ['is empty', '', [], ['read', 'write']],
    ['is an empty array', [], [], ['read', 'write']],
  ])(
    'getToken() returns the granted and the missing scopes if the scope in the response %s',
    async (_case, scope, scopes, missingScopes) => {
      const { source } = await setup(({ number }) => grant(number, { scope }))
      expect(await source.getToken()).toMatchObject({ value: 'token-1', scopes, missingScopes })
    },
  )
})

describe('token_type', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])(
    'getToken() accepts token_type %s',
    async (type) => {
      const { source } = await setup(({ number }) => grant(number, { token_type: type }))
      expect(await source.getToken()).toMatchObject({ value: 'token-1', type: 'Bearer' })
    },
  )

  it.each([
    ['DPoP', 'token_type is DPoP, not Bearer'],
    ['dpop', 'token_type is DPoP, not Bearer'],
    ['MAC', 'token_type is mac, not Bearer'],
    ['N_A', 'token_type is N_A, not Bearer'],
    ['BearerToken', 'token_type is not Bearer'],
    ['', 'token_type is not Bearer'],
    [' Bearer', 'token_type is not Bearer'],
    [undefined, 'token_type is missing'],
    [null, 'token_type is missing'],
  ])(
    'getToken() rejects token_type %j if acceptTokenType does not contain it',
    async (type, problem) => {
      const script: Script = ({ number }) => grant(number, { token_type: type })
      for (const acceptTokenType of [undefined, 'other', ['JWT', 'other']]) {
        const { source, server } = await setup(script, { acceptTokenType: acceptTokenType! })
        await expect(source.getToken()).rejects.toMatchObject({
          code: 'unsupported_token_type',
          detail: `${server.url}/token: ${problem}`,
          serverStatus: 200,
        })
      }
    },
  )

  it.each([
    ['BearerToken', 'bearertoken'],
    ['jwt', ['Other', 'JWT']],
    [undefined, 'missing'],
    [null, ['missing', 'JWT']],
    ['Bearer', 'missing'],
    ['N_A', 'n_a'],
  ])('getToken() accepts token_type %j with acceptTokenType %j', async (type, acceptTokenType) => {
    const { source } = await setup(({ number }) => grant(number, { token_type: type }), {
      acceptTokenType,
    })
    expect(await source.getToken()).toMatchObject({ value: 'token-1', type: 'Bearer' })
  })

  it('getToken() rejects token_type DPoP if acceptTokenType contains missing and other types', async () => {
    const { getErrorCode } = await setup(({ number }) => grant(number, { token_type: 'DPoP' }), {
      acceptTokenType: ['missing', 'JWT', 'mac'],
    })
    expect(await getErrorCode()).toBe('unsupported_token_type')
  })
})

describe('an unusable 2xx response', () => {
  it.each<[string, Script]>([
    ['has another token_type', ({ number }) => grant(number, { token_type: 'DPoP' })],
    ['has no token', { token_type: 'Bearer' }],
    ['has status 201 and no token', respondWith(201, { id: 7 })],
    ['contains an expired token', ({ number }) => grant(number, { expires_in: 0 })],
    [
      'is HTML',
      ({ response }) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end(),
    ],
    [
      'is incomplete',
      ({ response }) => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 })
        response.write('{', () => response.destroy())
      },
    ],
  ])(
    'getToken() does not retry after a 2xx response that %s, and its backoff grows to 30 s',
    async (_case, script) => {
      const { server, clock, getErrorCode, advanceUntilSettled } = await setup(script, {
        maxWait: 300,
      })
      expect(await getErrorCode()).not.toBe('a token')
      expect(server.requests).toHaveLength(1)
      const requestedAt: number[] = []
      for (let second = 0; second < 120; second += 0.5) {
        const before = server.requests.length
        expect(await advanceUntilSettled(getErrorCode())).not.toBe('a token')
        if (server.requests.length > before) requestedAt.push(second)
        clock.advance(0.5)
      }
      // The pauses are 0.5, 1, 2, 4, 8, 16 and 30 seconds. After other failures without a cached token, the maximum is 5 seconds.
      expect(requestedAt).toEqual([0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5, 91.5])
      server.answer(grantTokens)
      clock.advance(30)
      expect(await getErrorCode()).toBe('a token')
    },
  )

  it('getToken() does not retry after a 2xx response that is never completed', async () => {
    const { server, source, advanceUntilSettled } = await setup(
      ({ response }) =>
        void response.writeHead(200, { 'Content-Type': 'application/json' }).write('{'),
      { maxWait: 300 },
    )
    const error = await advanceUntilSettled(source.getToken().catch((thrown: TokenError) => thrown))
    expect(error).toMatchObject({ code: 'timeout', serverStatus: 200 })
    expect(server.requests).toHaveLength(1)
  })

  it('getToken() returns the valid cached token after unusable 2xx responses', async () => {
    const { server, clock, getValue, count } = await setup()
    await getValue()
    clock.advance(480)
    server.answer(({ number }: ReceivedRequest) => grant(number, { token_type: 'DPoP' }))
    for (let second = 0; second < 110; second++) {
      expect(await getValue()).toBe('token-1')
      await clock.pass(1)
    }
    expect(count('token_failed')).toBe(server.requests.length - 1)
    expect(server.requests.length).toBeLessThan(12)
  })
})

describe('an error status', () => {
  it('getToken() rejects a response with an error status even if it contains a token', async () => {
    for (const status of [400, 401, 403, 500, 503]) {
      const { getErrorCode } = await setup(respondWith(status, grant(1)), { maxWait: 0 })
      expect(await getErrorCode()).not.toBe('a token')
    }
  })

  it('getToken() prefers the status 503 to the error code in the body', async () => {
    const { getErrorCode } = await setup(respondWith(503, { error: 'invalid_client' }), {
      maxWait: 0,
    })
    expect(await getErrorCode()).toBe('temporarily_unavailable')
  })
})
