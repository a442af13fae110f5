import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { bearer } from '../../../../test/support/requests.ts'
import {
  type BearwardEvent,
  createResourceServer,
  type ResourceServerOptions,
} from '../../src/index.ts'
import { toLogLine } from '../../src/log/log-line.ts'
import { COMMON_OPTIONS } from '../../src/options/common-options.ts'
import { ISSUER_OPTIONS } from '../../src/options/issuer-options.ts'
import { readOptions } from '../../src/options/read-options.ts'
import { REASONS } from '../../src/response/reasons.ts'
import { polluted } from '../support/polluted.ts'
import { listOptionNames, SAMPLES } from './option-names.ts'

const issuer = createTestIssuer()
const named = { issuer: ISSUER, audience: AUDIENCE }
const nested = {
  ...named,
  tokenFormat: 'opaque',
  tokenUse: { claim: 'token_use', value: 'access' },
  introspection: {
    clientId: 'api',
    clientAuthentication: { method: 'private_key_jwt', assertion: () => 'an assertion' },
  },
} as const

/** Options that leave out as much as they can, at every level. */
const CONFIGURATIONS: readonly ResourceServerOptions[] = [
  named,
  { ...named, jwks: issuer.jwks, tokenCache: {} },
  { ...named, provider: 'gitlab-ci' },
  nested,
  { issuers: [nested, { ...named, issuer: 'https://other.example.com' }], tokenCache: {} },
]

const NAMES = ['issuers', 'method', ...listOptionNames({ ...ISSUER_OPTIONS, ...COMMON_OPTIONS })]

/** Returns what a function returns, or throws. */
function resultOf(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}

/** Functions are compared by their text: each construction makes its own. */
const toComparable = (value: unknown): unknown => {
  if (typeof value === 'function') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toComparable)
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, toComparable(member)]),
  )
}

describe('an option on Object.prototype', () => {
  it('is known to these tests at every level', () => {
    expect(NAMES).toEqual(
      expect.arrayContaining(['realm', 'maxBytes', 'claim', 'endpoint', 'secret', 'assertion']),
    )
  })

  it.each(NAMES)('%s changes no settings', (name) => {
    for (const options of CONFIGURATIONS) {
      const expected = toComparable(readOptions(options))
      for (const sample of SAMPLES) {
        const settings = polluted({ [name]: sample }, () => readOptions(options))
        expect(toComparable(settings)).toEqual(expected)
      }
    }
  })

  it.each(NAMES)('%s changes no outcome, or no server is created', (name) => {
    const tokens = [issuer.token(), issuer.token({ claims: { scope: undefined } })]
    const judge = (): string => {
      const server = createResourceServer({ ...named, jwks: issuer.jwks, tokenCache: {} })
      const guard = server.guard({ scope: 'read' })
      return JSON.stringify(
        tokens.map((token) => guard({ method: 'GET', url: '/', ...bearer(token) })),
      )
    }
    const expected = judge()
    expect(expected).toMatch(/granted.*insufficient_scope/)
    for (const sample of SAMPLES) {
      const outcomes = polluted({ [name]: sample }, () => resultOf(judge))
      // lru-cache reads an inherited maxAge, and throws if it is wrong.
      if (outcomes instanceof TypeError) continue
      expect(outcomes).toBe(expected)
    }
  })
})

it('a profile without a value for tokenUse takes none from Object.prototype', () => {
  const value = polluted({ value: 'polluted' }, () => {
    const { settings } = readOptions({ ...named, provider: 'gitlab-ci' })
    return settings.issuers[0]!.tokenUse!.value
  })
  expect(value).toBeUndefined()
})

describe('a reason, or a member of an answer, on Object.prototype', () => {
  const ANSWER_MEMBERS = [
    'reason',
    'status',
    'error',
    'description',
    'body',
    'contentType',
    'headers',
    'explanation',
    'retryAfter',
    'challenge',
    'kind',
    'token',
    'raw',
    'check',
    'expected',
    'found',
    'active',
    'exp',
    'aud',
    'scope',
    'cnf',
    'redirected',
    'type',
    'advice',
    'where',
    'providers',
    'when',
    'id',
    'issuer',
    'header',
    'claims',
    'isVerified',
    'settings',
    'arrayClaims',
  ]

  it.each([...Object.keys(REASONS), ...ANSWER_MEMBERS])('%s changes no answer', (name) => {
    const events: BearwardEvent[] = []
    const server = createResourceServer({
      ...named,
      jwks: issuer.jwks,
      tokenCache: false,
      onEvent: (event) => events.push(event),
    })
    const good = server.guard({ scope: 'read', clients: ['reports-cron'] })
    const other = server.guard({ scope: 'admin' })
    const requests = [
      issuer.token(),
      issuer.token({ claims: { aud: undefined } }),
      issuer.token({ claims: { exp: undefined } }),
      issuer.token({ claims: { scope: undefined } }),
      issuer.token({ header: { kid: 'unknown' } }),
      'an-opaque-token',
    ].map((token) => ({ method: 'GET', url: '/', ...bearer(token) }))
    const judge = () => {
      events.length = 0
      const outcomes = requests.map((one) => ({ ...one })).flatMap((one) => [good(one), other(one)])
      return JSON.stringify([outcomes, events.map((event) => ({ ...event, ...toLogLine(event) }))])
    }
    const expected = judge()
    for (const sample of SAMPLES) {
      const outcomes = polluted({ [name]: sample }, () => resultOf(judge))
      expect([name, outcomes]).toEqual([name, expected])
    }
  })

  it.each(['body', 'contentType'])('%s is no member of what errorBody returns', (name) => {
    const server = createResourceServer({
      ...named,
      jwks: issuer.jwks,
      errorBody: () => (name === 'body' ? ({} as never) : { body: 'a body' }),
    })
    const judge = () => resultOf(() => server.authorize({ method: 'GET', url: '/', headers: {} }))
    const expected = judge()
    expect(polluted({ [name]: 'text/html' }, judge)).toEqual(expected)
  })
})

describe('an inherited member', () => {
  it('is not an option', () => {
    const options = Object.create(named) as ResourceServerOptions
    expect(() => readOptions(options)).toThrow('The options must be an object')
    expect(() => readOptions({ issuers: [options] })).toThrow('issuers must be an array')
    const introspection = Object.create(nested.introspection) as object
    expect(() => readOptions({ ...nested, introspection })).toThrow('introspection must be')
  })

  it('can be a function of a clock', () => {
    class FixedClock {
      now(): number {
        return 7
      }
      monotonic(): number {
        return 5
      }
      after(): () => void {
        return () => {}
      }
    }
    const { clock } = readOptions({ ...named, clock: new FixedClock() }).settings
    expect([clock.now(), clock.monotonic()]).toEqual([7, 5])
  })
})
