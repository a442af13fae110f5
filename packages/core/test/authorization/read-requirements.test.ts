import { systemClock } from '../../src/lib/clock.ts'
import type { IssuerSettings } from '../../src/model/settings.ts'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ISSUER } from '../../../../test/support/issuer.ts'
import { ConfigurationError } from '../../src/errors.ts'
import {
  type CheckedRequirements,
  checkRequirements,
  runApplicationCheck,
} from '../../src/authorization/requirements.ts'
import type { AccessToken } from '../../src/model/access-token.ts'
import type { Rejection } from '../../src/response/rejection.ts'
import type { SubjectStatements } from '../../src/subject/context.ts'
import { withPollutedPrototype } from '../support/with-polluted-prototype.ts'
import { toAccessToken } from '../../src/token/to-access-token.ts'
import { createSettings, readForStatic } from '../support/settings.ts'

const OTHER = 'https://other.example.com'
const SUBJECTS = { subjects: { machineSubject: 'client_id' } } as const
const one = [createSettings(SUBJECTS)]
const two = [createSettings(SUBJECTS), createSettings({ issuer: OTHER })]

function getProblems(requirements: unknown, issuers = one): readonly string[] {
  try {
    readForStatic([requirements], issuers)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return (error as ConfigurationError).problems
  }
  return []
}

/** Runs the checks on a token with these claims. Returns the reason of the rejection, or `passed`. */
function run(requirements: CheckedRequirements, claims: object): string {
  const [settings] = one as [IssuerSettings]
  const token = toAccessToken({ iss: ISSUER, exp: 1, ...claims }, settings, 'jwt')
  const services = { publish: () => {}, clock: systemClock }
  const verified = { token, issuer: { settings } }
  const exchange = {
    token: verified.token,
    verified,
    requirements,
    raw: {},
    request: undefined,
    checkedToken: undefined,
    services,
  }
  const result = checkRequirements(exchange) ?? runApplicationCheck(exchange)
  return (result as Rejection | undefined)?.reason ?? 'passed'
}

const decide = (requirements: unknown, claims: object, issuers = one) =>
  run(readForStatic([requirements], issuers), claims)

