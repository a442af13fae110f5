import { describe, expect, it } from 'vitest'
import { classifySubject, type Subject, type SubjectContext } from '../../src/index.ts'
import { clientIdClaims } from '../../src/subject/context.ts'
import { CONVENTIONS } from '../../src/subject/conventions.ts'
import { PROFILES, profileOf, type Provider } from '../../src/subject/profiles.ts'
import { claimsOf, type Example } from './examples/example.ts'
import { EXAMPLES } from './examples/examples.ts'

function classify(example: Example, said: SubjectContext = {}): Subject {
  const { provider, form = 'jwt', header = {} } = example
  return classifySubject(claimsOf(example), { provider, form, header, ...said })
}

const answerOf = ({ kind, evidence }: Subject) => (kind === 'unknown' ? evidence.why : kind)
const isWrong = ({ truth }: Example, { kind }: Subject) => kind !== 'unknown' && kind !== truth
const wrongUnder = (said: SubjectContext, examples = EXAMPLES) =>
  examples.filter((example) => isWrong(example, classify(example, said))).map(({ id }) => id)

const PROVIDERS = Object.keys(PROFILES) as Provider[]
const RULES = [...PROVIDERS.flatMap((name) => profileOf(name).rules), ...CONVENTIONS]
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
    expect([EXAMPLES.length, withProfile.length, right.length]).toEqual([153, 129, 93])
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

  it('is misread by the rule that everybody writes', () => {
    const naive = ({ claims }: Example) => {
      const client = claims['client_id'] ?? claims['azp'] ?? claims['cid'] ?? claims['appid']
      return claims['sub'] === undefined || claims['sub'] === client ? 'machine' : 'user'
    }
    const misread = EXAMPLES.filter((example) => naive(example) !== example.truth)
    expect(misread.filter(({ truth }) => truth === 'machine').length).toBeGreaterThan(30)
  })
})

describe('evidence', () => {
  const LEVELS = ['configured', 'explicit', 'structural', 'convention', 'none']
  const statements = ['sub_is_client_id', 'sub_is_not_client_id', 'no_sub', 'sub_is_there']
  const ids = [...RULES.map(({ id }) => id), ...statements, 'machine_clients']
  const names = RULES.flatMap(({ when, header = {} }) => [
    ...Object.keys(when),
    ...Object.keys(header).map((name) => `header.${name}`),
  ])
  const clients = PROVIDERS.flatMap((name) => profileOf(name).clientId)
  const others = ['act', 'header.typ', 'sub', 'oid', 'uid', 'userId', 'username']
  const known = [...names, ...clients, ...others]

  it.each<SubjectContext>([
    {},
    { machineSubject: 'client_id' },
    { machineSubject: 'none' },
    { machineClients: ['billing-worker', 'gateway', 'm2m'] },
  ])('is made of rules and names of claims, never of values: %j', (said) => {
    for (const example of EXAMPLES) {
      const { evidence } = classify(example, said)
      expect(LEVELS).toContain(evidence.level)
      expect(evidence.rules.filter((id) => !ids.includes(id))).toEqual([])
      expect(evidence.claims.filter((name) => !known.includes(name))).toEqual([])
      expect(evidence.level === 'none').toBe(evidence.why !== undefined)
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
      evidence: { level: 'none', rules: [], claims: ['azp', 'client_id'], why: 'conflict' },
    })
  })

  it('names the rules that contradict each other', () => {
    const claims = { idtyp: 'app', azp: 'c', oid: 'o', sub: 's', scp: 'read' }
    expect(classifySubject(claims, { provider: 'entra' }).evidence.why).toBe('no_evidence')
    const both = { sub: 'kp_1', azp: 'c', gty: ['client_credentials', 'x'] }
    expect(classifySubject(both, { provider: 'kinde' }).kind).toBe('unknown')
    const listed = { sub: 'user_1', client_id: 'c' }
    expect(classifySubject(listed, { provider: 'clerk', machineClients: ['c'] }).evidence).toEqual({
      level: 'none',
      rules: ['machine_clients', 'clerk.user_id'],
      claims: ['client_id', 'sub'],
      why: 'conflict',
    })
  })
})

