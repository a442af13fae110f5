import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { classifySubject, type Subject, type SubjectContext } from '../../src/index.ts'
import { PROFILES, getProfile, type Provider } from '../../src/subject/providers.ts'
import { claimsOf, type Example } from './examples/example.ts'
import { EXAMPLES } from './examples/examples.ts'

type Claims = Readonly<Record<string, unknown>>

/** A token that has been changed, and what may not become of it. */
interface Mutant {
  readonly example: Example
  readonly claims: Claims
  readonly header?: Claims
}

const judge = ({ example, claims, header }: Mutant, said: SubjectContext = {}): Subject =>
  classifySubject(claims, {
    provider: example.provider,
    form: example.form ?? 'jwt',
    header: header ?? example.header ?? {},
    ...said,
  })

/** The examples of which a mutant was taken for the other kind. `expected` mutants there have to be. */
function flipped(mutants: readonly Mutant[], expected: number, said?: SubjectContext): string[] {
  expect(mutants.length).toBeGreaterThan(expected)
  const wrong = mutants.filter((mutant) => {
    const { kind } = judge(mutant, said)
    return kind !== 'unknown' && kind !== mutant.example.truth
  })
  return [...new Set(wrong.map(({ example }) => example.id))]
}

const withProfile = EXAMPLES.filter(({ provider }) => provider !== undefined)
const machines = withProfile.filter(({ truth }) => truth === 'machine')
const users = withProfile.filter(({ truth }) => truth === 'user')

const without = (claims: Claims, name: string) =>
  Object.fromEntries(Object.entries(claims).filter(([each]) => each !== name))

/** In these, `idtyp`, `sub` and `username` are the answer itself: the server writes them for users only. */
const WITHOUT_A_MARK = ['entra-03', 'node-oidc-provider-03', 'django-oauth-toolkit-01']

/** Without the claim that marks them, these are accounts like any other: an account, and no person. */
const AGENTS = ['auth0-13', 'entra-11']

