import { describe, expect, it } from 'vitest'
import { generateKey } from '../../../../test/support/keys.ts'
import { thumbprintOfKey, ACTIVE, issuing, tokenIn } from './introspection/setup.ts'

/** Options with a JWKS that is unavailable. */
const NO_KEYS = { issuer: { jwks: undefined, jwksUri: 'http://127.0.0.1:1/jwks' } as never }

describe('an issuer with tokenFormat: any', () => {
  it('sends no introspection request for a JWT that was accepted or rejected locally', async () => {
    const { endpoint, judge, send, token } = await issuing('any')
    expect(tokenIn(await send(token())).verifiedBy).toBe('jwt')
    expect(await judge(token({ claims: { exp: 1 } }))).toBe('401 expired')
    expect(await judge(token({ key: generateKey('ES256') }))).toBe('401 invalid_signature')
    expect(await judge(token({ header: { kid: 'unknown' } }))).toBe('401 unknown_key')
    expect(await judge(token({ header: { alg: 'none' } }))).toBe('401 unsupported_algorithm')
    expect(await judge(token({ claims: { cnf: { jkt: 'x' } } }))).toBe('401 unsupported_binding')
    expect(await judge(`${token()}=`)).toBe('401 malformed_token')
    expect(endpoint.requests).toEqual([])
  })

  it('introspects every token that is not a JWT', async () => {
    const { endpoint, send } = await issuing('any')
    endpoint.answer(ACTIVE)
    for (const opaque of [
      'abc',
      'a.b.c',
      'ory_at_x.y',
      'ya29.a0-b',
      'xxx.yyy.zzz.',
      'e30',
      'eyJ',
    ]) {
      expect(tokenIn(await send(opaque)).verifiedBy).toBe('introspection')
      expect(endpoint.requests.at(-1)!.form.get('token')).toBe(opaque)
    }
  })

  it('introspects a JWT while keys are unavailable only with tokenFormat: any', async () => {
    const { endpoint, send, judge, token, events } = await issuing('any', NO_KEYS)
    endpoint.answer(ACTIVE)
    const verified = tokenIn(await send(token({ claims: { sub: 'forged' } })))
    expect(verified).toMatchObject({ verifiedBy: 'introspection', subject: { id: 'user-ada' } })
    expect(events.find(({ type }) => type === 'verified')).toMatchObject({
      verifiedBy: 'introspection',
      keys: 'unavailable',
    })
    endpoint.answer({ ...ACTIVE, aud: 'another' })
    expect(await judge(token({ claims: { jti: 'second' } }))).toBe('401 wrong_audience')
    endpoint.answer({ active: false })
    expect(await judge(token({ claims: { jti: 'third' } }))).toBe('401 inactive')
    const only = await issuing('jwt', NO_KEYS)
    expect(await only.judge(only.token())).toBe('503 keys_unavailable')
    expect(only.endpoint.requests).toEqual([])
  })

  it('refuses a JWT without introspection while keys are unavailable if a key was distrusted', async () => {
    const { endpoint, judge, server, token } = await issuing('any', NO_KEYS)
    endpoint.answer({ ...ACTIVE, active: true })
    server.distrustKey({ issuer: endpoint.url, thumbprint: await thumbprintOfKey() })
    expect(await judge(token())).toBe('503 keys_unavailable')
    expect(endpoint.requests).toEqual([])
    expect(await judge('an-opaque-one')).toBe('granted')
  })

  it('refuses a JWT with keys_unavailable if introspection fails too', async () => {
    const { endpoint, judge, token, failures } = await issuing('any', NO_KEYS)
    endpoint.answer(500)
    expect(await judge(token())).toBe('503 keys_unavailable')
    expect(failures()).toEqual(['status'])
    expect(await judge('abc')).toBe('503 introspection_unavailable')
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['a cnf with jkt', { cnf: { jkt: 'x' } }, '401 unsupported_binding'],
    ['an exp in the past', { exp: 1 }, '401 expired'],
    ['at_hash, as an ID token', { at_hash: 'x', nonce: 'n' }, '401 wrong_token_type'],
    ['another audience', { aud: 'another' }, '401 wrong_audience'],
    ['no exp', { exp: undefined }, '401 missing_claim'],
  ])(
    'refuses a JWT without introspection while keys are unavailable if it has %s',
    async (_, claims, expected) => {
      const { endpoint, judge, token } = await issuing('any', NO_KEYS)
      endpoint.answer(ACTIVE)
      expect(await judge(token({ claims }))).toBe(expected)
      expect(endpoint.requests).toEqual([])
    },
  )
})

describe('an issuer with tokenFormat: jwt', () => {
  it('refuses an opaque token with tokenFormat: jwt, and names the option for opaque tokens', async () => {
    const { endpoint, judge, events } = await issuing('jwt')
    expect(await judge('abc')).toBe('401 malformed_token')
    expect(endpoint.requests).toEqual([])
    expect(events.at(-1)).toMatchObject({
      type: 'refused',
      expected: "a JWT (tokenFormat is 'jwt': opaque tokens need 'opaque' or 'any')",
    })
  })
})