describe('what the operator says', () => {
  it("machineSubject: 'client_id' is believed, even where it is not true", () => {
    expect(wrongUnder({ machineSubject: 'client_id' }, withProfile)).toEqual([
      // A person at a server where people choose their sub, who is called what the client is called.
      'hydra-05',
    ])
    const told = ['node-oidc-provider-01', 'hydra-01', 'openiddict-03', 'gravitee-am-01']
    const machines = EXAMPLES.filter(({ id }) => told.includes(id))
    expect(machines.map((each) => classify(each, { machineSubject: 'client_id' }).kind)).toEqual(
      told.map(() => 'machine'),
    )
  })

  it("machineSubject: 'none' is believed, even where it is not true", () => {
    expect(wrongUnder({ machineSubject: 'none' }, withProfile)).toEqual([
      // Its machines have a sub, and their JWTs name no client that it could be compared with.
      'spring-as-01',
      // Its users have no sub either.
      'doorkeeper-02',
    ])
    expect(classifySubject({ client_id: 'c' }, { machineSubject: 'none' })).toMatchObject({
      kind: 'machine',
      id: 'c',
      evidence: { level: 'configured', rules: ['no_sub'], claims: ['sub', 'client_id'] },
    })
    const user = { sub: 'ada', client_id: 'c' }
    expect(classifySubject(user, { machineSubject: 'none' })).toMatchObject({ kind: 'user' })
  })

  it('adds machines to a profile with rules, and never makes users of the rest', () => {
    for (const machineSubject of ['client_id', 'none'] as const) {
      const said = { provider: 'casdoor', machineSubject } as const
      const claims = { sub: 'admin/app', azp: 'c', tokenType: 'access-token' }
      expect(classifySubject(claims, said).kind).toBe('unknown')
    }
  })

  it('makes unknown what rules contradict, conventions of the provider included', () => {
    const person = { sub: 'kp_1', azp: 'kp_1' }
    expect(
      classifySubject(person, { provider: 'kinde', machineSubject: 'client_id' }).evidence,
    ).toMatchObject({ why: 'conflict', rules: ['sub_is_client_id', 'kinde.user_id'] })
    const session = { sub: 'x', azp: 'web', jti: 'onrtac:1', preferred_username: 'ada' }
    const listed = { provider: 'keycloak', machineClients: ['web'] } as const
    expect(classifySubject(session, listed).evidence).toMatchObject({
      why: 'conflict',
      rules: ['machine_clients', 'keycloak.user_grant_in_jti'],
    })
    const signedIn = { sub: 'x', client_id: 'web', amr: ['pwd'], auth_time: 1 }
    expect(classifySubject(signedIn, { machineClients: ['web'] }).evidence.why).toBe('conflict')
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
  const NOBODY = { level: 'none', rules: [], claims: [], why: 'no_evidence' }

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
    expect(classifySubject(claims, { machineSubject: 'none' }).kind).toBe('unknown')
    for (const provider of ['hydra', 'spring-as', 'openiddict', 'node-oidc-provider'] as const) {
      expect(classifySubject(claims, { provider }).kind).toBe('unknown')
    }
    const misspelt = { provider: 'auht0' as Provider }
    expect(classifySubject(claims, misspelt).kind).toBe('unknown')
  })
})

describe('21-05: a client that is called what a user is called', () => {
  it.each(PROVIDERS)('is no user at %s, whatever it is', (provider) => {
    const name = 'c2a9f7d4-5e11-4f0a-b3c6-91d2e8f7a601'
    if (profileOf(provider).clientId.length === 0) return
    const traces = { sid: 's', amr: ['pwd'], auth_time: 1, username: 'ada', idp: 'local' }
    const more = { preferred_username: 'ada', user_id: name, scp: 'read', uid: 'u', oid: 'o' }
    for (const form of ['jwt', 'introspection'] as const) {
      const named = clientIdClaims({ provider }, form)
      const clients = Object.fromEntries(named.map((claim) => [claim, name]))
      for (const machineSubject of [undefined, 'client_id', 'none'] as const) {
        for (const claims of [{}, traces, { ...traces, ...more }]) {
          const subject = classifySubject(
            { exp: 1, ...claims, ...clients, sub: name },
            { provider, form, machineSubject },
          )
          expect(subject.kind).not.toBe('user')
        }
      }
    }
  })
})
