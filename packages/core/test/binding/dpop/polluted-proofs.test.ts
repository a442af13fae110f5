import { memoryReplay, type Outcome } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { proving } from '../../../../../test/support/proofs.ts'
import { requestWith } from '../../../../../test/support/requests.ts'
import { withPollutedPrototype } from '../../support/with-polluted-prototype.ts'
import { setup, summarize, TARGET } from './setup.ts'

/** Names of claims, of header parameters, and of members of keys and of results. */
const NAMES =
  'cnf jkt x5t#S256 jti htm htu iat ath nonce exp nbf typ alg jwk kty crv x y n e d crit b64 zip enc cty kid scheme text proof binding dpop mode replay'.split(
    ' ',
  )
const OMITTED = ['jti', 'htm', 'htu', 'iat', 'ath'] as const

describe('a member on Object.prototype', () => {
  const { server, key, token, issuer, prove, request, clock } = setup({
    replay: memoryReplay(),
    clockTolerance: 5,
  })
  const values = [
    { jkt: key.thumbprint },
    key.thumbprint,
    key.publicJwk,
    'GET',
    `https://api.example.com${TARGET}`,
    clock.seconds(),
    ['x'],
    true,
  ]
  const pollutions = NAMES.flatMap((name) => values.map((value) => ({ [name]: value })))

  /** Returns the pollutions that change the outcome of a request, each with the changed outcome. */
  function findChanges(create: () => Parameters<typeof server.authorize>[0], expected: string) {
    return pollutions.flatMap((pollution) => {
      const one = create()
      const outcome = withPollutedPrototype(pollution, () => server.authorize(one))
      const found = summarize(outcome as Outcome)
      return found === expected ? [] : `${JSON.stringify(pollution)}: ${found}`
    })
  }

  it('a member on Object.prototype changes no decision about a token with a valid proof', () => {
    expect(findChanges(() => request(), 'granted')).toEqual([])
  })

  it('a member on Object.prototype does not bind a token, and does not replace a proof', () => {
    const unbound = issuer.token()
    expect(findChanges(() => requestWith(unbound), 'granted')).toEqual([])
    expect(findChanges(() => requestWith(token), '401 wrong_scheme')).toEqual([])
    expect(findChanges(() => request([]), '401 no_proof')).toEqual([])
    expect(
      findChanges(
        () => proving(unbound, prove({}, { token: unbound }), { url: TARGET }),
        '401 wrong_scheme',
      ),
    ).toEqual([])
  })

  it.each(OMITTED)(
    'a member on Object.prototype does not replace the claim %s of a proof',
    (name) => {
      const create = () => request(prove({ claims: { [name]: undefined } }))
      expect(findChanges(create, '401 invalid_proof')).toEqual([])
    },
  )

  it.each(['typ', 'alg', 'jwk'])(
    'a member on Object.prototype does not replace the header parameter %s of a proof',
    (name) => {
      const create = () => request(prove({ header: { [name]: undefined } }))
      expect(findChanges(create, '401 invalid_proof')).toEqual([])
    },
  )
})
