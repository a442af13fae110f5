import { describe, expect, it } from 'vitest'
import { closing } from '../../../../test/support/closing.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { createResourceServer, type Outcome } from '../../src/index.ts'

const issuer = createTestIssuer()
const options = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks } as const

describe('an outcome', () => {
  const outcomes = () => {
    const server = createResourceServer(options)
    const guard = server.guard({ optional: true, scope: 'read' })
    return {
      'a grant': guard(requestWith(issuer.token())) as Outcome,
      'an anonymous caller': guard({ method: 'GET', url: '/', headers: {} }) as Outcome,
      'a refusal with 400': guard(requestWith('a b')) as Outcome,
      'a refusal with 401': guard(requestWith('a.b.c')) as Outcome,
      'a refusal with 403': guard(
        requestWith(issuer.token({ claims: { scope: 'other' } })),
      ) as Outcome,
      'a grant of verify': server.verify(issuer.token()) as Outcome,
      'a refusal of verify': server.verify('a.b.c') as Outcome,
    }
  }

  it.each(Object.keys(outcomes()) as (keyof ReturnType<typeof outcomes>)[])(
    'an outcome has frozen headers, which are empty unless it is a refusal: %s',
    (name) => {
      const { kind, headers } = outcomes()[name]
      expect(Object.isFrozen(headers)).toBe(true)
      expect(Reflect.set(headers, 'Set-Cookie', 'a=b')).toBe(false)
      for (const value of Object.values(headers)) {
        expect(typeof value === 'string' || Object.isFrozen(value)).toBe(true)
      }
      if (kind !== 'refused') expect(headers).toEqual({})
      else expect(Object.keys(headers)).toContain('Cache-Control')
    },
  )

  it('a 503 has frozen headers with Retry-After and without a challenge', async () => {
    const fetch = async () => Promise.reject(new Error('no route'))
    const server = closing(createResourceServer({ issuer: ISSUER, audience: AUDIENCE, fetch }))
    for (const outcome of [
      await server.authorize(requestWith(issuer.token())),
      await server.verify(issuer.token()),
    ]) {
      const { headers } = outcome
      expect(outcome).toMatchObject({ status: 503 })
      expect(Object.isFrozen(headers)).toBe(true)
      expect(Object.keys(headers)).toContain('Retry-After')
      expect(headers).not.toHaveProperty('WWW-Authenticate')
    }
  })
})
