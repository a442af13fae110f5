import { systemClock } from '../../src/lib/clock.ts'
import type { IssuerSettings } from '../../src/model/settings.ts'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ISSUER } from '../../../../test/support/issuer.ts'
import { ConfigurationError } from '../../src/errors.ts'
import { readRequirements } from '../../src/authorization/read-requirements.ts'
import {
  type CheckedRequirements,
  checkRequirements,
} from '../../src/authorization/requirements.ts'
import type { AccessToken } from '../../src/model/access-token.ts'
import type { Rejection } from '../../src/response/rejection.ts'
import type { SubjectStatements } from '../../src/subject/context.ts'
import { polluted } from '../support/polluted.ts'
import { toAccessToken } from '../../src/token/to-access-token.ts'
import { settingsWith } from '../support/settings.ts'

const OTHER = 'https://other.example.com'
const said = { subjects: { machineSubject: 'client_id' } } as const
const one = [settingsWith(said)]
const two = [settingsWith(said), settingsWith({ issuer: OTHER })]

function problemsOf(requirements: unknown, issuers = one): readonly string[] {
  try {
    readRequirements([requirements], issuers)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as ConfigurationError).problems
  }
  return []
}

/** Runs the checks on a token with these claims: the reason of the rejection, or `passed`. */
function run(requirements: CheckedRequirements, claims: object): string {
  const [settings] = one as [IssuerSettings]
  const token = toAccessToken({ iss: ISSUER, exp: 1, ...claims }, settings, 'jwt')
  const services = { publish: () => {}, clock: systemClock }
  const verified = { token, issuer: { settings } }
  const result = checkRequirements({
    verified,
    requirements,
    raw: {},
    request: undefined,
    services,
  })
  return (result as Rejection | undefined)?.reason ?? 'passed'
}

const judge = (requirements: unknown, claims: object, issuers = one) =>
  run(readRequirements([requirements], issuers), claims)

