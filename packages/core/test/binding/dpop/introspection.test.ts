import { memoryReplay, type Requirements } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import {
  createProof,
  generateProofKey,
  type ProofOverrides,
  proving,
} from '../../../../../test/support/proofs.ts'
import { ACTIVE, issuing, summarizeOutcome } from '../../token/introspection/setup.ts'
import { PUBLIC_URL, TARGET } from './setup.ts'

const key = generateProofKey()
const other = generateProofKey()
const cnf = { jkt: key.thumbprint }
const X5T = 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2'
const INTROSPECT: Requirements = { introspect: true }

/** Creates an API that accepts DPoP, JWTs and opaque tokens. Also creates its introspection endpoint. */
async function scene() {
  const made = await issuing('any', {
    options: { publicUrl: PUBLIC_URL, dpop: { replay: memoryReplay() } },
  })
  const { clock, server } = made
  const request = (token: string, overrides: ProofOverrides = {}) => {
    const subject = { key, token, url: PUBLIC_URL + TARGET, now: clock.seconds() }
    return proving(token, createProof(subject, overrides), { url: TARGET })
  }
  const prove = async (
    token: string,
    requirements: Requirements = {},
    overrides?: ProofOverrides,
  ) => summarizeOutcome(await server.authorize(request(token, overrides), requirements))
  return { ...made, request, prove }
}

describe('the introspection response about a token with a proof', () => {
  it('7662-16: authorize requires a proof of the key in the response about an opaque token, even if the response is cached', async () => {
    const { endpoint, getOutcome, prove, events } = await scene()
    endpoint.answer({ ...ACTIVE, cnf, token_type: 'DPoP' })
    for (let i = 0; i < 2; i++) {
      expect(await prove('opaque')).toBe('granted')
      expect(await prove('opaque', {}, { key: other })).toBe('401 wrong_proof_key')
      expect(await getOutcome('opaque')).toBe('401 wrong_scheme')
    }
    expect(endpoint.requests).toHaveLength(1)
    expect(events.some(({ type }) => type === 'introspection_cached')).toBe(true)
  })

  it.each([
    ['7662-15', 'token_type DPoP and no cnf', { token_type: 'DPoP' }, '401 unsupported_binding'],
    ['7662-15', 'a Bearer token', {}, '401 wrong_scheme'],
    ['7662-16', 'another key', { cnf: { jkt: other.thumbprint } }, '401 wrong_proof_key'],
    ['7662-16', 'a certificate', { cnf: { ...cnf, 'x5t#S256': X5T } }, '401 unsupported_binding'],
    ['7662-16', 'a malformed cnf', { cnf: [cnf] }, '401 unsupported_binding'],
  ] as const)(
    '%s: authorize refuses an opaque token with a proof if the response describes %s',
    async (_id, _what, response, expected) => {
      const { endpoint, prove } = await scene()
      endpoint.answer({ ...ACTIVE, ...response })
      expect(await prove('opaque')).toBe(expected)
    },
  )

  it.each<[string, object, string]>([
    ['no cnf: granted', {}, 'granted'],
    ['the same cnf: granted', { cnf }, 'granted'],
    ['the same cnf and token_type DPoP: granted', { cnf, token_type: 'DPoP' }, 'granted'],
    ['token_type DPoP: granted', { token_type: 'DPoP' }, 'granted'],
    ['another key: refused', { cnf: { jkt: other.thumbprint } }, '401 unsupported_binding'],
    ['a certificate: refused', { cnf: { 'x5t#S256': X5T } }, '401 unsupported_binding'],
    ['an empty cnf: refused', { cnf: {} }, '401 unsupported_binding'],
    ['an unknown member of cnf: refused', { cnf: { ...cnf, jwk: {} } }, '401 unsupported_binding'],
  ])(
    '7662-16: a guard with introspect decides about a JWT that is bound to a key, and whose introspection response has %s',
    async (_what, response, expected) => {
      const { endpoint, prove, token } = await scene()
      endpoint.answer({ active: true, ...response })
      expect(await prove(token({ claims: { cnf } }), INTROSPECT)).toBe(expected)
      expect(endpoint.requests).toHaveLength(1)
    },
  )

  it('7662-16: a guard with introspect refuses an unbound JWT whose introspection response contains a key or token_type DPoP', async () => {
    const { endpoint, getOutcome, token } = await scene()
    endpoint.answer({ active: true, cnf })
    expect(await getOutcome(token(), INTROSPECT)).toBe('401 wrong_scheme')
    endpoint.answer({ active: true, token_type: 'DPoP' })
    expect(await getOutcome(token({ claims: { jti: 'x' } }), INTROSPECT)).toBe(
      '401 unsupported_binding',
    )
  })

  it('a guard with introspect sends no introspection request for a JWT if its proof is wrong', async () => {
    const { endpoint, getOutcome, prove, token } = await scene()
    const bound = token({ claims: { cnf } })
    expect(await prove(bound, INTROSPECT, { key: other })).toBe('401 wrong_proof_key')
    expect(await prove(bound, INTROSPECT, { claims: { htm: 'POST' } })).toBe('401 invalid_proof')
    expect(await prove(bound, INTROSPECT, { signedBy: other })).toBe('401 invalid_proof')
    expect(await getOutcome(bound, INTROSPECT)).toBe('401 wrong_scheme')
    expect(endpoint.requests).toEqual([])
  })

  it('guards with and without introspect use the proof of a request once', async () => {
    const { endpoint, request, server, token } = await scene()
    endpoint.answer({ active: true, cnf })
    const one = request(token({ claims: { cnf } }))
    const guards = [server.guard(), server.guard(INTROSPECT), server.guard()]
    for (const guard of guards) expect(summarizeOutcome(await guard(one))).toBe('granted')
    expect(summarizeOutcome(await server.authorize({ ...one }))).toBe('401 proof_used')
    expect(endpoint.requests).toHaveLength(1)
  })

  it('a proof can be used again after a request was refused because its token was inactive', async () => {
    const { endpoint, request, server, token } = await scene()
    endpoint.answer({ active: false })
    const one = request(token({ claims: { cnf } }))
    expect(summarizeOutcome(await server.authorize({ ...one }, INTROSPECT))).toBe('401 inactive')
    expect(summarizeOutcome(await server.authorize({ ...one }))).toBe('granted')
  })

  it('a guard with introspect refuses an unbound JWT with the scheme DPoP without an introspection request', async () => {
    const { endpoint, prove, token } = await scene()
    endpoint.answer({ active: true, cnf })
    expect(await prove(token(), INTROSPECT)).toBe('401 wrong_scheme')
    expect(endpoint.requests).toEqual([])
  })
})
