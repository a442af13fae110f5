import { describe, expect, it } from 'vitest'
import { generateKey } from '../../../../test/support/keys.ts'
import { thumbprintOfKey, ACTIVE, issuing, tokenIn } from './introspection/setup.ts'

/** Options of an issuer whose JWKS is unavailable. */
const NO_KEYS = { issuer: { jwks: undefined, jwksUri: 'http://127.0.0.1:1/jwks' } as never }

describe('an issuer with tokenFormat: any', () => {
  it('authorize with tokenFormat: any sends no introspection request for a JWT that was accepted or rejected locally', async () => {
    const { endpoint, getOutcome, send, token } = await issuing('any')
    expect(tokenIn(await send(token())).verifiedBy).toBe('jwt')
    expect(await getOutcome(token({ claims: { exp: 1 } }))).toBe('401 expired')
    expect(await getOutcome(token({ key: generateKey('ES256') }))).toBe('401 invalid_signature')
    expect(await getOutcome(token({ header: { kid: 'unknown' } }))).toBe('401 unknown_key')
    expect(await getOutcome(token({ header: { alg: 'none' } }))).toBe('401 unsupported_algorithm')
    expect(await getOutcome(token({ claims: { cnf: { jkt: 'x' } } }))).toBe(
      '401 unsupported_binding',
    )
    expect(await getOutcome(`${token()}=`)).toBe('401 malformed_token')
    expect(endpoint.requests).toEqual([])
  })

  it('authorize with tokenFormat: any introspects every token that is not a JWT', async () => {
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

  it('a JWT is introspected while keys are unavailable with tokenFormat: any, but not with tokenFormat: jwt', async () => {
    const { endpoint, send, getOutcome, token, events } = await issuing('any', NO_KEYS)
    endpoint.answer(ACTIVE)
    const verified = tokenIn(await send(token({ claims: { sub: 'forged' } })))
    expect(verified).toMatchObject({ verifiedBy: 'introspection', subject: { id: 'user-ada' } })
    expect(events.find(({ type }) => type === 'verified')).toMatchObject({
      verifiedBy: 'introspection',
      keys: 'unavailable',
    })
    endpoint.answer({ ...ACTIVE, aud: 'another' })
    expect(await getOutcome(token({ claims: { jti: 'second' } }))).toBe('401 wrong_audience')
    endpoint.answer({ active: false })
    expect(await getOutcome(token({ claims: { jti: 'third' } }))).toBe('401 inactive')
    const only = await issuing('jwt', NO_KEYS)
    expect(await only.getOutcome(only.token())).toBe('503 keys_unavailable')
    expect(only.endpoint.requests).toEqual([])
  })

  it('authorize with tokenFormat: any refuses a JWT without introspection if keys are unavailable and a key was distrusted', async () => {
    const { endpoint, getOutcome, server, token } = await issuing('any', NO_KEYS)
    endpoint.answer({ ...ACTIVE, active: true })
    server.distrustKey({ issuer: endpoint.url, thumbprint: await thumbprintOfKey() })
    expect(await getOutcome(token())).toBe('503 keys_unavailable')
    expect(endpoint.requests).toEqual([])
    expect(await getOutcome('an-opaque-one')).toBe('granted')
  })

  it('authorize with tokenFormat: any refuses a JWT with the reason keys_unavailable if keys are unavailable and introspection fails', async () => {
    const { endpoint, getOutcome, token, failures } = await issuing('any', NO_KEYS)
    endpoint.answer(500)
    expect(await getOutcome(token())).toBe('503 keys_unavailable')
    expect(failures()).toEqual(['status'])
    expect(await getOutcome('abc')).toBe('503 introspection_unavailable')
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['a cnf with jkt', { cnf: { jkt: 'x' } }, '401 unsupported_binding'],
    ['an exp in the past', { exp: 1 }, '401 expired'],
    ['at_hash, as an ID token', { at_hash: 'x', nonce: 'n' }, '401 wrong_token_type'],
    ['another audience', { aud: 'another' }, '401 wrong_audience'],
    ['no exp', { exp: undefined }, '401 missing_claim'],
  ])(
    'authorize with tokenFormat: any refuses a JWT without introspection while keys are unavailable if the JWT has %s',
    async (_, claims, expected) => {
      const { endpoint, getOutcome, token } = await issuing('any', NO_KEYS)
      endpoint.answer(ACTIVE)
      expect(await getOutcome(token({ claims }))).toBe(expected)
      expect(endpoint.requests).toEqual([])
    },
  )
})

describe('an issuer with tokenFormat: jwt', () => {
  it('authorize with tokenFormat: jwt refuses an opaque token, and the event "refused" names the values of tokenFormat for opaque tokens', async () => {
    const { endpoint, getOutcome, events } = await issuing('jwt')
    expect(await getOutcome('abc')).toBe('401 malformed_token')
    expect(endpoint.requests).toEqual([])
    expect(events.at(-1)).toMatchObject({
      type: 'refused',
      expected: "a JWT (tokenFormat is 'jwt': opaque tokens need 'opaque' or 'any')",
    })
  })
})