describe('readRequirements', () => {
  const nothing = {
    issuers: undefined,
    optional: false,
    introspect: undefined,
    checks: [],
    challenge: {},
    describe: expect.any(Function) as () => string,
  }

  it('requires nothing but a token if no requirement is given', () => {
    expect(readRequirements([{}], one)).toEqual(nothing)
    expect(readRequirements([{}], two)).toEqual(nothing)
  })

  it.each<[scope: unknown, passing: string[], challenge: string]>([
    ['read', ['read', 'write read'], 'read'],
    [' read  write ', ['read write', 'write x read'], 'read write'],
    [['read', 'write'], ['write read'], 'read write'],
    [['read', 'read'], ['read'], 'read'],
    [
      "!#$%&'()*+,-./:;<=>?@[]^_`{|}~",
      ["!#$%&'()*+,-./:;<=>?@[]^_`{|}~"],
      "!#$%&'()*+,-./:;<=>?@[]^_`{|}~",
    ],
    [{ any: ['read', 'write'] }, ['read', 'write'], 'read'],
  ])('reads the scopes %j', (scope, passing, challenge) => {
    const { challenge: read, ...checked } = readRequirements([{ scope }], one)
    expect(read).toEqual({ scope: challenge })
    expect(checked).toEqual({ ...checked, optional: false, issuers: undefined })
    expect(passing.map((scopes) => judge({ scope }, { scope: scopes }))).toEqual(
      passing.map(() => 'passed'),
    )
    for (const other of ['', 'other', 'rea', 'reads']) {
      expect(judge({ scope }, { scope: other })).toBe('insufficient_scope')
    }
  })

  it('reads subject, clients, issuer, optional and check', () => {
    const check = (token: AccessToken) => token.clientId === 'app'
    const given = { subject: 'user', clients: ['app'], issuer: ISSUER, optional: true, check }
    expect(readRequirements([given], one)).toMatchObject({ issuers: [ISSUER], optional: true })
    expect(judge(given, { sub: 'alice', client_id: 'app' })).toBe('passed')
    expect(judge(given, { sub: 'app', client_id: 'app' })).toBe('wrong_subject')
    expect(judge(given, { sub: 'alice', client_id: 'other' })).toBe('wrong_client')
    expect(judge({ check }, { sub: 'alice', client_id: 'other' })).toBe('check_failed')
    const clients = [
      { issuer: ISSUER, clientId: 'a' },
      { issuer: OTHER, clientId: 'b' },
    ]
    expect(readRequirements([{ clients, issuer: [ISSUER, OTHER] }], two).issuers).toEqual([
      ISSUER,
      OTHER,
    ])
    expect(judge({ clients }, { client_id: 'a' }, two)).toBe('passed')
    expect(judge({ clients }, { client_id: 'b' }, two)).toBe('wrong_client')
    expect(readRequirements([{ optional: false }], one).optional).toBe(false)
  })

  it('keeps the requirements as they were when the guard was made', () => {
    const given = { scope: ['read'], clients: ['app'], issuer: [ISSUER] }
    const checked = readRequirements([given], one)
    given.scope.length = 0
    given.clients[0] = 'other'
    given.issuer.push('x')
    expect(checked).toMatchObject({ issuers: [ISSUER], challenge: { scope: 'read' } })
    expect(run(checked, { client_id: 'app', scope: 'read' })).toBe('passed')
    expect(run(checked, { client_id: 'other', scope: 'read' })).toBe('wrong_client')
    expect(run(checked, { client_id: 'app', scope: '' })).toBe('insufficient_scope')
  })

  const NO_SCOPE = 'scope names no scope: name at least one, or leave it out.'
  const BAD_SCOPE =
    'scope holds something that is not a scope: use printable ASCII without spaces, quotes and backslashes (RFC 6749 section 3.3).'
  const NO_CLIENT = "clients must be an array with at least one client: ['cron']."
  const BAD_CLIENT =
    'clients must hold client ids, or { issuer, clientId } with a configured issuer.'
  const BAD_ISSUER = `issuer must name configured issuers: ${ISSUER}.`

  it.each<[requirements: Record<string, unknown>, ...problems: string[]]>([
    [{ scope: '' }, NO_SCOPE],
    [{ scope: '  ' }, NO_SCOPE],
    [{ scope: [] }, NO_SCOPE],
    [{ scope: null }, NO_SCOPE],
    [{ scope: 5 }, NO_SCOPE],
    [{ scope: true }, NO_SCOPE],
    [{ scope: ['read', ''] }, BAD_SCOPE],
    [{ scope: ['read write'] }, BAD_SCOPE],
    [{ scope: ['read', 5] }, BAD_SCOPE],
    [{ scope: ['read', undefined] }, BAD_SCOPE],
    [{ scope: 'a"b' }, BAD_SCOPE],
    [{ scope: 'a\\b' }, BAD_SCOPE],
    [{ scope: 'a\tb' }, BAD_SCOPE],
    [{ scope: 'a\r\nb' }, BAD_SCOPE],
    [{ scope: 'caf\u00e9' }, BAD_SCOPE],
    [{ scope: { any: [] } }, NO_SCOPE.replace('scope', 'scope.any')],
    [{ scope: { any: 'read' } }, NO_SCOPE.replace('scope', 'scope.any')],
    [{ scope: { any: ['a b'] } }, BAD_SCOPE.replace('scope', 'scope.any')],
    [{ scope: {} }, NO_SCOPE.replace('scope', 'scope.any')],
    [
      { scope: { all: ['read'] } },
      'scope.all is not known. Known are any.',
      NO_SCOPE.replace('scope', 'scope.any'),
    ],
    [{ scope: undefined }, 'scope is undefined: give it a value, or leave it out.'],
    [{ optional: undefined }, 'optional is undefined: give it a value, or leave it out.'],
    [{ check: undefined }, 'check is undefined: give it a value, or leave it out.'],
    [{ subject: 'robot' }, "subject must be 'machine' or 'user'."],
    [{ subject: 'unknown' }, "subject must be 'machine' or 'user'."],
    [{ subject: null }, "subject must be 'machine' or 'user'."],
    [{ subject: ['user'] }, "subject must be 'machine' or 'user'."],
    [{ clients: [] }, NO_CLIENT],
    [{ clients: 'app' }, NO_CLIENT],
    [{ clients: null }, NO_CLIENT],
    [{ clients: [''] }, BAD_CLIENT],
    [{ clients: [5] }, BAD_CLIENT],
    [{ clients: [{ issuer: OTHER, clientId: 'a' }] }, BAD_CLIENT],
    [{ clients: [{ issuer: ISSUER }] }, BAD_CLIENT],
    [{ clients: [{ clientId: 'a' }] }, BAD_CLIENT],
    [
      { clients: [{ issuer: ISSUER, clientId: 'a', scope: 'b' }] },
      'clients[].scope is not known. Known are issuer, clientId.',
    ],
    [{ issuer: OTHER }, BAD_ISSUER],
    [{ issuer: `${ISSUER}/` }, BAD_ISSUER],
    [{ issuer: [] }, BAD_ISSUER],
    [{ issuer: [ISSUER, OTHER] }, BAD_ISSUER],
    [{ issuer: null }, BAD_ISSUER],
    [{ optional: 'yes' }, 'optional must be true or false.'],
    [{ optional: null }, 'optional must be true or false.'],
    [{ optional: 1 }, 'optional must be true or false.'],
    [{ check: 'x' }, 'check must be a function.'],
    [{ check: null }, 'check must be a function.'],
    [{ scopes: 'read' }, 'scopes is not known. Did you mean scope?'],
    [{ Scope: 'read' }, 'Scope is not known. Did you mean scope?'],
    [{ client: ['a'] }, 'client is not known. Did you mean clients?'],
    [{ audience: 'x' }, 'audience is not known. Use the option audience.'],
    [
      { resource: 'x' },
      expect.stringMatching(/^resource is not known\. Known are scope, .*introspect\.$/) as string,
    ],
  ])('finds the mistake in %j', (requirements, ...problems) => {
    expect(problemsOf(requirements)).toEqual(problems)
  })

  it('says everything at once, each with what is meant', () => {
    const wrong = { scopes: 'a', subject: 'x', optional: 1, clients: [] }
    expect(problemsOf(wrong)).toHaveLength(4)
    expect(() => readRequirements([wrong], one)).toThrow(
      [
        'The requirements of a guard are wrong:',
        '  - scopes is not known. Did you mean scope?',
        "  - clients must be an array with at least one client: ['cron'].",
        "  - subject must be 'machine' or 'user'.",
        '  - optional must be true or false.',
      ].join('\n'),
    )
  })

  class WithGetter {
    get scope() {
      return 'admin'
    }
  }

  it.each<[string, object]>([
    ['a promise', Promise.resolve({ scope: 'admin' })],
    ['a Map', new Map([['scope', 'admin']])],
    ['an instance of a class with a getter', new WithGetter()],
    ['an object that inherits', Object.create({ scope: 'admin' }) as object],
    [
      'an object that inherits without a prototype',
      Object.create({ __proto__: null, scope: 'admin' }) as object,
    ],
    ['an object with a hidden member', Object.defineProperty({}, 'scope', { value: 'admin' })],
    ['an object with a symbol', { [Symbol('scope')]: 'admin' }],
    ['a Date', new Date(0)],
    ['an Error', new Error('scope')],
  ])('rejects %s, in which it would find no requirement', (_, requirements) => {
    expect(problemsOf(requirements)).toEqual([
      expect.stringMatching(/not an? (?:promise|object with inherited or hidden)/),
    ])
  })

  it('takes an object without a prototype, and one of another realm', () => {
    const bare = Object.assign(Object.create(null) as object, { scope: 'admin' })
    for (const requirements of [bare, runInNewContext("({ scope: 'admin' })") as object]) {
      expect(readRequirements([requirements], one).challenge).toEqual({ scope: 'admin' })
    }
  })

  it('overlooks no hole in an array', () => {
    for (const name of ['scope', 'issuer', 'clients']) {
      // oxlint-disable-next-line no-sparse-arrays -- the hole is what is tested
      expect(problemsOf({ [name]: [, 'x'] }), name).not.toEqual([])
    }
  })

  it.each<[given: unknown, description: string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    ['', 'an empty string'],
    [5, '5'],
    [true, 'a boolean'],
    [['read'], 'an array'],
    [() => {}, 'a function'],
  ])('takes nothing but an object: %j', (requirements, description) => {
    expect(problemsOf(requirements)).toEqual([
      `They must be an object such as { scope: 'read:reports' }, not ${description}. Leave them out if any valid token will do.`,
    ])
  })

  it('shows the right call for a scope that is given as a string', () => {
    expect(problemsOf('read')).toEqual([
      "They must be an object such as { scope: 'read' }, not a string. Leave them out if any valid token will do.",
    ])
  })

  it('knows when it was given a request', () => {
    const request = { method: 'GET', headers: {}, url: '/' }
    expect(problemsOf(request)).toEqual(['It makes one: write requireToken() with parentheses.'])
    expect(() => readRequirements([request], one)).toThrow('requireToken was used as a middleware')
  })

  it('asks whose client is meant where there are several issuers', () => {
    expect(problemsOf({ clients: ['app'] }, two)).toEqual([
      'clients must name the issuer of each client where there are several: { issuer, clientId }.',
    ])
  })

  const unsaid = (kind: string, issuer: string, more = '') =>
    `subject: nothing is said about who is a ${kind} at ${issuer}. Set its provider. ` +
    `Or, if a machine's sub is its client id there, and no user's ever is, set machineSubject: 'client_id': it makes users of all others.${more}`
  const OR_LIST = ' Or name the machines in machineClients.'

  it('asks for a kind of subject only where somebody has said who is one', () => {
    expect(problemsOf({ subject: 'machine' }, [settingsWith()])).toEqual([
      unsaid('machine', ISSUER, OR_LIST),
    ])
    expect(problemsOf({ subject: 'user' }, two)).toEqual([unsaid('user', OTHER)])
    expect(problemsOf({ subject: 'user', issuer: ISSUER }, two)).toEqual([])
    expect(problemsOf({ subject: 'user', issuer: OTHER }, two)).toEqual([unsaid('user', OTHER)])
  })

  it.each<[subjects: SubjectStatements, machine: boolean, user: boolean]>([
    [{ provider: 'keycloak' }, true, true],
    [{ provider: 'supabase' }, false, true],
    [{ provider: 'github-actions' }, true, false],
    [{ provider: 'node-oidc-provider' }, false, true],
    [{ provider: 'node-oidc-provider', machineSubject: 'client_id' }, true, true],
    // Its introspection responses would say it, its JWTs do not.
    [{ provider: 'zitadel' }, false, false],
    [{ provider: 'zitadel', machineClients: ['cron'] }, true, false],
    [{ provider: 'hydra' }, false, false],
    [{ provider: 'hydra', machineSubject: 'client_id' }, true, true],
    [{ provider: 'b2c' }, false, false],
    [{ provider: 'b2c', machineSubject: 'client_id' }, true, false],
    [{ machineSubject: 'absent' }, true, true],
    [{ machineClients: ['cron'] }, true, false],
  ])('knows what can be told where this is said: %j', (subjects, machine, user) => {
    const issuers = [settingsWith({ subjects })]
    const check = () => true
    expect(problemsOf({ subject: 'machine', check }, issuers)).toHaveLength(machine ? 0 : 1)
    expect(problemsOf({ subject: 'user' }, issuers)).toHaveLength(user ? 0 : 1)
    expect(problemsOf({ clients: ['cron'] }, issuers)).toEqual([])
  })

  it.each<[SubjectStatements, IssuerSettings['tokenFormat'], machine: boolean, user: boolean]>([
    [{ provider: 'node-oidc-provider' }, 'opaque', true, true],
    [{ provider: 'node-oidc-provider' }, 'any', false, true],
    [{ provider: 'zitadel' }, 'opaque', false, true],
    [{ provider: 'zitadel' }, 'any', false, false],
    [{ provider: 'mas' }, 'jwt', false, false],
    [{ provider: 'mas' }, 'opaque', true, true],
    [{ provider: 'keycloak' }, 'any', true, true],
  ])(
    'knows it for every form that tokens come in: %j, %s',
    (subjects, tokenFormat, machine, user) => {
      const issuers = [settingsWith({ subjects, tokenFormat })]
      expect(problemsOf({ subject: 'machine' }, issuers)).toHaveLength(machine ? 0 : 1)
      expect(problemsOf({ subject: 'user' }, issuers)).toHaveLength(user ? 0 : 1)
    },
  )

  it('says what to do where a provider does not say it', () => {
    const issuers = [settingsWith({ subjects: { provider: 'b2c' } })]
    expect(problemsOf({ subject: 'machine' }, issuers)).toEqual([
      `subject: JWTs of b2c do not say who is a machine, and nothing else is said about ${ISSUER}. ` +
        'Its tokens do not say it: name the machines in machineClients.',
    ])
  })

  const NO_OPTION = 'No option can say it: leave subject out, and use check or clients.'
  const SET_SUBJECT =
    "If a machine's sub is its client id there, and no user's ever is, set machineSubject: 'client_id'."

  it.each<
    [SubjectStatements['provider'], 'machine' | 'user', IssuerSettings['tokenFormat'], string]
  >([
    ['hydra', 'user', 'jwt', SET_SUBJECT],
    ['openiddict', 'user', 'any', SET_SUBJECT],
    ['node-oidc-provider', 'machine', 'any', "set machineSubject: 'client_id'"],
    ['b2c', 'user', 'jwt', NO_OPTION],
    ['doorkeeper', 'user', 'opaque', NO_OPTION],
    ['kanidm', 'user', 'opaque', NO_OPTION],
    ['kubernetes', 'user', 'jwt', NO_OPTION],
    ['github-actions', 'user', 'jwt', NO_OPTION],
    ['gitlab-ci', 'user', 'jwt', NO_OPTION],
    ['zitadel', 'user', 'jwt', "Its introspection answers do: set tokenFormat: 'opaque'"],
    ['mas', 'user', 'any', "set tokenFormat: 'opaque'"],
    ['django-oauth-toolkit', 'machine', 'opaque', 'Name the machines in machineClients.'],
    ['supabase', 'machine', 'jwt', 'Supabase issues tokens to users only.'],
  ])('advises what helps: %s, %s, %s', (provider, subject, tokenFormat, advice) => {
    const [problem, ...others] = problemsOf({ subject, check: () => true }, [
      settingsWith({ subjects: { provider }, tokenFormat }),
    ])
    expect(others).toEqual([])
    expect(problem).toContain(advice)
    if (advice !== SET_SUBJECT && provider !== 'node-oidc-provider') {
      expect(problem).not.toContain('machineSubject')
    }
  })

  it('names the form of the tokens that do not say it', () => {
    const told = (tokenFormat: IssuerSettings['tokenFormat'], subject: string) =>
      problemsOf({ subject }, [settingsWith({ subjects: { provider: 'zitadel' }, tokenFormat })])[0]
    expect(told('jwt', 'user')).toContain('subject: JWTs of zitadel do not say who is a user')
    expect(told('any', 'user')).toContain('subject: JWTs of zitadel do not say who is a user')
    expect(told('opaque', 'machine')).toContain('subject: introspection answers of zitadel do not')
    expect(told('any', 'machine')).toContain('JWTs and introspection answers of zitadel do not')
  })

  it('lets nobody open the API to everybody on a public platform', () => {
    const github = settingsWith({
      subjects: { provider: 'github-actions' },
      clientIdClaims: [],
    })
    const google = settingsWith({
      issuer: OTHER,
      subjects: { provider: 'google' },
      clientIdClaims: ['azp'],
    })
    const OPEN = (provider: string) =>
      `check is missing: anybody can request a token of ${provider} for this API. Say in check whose may call, ` +
      `by the claims that only ${provider} can write (docs/machine-or-user.md), or in clients where they name one.`
    const check = () => true
    expect(problemsOf({ subject: 'machine' }, [github])).toEqual([OPEN('github-actions')])
    expect(problemsOf({}, [github])).toEqual([OPEN('github-actions')])
    expect(problemsOf({ optional: true }, [google])).toEqual([OPEN('google')])
    expect(problemsOf({ subject: 'machine' }, [one[0]!, google])).toEqual([OPEN('google')])
    expect(problemsOf({ subject: 'machine', issuer: ISSUER }, [one[0]!, google])).toEqual([])
    expect(problemsOf({ subject: 'machine', check }, [github])).toEqual([])
    expect(problemsOf({ subject: 'machine', clients: ['1120'] }, [google])).toEqual([])
    const allowed = { ...google, allowedClients: ['1120'] }
    expect(problemsOf({ subject: 'machine' }, [allowed])).toEqual([])
    // Neither of these can be met by whoever comes along.
    expect(problemsOf({ subject: 'user' }, [google])).toEqual([])
    expect(problemsOf({ scope: 'read' }, [google])).toEqual([])
    expect(problemsOf({ scope: { any: ['read'] } }, [google])).toEqual([])
  })

  it('knows clients that can never call', () => {
    const github = settingsWith({
      issuer: OTHER,
      subjects: { provider: 'kubernetes' },
      clientIdClaims: [],
    })
    const NO_CLIENT_NAMED =
      'clients: JWTs of kubernetes name no client, so none could pass. ' +
      `Use check, or set clientIdClaim for ${OTHER} if yours do.`
    expect(problemsOf({ clients: ['cron'] }, [github])).toEqual([NO_CLIENT_NAMED])
    const there = { issuer: OTHER, clientId: 'cron' }
    const here = { issuer: ISSUER, clientId: 'cron' }
    expect(problemsOf({ clients: [here, there] }, [one[0]!, github])).toEqual([NO_CLIENT_NAMED])
    expect(problemsOf({ clients: [here] }, [one[0]!, github])).toEqual([])
    expect(problemsOf({ clients: ['cron'] }, [{ ...github, tokenFormat: 'opaque' }])).toEqual([])
    const allowed = [settingsWith({ allowedClients: ['cron', 'web'] })]
    expect(problemsOf({ clients: ['cron', 'web'] }, allowed)).toEqual([])
    const NOT_ALLOWED =
      'clients names a client that is not in allowedClients: its tokens are refused.'
    expect(problemsOf({ clients: ['cron', 'other'] }, allowed)).toEqual([NOT_ALLOWED])
    expect(problemsOf({ clients: [{ ...here, clientId: 'x' }] }, allowed)).toEqual([NOT_ALLOWED])
  })

  it.each<[member: string, value: unknown, requirements: object, problem: string]>([
    ['any', ['read'], { scope: {} }, NO_SCOPE.replace('scope', 'scope.any')],
    ['clientId', 'app', { clients: [{ issuer: ISSUER }] }, BAD_CLIENT],
    ['issuer', ISSUER, { clients: [{ clientId: 'app' }] }, BAD_CLIENT],
    [
      'maxAge',
      3600,
      { introspect: {} },
      'introspect must be true, or { maxAge } with seconds from 0 to 3600.',
    ],
  ])(
    'ignores a member %s of Object.prototype: %j in %j',
    (member, value, requirements, problem) => {
      const introspection = {} as NonNullable<IssuerSettings['introspection']>
      const issuers = [settingsWith({ ...said, introspection })]
      const read = () => {
        try {
          return readRequirements([requirements], issuers)
        } catch (error) {
          return error
        }
      }
      for (const result of [read(), polluted({ [member]: value }, read)]) {
        expect(result).toBeInstanceOf(ConfigurationError)
        expect(result).toMatchObject({ problems: [problem] })
      }
    },
  )

  it('ignores members of Object.prototype beside the own members of nested requirements', () => {
    const introspection = {} as NonNullable<IssuerSettings['introspection']>
    const issuers = [settingsWith({ ...said, introspection })]
    const given = {
      scope: { any: ['read'] },
      clients: [{ issuer: ISSUER, clientId: 'app' }],
      introspect: { maxAge: 60 },
    }
    const checked = readRequirements([given], issuers)
    const others = { any: ['admin'], all: ['admin'], clientId: 'other', maxAge: 3600, age: 1 }
    const same = polluted(others, () => readRequirements([given], issuers))
    expect(same).toMatchObject({ introspect: 60, challenge: { scope: 'read' } })
    for (const read of [same, checked]) {
      expect(run(read, { client_id: 'app', scope: 'read' })).toBe('passed')
      expect(run(read, { client_id: 'app', scope: 'admin' })).toBe('insufficient_scope')
      expect(run(read, { client_id: 'other', scope: 'read' })).toBe('wrong_client')
    }
  })

  it('overlooks no second argument', () => {
    expect(() => readRequirements([{ scope: 'a' }, { subject: 'user' }], one)).toThrow(
      'They are one object, not 2 arguments: write all requirements into it.',
    )
    expect(() => readRequirements([undefined], one)).toThrow('not undefined')
    expect(readRequirements([], one)).toEqual(nothing)
  })
})
