import { describe, expect, it } from 'vitest'
import {
  classifySubject,
  type Subject,
  type SubjectContext,
  type TokenForm,
} from '../../src/index.ts'
import { claimNames } from '../../src/subject/client-id.ts'
import { clientIdClaims } from '../../src/subject/context.ts'
import { CONVENTIONS } from '../../src/subject/conventions.ts'
import { PROFILES, getProfile, type Provider } from '../../src/subject/providers.ts'
import { getClaims, type Example } from './examples/example.ts'
import { EXAMPLES } from './examples/examples.ts'

function classify(example: Example, options: SubjectContext = {}): Subject {
  const { provider, form = 'jwt', header = {} } = example
  return classifySubject(getClaims(example), { provider, form, header, ...options })
}

/** Returns the kind of a subject, or the reason why its kind is unknown. */
const getResult = ({ kind, evidence }: Subject) => (kind === 'unknown' ? evidence.reason : kind)
const isWrong = ({ truth }: Example, { kind }: Subject) => kind !== 'unknown' && kind !== truth
/** Returns the ids of the examples that are classified as a wrong kind. `unknown` is never wrong. */
const listWrong = (options: SubjectContext, examples = EXAMPLES) =>
  examples.filter((example) => isWrong(example, classify(example, options))).map(({ id }) => id)

const PROVIDERS = Object.keys(PROFILES) as Provider[]
const RULES = [...PROVIDERS.flatMap((name) => getProfile(name).rules), ...CONVENTIONS]
const withProfile = EXAMPLES.filter(({ provider }) => provider !== undefined)

/** Describes the expected result of an example, for use in a test title. */
const describeResult = ({ expected }: Example) =>
  expected === 'machine' || expected === 'user'
    ? `${expected} with its id`
    : `unknown (${expected})`
const describeExample = ({ id, trap }: Example) => (trap === undefined ? id : `${id} (${trap})`)

