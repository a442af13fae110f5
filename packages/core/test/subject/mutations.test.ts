import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { classifySubject, type Subject, type SubjectContext } from '../../src/index.ts'
import { PROFILES, getProfile, type Provider } from '../../src/subject/providers.ts'
import { getClaims, type Example } from './examples/example.ts'
import { EXAMPLES } from './examples/examples.ts'

type Claims = Readonly<Record<string, unknown>>

/** A changed token, and the example that it was made from. */
interface Mutant {
  readonly example: Example
  readonly claims: Claims
  readonly header?: Claims
}

const classify = ({ example, claims, header }: Mutant, options: SubjectContext = {}): Subject =>
  classifySubject(claims, {
    provider: example.provider,
    form: example.form ?? 'jwt',
    header: header ?? example.header ?? {},
    ...options,
  })

/**
 * Returns the ids of the examples with a mutant that is classified as a wrong kind. `unknown` is never wrong. Fails
 * unless there are more than `minimum` mutants.
 */
function listMisclassified(
  mutants: readonly Mutant[],
  minimum: number,
  options?: SubjectContext,
): string[] {
  expect(mutants.length).toBeGreaterThan(minimum)
  const wrong = mutants.filter((mutant) => {
    const { kind } = classify(mutant, options)
    return kind !== 'unknown' && kind !== mutant.example.truth
  })
  return [...new Set(wrong.map(({ example }) => example.id))]
}

const withProfile = EXAMPLES.filter(({ provider }) => provider !== undefined)
const machines = withProfile.filter(({ truth }) => truth === 'machine')
const users = withProfile.filter(({ truth }) => truth === 'user')

const without = (claims: Claims, name: string) =>
  Object.fromEntries(Object.entries(claims).filter(([each]) => each !== name))

/**
 * Examples of machines that are classified as users after one claim is added: `idtyp: 'user'`, `sub` or `username`.
 * Their servers write this claim only for users.
 */
const MISCLASSIFIED_AFTER_ADDING = ['entra-03', 'node-oidc-provider-03', 'django-oauth-toolkit-01']

/** Examples of agents. If a claim that identifies the agent is removed, the token equals the token of a user account. */
const AGENTS = ['auth0-13', 'entra-11']