describe('readRequirements', () => {
  const nothing = {
    issuers: undefined,
    acceptsPublicIssuers: false,
    optional: false,
    needsIssuer: false,
    introspect: undefined,
    checks: [],
    challenge: {},
    describe: expect.any(Function) as () => string,
  }

  it('readRequirements returns no checks if no requirement is given', () => {
    expect(readForStatic([{}], one)).toEqual(nothing)
    expect(readForStatic([{}], two)).toEqual(nothing)
  })

  it.each<[name: string, scope: unknown, passing: string[], challenge: string]>([
    ['a string with one scope', 'read', ['read', 'write read'], 'read'],
    [
      'a string with two scopes and additional spaces',
      ' read  write ',
      ['read write', 'write x read'],
      'read write',
    ],
    ['an array of two scopes', ['read', 'write'], ['write read'], 'read write'],
    ['an array with a duplicate', ['read', 'read'], ['read'], 'read'],
    [
      'a string with all punctuation characters of a scope',
      "!#$%&'()*+,-./:;<=>?@[]^_`{|}~",
      ["!#$%&'()*+,-./:;<=>?@[]^_`{|}~"],
      "!#$%&'()*+,-./:;<=>?@[]^_`{|}~",
    ],
    ['{ any } with two scopes', { any: ['read', 'write'] }, ['read', 'write'], 'read'],
  ])(
    'readRequirements requires the scopes and returns the scopes for the challenge if scope is %s',
    (_, scope, passing, challenge) => {
      const { challenge: read, ...checked } = readForStatic([{ scope }], one)
      expect(read).toEqual({ scope: challenge })
      expect(checked).toEqual({ ...checked, optional: false, issuers: undefined })
      expect(passing.map((scopes) => decide({ scope }, { scope: scopes }))).toEqual(
        passing.map(() => 'passed'),
      )
      for (const other of ['', 'other', 'rea', 'reads']) {
        expect(decide({ scope }, { scope: other })).toBe('insufficient_scope')
      }
    },
  )

  it('readRequirements returns checks for subject, clients, issuer and check, and the value of optional', () => {
    const check = (token: AccessToken) => token.clientId === 'app'
    const given = { subject: 'user', clients: ['app'], issuer: ISSUER, optional: true, check }
    expect(readForStatic([given], one)).toMatchObject({ issuers: [ISSUER], optional: true })
    expect(decide(given, { sub: 'alice', client_id: 'app' })).toBe('passed')
    expect(decide(given, { sub: 'app', client_id: 'app' })).toBe('wrong_subject')
    expect(decide(given, { sub: 'alice', client_id: 'other' })).toBe('wrong_client')
    expect(decide({ check }, { sub: 'alice', client_id: 'other' })).toBe('check_failed')
    const clients = [
      { issuer: ISSUER, clientId: 'a' },
      { issuer: OTHER, clientId: 'b' },
    ]
    expect(readForStatic([{ clients, issuer: [ISSUER, OTHER] }], two).issuers).toEqual([
      ISSUER,
      OTHER,
    ])
    expect(decide({ clients }, { client_id: 'a' }, two)).toBe('passed')
    expect(decide({ clients }, { client_id: 'b' }, two)).toBe('wrong_client')
    expect(readForStatic([{ optional: false }], one).optional).toBe(false)
  })

  it('readRequirements copies the requirements, so later changes of the requirements have no effect', () => {
    const given = { scope: ['read'], clients: ['app'], issuer: [ISSUER] }
    const checked = readForStatic([given], one)
    given.scope.length = 0
    given.clients[0] = 'other'
    given.issuer.push('x')
    expect(checked).toMatchObject({ issuers: [ISSUER], challenge: { scope: 'read' } })
    expect(run(checked, { client_id: 'app', scope: 'read' })).toBe('passed')
    expect(run(checked, { client_id: 'other', scope: 'read' })).toBe('wrong_client')
    expect(run(checked, { client_id: 'app', scope: '' })).toBe('insufficient_scope')
  })

  const NO_SCOPE =
    'scope must be a string or an array with at least one scope, or { any: [...] }. If no scope is required, remove scope.'
  const BAD_SCOPE =
    'scope contains a value that is not a scope: use printable ASCII without spaces, quotes and backslashes (RFC 6749 section 3.3).'
  const NO_CLIENT = "clients must be an array with at least one client: ['cron']."
  const BAD_CLIENT =
    'clients must contain client ids, or { issuer, clientId } with a configured issuer.'
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
    [{ scope: { any: [] } }, NO_SCOPE],
    [{ scope: { any: 'read' } }, NO_SCOPE],
    [{ scope: { any: ['a b'] } }, BAD_SCOPE.replace('scope', 'scope.any')],
    [{ scope: {} }, NO_SCOPE],
    [{ scope: { all: ['read'] } }, 'scope.all is not an option. The options are: any.', NO_SCOPE],
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
      'clients[].scope is not an option. The options are: issuer, clientId.',
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
    [{ scopes: 'read' }, 'scopes is not a requirement. Did you mean scope?'],
    [{ Scope: 'read' }, 'Scope is not a requirement. Did you mean scope?'],
    [{ client: ['a'] }, 'client is not a requirement. Did you mean clients?'],
    [
      { authRequired: true },
      'authRequired is not a requirement. Use optional: true only if callers may omit the token. By default, a guard requires a token.',
    ],
    [{ audience: 'x' }, 'audience is not a requirement. Use the option audience.'],
    [
      { resource: 'x' },
      expect.stringMatching(
        /^resource is not a requirement\. The requirements are: bound, .*introspect\.$/,
      ) as string,
    ],
  ])('readRequirements rejects %o with the expected problems', (requirements, ...problems) => {
    expect(getProblems(requirements)).toEqual(problems)
  })

  it('readRequirements reports all problems in one error, each with its solution', () => {
    const wrong = { scopes: 'a', subject: 'x', optional: 1, clients: [] }
    expect(getProblems(wrong)).toHaveLength(4)
    expect(() => readForStatic([wrong], one)).toThrow(
      [
        'The requirements of a guard are wrong:',
        '  - scopes is not a requirement. Did you mean scope?',
        "  - subject must be 'machine' or 'user'.",
        "  - clients must be an array with at least one client: ['cron'].",
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
    ['an object that inherits scope', Object.create({ scope: 'admin' }) as object],
    [
      'an object that inherits scope from an object without a prototype',
      Object.create({ __proto__: null, scope: 'admin' }) as object,
    ],
    ['an object with a hidden member', Object.defineProperty({}, 'scope', { value: 'admin' })],
    ['an object with a symbol as name', { [Symbol('scope')]: 'admin' }],
    ['a Date', new Date(0)],
    ['an Error', new Error('scope')],
  ])(
    'readRequirements rejects %s, because its requirements would be ignored',
    (_, requirements) => {
      expect(getProblems(requirements)).toEqual([
        expect.stringMatching(/not an? (?:promise|object with inherited or hidden)/),
      ])
    },
  )

  it('readRequirements accepts an object without a prototype, and an object of another realm', () => {
    const bare = Object.assign(Object.create(null) as object, { scope: 'admin' })
    for (const requirements of [bare, runInNewContext("({ scope: 'admin' })") as object]) {
      expect(readForStatic([requirements], one).challenge).toEqual({ scope: 'admin' })
    }
  })

  it('readRequirements rejects a sparse array in scope, issuer and clients', () => {
    for (const name of ['scope', 'issuer', 'clients']) {
      // oxlint-disable-next-line no-sparse-arrays -- this test is about holes
      expect(getProblems({ [name]: [, 'x'] }), name).not.toEqual([])
    }
  })

  it.each<[description: string, given: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an empty string', ''],
    ['5', 5],
    ['a boolean', true],
    ['an array', ['read']],
    ['a function', () => {}],
  ])(
    'readRequirements rejects requirements that are not an object: %s',
    (description, requirements) => {
      expect(getProblems(requirements)).toEqual([
        `Requirements must be an object such as { scope: 'read:reports' }, not ${description}. To accept any valid token, leave the argument out.`,
      ])
    },
  )

  it('readRequirements rejects a string instead of an object, and the message contains the right form for this scope', () => {
    expect(getProblems('read')).toEqual([
      "Requirements must be an object such as { scope: 'read' }, not a string. To accept any valid token, leave the argument out.",
    ])
  })

  it('readRequirements reports that requireToken was used as a middleware if it gets a request instead of requirements', () => {
    const request = { method: 'GET', headers: {}, url: '/' }
    expect(getProblems(request)).toEqual([
      'Write requireToken() with parentheses: this call returns the middleware.',
    ])
    expect(() => readForStatic([request], one)).toThrow('requireToken was used as a middleware')
  })

  it('readRequirements rejects a client id without an issuer if several issuers are configured', () => {
    expect(getProblems({ clients: ['app'] }, two)).toEqual([
      'clients must name the issuer of each client, because several issuers are configured: { issuer, clientId }.',
    ])
  })

  const undetermined = (kind: string, issuer: string, more = '') =>
    `subject: '${kind}' cannot be determined: no option of ${issuer} shows the subject kind. Set its provider. ` +
    `If the sub of a machine is its client id, and the sub of a user is never a client id, you can set machineSubject: 'client_id' instead. All other subjects are then users.${more}`
  const OR_LIST = ' Or name the machines in machineClients.'

  it('readRequirements rejects subject if no option of an allowed issuer determines the subject kind', () => {
    expect(getProblems({ subject: 'machine' }, [createSettings()])).toEqual([
      undetermined('machine', ISSUER, OR_LIST),
    ])
    expect(getProblems({ subject: 'user' }, two)).toEqual([undetermined('user', OTHER)])
    expect(getProblems({ subject: 'user', issuer: ISSUER }, two)).toEqual([])
    expect(getProblems({ subject: 'user', issuer: OTHER }, two)).toEqual([
      undetermined('user', OTHER),
    ])
  })

  /** The values of `subject` that a guard accepts. */
  type Accepted = 'machine and user' | 'only machine' | 'only user' | 'neither machine nor user'

  /** Returns the values of `subject` that a guard accepts for an issuer with these settings. */
  function getAccepted(settings: Partial<IssuerSettings>): Accepted {
    const issuers = [createSettings(settings)]
    const check = () => true
    const [machine, user] = ['machine', 'user'].map((subject) => {
      const problems = getProblems({ subject, check }, issuers)
      expect(problems.length).toBeLessThan(2)
      return problems.length === 0
    })
    if (machine === user) return machine ? 'machine and user' : 'neither machine nor user'
    return machine ? 'only machine' : 'only user'
  }

  it.each<[accepted: Accepted, subjects: SubjectStatements]>([
    ['machine and user', { provider: 'keycloak' }],
    ['only user', { provider: 'supabase' }],
    ['only machine', { provider: 'github-actions' }],
    ['only user', { provider: 'node-oidc-provider' }],
    ['machine and user', { provider: 'node-oidc-provider', machineSubject: 'client_id' }],
    // Introspection responses of Zitadel contain evidence of a user. JWTs of Zitadel contain no evidence.
    ['neither machine nor user', { provider: 'zitadel' }],
    ['only machine', { provider: 'zitadel', machineClients: ['cron'] }],
    ['neither machine nor user', { provider: 'hydra' }],
    ['machine and user', { provider: 'hydra', machineSubject: 'client_id' }],
    ['neither machine nor user', { provider: 'b2c' }],
    ['only machine', { provider: 'b2c', machineSubject: 'client_id' }],
    ['machine and user', { machineSubject: 'absent' }],
    ['only machine', { machineClients: ['cron'] }],
  ])(
    'readRequirements accepts %s as subject, and accepts clients, with the options %o',
    (accepted, subjects) => {
      expect(getAccepted({ subjects })).toBe(accepted)
      expect(getProblems({ clients: ['cron'] }, [createSettings({ subjects })])).toEqual([])
    },
  )

  it.each<[Accepted, SubjectStatements['provider'], IssuerSettings['tokenFormat']]>([
    ['machine and user', 'node-oidc-provider', 'opaque'],
    ['only user', 'node-oidc-provider', 'any'],
    ['only user', 'zitadel', 'opaque'],
    ['neither machine nor user', 'zitadel', 'any'],
    ['neither machine nor user', 'mas', 'jwt'],
    ['machine and user', 'mas', 'opaque'],
    ['machine and user', 'keycloak', 'any'],
  ])(
    'readRequirements accepts %s as subject for provider %s and token format %s',
    (accepted, provider, tokenFormat) => {
      expect(getAccepted({ subjects: { provider }, tokenFormat })).toBe(accepted)
    },
  )

  it('readRequirements rejects subject: machine if JWTs of the provider do not indicate machines, and names provider, issuer and an option', () => {
    const issuers = [createSettings({ subjects: { provider: 'b2c' } })]
    expect(getProblems({ subject: 'machine' }, issuers)).toEqual([
      `subject: 'machine' cannot be determined: JWTs of b2c do not show the subject kind, and the options of ${ISSUER} do not define it. ` +
        'Name the machines in machineClients.',
    ])
  })

  const NO_OPTION = 'No option can determine the kind: remove subject, and use check or clients.'
  const SET_SUBJECT =
    "If the sub of a machine is its client id, and the sub of a user is never a client id, set machineSubject: 'client_id'."

  it.each<
    ['machine' | 'user', SubjectStatements['provider'], IssuerSettings['tokenFormat'], string]
  >([
    ['user', 'hydra', 'jwt', SET_SUBJECT],
    ['user', 'openiddict', 'any', SET_SUBJECT],
    ['machine', 'node-oidc-provider', 'any', "set machineSubject: 'client_id'"],
    ['user', 'b2c', 'jwt', NO_OPTION],
    ['user', 'doorkeeper', 'opaque', NO_OPTION],
    ['user', 'kanidm', 'opaque', NO_OPTION],
    ['user', 'kubernetes', 'jwt', NO_OPTION],
    ['user', 'github-actions', 'jwt', NO_OPTION],
    ['user', 'gitlab-ci', 'jwt', NO_OPTION],
    ['user', 'zitadel', 'jwt', "Introspection responses show the kind. Set tokenFormat: 'opaque'"],
    ['user', 'mas', 'any', "Set tokenFormat: 'opaque'"],
    ['machine', 'django-oauth-toolkit', 'opaque', 'Name the machines in machineClients.'],
    ['machine', 'supabase', 'jwt', 'Supabase issues tokens to users only.'],
  ])(
    'readRequirements rejects subject %s for provider %s and token format %s, with the advice for this provider and format',
    (subject, provider, tokenFormat, advice) => {
      const [problem, ...others] = getProblems({ subject, check: () => true }, [
        createSettings({ subjects: { provider }, tokenFormat }),
      ])
      expect(others).toEqual([])
      expect(problem).toContain(advice)
      if (advice !== SET_SUBJECT && provider !== 'node-oidc-provider') {
        expect(problem).not.toContain('machineSubject')
      }
    },
  )

  it('the problem that readRequirements reports names the token formats that do not indicate the subject kind', () => {
    const getProblem = (tokenFormat: IssuerSettings['tokenFormat'], subject: string) =>
      getProblems({ subject }, [
        createSettings({ subjects: { provider: 'zitadel' }, tokenFormat }),
      ])[0]
    expect(getProblem('jwt', 'user')).toContain(
      "'user' cannot be determined: JWTs of zitadel do not",
    )
    expect(getProblem('any', 'user')).toContain(
      "'user' cannot be determined: JWTs of zitadel do not",
    )
    expect(getProblem('opaque', 'machine')).toContain(': introspection responses of zitadel do not')
    expect(getProblem('any', 'machine')).toContain(
      'JWTs and introspection responses of zitadel do not',
    )
  })

  it('readRequirements for a public platform without allowedClients rejects {}, optional: true and subject: machine, and accepts claims, check, clients, scope and subject: user', () => {
    const github = createSettings({
      subjects: { provider: 'github-actions' },
      clientIdClaims: [],
    })
    const google = createSettings({
      issuer: OTHER,
      subjects: { provider: 'google' },
      clientIdClaims: ['azp'],
    })
    const OPEN = (provider: string) =>
      `The guard does not restrict callers: every user of ${provider} can request a token for this API. ` +
      `Set claims to require values that only tokens of your own accounts or repositories have, or set clients if the tokens contain a client id.`
    const check = () => true
    expect(getProblems({ subject: 'machine' }, [github])).toEqual([OPEN('github-actions')])
    expect(getProblems({}, [github])).toEqual([OPEN('github-actions')])
    expect(getProblems({ optional: true }, [google])).toEqual([OPEN('google')])
    expect(getProblems({ subject: 'machine' }, [one[0]!, google])).toEqual([OPEN('google')])
    expect(getProblems({ subject: 'machine', issuer: ISSUER }, [one[0]!, google])).toEqual([])
    expect(getProblems({ subject: 'machine', check }, [github])).toEqual([])
    const claims = [{ claim: 'repository', equals: 'acme/reports' }]
    expect(getProblems({ subject: 'machine', claims }, [github])).toEqual([])
    expect(getProblems({ subject: 'machine', clients: ['1120'] }, [google])).toEqual([])
    const allowed = { ...google, allowedClients: ['1120'] }
    expect(getProblems({ subject: 'machine' }, [allowed])).toEqual([])
    // An API may be for all Google accounts, so `subject: 'user'` is accepted.
    expect(getProblems({ subject: 'user' }, [google])).toEqual([])
    expect(getProblems({ scope: 'read' }, [google])).toEqual([])
    expect(getProblems({ scope: { any: ['read'] } }, [google])).toEqual([])
  })

  it('readRequirements rejects clients that are not in allowedClients, and clients of an issuer whose tokens contain no client id', () => {
    const kubernetes = createSettings({
      issuer: OTHER,
      subjects: { provider: 'kubernetes' },
      clientIdClaims: [],
    })
    const NO_CLIENT_NAMED =
      'clients cannot match: JWTs of kubernetes usually contain no client id, ' +
      `so set check instead. If your JWTs contain one, set clientIdClaim for ${OTHER}.`
    expect(getProblems({ clients: ['cron'] }, [kubernetes])).toEqual([NO_CLIENT_NAMED])
    const there = { issuer: OTHER, clientId: 'cron' }
    const here = { issuer: ISSUER, clientId: 'cron' }
    expect(getProblems({ clients: [here, there] }, [one[0]!, kubernetes])).toEqual([
      NO_CLIENT_NAMED,
    ])
    expect(getProblems({ clients: [here] }, [one[0]!, kubernetes])).toEqual([])
    expect(getProblems({ clients: ['cron'] }, [{ ...kubernetes, tokenFormat: 'opaque' }])).toEqual(
      [],
    )
    const allowed = [createSettings({ allowedClients: ['cron', 'web'] })]
    expect(getProblems({ clients: ['cron', 'web'] }, allowed)).toEqual([])
    // The message contains no client id, because the application may have set a secret by mistake.
    const NOT_ALLOWED = (index: number) =>
      `clients[${index}] is not in allowedClients: add it there, or remove it here.`
    expect(getProblems({ clients: ['cron', 'other'] }, allowed)).toEqual([NOT_ALLOWED(1)])
    expect(getProblems({ clients: [{ ...here, clientId: 'x' }] }, allowed)).toEqual([
      NOT_ALLOWED(0),
    ])
  })

  it.each<[member: string, value: unknown, requirements: object, problem: string]>([
    ['any', ['read'], { scope: {} }, NO_SCOPE],
    ['clientId', 'app', { clients: [{ issuer: ISSUER }] }, BAD_CLIENT],
    ['issuer', ISSUER, { clients: [{ clientId: 'app' }] }, BAD_CLIENT],
    [
      'maxAge',
      3600,
      { introspect: {} },
      'introspect must be true, or { maxAge } with seconds from 0 to 3600.',
    ],
  ])(
    'readRequirements rejects requirements without the member %s, even if Object.prototype has this member',
    (member, value, requirements, problem) => {
      const introspection = {} as NonNullable<IssuerSettings['introspection']>
      const issuers = [createSettings({ ...SUBJECTS, introspection })]
      const read = () => {
        try {
          return readForStatic([requirements], issuers)
        } catch (error) {
          return error
        }
      }
      for (const result of [read(), withPollutedPrototype({ [member]: value }, read)]) {
        expect(result).toBeInstanceOf(ConfigurationError)
        expect(result).toMatchObject({ problems: [problem] })
      }
    },
  )

  it('readRequirements reads only own members of nested requirements, not members of Object.prototype', () => {
    const introspection = {} as NonNullable<IssuerSettings['introspection']>
    const issuers = [createSettings({ ...SUBJECTS, introspection })]
    const given = {
      scope: { any: ['read'] },
      clients: [{ issuer: ISSUER, clientId: 'app' }],
      introspect: { maxAge: 60 },
    }
    const checked = readForStatic([given], issuers)
    const others = { any: ['admin'], all: ['admin'], clientId: 'other', maxAge: 3600, age: 1 }
    const same = withPollutedPrototype(others, () => readForStatic([given], issuers))
    expect(same).toMatchObject({ introspect: 60, challenge: { scope: 'read' } })
    for (const read of [same, checked]) {
      expect(run(read, { client_id: 'app', scope: 'read' })).toBe('passed')
      expect(run(read, { client_id: 'app', scope: 'admin' })).toBe('insufficient_scope')
      expect(run(read, { client_id: 'other', scope: 'read' })).toBe('wrong_client')
    }
  })

  it('readRequirements rejects a second argument and an undefined argument, and accepts no argument', () => {
    expect(() => readForStatic([{ scope: 'a' }, { subject: 'user' }], one)).toThrow(
      'Requirements must be one object, not 2 arguments: put all requirements into this object.',
    )
    expect(() => readForStatic([undefined], one)).toThrow('not undefined')
    expect(readForStatic([], one)).toEqual(nothing)
  })
})