describe('a token that is not as the provider issues it', () => {
  it('never changes sides for want of one claim, but for agents that lose their mark', () => {
    const mutants = withProfile.flatMap((example) =>
      Object.keys(example.claims).map((name) => ({
        example,
        claims: without(claimsOf(example), name),
      })),
    )
    expect(flipped(mutants, 850)).toEqual(AGENTS)
    const marks = mutants.filter((mutant) => flipped([mutant], 0).length > 0)
    expect(
      marks.map(({ example: { id, claims: all }, claims }) => {
        return [id, Object.keys(all).find((name) => !(name in claims))]
      }),
    ).toEqual([
      ['auth0-13', 'sub_profile'],
      ['auth0-13', 'client_profile'],
      ['entra-11', 'xms_sub_fct'],
    ])
  })

  it('never changes sides for one claim more, whatever other tokens have in it', () => {
    const seen = new Map(
      EXAMPLES.flatMap(({ claims }) => Object.entries(claims)).map(([name, value]) => [
        JSON.stringify([name, value]),
        [name, value] as const,
      ]),
    )
    const mutants = withProfile.flatMap((example) => {
      const { clientId } = judge({ example, claims: claimsOf(example) })
      const marks = ['client_id', 'clientId', 'azp', 'cid', 'appid', 'username', 'user_id']
      const more = marks.map((name) => [name, clientId ?? 'reports-cron'] as const)
      return [...seen.values(), ...more]
        .filter(([name]) => !(name in example.claims))
        .map(([name, value]) => ({ example, claims: { ...claimsOf(example), [name]: value } }))
    })
    expect(flipped(mutants, 40_000)).toEqual(WITHOUT_A_MARK)
    const ruled = mutants.filter(
      ({ example: { provider } }) => getProfile(provider!).rules.length > 0,
    )
    const said: SubjectContext = { machineSubject: 'client_id' }
    expect(flipped(ruled, 30_000, said)).toEqual(WITHOUT_A_MARK)
  })

  it('never changes sides for want of a header parameter', () => {
    const mutants = withProfile
      .filter(({ header }) => header !== undefined)
      .flatMap((example) =>
        [{}, { gty: null }, { gty: 'client_credentials' }, { gty: {} }, { gty: [['x']] }].map(
          (header) => ({ example, header, claims: claimsOf(example) }),
        ),
      )
    expect(flipped(mutants, 10)).toEqual([])
  })

  const strange = (value: unknown): unknown[] => [
    null,
    '',
    0,
    -1,
    Number.NaN,
    true,
    false,
    [],
    {},
    [value],
    [[value]],
    { sub: value },
    { 0: value, length: 1 },
    JSON.parse('{"__proto__":{"sub":"x"}}'),
  ]

  it('never changes sides because a claim is of another type', () => {
    const mutants = withProfile.flatMap((example) =>
      Object.entries(claimsOf(example)).flatMap(([name, value]) =>
        strange(value).map((other) => ({
          example,
          claims: { ...claimsOf(example), [name]: other },
        })),
      ),
    )
    // An absent mark again, which null and empty text amount to.
    expect(flipped(mutants, 12_000)).toEqual(AGENTS)
  })

  it('says nothing by its prototype', () => {
    for (const example of withProfile) {
      const claims = Object.create(claimsOf(example)) as Claims
      expect(judge({ example, claims }).kind).toBe('unknown')
      const polluted = JSON.parse(
        `{"__proto__":${JSON.stringify(claimsOf(example))},"exp":1}`,
      ) as Claims
      expect(judge({ example, claims: polluted }).kind).toBe('unknown')
    }
  })

  it('is no token at all where it is no object', () => {
    for (const claims of [
      undefined,
      null,
      'sub',
      5,
      [],
      ['sub'],
      () => {},
    ] as unknown as Claims[]) {
      expect(classifySubject(claims, { provider: 'auth0' })).toEqual({
        kind: 'unknown',
        evidence: { level: 'none', rules: [], claims: [], reason: 'malformed' },
      })
    }
  })
})

/** Writes another client id wherever the server writes the client id. */
function withClientId(claims: Claims, from: string, to: string): Claims {
  const replaced = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return value.split(from).join(to).split(from.toLowerCase()).join(to.toLowerCase())
    }
    if (Array.isArray(value)) return value.map(replaced)
    return value
  }
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, replaced(value)]))
}

const NAMES_OF_USERS = [
  'ada',
  'ada@example.com',
  'c2a9f7d4-5e11-4f0a-b3c6-91d2e8f7a601',
  'auth0|65f1c0d2e3a4b5c6d7e8f901',
  'kp_0b7f5a523d0c4c559d1e7a61f2b3c4d5',
  'user_2xr9',
  'user-live-2b3c4d5e-6f70-4182-93a4-b5c6d7e8f901',
  '00ujmkLgagxeRrAg20g3',
  '259241944654282754',
  '(usr!ada)',
  'https://evil.example/client.json',
]

describe('a client that picks its id', () => {
  const mutants = machines.flatMap((example) => {
    const { clientId } = judge({ example, claims: claimsOf(example) })
    // A client id that is the sub and nothing else is made by the server.
    const isPicked = Object.entries(example.claims).some(
      ([name, value]) => name !== 'sub' && value === clientId,
    )
    if (clientId === undefined || !isPicked) return []
    return NAMES_OF_USERS.map((name) => ({
      example,
      claims: withClientId(claimsOf(example), clientId, name),
    }))
  })

  it.each<SubjectContext>([{}, { machineSubject: 'client_id' }])(
    'never becomes a user: %j',
    (said) => {
      expect(flipped(mutants, 400, said)).toEqual([])
    },
  )
})

/** What people, or those who look after them, can write about themselves. */
const PROFILE_DATA = [
  'name',
  'nickname',
  'given_name',
  'family_name',
  'email',
  'preferred_username',
  'unique_name',
  'user_name',
  'upn',
  'picture',
  'displayName',
]