describe('tokens of providers', () => {
  it.each(EXAMPLES.map((each) => [describeResult(each), describeExample(each), each] as const))(
    'classifySubject returns %s, and the expected rules and actor, for %s',
    (_result, _example, example) => {
      const subject = classify(example)
      expect([getResult(subject), subject.evidence.rules]).toEqual([
        example.expected,
        example.rules,
      ])
      expect(subject.actor).toEqual(example.actor)
      if (subject.kind === 'user') expect(subject.id).toBe(example.userId ?? example.claims['sub'])
      if (subject.kind === 'machine') {
        expect(subject.id).toBe(subject.clientId ?? example.claims['sub'])
      }
    },
  )

  it('classifySubject returns the right kind for at least 96 examples, and unknown for all others', () => {
    expect(listWrong({})).toEqual([])
    const right = EXAMPLES.filter((example) => classify(example).kind === example.truth)
    expect(EXAMPLES.length).toBeGreaterThanOrEqual(159)
    expect(withProfile.length).toBeGreaterThanOrEqual(135)
    expect(right.length).toBeGreaterThanOrEqual(96)
  })

  it('the examples have different ids, and cover each deciding rule, and at least 20 tokens that are easy to misclassify (trap)', () => {
    const seen = new Set(EXAMPLES.flatMap(({ rules }) => rules))
    const deciding = RULES.filter(
      (rule) => rule.level !== 'convention' || CONVENTIONS.includes(rule),
    )
    expect(deciding.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual([])
    expect(EXAMPLES.filter(({ trap }) => trap !== undefined).length).toBeGreaterThanOrEqual(20)
    expect(new Set(EXAMPLES.map(({ id }) => id)).size).toBe(EXAMPLES.length)
  })

  it('classifySubject does not misclassify the examples that a simple comparison of sub and client id misclassifies', () => {
    const naive = ({ claims }: Example) => {
      const client = claims['client_id'] ?? claims['azp'] ?? claims['cid'] ?? claims['appid']
      return claims['sub'] === undefined || claims['sub'] === client ? 'machine' : 'user'
    }
    const misread = EXAMPLES.filter((example) => naive(example) !== example.truth)
    expect(misread.filter(({ truth }) => truth === 'machine').length).toBeGreaterThan(30)
    expect(misread.filter((example) => classify(example).kind === naive(example))).toEqual([])
  })
})

describe('evidence', () => {
  const LEVELS = ['configured', 'explicit', 'structural', 'convention', 'none']
  const statements = ['sub_is_client_id', 'sub_is_not_client_id', 'no_sub', 'sub_is_there']
  const others = ['machine_clients', 'trace_of_user', 'trace_of_machine']
  const ids = [...RULES.map(({ id }) => id), ...statements, ...others]
  const names = RULES.flatMap(({ when, header = {} }) => [
    ...Object.keys(when),
    ...Object.keys(header).map((name) => `header.${name}`),
  ])
  const clients = PROVIDERS.flatMap((name) => claimNames(getProfile(name).clientIdClaims))
  const marks = PROVIDERS.map((name) => getProfile(name).tokenUse?.claim)
  const alsoRead = ['act', 'header.typ', 'sub', 'oid', 'uid', 'userId', 'username']
  const known = [...names, ...clients, ...marks, ...alsoRead]

  it.each<SubjectContext>([
    {},
    { machineSubject: 'client_id' },
    { machineSubject: 'absent' },
    { machineClients: ['billing-worker', 'gateway', 'm2m'] },
  ])(
    'the evidence of classifySubject contains only known levels, rules and claim names with the options %j',
    (options) => {
      for (const example of EXAMPLES) {
        const { evidence } = classify(example, options)
        expect(LEVELS).toContain(evidence.level)
        expect(evidence.rules.filter((id) => !ids.includes(id))).toEqual([])
        expect(evidence.claims.filter((name) => !known.includes(name))).toEqual([])
        expect(evidence.level === 'none').toBe(evidence.reason !== undefined)
      }
    },
  )

  it('evidence contains the level, the deciding rules and the claims that these rules read, or the claims that contradict each other', () => {
    const auth0 = { sub: 'cron@clients', azp: 'cron', gty: 'client-credentials' }
    expect(classifySubject(auth0, { provider: 'auth0' })).toEqual({
      kind: 'machine',
      id: 'cron',
      clientId: 'cron',
      evidence: {
        level: 'explicit',
        rules: ['auth0.client_credentials'],
        claims: ['gty', 'sub', 'act'],
      },
    })
    const contradiction = { sub: 'cron@clients', azp: 'cron', client_id: 'other' }
    expect(classifySubject(contradiction, { provider: 'auth0' })).toEqual({
      kind: 'unknown',
      id: 'cron@clients',
      evidence: { level: 'none', rules: [], claims: ['azp', 'client_id'], reason: 'conflict' },
    })
  })

  it('evidence contains the reason for unknown, and lists the rules that contradict each other', () => {
    const claims = { idtyp: 'app', azp: 'c', oid: 'o', sub: 's', scp: 'read' }
    expect(classifySubject(claims, { provider: 'entra' }).evidence.reason).toBe('no_evidence')
    const both = { sub: 'kp_1', azp: 'c', gty: ['client_credentials', 'x'] }
    expect(classifySubject(both, { provider: 'kinde' }).evidence.reason).toBe('no_evidence')
    const listed = { sub: 'user_1', client_id: 'c' }
    expect(classifySubject(listed, { provider: 'clerk', machineClients: ['c'] }).evidence).toEqual({
      level: 'none',
      rules: ['machine_clients', 'clerk.user_id'],
      claims: ['sub', 'client_id'],
      reason: 'conflict',
    })
  })
})

describe('machineSubject and machineClients', () => {
  it("classifySubject with machineSubject 'client_id' recognizes machines that no rule recognizes, and misclassifies only a user whose sub is the client id", () => {
    expect(listWrong({ machineSubject: 'client_id' }, withProfile)).toEqual([
      // This person has chosen the client id as the sub.
      'hydra-05',
    ])
    const listed = ['node-oidc-provider-01', 'hydra-01', 'openiddict-03', 'gravitee-am-03']
    const machines = EXAMPLES.filter(({ id }) => listed.includes(id))
    expect(machines.map((each) => classify(each, { machineSubject: 'client_id' }).kind)).toEqual(
      listed.map(() => 'machine'),
    )
  })

  it("classifySubject with machineSubject 'absent' returns machine for a token without sub and user for a token with sub, and misclassifies only users without sub", () => {
    expect(listWrong({ machineSubject: 'absent' }, withProfile)).toEqual([
      // At these providers, the token of a user may lack a sub. The user of better-auth-04 was deleted.
      'adfs-02',
      'better-auth-04',
      'doorkeeper-02',
    ])
    expect(classifySubject({ client_id: 'c' }, { machineSubject: 'absent' })).toMatchObject({
      kind: 'machine',
      id: 'c',
      evidence: { level: 'configured', rules: ['no_sub'], claims: ['sub', 'client_id'] },
    })
    const user = { sub: 'ada', client_id: 'c' }
    expect(classifySubject(user, { machineSubject: 'absent' })).toMatchObject({ kind: 'user' })
  })

  it('classifySubject with machineSubject returns unknown if neither the option nor a rule of the provider applies', () => {
    for (const machineSubject of ['client_id', 'absent'] as const) {
      const options = { provider: 'casdoor', machineSubject } as const
      const claims = { sub: 'admin/app', azp: 'c', tokenType: 'access-token' }
      expect(classifySubject(claims, options).kind).toBe('unknown')
    }
  })

  it('classifySubject returns unknown with the reason conflict if a rule or a convention contradicts an option', () => {
    const person = { sub: 'kp_1', azp: 'kp_1' }
    expect(
      classifySubject(person, { provider: 'kinde', machineSubject: 'client_id' }).evidence,
    ).toMatchObject({ reason: 'conflict', rules: ['sub_is_client_id', 'kinde.user_id'] })
    const session = { sub: 'x', azp: 'web', jti: 'onrtac:1', preferred_username: 'ada' }
    const listed = { provider: 'keycloak', machineClients: ['web'] } as const
    expect(classifySubject(session, listed).evidence).toMatchObject({
      reason: 'conflict',
      rules: ['machine_clients', 'keycloak.user_grant_in_jti'],
    })
    const signedIn = { sub: 'x', client_id: 'web', amr: ['pwd'], auth_time: 1 }
    expect(classifySubject(signedIn, { machineClients: ['web'] }).evidence.reason).toBe('conflict')
  })

  it('classifySubject returns unknown if machineSubject indicates a machine and other claims indicate a user', () => {
    const subjects: [SubjectContext, Record<string, unknown>, string][] = [
      [{ provider: 'okta' }, { uid: '00u1', cid: 'x', auth_time: 1 }, 'okta.user_id'],
      [
        { provider: 'cognito' },
        { token_use: 'access', client_id: 'x', username: 'ada', origin_jti: 'o' },
        'cognito.username',
      ],
      [
        { provider: 'duende' },
        { client_id: 'x', auth_time: 1, idp: 'local', amr: ['pwd'] },
        'duende.authenticated_subject',
      ],
      [{ provider: 'wso2' }, { client_id: 'x', aut: 'APPLICATION_USER' }, 'wso2.application_user'],
      [
        { provider: 'uaa' },
        { client_id: 'x', user_id: 'x', grant_type: 'password' },
        'uaa.user_id',
      ],
      [{}, { client_id: 'x', amr: ['pwd'] }, 'trace_of_user'],
      [{}, { client_id: 'x', sid: 's' }, 'trace_of_user'],
      [{}, { client_id: 'x', auth_time: 1 }, 'trace_of_user'],
      [{}, { client_id: 'x', email: 'x@example.com' }, 'trace_of_user'],
      [{}, { client_id: 'x', amr: true }, 'trace_of_user'],
      [{ provider: 'hydra' }, { client_id: 'x', email: 'x@example.com' }, 'trace_of_user'],
    ]
    for (const [options, claims, rule] of subjects) {
      const token = { exp: 1, sub: 'x', ...claims }
      expect(classifySubject(token, { ...options, machineSubject: 'client_id' })).toMatchObject({
        kind: 'unknown',
        evidence: { reason: 'conflict', rules: ['sub_is_client_id', rule] },
      })
    }
    const withoutSub = { client_id: 'x', amr: ['pwd'] }
    expect(classifySubject(withoutSub, { machineSubject: 'absent' }).evidence).toMatchObject({
      reason: 'conflict',
      rules: ['no_sub', 'trace_of_user'],
    })
  })

  it('classifySubject returns machine for a client in machineClients, even if its token has an auth_time', () => {
    // `machineClients` does not refer to the sub, and a token of a listed machine may have `auth_time`.
    const listed = { sub: 'x', client_id: 'x', auth_time: 1 }
    expect(classifySubject(listed, { machineClients: ['x'] }).kind).toBe('machine')
  })

  it('classifySubject with machineSubject returns unknown if the sub is not the client id and the claims indicate a machine', () => {
    const machines: readonly (readonly [product: string, claims: Record<string, unknown>])[] = [
      [
        'Keycloak',
        {
          azp: 'billing-worker',
          client_id: 'billing-worker',
          clientHost: '10.1.2.3',
          clientAddress: '10.1.2.3',
        },
      ],
      ['Keycloak', { preferred_username: 'service-account-billing-worker' }],
      ['Keycloak', { jti: 'trrtcc:0b7f5a52' }],
      ['authentik', { preferred_username: 'ak-Orders-client_credentials', auth_time: 1 }],
      ['Pocket ID', { sub: 'client-billing-worker' }],
      ['WSO2', { aut: 'AGENT' }],
      ['WSO2', { aut: 'APPLICATION' }],
      ['Auth0', { sub: 'billing-worker@clients' }],
      ['Auth0', { gty: 'client-credentials' }],
      ['Auth0', { gty: ['client-credentials'] }],
      ['Auth0', { sub_profile: 'ai_agent' }],
      ['UAA', { grant_type: 'client_credentials' }],
      ['PingAM', { sub: '(age!billing-worker)', subname: 'billing-worker' }],
      ['Entra', { idtyp: 'app' }],
      ['Entra', { xms_sub_fct: '3 13' }],
      ['Casdoor', { type: 'application', tokenType: 'access-token' }],
      ['Clerk', { sub: 'mch_2xhFjEI5X2qWRvtV13BzSj8H6Dk' }],
      ['Stytch', { sub: 'm2m-client-live-1a2b3c4d' }],
      ['Google', { email: 'worker@acme.iam.gserviceaccount.com' }],
      ['Kubernetes', { sub: 'system:serviceaccount:billing:worker' }],
    ]
    for (const machineSubject of ['client_id', 'absent'] as const) {
      for (const [product, claims] of machines) {
        const token = { client_id: 'billing-worker', sub: '6f1c2b1e-9d5b-4c8e', ...claims }
        const subject = classifySubject(token, { machineSubject })
        expect([product, subject]).toMatchObject([
          product,
          {
            kind: 'unknown',
            evidence: { reason: 'conflict', rules: [expect.any(String), 'trace_of_machine'] },
          },
        ])
      }
    }
  })

  it('classifySubject with machineSubject finds no sign of a machine in the token of a user, unless the user has the name of a service account', () => {
    const users = EXAMPLES.filter(({ truth }) => truth === 'user')
    for (const clientIdClaim of ['client_id', 'azp', 'appid', 'cid']) {
      const contradicted = users.filter((example) => {
        const options = { provider: undefined, clientIdClaim, machineSubject: 'client_id' } as const
        return classify(example, options).evidence.rules.includes('trace_of_machine')
      })
      // These users have chosen the name of a service account.
      const named = ['keycloak-12', 'google-iap-03']
      expect(contradicted.filter(({ id }) => !named.includes(id))).toEqual([])
    }
  })

  it('classifySubject with machineSubject and without a provider misclassifies only machines without typical claims, and a user whose sub is the client id', () => {
    const options = { provider: undefined, machineSubject: 'client_id' } as const
    const wrong = ['client_id', 'azp'].flatMap((clientIdClaim) =>
      listWrong({ ...options, clientIdClaim }),
    )
    // The sub of the user of hydra-05 is the client id. The other tokens are tokens of machines, but have no sign of a machine.
    expect([...new Set(wrong)].sort()).toEqual([
      'b2c-01',
      'casdoor-02',
      'duende-05',
      'entra-03',
      'hydra-05',
      'kanidm-01',
      'okta-07',
      'zitadel-01',
      'zitadel-03',
    ])
  })

  it("classifySubject with machineSubject 'absent' returns unknown for an introspection response with a username", () => {
    const options = { machineSubject: 'absent', form: 'introspection' } as const
    const answer = { active: true, client_id: 'web', scope: 'read' }
    expect(classifySubject(answer, options).kind).toBe('machine')
    expect(classifySubject({ ...answer, username: 'ada' }, options)).toMatchObject({
      kind: 'unknown',
      evidence: { reason: 'no_evidence' },
    })
  })

  it('classifySubject with machineSubject returns unknown for a token that does not name a client', () => {
    for (const machineSubject of ['client_id', 'absent'] as const) {
      expect(classifySubject({ sub: 'reports-cron' }, { machineSubject }).kind).toBe('unknown')
    }
  })

  it('classifySubject with machineClients returns unknown for a token that has act and a sub that is not the client id', () => {
    const listed = { machineClients: ['gateway'] }
    const exchanged = { sub: 'ada', client_id: 'gateway', act: { sub: 'gateway' } }
    expect(classifySubject(exchanged, listed)).toMatchObject({
      kind: 'unknown',
      actor: { id: 'gateway' },
    })
    expect(classifySubject(exchanged, { ...listed, provider: 'zitadel' }).kind).toBe('unknown')
    expect(classifySubject({ ...exchanged, act: undefined }, listed).kind).toBe('machine')
    expect(classifySubject({ ...exchanged, sub: 'gateway' }, listed).kind).toBe('machine')
    expect(classifySubject({ ...exchanged, sub: undefined }, listed).kind).toBe('machine')
  })

  it('classifySubject returns unknown with the reason conflict if a name in an authentik token indicates a person, but machineClients lists the client', () => {
    const person = EXAMPLES.find(({ id }) => id === 'authentik-03')!
    const service = EXAMPLES.find(({ id }) => id === 'authentik-01')!
    const machineClients = [person.claims['azp'] as string]
    expect(classify(person, { machineClients }).evidence).toMatchObject({
      reason: 'conflict',
      rules: ['machine_clients', 'authentik.own_name'],
    })
    expect(classify(service, { machineClients }).kind).toBe('machine')
  })

  it('classifySubject returns unknown for an authentik token with a session if amr is a string', () => {
    const session = EXAMPLES.find(({ id }) => id === 'authentik-02')!
    expect(classify({ ...session, claims: { ...session.claims, amr: 'pwd' } }).kind).toBe('unknown')
  })

  it('classifySubject returns unknown if machineClients is a string or contains undefined', () => {
    const machineClients = 'reports-cron' as unknown as string[]
    expect(classifySubject({ sub: 'x', client_id: 'cron' }, { machineClients }).kind).toBe(
      'unknown',
    )
    const withUndefined = [undefined] as unknown as string[]
    expect(classifySubject({ sub: 'x' }, { machineClients: withUndefined }).kind).toBe('unknown')
  })

  it('classifySubject returns machine for a client in machineClients with any sub, and unknown for a client that is not listed', () => {
    for (const id of ['b2c-01', 'zitadel-01', 'entra-03', 'keycloak-04', 'doorkeeper-01']) {
      const example = EXAMPLES.find((each) => each.id === id)!
      const { clientId } = classify(example)
      expect(classify(example, { machineClients: ['x', clientId!] })).toMatchObject({
        kind: 'machine',
        id: clientId,
        evidence: { level: 'configured', rules: ['machine_clients'] },
      })
      expect(classify(example, { machineClients: ['x'] }).kind).toBe('unknown')
    }
  })

  it('classifySubject with machineSubject reads the client id only from clientIdClaim', () => {
    const options = { clientIdClaim: 'azp', machineSubject: 'client_id' } as const
    const claims = { sub: 'cron', azp: 'cron', client_id: 'other' }
    expect(classifySubject(claims, options)).toMatchObject({ kind: 'machine', clientId: 'cron' })
    expect(classifySubject(claims, options).evidence.claims).toEqual(['sub', 'azp'])
  })
})

describe('an issuer without options about subjects', () => {
  const NO_EVIDENCE = { level: 'none', rules: [], claims: [], reason: 'no_evidence' }

  it.each<[claims: Record<string, unknown>, kind: string, evidence: object]>([
    [{ sub: 'cron', client_id: 'cron' }, 'machine', { level: 'convention' }],
    [{ sub: '__proto__', client_id: '__proto__' }, 'machine', { rules: ['sub_is_client_id'] }],
    [
      { sub: 'ada', client_id: 'web', amr: ['pwd'], auth_time: 1 },
      'user',
      { level: 'convention', rules: ['user_session'] },
    ],
    [{ sub: 'ada', client_id: 'web' }, 'unknown', NO_EVIDENCE],
    [{ sub: 'Cron', client_id: 'cron' }, 'unknown', NO_EVIDENCE],
    [{ sub: 'cron ', client_id: 'cron' }, 'unknown', NO_EVIDENCE],
    [{ sub: 'cron', client_id: 'cron', auth_time: 1 }, 'unknown', NO_EVIDENCE],
    [{ sub: 'cron', client_id: 'cron', email: 'c@example.com' }, 'unknown', NO_EVIDENCE],
    [{ sub: 'ada', client_id: 'web', amr: ['pwd'] }, 'unknown', NO_EVIDENCE],
    [{ sub: 'ada', client_id: 'web', amr: [], auth_time: 1 }, 'unknown', NO_EVIDENCE],
    [{ sub: 'ada' }, 'unknown', NO_EVIDENCE],
    [{ client_id: 'web' }, 'unknown', NO_EVIDENCE],
    [{}, 'unknown', NO_EVIDENCE],
  ])('classifySubject without options for %j returns %s', (claims, kind, evidence) => {
    expect(classifySubject(claims)).toMatchObject({ kind, evidence })
  })

  it('classifySubject without options misclassifies only the example of a person whose sub is the client id', () => {
    expect(listWrong({ provider: undefined })).toEqual(['hydra-05'])
  })

  it('classifySubject returns unknown, and uses no convention, if an option about subjects is set', () => {
    const claims = { sub: 'cron', client_id: 'cron' }
    expect(classifySubject(claims, { machineClients: ['other'] }).kind).toBe('unknown')
    expect(classifySubject(claims, { machineSubject: 'absent' }).kind).toBe('unknown')
    for (const provider of ['hydra', 'spring-as', 'openiddict', 'node-oidc-provider'] as const) {
      expect(classifySubject(claims, { provider }).kind).toBe('unknown')
    }
    const misspelt = { provider: 'auht0' as Provider }
    expect(classifySubject(claims, misspelt).kind).toBe('unknown')
  })
})

describe('21-05: a client whose id is the sub of a user', () => {
  const named = (provider: Provider, form: TokenForm) =>
    claimNames(clientIdClaims({ profile: getProfile(provider) }, form))
  const options = [undefined, 'client_id', 'absent'] as const
  /** The providers whose JWTs do not name a client. */
  const nameless = PROVIDERS.filter((provider) => named(provider, 'jwt').length === 0)

  it.each(PROVIDERS.filter((provider) => !nameless.includes(provider)))(
    'classifySubject for %s never returns user if the client id is the sub',
    (provider) => {
      const name = 'c2a9f7d4-5e11-4f0a-b3c6-91d2e8f7a601'
      const traces = { sid: 's', amr: ['pwd'], auth_time: 1, username: 'ada', idp: 'local' }
      const more = { preferred_username: 'ada', user_id: name, scp: 'read', uid: 'u', oid: 'o' }
      for (const form of ['jwt', 'introspection'] as const) {
        const clients = Object.fromEntries(named(provider, form).map((claim) => [claim, name]))
        for (const machineSubject of options) {
          for (const claims of [{}, traces, { ...traces, ...more }]) {
            const token = { exp: 1, ...claims, ...clients, sub: name }
            const { kind } = classifySubject(token, { provider, form, machineSubject })
            expect(kind).not.toBe('user')
          }
        }
      }
    },
  )

  it('classifySubject does not return user for an example of a user if the client id is replaced by the sub', () => {
    const impersonated = withProfile.flatMap((example) => {
      const { provider, form = 'jwt', truth, claims } = example
      const names = named(provider!, form)
      if (truth !== 'user' || names.length === 0 || claims['sub'] === undefined) return []
      const clients = Object.fromEntries(names.map((name) => [name, claims['sub']]))
      return options.map((machineSubject) =>
        classify({ ...example, claims: { ...claims, ...clients } }, { machineSubject }),
      )
    })
    expect(impersonated.length).toBeGreaterThan(120)
    expect(impersonated.filter(({ kind }) => kind === 'user')).toEqual([])
  })

  it('the level of each rule for users is explicit if JWTs of its provider do not name a client', () => {
    expect(nameless).toEqual([
      'firebase',
      'frontegg',
      'fusionauth',
      'kubernetes',
      'github-actions',
      'gitlab-ci',
    ])
    const rules = nameless.flatMap((provider) => getProfile(provider).rules)
    expect(rules.filter(({ kind, level }) => kind === 'user' && level !== 'explicit')).toEqual([])
  })
})
