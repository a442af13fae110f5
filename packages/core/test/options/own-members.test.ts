import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { bearer } from '../../../../test/support/requests.ts'
import {
  type BearwardEvent,
  createResourceServer,
  type ResourceServerOptions,
} from '../../src/index.ts'
import { ADVISOR } from '../../src/advice/advisor.ts'
import { toLogLine } from '../../src/log/log-line.ts'
import { COMMON_OPTIONS } from '../../src/options/common-options.ts'
import { ISSUER_OPTIONS } from '../../src/options/issuer-options.ts'
import { readOptions } from '../../src/options/read-options.ts'
import { REASONS } from '../../src/response/reasons.ts'
import { withPollutedPrototype } from '../support/with-polluted-prototype.ts'
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

/** Configurations that set as few options as possible at every level. */
const CONFIGURATIONS: readonly ResourceServerOptions[] = [
  named,
  { ...named, jwks: issuer.jwks, tokenCache: {} },
  { ...named, provider: 'gitlab-ci' },
  {
    issuer: ISSUER,
    resource: AUDIENCE,
    metadata: {
      signed: { issuer: AUDIENCE, key: generateKey('ES256').privateKey, algorithm: 'ES256' },
    },
    scopes: {},
  },
  nested,
  { issuers: [nested, { ...named, issuer: 'https://other.example.com' }], tokenCache: {} },
]

const NAMES = [
  'issuers',
  'method',
  'supported',
  'implies',
  ...listOptionNames({ ...ISSUER_OPTIONS, ...COMMON_OPTIONS }),
]

/** Returns the result of a function, or the error that it throws. */
function getResult(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    return error
  }
}

/** Replaces functions by their source text, because each call of `readOptions` creates new function objects. */
const toComparable = (value: unknown): unknown => {
  if (typeof value === 'function') return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toComparable)
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, toComparable(member)]),
  )
}

/** The configurations with their settings. */
const EXPECTED = CONFIGURATIONS.map(
  (options) => [options, toComparable(readOptions(options))] as const,
)

describe('an option on Object.prototype', () => {
  it('listOptionNames returns the option names of every level', () => {
    expect(NAMES).toEqual(
      expect.arrayContaining(['realm', 'maxBytes', 'claim', 'endpoint', 'secret', 'assertion']),
    )
  })

  it.each(NAMES)(
    'Object.prototype.%s does not change the settings that readOptions returns',
    (name) => {
      for (const [options, expected] of EXPECTED) {
        for (const sample of SAMPLES) {
          const settings = withPollutedPrototype({ [name]: sample }, () => readOptions(options))
          const found = toComparable(settings)
          // This comparison is faster than `toEqual`. `toEqual` is only needed for its message.
          if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected)
        }
      }
    },
  )

  it.each(NAMES)('Object.prototype.%s does not change outcomes of a guard', (name) => {
    const tokens = [issuer.token(), issuer.token({ claims: { scope: undefined } })]
    const decide = (): string => {
      const server = createResourceServer({ ...named, jwks: issuer.jwks, tokenCache: {} })
      const guard = server.guard({ scope: 'read' })
      return JSON.stringify(
        tokens.map((token) => guard({ method: 'GET', url: '/', ...bearer(token) })),
      )
    }
    const expected = decide()
    expect(expected).toMatch(/granted.*insufficient_scope/)
    for (const sample of SAMPLES) {
      const outcomes = withPollutedPrototype({ [name]: sample }, () => getResult(decide))
      expect(outcomes).toBe(expected)
    }
  })
})

it('readOptions ignores Object.prototype.value if the tokenUse of a profile has no value', () => {
  const value = withPollutedPrototype({ value: 'polluted' }, () => {
    const { settings } = readOptions({ ...named, provider: 'gitlab-ci' })
    return settings.issuers[0]!.tokenUse!.value
  })
  expect(value).toBeUndefined()
})

describe('a reason, or a member of an outcome or event, on Object.prototype', () => {
  const MEMBERS = [
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

  it.each([...Object.keys(REASONS), ...MEMBERS])(
    'Object.prototype.%s does not change outcomes, events or log lines',
    (name) => {
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
      const decide = () => {
        events.length = 0
        const outcomes = requests
          .map((one) => ({ ...one }))
          .flatMap((one) => [good(one), other(one)])
        return JSON.stringify([
          outcomes,
          events.map((event) => ({ ...event, ...toLogLine(event, ADVISOR) })),
        ])
      }
      const expected = decide()
      for (const sample of SAMPLES) {
        const outcomes = withPollutedPrototype({ [name]: sample }, () => getResult(decide))
        expect([name, outcomes]).toEqual([name, expected])
      }
    },
  )

  it.each(['body', 'contentType'])(
    'Object.prototype.%s has no effect if the result of errorBody lacks this member',
    (name) => {
      const server = createResourceServer({
        ...named,
        jwks: issuer.jwks,
        errorBody: () => (name === 'body' ? ({} as never) : { body: 'a body' }),
      })
      const decide = () =>
        getResult(() => server.authorize({ method: 'GET', url: '/', headers: {} }))
      const expected = decide()
      expect(withPollutedPrototype({ [name]: 'text/html' }, decide)).toEqual(expected)
    },
  )
})

describe('an inherited member', () => {
  it('readOptions rejects options with inherited members', () => {
    const options = Object.create(named) as ResourceServerOptions
    expect(() => readOptions(options)).toThrow('The options must be an object')
    expect(() => readOptions({ issuers: [options] })).toThrow('issuers must be an array')
    const introspection = Object.create(nested.introspection) as object
    expect(() => readOptions({ ...nested, introspection })).toThrow('introspection must be')
  })

  it('readOptions accepts a clock that is an instance of a class', () => {
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