describe('a user', () => {
  const clientIdOf = (example: Example) =>
    judge({ example, claims: claimsOf(example) }).clientId ?? 'reports-cron'

  it('never becomes a machine by the names and addresses they pick', () => {
    const mutants = users.flatMap((example) => {
      const client = clientIdOf(example)
      const picked = [
        client,
        `service-account-${client}`,
        `service-account-${client.toLowerCase()}`,
        'ak-orders-client_credentials',
        `${client}@clients`,
        'billing@acme-prod.iam.gserviceaccount.com',
        'client_credentials',
        'application',
        'mch_1',
        '',
      ]
      return PROFILE_DATA.flatMap((name) =>
        picked.map((value) => ({ example, claims: { ...claimsOf(example), [name]: value } })),
      )
    })
    expect(flipped(mutants, 6000)).toEqual([])
  })

  it('never becomes a machine by any text in these claims, or without one of them', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('service-account-web', 'client'))
    const changes = fc.dictionary(fc.constantFrom(...PROFILE_DATA), fc.option(text))
    fc.assert(
      fc.property(fc.constantFrom(...users), changes, (example, data) => {
        const claims = { ...claimsOf(example), ...data }
        expect(judge({ example, claims }).kind).not.toBe('machine')
      }),
    )
  })

  it('could become one by a sub like a client id only where the server makes all subs', () => {
    const mutants = users.flatMap((example) => {
      const client = clientIdOf(example)
      return [client, `${client}@clients`, `client-${client}`, `service-account-${client}`].map(
        (sub) => ({ example, claims: { ...claimsOf(example), sub } }),
      )
    })
    const providers = flipped(mutants, 250).map(
      (id) => EXAMPLES.find((example) => example.id === id)!.provider,
    )
    expect(new Set(providers)).toEqual(
      new Set(['auth0', 'better-auth', 'glewlwyd', 'logto', 'pocket-id']),
    )
  })
})

describe('whatever stands in the claims', () => {
  const names = [...new Set(EXAMPLES.flatMap(({ claims }) => Object.keys(claims)))]
  const texts = EXAMPLES.flatMap(({ claims }) => Object.values(claims)).filter(
    (value) => typeof value === 'string',
  )
  const value = fc.oneof(fc.constantFrom(...texts), fc.anything({ maxDepth: 2 }))
  const claims = fc.dictionary(fc.constantFrom(...names, '__proto__', 'constructor'), value)
  const context = fc.record<SubjectContext>({
    provider: fc.constantFrom(undefined, ...(Object.keys(PROFILES) as Provider[])),
    form: fc.constantFrom('jwt', 'introspection'),
    header: fc.dictionary(fc.constantFrom('typ', 'gty', 'alg'), value),
    machineSubject: fc.constantFrom(undefined, 'client_id', 'absent'),
    machineClients: fc.constantFrom(undefined, ['web', 'cron']),
  })

  it('is answered, with a frozen subject that has an id where it has a kind', () => {
    fc.assert(
      fc.property(claims, context, (given, said) => {
        const subject = classifySubject(given, said)
        expectFrozen(subject)
        expect(subject.kind === 'unknown').toBe(subject.evidence.reason !== undefined)
        if (subject.kind === 'unknown') return
        expect(typeof subject.id).toBe('string')
        expect(subject.id).not.toBe('')
        if (subject.kind === 'user') expect(given['sub']).not.toBe(subject.clientId ?? null)
      }),
      { numRuns: 2000 },
    )
  })

  it('is answered where nothing is as it should be', () => {
    fc.assert(
      fc.property(fc.anything(), context, (given, said) => {
        expect(['machine', 'user', 'unknown']).toContain(
          classifySubject(given as Claims, said).kind,
        )
      }),
    )
  })
})

function expectFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  expect(Object.isFrozen(value)).toBe(true)
  for (const member of Object.values(value)) expectFrozen(member)
}
