import { describe, expect, it } from 'vitest'
import { listOptionNames, SAMPLES } from '../../core/test/options/option-names.ts'
import { withPollutedPrototype } from '../../core/test/support/with-polluted-prototype.ts'
import {
  clientCredentials,
  type ClientCredentialsOptions,
  ConfigurationError,
} from '../src/index.ts'
import { SOURCE_OPTIONS } from '../src/options.ts'
import { GET_TOKEN_OPTIONS } from '../src/token-request-options.ts'
import { readOptions } from '../src/read-options.ts'
import { readTokenCall } from '../src/token-target.ts'

const API = 'https://api.example.com'
const GOOD = {
  issuer: 'https://auth.example.com',
  clientId: 'orders',
  clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
} as const

/** Returns the problems that `clientCredentials` reports for options. */
function getProblems(options: object): readonly string[] {
  try {
    clientCredentials(options as ClientCredentialsOptions).close()
    return []
  } catch (error) {
    return (error as ConfigurationError).problems
  }
}

/** Returns a value as source text, for the title of a test. A function is shown by its source. */
function toText(value: unknown): string {
  if (typeof value === 'function') return String(value)
  if (Array.isArray(value)) return `[${value.map(toText).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  const members = Object.entries(value).map(([name, member]) => `${name}: ${toText(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

describe('clientCredentials()', () => {
  it('clientCredentials() accepts an object that contains only the required options', () => {
    expect(getProblems(GOOD)).toEqual([])
    expect(
      getProblems({ ...GOOD, issuer: undefined, tokenEndpoint: 'http://127.0.0.1:9/t' }),
    ).toEqual([])
  })

  it('clientCredentials() lists every missing option in one error', () => {
    expect(getProblems({})).toEqual([
      'issuer or tokenEndpoint is missing: set the authorization server that issues the tokens.',
      'clientId is missing: set the id under which this client is registered. If it comes from an environment variable, check that the variable is set.',
      expect.stringContaining('clientAuthentication is missing: set an object with a method'),
    ])
    expect(() => clientCredentials(undefined!)).toThrow(ConfigurationError)
  })

  const WRONG: readonly [options: object, problem: string][] = [
    [{ scopes: 'read' }, 'scopes is not an option. Did you mean scope?'],
    [{ clientID: 'x' }, 'clientID is not an option. Did you mean clientId?'],
    [{ issuer: 'http://auth.example.com' }, 'issuer must be an https address'],
    [{ tokenEndpoint: 'https://user:word@auth.example.com/' }, 'tokenEndpoint must be an https'],
    [
      { clientAuthentication: { method: 'none' } },
      'clientAuthentication.method is not a known method',
    ],
    [
      { clientAuthentication: { method: 'client_secret_post' } },
      'clientAuthentication.secret is missing or empty',
    ],
    [
      { clientAuthentication: { method: 'client_secret_basic', secret: 'from a file\n' } },
      'clientAuthentication.secret contains a control character, such as a line break: remove it',
    ],
    [{ clientId: 'orders\r\n' }, 'clientId begins or ends with white space'],
    [
      { clientId: 'ord\ners' },
      'clientId contains a control character, such as a line break: remove it',
    ],
    [{ clientId: undefined }, 'clientId is missing: set the id under which'],
    [{ clientId: '' }, 'clientId is missing: set the id under which'],
    [{ clientId: 42 }, 'clientId must be a non-empty string, not 42.'],
    [{ issuer: 'https://auth.example.com/?a=b' }, 'issuer must be an https address without query'],
    [
      { issuer: 'https://auth.example.com/{tenantid}/v2.0' },
      'issuer contains {tenantid}: replace it with the id of the tenant',
    ],
    [
      { issuer: 'https://auth.example.com/.well-known/openid-configuration' },
      'issuer is the address of the metadata: set the issuer that the metadata contains',
    ],
    [{ parameters: 'a=b' }, 'parameters must be an object of non-empty strings'],
    [{ parameters: new Map() }, 'parameters must be an object of non-empty strings, not an object'],
    [{ parameters: { tier: 1 } }, 'parameters.tier must be a non-empty string, not 1.'],
    [{ parameters: { tier: '' } }, 'parameters.tier must be a non-empty string, not an empty'],
    [
      { parameters: { 'tier\nforged': 1 } },
      'parameters."tier\\nforged"... must be a non-empty string, not 1.',
    ],
    [
      { parameters: { scope: 'read' } },
      'parameters.scope is a parameter that the token source sends',
    ],
    [
      { parameters: { client_assertion: 'x' } },
      'parameters.client_assertion is a parameter that the token source sends',
    ],
    [{ scope: 7 }, 'scope must be a string of scopes separated by spaces'],
    [{ resource: { href: API } }, 'resource must be an absolute URI'],
    [{ scope: ['read write'] }, 'scope must be a string of scopes separated by spaces'],
    [{ scope: [] }, 'scope must be'],
    [{ scope: ' ' }, 'scope must be'],
    [{ resource: 'https://api.example.com/#part' }, 'resource must be an absolute URI'],
    [{ resource: 'api' }, 'resource must be an absolute URI'],
    [{ audience: '' }, 'audience must be a non-empty string'],
    [
      { resource: 'https://a.example.com', audience: 'a' },
      'resource and audience exclude each other',
    ],
    [
      { allowedOrigins: ['https://api.example.com/'] },
      'allowedOrigins must be an array of origins without a path',
    ],
    [{ allowedOrigins: ['http://api.example.com'] }, 'allowedOrigins must be'],
    [{ allowedOrigins: ['*'] }, 'allowedOrigins must be'],
    [{ allowedOrigins: [] }, 'allowedOrigins must be'],
    [{ renewBefore: -1 }, 'renewBefore must be a number of seconds from 0 to 86400'],
    [{ defaultExpiresIn: 0 }, 'defaultExpiresIn must be a number of seconds from 1 to 86400'],
    [{ maxWait: 301 }, 'maxWait must be a number of seconds from 0 to 300'],
    [{ fetchTimeout: 0 }, 'fetchTimeout must be a number of seconds from 0.001 to 30'],
    [{ fetchTimeout: '5' }, 'fetchTimeout must be a number'],
    [{ fetch: 'fetch' }, 'fetch must be a function'],
    [{ resourceFetch: {} }, 'resourceFetch must be a function'],
    [{ onEvent: [] }, 'onEvent must be a function'],
    [
      { allowInsecureHosts: 'localhost' },
      'allowInsecureHosts must be an array of lower-case host names',
    ],
    ...[Date, {}, { now: 7 }, { now: () => new Date(0) }, () => NaN, { monotonic: () => 0 }].map(
      (clock) =>
        [{ clock }, 'clock must be a function that returns milliseconds'] as [object, string],
    ),
    [{ clock: { now: () => 0, after: 7 } }, 'clock must be a function that returns milliseconds'],
    [{ acceptTokenType: [] }, 'acceptTokenType must be a token type, or an array of token types'],
    [{ acceptTokenType: '' }, 'acceptTokenType must be a token type'],
    [{ acceptTokenType: [null] }, 'acceptTokenType must be a token type'],
    [{ acceptTokenType: true }, 'acceptTokenType must be a token type'],
    [{ retryOn: 401 }, "retryOn must be 'invalid_token' or 'any401', not 401"],
    [{ retryOn: 'any' }, "retryOn must be 'invalid_token' or 'any401'"],
    [
      { acceptTokenTypes: 'JWT' },
      'acceptTokenTypes is not an option. Did you mean acceptTokenType?',
    ],
  ]
  it.each(WRONG.map(([wrong, problem]) => [toText(wrong), wrong, problem] as const))(
    'clientCredentials() rejects the options %s',
    (_text, wrong, problem) => {
      expect(getProblems({ ...GOOD, ...wrong })).toEqual([expect.stringContaining(problem)])
    },
  )
})

describe('options on Object.prototype', () => {
  const NAMES = ['method', ...listOptionNames({ ...SOURCE_OPTIONS, ...GET_TOKEN_OPTIONS })]
  const assertion = () => 'an assertion'
  /** Options without values for optional members. In the second object, `parameters` and `dpop` are empty objects. */
  const CONFIGURATIONS: readonly ClientCredentialsOptions[] = [
    GOOD,
    {
      tokenEndpoint: 'https://auth.example.com/token',
      clientId: 'orders',
      clientAuthentication: { method: 'private_key_jwt', assertion },
      parameters: {},
      dpop: {},
    },
  ]
  /** Converts a value for comparison. `readOptions` creates new functions at each call, so functions are compared by their text. */
  const toComparable = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([name, member]) => [name, toComparable(member)])
      : String(value)

  it('listOptionNames returns the options of every level', () => {
    expect(NAMES).toEqual(
      expect.arrayContaining(['tokenEndpoint', 'clientId', 'scope', 'keyId', 'secret', 'signal']),
    )
  })

  it.each(NAMES)('Object.prototype.%s does not change the settings', (name) => {
    for (const options of CONFIGURATIONS) {
      const expected = toComparable(readOptions(options))
      for (const sample of SAMPLES) {
        const checked = withPollutedPrototype({ [name]: sample }, () => {
          const { clientAuthentication } = readOptions(options).settings
          return { checked: readOptions(options), isVisible: 'keyId' in clientAuthentication }
        })
        expect(toComparable(checked.checked)).toEqual(expected)
        expect(checked.isVisible).toBe(false)
      }
    }
  })

  it.each(NAMES)('Object.prototype.%s does not change the target of a token request', (name) => {
    const { target } = readOptions({ ...GOOD, scope: 'read', resource: API }).settings
    for (const sample of SAMPLES) {
      expect(
        withPollutedPrototype({ [name]: sample }, () =>
          readTokenCall({}, target, GET_TOKEN_OPTIONS),
        ),
      ).toEqual({ target, values: {} })
    }
  })

  it.each(Object.keys(GOOD))('Object.prototype.%s does not replace a missing option', (name) => {
    const { [name as keyof typeof GOOD]: value, ...others } = GOOD
    const problems = withPollutedPrototype({ [name]: value }, () => getProblems(others))
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name} `))])
  })
})

describe('inherited members', () => {
  it('clientCredentials() rejects an object that inherits its options', () => {
    expect(getProblems(Object.create(GOOD) as object)).toEqual([
      expect.stringContaining('not an object with inherited or hidden members'),
    ])
  })
})

describe('unknown options', () => {
  it.each([
    [{ client_id: 'orders' }, 'client_id is not an option. Did you mean clientId?'],
    [{ token_endpoint: 'a' }, 'token_endpoint is not an option. Did you mean tokenEndpoint?'],
    [
      { clientSecret: 'a' },
      'clientSecret is not an option. Use clientAuthentication: { method, secret }.',
    ],
    [{ issuerBaseURL: 'a' }, 'issuerBaseURL is not an option. Use issuer.'],
  ])('clientCredentials() suggests a name for the unknown option %j', (options, problem) => {
    expect(getProblems({ ...GOOD, ...options })).toEqual([problem])
  })
})
