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
import { claimsOf, type Example } from './examples/example.ts'
import { EXAMPLES } from './examples/examples.ts'

function classify(example: Example, said: SubjectContext = {}): Subject {
  const { provider, form = 'jwt', header = {} } = example
  return classifySubject(claimsOf(example), { provider, form, header, ...said })
}

const answerOf = ({ kind, evidence }: Subject) => (kind === 'unknown' ? evidence.reason : kind)
const isWrong = ({ truth }: Example, { kind }: Subject) => kind !== 'unknown' && kind !== truth
const wrongUnder = (said: SubjectContext, examples = EXAMPLES) =>
  examples.filter((example) => isWrong(example, classify(example, said))).map(({ id }) => id)

const PROVIDERS = Object.keys(PROFILES) as Provider[]
const RULES = [...PROVIDERS.flatMap((name) => getProfile(name).rules), ...CONVENTIONS]
const withProfile = EXAMPLES.filter(({ provider }) => provider !== undefined)

describe('what providers issue', () => {
  it.each(EXAMPLES.map((example) => [example.id, example.trap ?? example.expected, example]))(
    '%s: %s',
    (_id, _what, example) => {
      const subject = classify(example)
      expect([answerOf(subject), subject.evidence.rules]).toEqual([example.expected, example.rules])
      expect(subject.actor).toEqual(example.actor)
      if (subject.kind === 'user') expect(subject.id).toBe(example.userId ?? example.claims['sub'])
      if (subject.kind === 'machine') {
        expect(subject.id).toBe(subject.clientId ?? example.claims['sub'])
      }
    },
  )

  it('is told right or not at all: never is one kind taken for the other', () => {
    expect(wrongUnder({})).toEqual([])
    const right = EXAMPLES.filter((example) => classify(example).kind === example.truth)
    expect(EXAMPLES.length).toBeGreaterThanOrEqual(159)
    expect(withProfile.length).toBeGreaterThanOrEqual(135)
    expect(right.length).toBeGreaterThanOrEqual(96)
  })

  it('holds for every rule that decides, and for every trap', () => {
    const seen = new Set(EXAMPLES.flatMap(({ rules }) => rules))
    const deciding = RULES.filter(
      (rule) => rule.level !== 'convention' || CONVENTIONS.includes(rule),
    )
    expect(deciding.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual([])
    expect(EXAMPLES.filter(({ trap }) => trap !== undefined).length).toBeGreaterThanOrEqual(20)
    expect(new Set(EXAMPLES.map(({ id }) => id)).size).toBe(EXAMPLES.length)
  })

  it('is told by no provider in the way of the rule that everybody writes, taken for all', () => {
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
  ])('is made of rules and names of claims, never of values: %j', (said) => {
    for (const example of EXAMPLES) {
      const { evidence } = classify(example, said)
      expect(LEVELS).toContain(evidence.level)
      expect(evidence.rules.filter((id) => !ids.includes(id))).toEqual([])
      expect(evidence.claims.filter((name) => !known.includes(name))).toEqual([])
      expect(evidence.level === 'none').toBe(evidence.reason !== undefined)
    }
  })

  it('says how far it can be relied on, and which claims it is from', () => {
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

  it('names the rules that contradict each other', () => {
    const claims = { idtyp: 'app', azp: 'c', oid: 'o', sub: 's', scp: 'read' }
    expect(classifySubject(claims, { provider: 'entra' }).evidence.reason).toBe('no_evidence')
    const both = { sub: 'kp_1', azp: 'c', gty: ['client_credentials', 'x'] }
    expect(classifySubject(both, { provider: 'kinde' }).kind).toBe('unknown')
    const listed = { sub: 'user_1', client_id: 'c' }
    expect(classifySubject(listed, { provider: 'clerk', machineClients: ['c'] }).evidence).toEqual({
      level: 'none',
      rules: ['machine_clients', 'clerk.user_id'],
      claims: ['sub', 'client_id'],
      reason: 'conflict',
    })
  })
})

describe('what the operator says', () => {
  it("machineSubject: 'client_id' is believed, even where it is not true", () => {
    expect(wrongUnder({ machineSubject: 'client_id' }, withProfile)).toEqual([
      // A person at a server where people choose their sub, who is called what the client is called.
      'hydra-05',
    ])
    const told = ['node-oidc-provider-01', 'hydra-01', 'openiddict-03', 'gravitee-am-03']
    const machines = EXAMPLES.filter(({ id }) => told.includes(id))
    expect(machines.map((each) => classify(each, { machineSubject: 'client_id' }).kind)).toEqual(
      told.map(() => 'machine'),
    )
  })

  it("machineSubject: 'absent' is believed, even where it is not true", () => {
    expect(wrongUnder({ machineSubject: 'absent' }, withProfile)).toEqual([
      // Their users may have no sub either; at Better Auth, those who were deleted.
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

  it('adds machines to a profile with rules, and never makes users of the rest', () => {
    for (const machineSubject of ['client_id', 'absent'] as const) {
      const said = { provider: 'casdoor', machineSubject } as const
      const claims = { sub: 'admin/app', azp: 'c', tokenType: 'access-token' }
      expect(classifySubject(claims, said).kind).toBe('unknown')
    }
  })

  it('makes unknown what rules contradict, conventions of the provider included', () => {
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

  it("is not believed where a token shows a user whose sub is the client's id", () => {
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
    for (const [said, claims, rule] of subjects) {
      const token = { exp: 1, sub: 'x', ...claims }
      expect(classifySubject(token, { ...said, machineSubject: 'client_id' })).toMatchObject({
        kind: 'unknown',
        evidence: { reason: 'conflict', rules: ['sub_is_client_id', rule] },
      })
    }
    const withoutSub = { client_id: 'x', amr: ['pwd'] }
    expect(classifySubject(withoutSub, { machineSubject: 'absent' }).evidence).toMatchObject({
      reason: 'conflict',
      rules: ['no_sub', 'trace_of_user'],
    })
    // A list is not about the sub, and its clients may have such claims.
    const listed = { sub: 'x', client_id: 'x', auth_time: 1 }
    expect(classifySubject(listed, { machineClients: ['x'] }).kind).toBe('machine')
  })

  it('is not believed where a token shows a machine whose sub is not the client id', () => {
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

  it('is not contradicted by anything in the tokens of users', () => {
    const users = EXAMPLES.filter(({ truth }) => truth === 'user')
    for (const clientIdClaim of ['client_id', 'azp', 'appid', 'cid']) {
      const doubted = users.filter((example) => {
        const said = { provider: undefined, clientIdClaim, machineSubject: 'client_id' } as const
        return classify(example, said).evidence.rules.includes('trace_of_machine')
      })
      // These have taken the name of a service account.
      const named = ['keycloak-12', 'google-iap-03']
      expect(doubted.filter(({ id }) => !named.includes(id))).toEqual([])
    }
  })

  it('is believed where a token of a machine shows nothing of it', () => {
    const said = { provider: undefined, machineSubject: 'client_id' } as const
    const wrong = ['client_id', 'azp'].flatMap((clientIdClaim) =>
      wrongUnder({ ...said, clientIdClaim }),
    )
    // Nothing in these says that they are of machines, or what is called like a client is a user.
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

  it("machineSubject: 'absent' holds for no answer that names a user in another way", () => {
    const said = { machineSubject: 'absent', form: 'introspection' } as const
    const answer = { active: true, client_id: 'web', scope: 'read' }
    expect(classifySubject(answer, said).kind).toBe('machine')
    expect(classifySubject({ ...answer, username: 'ada' }, said)).toMatchObject({
      kind: 'unknown',
      evidence: { reason: 'no_evidence' },
    })
  })

  it('makes no users of those whose token names no client', () => {
    for (const machineSubject of ['client_id', 'absent'] as const) {
      expect(classifySubject({ sub: 'reports-cron' }, { machineSubject }).kind).toBe('unknown')
    }
  })

  it('is nothing about whom a client of the list acts for', () => {
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

  it('is contradicted by a person who has let a listed client of authentik in as themselves', () => {
    const person = EXAMPLES.find(({ id }) => id === 'authentik-03')!
    const service = EXAMPLES.find(({ id }) => id === 'authentik-01')!
    const machineClients = [person.claims['azp'] as string]
    expect(classify(person, { machineClients }).evidence).toMatchObject({
      reason: 'conflict',
      rules: ['machine_clients', 'authentik.own_name'],
    })
    expect(classify(service, { machineClients }).kind).toBe('machine')
    const asText = { ...EXAMPLES.find(({ id }) => id === 'authentik-02')! }
    expect(classify({ ...asText, claims: { ...asText.claims, amr: 'pwd' } }).kind).toBe('unknown')
  })

  it('is a list of clients, and no text in which a name stands', () => {
    const machineClients = 'reports-cron' as unknown as string[]
    expect(classifySubject({ sub: 'x', client_id: 'cron' }, { machineClients }).kind).toBe(
      'unknown',
    )
    const nobody = [undefined] as unknown as string[]
    expect(classifySubject({ sub: 'x' }, { machineClients: nobody }).kind).toBe('unknown')
  })

  it('knows the machines of a list by their client id, whatever their sub', () => {
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

  it('is about one claim that names the client, where that is said', () => {
    const said = { clientIdClaim: 'azp', machineSubject: 'client_id' } as const
    const claims = { sub: 'cron', azp: 'cron', client_id: 'other' }
    expect(classifySubject(claims, said)).toMatchObject({ kind: 'machine', clientId: 'cron' })
    expect(classifySubject(claims, said).evidence.claims).toEqual(['sub', 'azp'])
  })
})

describe('an issuer of which nothing is known', () => {
  const NOBODY = { level: 'none', rules: [], claims: [], reason: 'no_evidence' }

  it.each<[claims: Record<string, unknown>, kind: string, evidence: object]>([
    [{ sub: 'cron', client_id: 'cron' }, 'machine', { level: 'convention' }],
    [{ sub: '__proto__', client_id: '__proto__' }, 'machine', { rules: ['sub_is_client_id'] }],
    [
      { sub: 'ada', client_id: 'web', amr: ['pwd'], auth_time: 1 },
      'user',
      { level: 'convention', rules: ['user_session'] },
    ],
    [{ sub: 'ada', client_id: 'web' }, 'unknown', NOBODY],
    [{ sub: 'Cron', client_id: 'cron' }, 'unknown', NOBODY],
    [{ sub: 'cron ', client_id: 'cron' }, 'unknown', NOBODY],
    [{ sub: 'cron', client_id: 'cron', auth_time: 1 }, 'unknown', NOBODY],
    [{ sub: 'cron', client_id: 'cron', email: 'c@example.com' }, 'unknown', NOBODY],
    [{ sub: 'ada', client_id: 'web', amr: ['pwd'] }, 'unknown', NOBODY],
    [{ sub: 'ada', client_id: 'web', amr: [], auth_time: 1 }, 'unknown', NOBODY],
    [{ sub: 'ada' }, 'unknown', NOBODY],
    [{ client_id: 'web' }, 'unknown', NOBODY],
    [{}, 'unknown', NOBODY],
  ])('tells by custom, and where that is silent not at all: %j', (claims, kind, evidence) => {
    expect(classifySubject(claims)).toMatchObject({ kind, evidence })
  })

  it('is wrong about nobody but the person who is called what the client is called', () => {
    expect(wrongUnder({ provider: undefined })).toEqual(['hydra-05'])
  })

  it('is no longer told by custom once anything is said about it', () => {
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

describe('21-05: a client that is called what a user is called', () => {
  const named = (provider: Provider, form: TokenForm) =>
    claimNames(clientIdClaims({ provider }, form))
  const said = [undefined, 'client_id', 'absent'] as const

  it.each(PROVIDERS)('is no user at %s, whatever it is', (provider) => {
    const name = 'c2a9f7d4-5e11-4f0a-b3c6-91d2e8f7a601'
    const traces = { sid: 's', amr: ['pwd'], auth_time: 1, username: 'ada', idp: 'local' }
    const more = { preferred_username: 'ada', user_id: name, scp: 'read', uid: 'u', oid: 'o' }
    for (const form of ['jwt', 'introspection'] as const) {
      const clients = Object.fromEntries(named(provider, form).map((claim) => [claim, name]))
      for (const machineSubject of said) {
        for (const claims of [{}, traces, { ...traces, ...more }]) {
          const token = { exp: 1, ...claims, ...clients, sub: name }
          const { kind } = classifySubject(token, { provider, form, machineSubject })
          expect(kind).not.toBe('user')
        }
      }
    }
  })

  it('is no user even with all that the provider writes for users', () => {
    const impersonated = withProfile.flatMap((example) => {
      const { provider, form = 'jwt', truth, claims } = example
      const names = named(provider!, form)
      if (truth !== 'user' || names.length === 0 || claims['sub'] === undefined) return []
      const clients = Object.fromEntries(names.map((name) => [name, claims['sub']]))
      return said.map((machineSubject) =>
        classify({ ...example, claims: { ...claims, ...clients } }, { machineSubject }),
      )
    })
    expect(impersonated.length).toBeGreaterThan(120)
    expect(impersonated.filter(({ kind }) => kind === 'user')).toEqual([])
  })

  it('cannot be seen where JWTs name no client: there a mark of the server tells', () => {
    const nameless = PROVIDERS.filter((provider) => named(provider, 'jwt').length === 0)
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
