import { describe, expect, it } from 'vitest'
import { Problems } from '@bearward/core/internal'
import type { GuardParts } from '@bearward/core/internal-guards'
import { getProblemsOf } from '../../core/test/support/get-problems.ts'
import { withPollutedPrototype } from '../../core/test/support/with-polluted-prototype.ts'
import { readApiKeys } from '../src/api-key-options.ts'
import { createGuardParts } from './setup.ts'

const jwtOnly = createGuardParts()
const opaque = createGuardParts({
  jwks: undefined,
  tokenFormat: 'opaque',
  introspection: {
    clientId: 'api',
    clientAuthentication: { method: 'client_secret_basic', secret: 'a secret' },
    endpoint: 'https://as.example.com/introspect',
  },
})

const verify = () => undefined

/** Returns the problems of the option `apiKeys`. */
function problemsOf(given: unknown, tools: GuardParts = jwtOnly): readonly string[] {
  return getProblemsOf(() => {
    const problems = new Problems()
    readApiKeys(given, tools, problems)
    problems.throwAs('wrong')
  })
}

const HEADER = "apiKeys.header must be the name of a header, such as 'X-Api-Key'."
const OTHER_HEADER =
  'apiKeys.header must not be a header with another meaning. For keys in the Authorization header, set apiKeys.prefix.'
const PREFIX =
  "apiKeys.prefix must have 2 to 40 characters of a Bearer token, such as 'sk_': letters, digits and -._~+/."
const JWT_PREFIX =
  'apiKeys.prefix must not begin with e, I, C, D: a JWT can begin with one of these characters.'
const OPAQUE_PREFIX =
  'apiKeys.prefix requires issuers with JWTs only: an opaque token can begin with any text. Use apiKeys.header.'
const FUNCTION = 'apiKeys.verify must be a function: it returns the owner of a key, or undefined.'
const NEITHER = "apiKeys requires header, such as 'X-Api-Key', or prefix, such as 'sk_'."

describe('readApiKeys', () => {
  it.each<[given: unknown, problems: readonly string[]]>([
    [undefined, []],
    [{ header: 'X-Api-Key', verify }, []],
    [{ prefix: 'sk_', verify }, []],
    [{ header: 'X-Api-Key', prefix: 'sk_', verify }, []],
    [{ verify }, [NEITHER]],
    [{ header: 'X-Api-Key' }, [FUNCTION]],
    [{}, [FUNCTION, NEITHER]],
    [{ header: 'X-Api-Key', verify: 'sha256' }, [FUNCTION]],
    [
      { header: 'X-Api-Key', verify, prefixes: ['sk_'] },
      ['apiKeys.prefixes is not an option. Did you mean prefix?'],
    ],
    [
      { header: 'X-Api-Key', verify, hash: 'sha256' },
      ['apiKeys.hash is not an option. The options are: header, prefix, verify.'],
    ],
  ])('readApiKeys of %j reports %j', (given, problems) => {
    expect(problemsOf(given)).toEqual(problems)
  })

  it.each([
    [null, 'null'],
    [true, 'a boolean'],
    ['X-Api-Key', 'a string'],
    [[], 'an empty array'],
    [verify, 'a function'],
  ])('readApiKeys of %j reports that apiKeys must be an object', (given, found) => {
    expect(problemsOf(given)).toEqual([
      `apiKeys must be an object such as { header: 'X-Api-Key', verify }, not ${found}.`,
    ])
  })

  it.each([7, null, '', 'X Api Key', 'X-Api-Key:', 'x\u00e9', ['X-Api-Key'], {}])(
    'readApiKeys with the header %j reports that it must be the name of a header',
    (header) => {
      expect(problemsOf({ header, verify })).toEqual([HEADER])
    },
  )

  it.each(['Authorization', 'COOKIE', 'DPoP', 'Host', 'Origin', 'Mcp-Session-Id', 'mcp-name'])(
    'readApiKeys with the header %s reports that the header has another meaning',
    (header) => {
      expect(problemsOf({ header, verify })).toEqual([OTHER_HEADER])
    },
  )

  it.each([7, null, '', 's', 'sk ', 'sk=', 'sk\u00e9', 's'.repeat(41), ['sk_']])(
    'readApiKeys with the prefix %j reports the characters that a prefix can have',
    (prefix) => {
      expect(problemsOf({ prefix, verify })).toEqual([PREFIX])
    },
  )

  it.each(['sk', 's'.repeat(40), 'a-._~+/0', 'E1', 'Ze', '-e'])(
    'readApiKeys accepts the prefix %s',
    (prefix) => {
      expect(problemsOf({ prefix, verify })).toEqual([])
    },
  )

  it('readApiKeys reports a prefix with the first character of a JWT', () => {
    // The first part of a JWT encodes a JSON text that begins with `{` or with white space.
    for (const start of ['{', ' ', '\n', '\r', '\t']) {
      for (let second = 0; second < 256; second++) {
        const bytes = Buffer.from([start.charCodeAt(0), second, 0x22])
        const prefix = bytes.toString('base64url').slice(0, 2)
        expect(problemsOf({ prefix, verify })).toEqual([JWT_PREFIX])
      }
    }
  })

  it('readApiKeys reports a prefix, but not a header, if an issuer has opaque tokens', () => {
    expect(problemsOf({ prefix: 'sk_', verify }, opaque)).toEqual([OPAQUE_PREFIX])
    expect(problemsOf({ header: 'X-Api-Key', verify }, opaque)).toEqual([])
  })

  it('readApiKeys returns the header in lower case, and ignores members of Object.prototype', () => {
    const read = () => readApiKeys({ header: 'X-Api-Key', verify }, jwtOnly, new Problems())
    const expected = { header: 'x-api-key', prefix: undefined, verify }
    expect(read()).toEqual(expected)
    expect(withPollutedPrototype({ prefix: 'sk_' }, () => read()?.prefix)).toBeUndefined()
  })
})
