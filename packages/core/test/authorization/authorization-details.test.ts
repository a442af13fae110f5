import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { fc } from '../../../../test/support/property.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { watchProcess } from '../../../../test/support/watch-process.ts'
import {
  ConfigurationError,
  createResourceServer,
  type Outcome,
  type Requirements,
} from '../../src/index.ts'
import { ACTIVE, setup as introspecting } from '../token/introspection/setup.ts'

const faults = watchProcess()
const issuer = createTestIssuer()
const server = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks })

/** Sends a token with these details to a guard. Returns `granted`, or the member `found` of the explanation of the refusal. */
function decide(
  authorizationDetails: Requirements['authorizationDetails'],
  details: unknown,
): string {
  const token = issuer.token({ claims: { authorization_details: details } })
  const guard = server.guard({ authorizationDetails: authorizationDetails! })
  const outcome = guard(requestWith(token)) as Outcome
  if (outcome.kind !== 'refused') return outcome.kind
  expect([outcome.status, outcome.reason]).toEqual([403, 'wrong_authorization_details'])
  expect(outcome.headers['WWW-Authenticate']).not.toContain('insufficient_scope')
  return outcome.explanation.found
}

const reading = { type: 'account_information', actions: ['read_balances', 'read_transactions'] }

describe('the requirement authorizationDetails', () => {
  it.each<[required: NonNullable<Requirements['authorizationDetails']>, details: unknown]>([
    [{ type: 'account_information' }, [reading]],
    [{ type: 'account_information' }, [{ type: 'payment' }, reading]],
    [{ type: 'account_information', actions: ['read_balances'] }, [reading]],
    [{ type: 'account_information', actions: ['read_transactions', 'read_balances'] }, [reading]],
    [
      { type: 'payment', amount: 5, urgent: false },
      [{ type: 'payment', amount: 5, urgent: false }],
    ],
    [(details) => details.every(({ type }) => type === 'payment'), [{ type: 'payment' }]],
  ])(
    '9396-13: a guard with authorizationDetails: %o grants a token with the details %j',
    (required, details) => {
      expect(decide(required, details)).toBe('granted')
    },
  )

  it.each<
    [required: NonNullable<Requirements['authorizationDetails']>, details: unknown, found: string]
  >([
    [{ type: 'payment' }, undefined, 'none'],
    [{ type: 'payment' }, [reading], 'other details'],
    [{ type: 'account_information', actions: ['write'] }, [reading], 'other details'],
    [
      { type: 'account_information', actions: ['read_balances', 'write'] },
      [reading, { type: 'account_information', actions: ['write'] }],
      'other details',
    ],
    [
      { type: 'account_information', actions: ['read_balances'] },
      [{ type: 'account_information', actions: 'read_balances' }],
      'other details',
    ],
    [
      { type: 'account_information', actions: 'read_balances' },
      [{ type: 'account_information', actions: ['read_balances'] }],
      'other details',
    ],
    [{ type: 'payment', amount: 5 }, [{ type: 'payment', amount: '5' }], 'other details'],
    [{ type: 'payment', constructor: 'x' }, [{ type: 'payment' }], 'other details'],
    [() => false, [reading], 'other details'],
  ])(
    '9396-13: a guard with authorizationDetails: %o refuses a token with the details %j',
    (required, details, found) => {
      expect(decide(required, details)).toBe(found)
    },
  )

  it.each([
    ['Payment'],
    ['payment '],
    ['https://example.com/payment/'],
    ['https://EXAMPLE.com/payment'],
    ['https://example.com/%70ayment'],
  ])(
    '9396-12: a guard refuses a token with details of the type %j, because it compares types without normalization',
    (type) => {
      const required = type.startsWith('http') ? 'https://example.com/payment' : 'payment'
      expect(decide({ type: required }, [{ type: required }])).toBe('granted')
      expect(decide({ type: required }, [{ type }])).toBe('other details')
    },
  )

  it.each<[details: unknown]>([
    [{ type: 'payment' }],
    ['payment'],
    [['payment']],
    [[]],
    [null],
    [[{ type: 'payment' }, null]],
    [[{ type: 'payment' }, {}]],
    [[{ type: 'payment' }, { type: 1 }]],
    [[[{ type: 'payment' }]]],
    [JSON.stringify([{ type: 'payment' }])],
  ])(
    '9396-11: a guard refuses a token with the malformed details %j, and does not call the function authorizationDetails',
    (details) => {
      const called: unknown[] = []
      expect(decide({ type: 'payment' }, details)).toBe('malformed details')
      expect(decide((all) => called.push(all) > 0, details)).toBe('malformed details')
      expect(called).toEqual([])
    },
  )

  it('9396-10: the function authorizationDetails gets the same details from a JWT and from an introspection response', async () => {
    const seen: unknown[] = []
    const required = (details: unknown) => seen.push(details) > 0
    expect(decide(required, [reading])).toBe('granted')
    const { getOutcome } = await introspecting({ ...ACTIVE, authorization_details: [reading] })
    expect(await getOutcome('opaque-token', { authorizationDetails: required })).toBe('granted')
    expect(seen).toEqual([[reading], [reading]])
    expect(Object.isFrozen(seen[0]) && Object.isFrozen(seen[1])).toBe(true)
  })

  it('a guard refuses a token if its details lack a member of the required detail', () => {
    const values = fc.oneof(fc.string(), fc.integer(), fc.boolean())
    // A token has no member `__proto__`, because this member is removed when the claims are parsed.
    const member = fc.string({ minLength: 1 }).filter((text) => text !== '__proto__')
    const detail = fc.dictionary(member, fc.oneof(values, fc.array(values, { minLength: 1 })))
    fc.assert(
      fc.property(detail, fc.array(detail, { maxLength: 3 }), (required, others) => {
        const own = { ...required, type: 'a' }
        expect(decide(own, [...others.map((each) => ({ ...each, type: 'b' })), own])).toBe(
          'granted',
        )
        for (const name of Object.keys(own)) {
          if (name === 'type') continue
          const { [name]: _, ...rest } = own as Record<string, unknown>
          expect(decide(own, [rest])).toBe('other details')
        }
      }),
      { numRuns: 50 },
    )
  })

  it.each([[undefined], [1], ['true'], [Promise.resolve(true)]])(
    'a guard throws a TypeError if the function authorizationDetails returns %o',
    (result) => {
      const required = (() => result) as unknown as () => boolean
      expect(() => decide(required, [reading])).toThrow(TypeError)
    },
  )

  it('a guard throws a TypeError if the function authorizationDetails is async, and a rejection of its promise is handled', async () => {
    const required = (async () => {
      throw new Error('secret')
    }) as unknown as () => boolean
    expect(() => decide(required, [reading])).toThrow(TypeError)
    expect(await faults.faults()).toEqual([])
  })

  it.each<[given: unknown]>([
    ['payment'],
    [{ type: 'payment', amount: 2 ** 53 }],
    [{}],
    [{ actions: ['read'] }],
    [{ type: '' }],
    [{ type: 1 }],
    [{ type: ['payment'] }],
    [{ type: 'payment', amount: { currency: 'EUR' } }],
    [{ type: 'payment', actions: [] }],
    [{ type: 'payment', actions: [null] }],
    [{ type: 'payment', actions: Object.assign(['read'], { length: 2 }) }],
    [{ type: 'payment', amount: undefined }],
    [[{ type: 'payment' }]],
  ])('guard() throws a ConfigurationError for authorizationDetails: %o', (given) => {
    const create = () => server.guard({ authorizationDetails: given as never })
    expect(create).toThrow(ConfigurationError)
    expect(create).toThrow('authorizationDetails must be a function, or an object')
  })
})
