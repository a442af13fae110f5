import { describe, expect, it } from 'vitest'
import type { TokenError } from '../src/index.ts'
import { setup } from './setup.ts'
import { type Asked, grant, granting, type Script } from './token-server.ts'

/** Answers with a status and JSON. */
const answering =
  (status: number, members: object): Script =>
  ({ response }: Asked) =>
    void response
      .writeHead(status, { 'Content-Type': 'application/json' })
      .end(JSON.stringify(members))

describe('a token response', () => {
  it.each([200, 201, 202, 203, 206, 299])('with status %i is a success', async (status) => {
    const { value, server } = await setup(answering(status, grant(1)))
    expect([await value(), await value()]).toEqual(['token-1', 'token-1'])
    expect(server.asked).toHaveLength(1)
  })

  it.each([300, 304, 399])('with status %i is no success', async (status) => {
    const { failure } = await setup(answering(status, grant(1)))
    expect(await failure()).toBe('redirected')
  })

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
    ['is a text with spaces and duplicates', ' read  write read ', ['read', 'write'], []],
    ['is empty', '', [], ['read', 'write']],
    ['is an empty array', [], [], ['read', 'write']],
  ])('whose scope %s has these scopes', async (_case, scope, scopes, missingScopes) => {
    const { source } = await setup(({ number }) => grant(number, { scope }))
    expect(await source.getToken()).toMatchObject({ value: 'token-1', scopes, missingScopes })
  })
})

describe('token_type', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('%s is a bearer token', async (type) => {
    const { source } = await setup(({ number }) => grant(number, { token_type: type }))
    expect(await source.getToken()).toMatchObject({ value: 'token-1', type: 'Bearer' })
  })

  it.each([
    ['DPoP', 'token_type is DPoP, not Bearer'],
    ['dpop', 'token_type is DPoP, not Bearer'],
    ['MAC', 'token_type is mac, not Bearer'],
    ['N_A', 'token_type is N_A, not Bearer'],
    ['BearerToken', 'token_type is not Bearer'],
    ['', 'token_type is not Bearer'],
    [' Bearer', 'token_type is not Bearer'],
    [undefined, 'no token_type'],
    [null, 'no token_type'],
  ])('%s is an error unless acceptTokenType names it', async (type, problem) => {
    const script: Script = ({ number }) => grant(number, { token_type: type })
    for (const acceptTokenType of [undefined, 'other', ['JWT', 'other']]) {
      const { source, server } = await setup(script, { acceptTokenType: acceptTokenType! })
      await expect(source.getToken()).rejects.toMatchObject({
        code: 'unsupported_token_type',
        detail: `${server.url}/token: ${problem}`,
        serverStatus: 200,
      })
    }
  })

  it.each([
    ['BearerToken', 'bearertoken'],
    ['jwt', ['Other', 'JWT']],
    [undefined, 'missing'],
    [null, ['missing', 'JWT']],
    ['Bearer', 'missing'],
    ['N_A', 'n_a'],
  ])('%s is accepted with acceptTokenType: %j', async (type, acceptTokenType) => {
    const { source } = await setup(({ number }) => grant(number, { token_type: type }), {
      acceptTokenType,
    })
    expect(await source.getToken()).toMatchObject({ value: 'token-1', type: 'Bearer' })
  })

  it('DPoP is an error although acceptTokenType names other types', async () => {
    const { failure } = await setup(({ number }) => grant(number, { token_type: 'DPoP' }), {
      acceptTokenType: ['missing', 'JWT', 'mac'],
    })
    expect(await failure()).toBe('unsupported_token_type')
  })
})

describe('a 2xx that cannot be used', () => {
  it.each<[string, Script]>([
    ['has another token_type', ({ number }) => grant(number, { token_type: 'DPoP' })],
    ['has no token', { token_type: 'Bearer' }],
    ['has status 201 and no token', answering(201, { id: 7 })],
    ['is already expired', ({ number }) => grant(number, { expires_in: 0 })],
    [
      'is HTML',
      ({ response }) => void response.writeHead(200, { 'Content-Type': 'text/html' }).end(),
    ],
    [
      'breaks off',
      ({ response }) => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 100 })
        response.write('{', () => response.destroy())
      },
    ],
  ])('and %s is not retried, and the backoff applies in full', async (_case, script) => {
    const { server, clock, failure, passing } = await setup(script, { maxWait: 300 })
    expect(await failure()).not.toBe('a token')
    expect(server.asked).toHaveLength(1)
    const askedAt: number[] = []
    for (let second = 0; second < 120; second += 0.5) {
      const before = server.asked.length
      expect(await passing(failure())).not.toBe('a token')
      if (server.asked.length > before) askedAt.push(second)
      clock.advance(0.5)
    }
    // After 0.5, 1, 2, 4, 8, 16 and 30 seconds: not every 5 seconds, as after other failures.
    expect(askedAt).toEqual([0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 61.5, 91.5])
    server.answer(granting)
    clock.advance(30)
    expect(await failure()).toBe('a token')
  })

  it('is not retried if it is never completed', async () => {
    const { server, source, passing } = await setup(
      ({ response }) =>
        void response.writeHead(200, { 'Content-Type': 'application/json' }).write('{'),
      { maxWait: 300 },
    )
    const error = await passing(source.getToken().catch((thrown: TokenError) => thrown))
    expect(error).toMatchObject({ code: 'timeout', serverStatus: 200 })
    expect(server.asked).toHaveLength(1)
  })

  it('has no effect on callers while a valid token is cached', async () => {
    const { server, clock, value, count } = await setup()
    await value()
    clock.advance(480)
    server.answer(({ number }: Asked) => grant(number, { token_type: 'DPoP' }))
    for (let second = 0; second < 110; second++) {
      expect(await value()).toBe('token-1')
      await clock.pass(1)
    }
    expect(count('token_failed')).toBe(server.asked.length - 1)
    expect(server.asked.length).toBeLessThan(12)
  })
})

describe('a response with a status that is no success', () => {
  it('is no token, whatever its body', async () => {
    for (const status of [400, 401, 403, 500, 503]) {
      const { failure } = await setup(answering(status, grant(1)), { maxWait: 0 })
      expect(await failure()).not.toBe('a token')
    }
  })

  it('has the code of its status if the body names another side of the failure', async () => {
    const { failure } = await setup(answering(503, { error: 'invalid_client' }), { maxWait: 0 })
    expect(await failure()).toBe('temporarily_unavailable')
  })
})