describe('a token that differs from the tokens of its provider', () => {
  it('classifySubject returns the right kind or unknown if one claim is removed, except for three claims that identify agents', () => {
    const mutants = withProfile.flatMap((example) =>
      Object.keys(example.claims).map((name) => ({
        example,
        claims: without(getClaims(example), name),
      })),
    )
    expect(listMisclassified(mutants, 850)).toEqual(AGENTS)
    const misclassified = mutants.filter((mutant) => listMisclassified([mutant], 0).length > 0)
    expect(
      misclassified.map(({ example: { id, claims: all }, claims }) => {
        return [id, Object.keys(all).find((name) => !(name in claims))]
      }),
    ).toEqual([
      ['auth0-13', 'sub_profile'],
      ['auth0-13', 'client_profile'],
      ['entra-11', 'xms_sub_fct'],
    ])
  })

  it('classifySubject returns the right kind or unknown if one claim is added, with or without machineSubject, except for three examples', () => {
    const seen = new Map(
      EXAMPLES.flatMap(({ claims }) => Object.entries(claims)).map(([name, value]) => [
        JSON.stringify([name, value]),
        [name, value] as const,
      ]),
    )
    const mutants = withProfile.flatMap((example) => {
      const { clientId } = classify({ example, claims: getClaims(example) })
      const clientClaims = ['client_id', 'clientId', 'azp', 'cid', 'appid', 'username', 'user_id']
      const more = clientClaims.map((name) => [name, clientId ?? 'reports-cron'] as const)
      return [...seen.values(), ...more]
        .filter(([name]) => !(name in example.claims))
        .map(([name, value]) => ({ example, claims: { ...getClaims(example), [name]: value } }))
    })
    expect(listMisclassified(mutants, 40_000)).toEqual(MISCLASSIFIED_AFTER_ADDING)
    const ruled = mutants.filter(
      ({ example: { provider } }) => getProfile(provider!).rules.length > 0,
    )
    const options: SubjectContext = { machineSubject: 'client_id' }
    expect(listMisclassified(ruled, 30_000, options)).toEqual(MISCLASSIFIED_AFTER_ADDING)
  })

  it('classifySubject returns the right kind or unknown if the header parameter gty is missing or is not an array of strings', () => {
    const mutants = withProfile
      .filter(({ header }) => header !== undefined)
      .flatMap((example) =>
        [{}, { gty: null }, { gty: 'client_credentials' }, { gty: {} }, { gty: [['x']] }].map(
          (header) => ({ example, header, claims: getClaims(example) }),
        ),
      )
    expect(listMisclassified(mutants, 10)).toEqual([])
  })

  const listUnexpectedValues = (value: unknown): unknown[] => [
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

  it('classifySubject returns the right kind or unknown if a claim has an unexpected value, except for two agents', () => {
    const mutants = withProfile.flatMap((example) =>
      Object.entries(getClaims(example)).flatMap(([name, value]) =>
        listUnexpectedValues(value).map((other) => ({
          example,
          claims: { ...getClaims(example), [name]: other },
        })),
      ),
    )
    // `null` and an empty string have the same effect as a missing claim.
    expect(listMisclassified(mutants, 12_000)).toEqual(AGENTS)
  })

  it('classifySubject returns unknown if the claims are inherited or are in a member __proto__', () => {
    for (const example of withProfile) {
      const claims = Object.create(getClaims(example)) as Claims
      expect(classify({ example, claims }).kind).toBe('unknown')
      const polluted = JSON.parse(
        `{"__proto__":${JSON.stringify(getClaims(example))},"exp":1}`,
      ) as Claims
      expect(classify({ example, claims: polluted }).kind).toBe('unknown')
    }
  })

  it('classifySubject returns unknown with the reason malformed if the claims are not a JSON object', () => {
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

/** Replaces the client id in all claims, even in lower case or as a part of a longer string. */
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

/** Client ids that a client chooses: names and ids of users at several providers, and a URL. */
const CHOSEN_CLIENT_IDS = [
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

describe('a client that chooses its client id', () => {
  const mutants = machines.flatMap((example) => {
    const { clientId } = classify({ example, claims: getClaims(example) })
    // If the client id is only in `sub`, the server has created it, so the client cannot choose it.
    const isChosen = Object.entries(example.claims).some(
      ([name, value]) => name !== 'sub' && value === clientId,
    )
    if (clientId === undefined || !isChosen) return []
    return CHOSEN_CLIENT_IDS.map((name) => ({
      example,
      claims: withClientId(getClaims(example), clientId, name),
    }))
  })

  it.each<SubjectContext>([{}, { machineSubject: 'client_id' }])(
    'classifySubject with %j never returns user for a machine that chooses a URL or the id of a user as its client id',
    (options) => {
      expect(listMisclassified(mutants, 400, options)).toEqual([])
    },
  )
})

/** Claims that users or their administrators can set. */
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
  const getClientId = (example: Example) =>
    classify({ example, claims: getClaims(example) }).clientId ?? 'reports-cron'

  it('classifySubject never returns machine for a user with the name of a machine in a profile claim', () => {
    const mutants = users.flatMap((example) => {
      const client = getClientId(example)
      const chosen = [
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
        chosen.map((value) => ({ example, claims: { ...getClaims(example), [name]: value } })),
      )
    })
    expect(listMisclassified(mutants, 6000)).toEqual([])
  })

  it('classifySubject never returns machine for a user with random texts in profile claims', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('service-account-web', 'client'))
    const changes = fc.dictionary(fc.constantFrom(...PROFILE_DATA), fc.option(text))
    fc.assert(
      fc.property(fc.constantFrom(...users), changes, (example, data) => {
        const claims = { ...getClaims(example), ...data }
        expect(classify({ example, claims }).kind).not.toBe('machine')
      }),
    )
  })

  it('classifySubject returns machine at only five providers if the sub of a user is built from a client id', () => {
    const mutants = users.flatMap((example) => {
      const client = getClientId(example)
      return [client, `${client}@clients`, `client-${client}`, `service-account-${client}`].map(
        (sub) => ({ example, claims: { ...getClaims(example), sub } }),
      )
    })
    const providers = listMisclassified(mutants, 250).map(
      (id) => EXAMPLES.find((example) => example.id === id)!.provider,
    )
    // These providers create the sub of each user, so the sub of a real user never has one of the forms above.
    expect(new Set(providers)).toEqual(
      new Set(['auth0', 'better-auth', 'glewlwyd', 'logto', 'pocket-id']),
    )
  })
})

describe('classifySubject with any claims', () => {
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

  it('classifySubject of random claims returns a frozen subject with an id or a reason, and never a user whose sub is the client id', () => {
    fc.assert(
      fc.property(claims, context, (given, options) => {
        const subject = classifySubject(given, options)
        expectFrozen(subject)
        expect(subject.kind === 'unknown').toBe(subject.evidence.reason !== undefined)
        if (subject.kind === 'unknown') return
        expect(typeof subject.id).toBe('string')
        expect(subject.id).not.toBe('')
        const { kind, clientId } = subject
        if (kind === 'user' && clientId !== undefined) expect(given['sub']).not.toBe(clientId)
      }),
      { numRuns: 2000 },
    )
  })

  it('classifySubject returns the kind machine, user or unknown if it gets any value instead of claims', () => {
    fc.assert(
      fc.property(fc.anything(), context, (given, options) => {
        expect(['machine', 'user', 'unknown']).toContain(
          classifySubject(given as Claims, options).kind,
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
