import { describe, expect, it } from 'vitest'
import { AUDIENCE } from '../../../../test/support/issuer.ts'
import { ConfigurationError, type Requirements } from '../../src/index.ts'
import { BASE, serveTenants, toOptions } from './setup.ts'

const ACME = `${BASE}acme`
const STATIC = 'https://static.example.com'
const GITHUB = 'https://token.actions.githubusercontent.com'
const INTROSPECTION = {
  endpoint: `${ACME}/introspect`,
  clientId: 'api',
  clientAuthentication: { method: 'client_secret_basic', secret: 'a' },
  probe: false,
}

/** Returns the problems of the error that a function throws. */
function readProblems(call: () => unknown): readonly string[] {
  try {
    call()
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems
  }
  return []
}

describe('the requirement issuer with dynamic issuers', () => {
  it('a guard with the requirement issuer grants only tokens of the named tenants', async () => {
    const { tenant, getOutcome, getOutcomeOfNew, server } = serveTenants()
    expect(await getOutcome(tenant('acme').token(), { issuer: ACME })).toBe('granted')
    expect(await getOutcome(tenant('globex').token(), { issuer: ACME })).toBe('403 wrong_issuer')
    expect(await getOutcome(tenant('globex').token(), { issuer: [ACME, `${BASE}globex`] })).toBe(
      'granted',
    )
    expect(await getOutcomeOfNew('globex')).toBe('granted')
    expect(() => server.guard({ issuer: ACME })).not.toThrow()
  })

  it('a guard grants tokens of each issuer in the requirement issuer, which may list static and dynamic issuers', async () => {
    const { tenant, getOutcome, server } = serveTenants({
      issuers: { static: [{ issuer: `${BASE}static`, audience: AUDIENCE }] },
    })
    const issuer = [`${BASE}static`, ACME]
    expect(await getOutcome(tenant('static').token(), { issuer })).toBe('granted')
    expect(await getOutcome(tenant('acme').token(), { issuer })).toBe('granted')
    expect(await getOutcome(tenant('globex').token(), { issuer })).toBe('403 wrong_issuer')
    expect(await getOutcome(tenant('acme').token(), { issuer: `${BASE}static` })).toBe(
      '403 wrong_issuer',
    )
    expect(server.status().issuers).toHaveLength(1)
  })

  it.each<[name: string, issuer: unknown]>([
    ['an issuer that match does not accept', 'https://other.example.com'],
    ['an issuer with a query', `${ACME}?x`],
    ['an issuer with dot segments', `${BASE}../acme`],
    ['an issuer with a user name', 'https://login.example.com@evil.example/tenants/acme'],
    ['an empty list', []],
    ['a list with an issuer that match does not accept', [ACME, 'https://other.example.com']],
    ['a value that is not a string', 1],
  ])('guard() throws a ConfigurationError for the requirement issuer with %s', (_, issuer) => {
    const { server, takeResolved } = serveTenants({
      issuers: { static: [{ issuer: STATIC, audience: AUDIENCE }] },
    })
    expect(readProblems(() => server.guard({ issuer } as Requirements))).toEqual([
      `issuer must name configured issuers: ${STATIC}, an issuer that the function match accepts.`,
    ])
    expect(takeResolved()).toEqual([])
  })

  it('guard() accepts the name of a dynamic issuer if match fails, and tokens of this issuer get 503', async () => {
    for (const match of [
      () => {
        throw new Error('down')
      },
      async () => true,
    ]) {
      const { tenant, getOutcome } = serveTenants({ issuers: { match } })
      expect(await getOutcome(tenant('acme').token(), { issuer: ACME })).toBe(
        '503 issuer_unavailable',
      )
    }
  })
})

describe('the requirement clients with dynamic issuers', () => {
  it('a guard with clients grants a client of one tenant, and refuses the same client id of another tenant', async () => {
    const { tenant, getOutcome } = serveTenants()
    const clients = [{ issuer: ACME, clientId: 'reports-cron' }]
    expect(await getOutcome(tenant('acme').token(), { clients })).toBe('granted')
    expect(await getOutcome(tenant('globex').token(), { clients })).toBe('403 wrong_client')
    const other = tenant('acme').token({ claims: { client_id: 'other' } })
    expect(await getOutcome(other, { clients })).toBe('403 wrong_client')
  })

  it('guard() throws a ConfigurationError for a client id without an issuer, with and without static issuers', () => {
    for (const issuers of [{}, { static: [{ issuer: STATIC, audience: AUDIENCE }] }]) {
      const { server } = serveTenants({ issuers })
      expect(readProblems(() => server.guard({ clients: ['reports-cron'] }))).toEqual([
        'clients must name the issuer of each client, because several issuers are configured: { issuer, clientId }.',
      ])
    }
  })

  it('guard() throws a ConfigurationError for a client of an issuer that match does not accept', () => {
    const { server } = serveTenants()
    const clients = [{ issuer: 'https://other.example.com', clientId: 'a' }]
    expect(readProblems(() => server.guard({ clients }))).toHaveLength(1)
  })
})

describe('the requirement subject with dynamic issuers', () => {
  it('a guard with the requirement subject uses the options of the tenant, and refuses an unknown subject', async () => {
    const { tenant, getOutcome, resolveWith, takeEvents } = serveTenants()
    resolveWith((iss) =>
      iss === ACME ? { ...toOptions(iss), machineSubject: 'client_id' } : toOptions(iss),
    )
    const machine = { subject: 'machine' } as const
    const user = tenant('acme').token({ claims: { sub: 'a' } })
    expect(await getOutcome(tenant('acme').token(), machine)).toBe('granted')
    expect(await getOutcome(user, machine)).toBe('403 wrong_subject')
    expect(await getOutcome(user, { subject: 'user' })).toBe('granted')
    takeEvents()
    const unknown = tenant('globex').token({ claims: { sub: 'a' } })
    expect(await getOutcome(unknown, machine)).toBe('403 wrong_subject')
    expect(takeEvents('subject_unknown')).toMatchObject([{ issuer: `${BASE}globex` }])
    expect(await getOutcome(unknown, { subject: 'user' })).toBe('403 wrong_subject')
  })

  it.each<['machine' | 'user', object]>([
    ['machine', {}],
    ['user', { sub: 'a', amr: ['pwd'], auth_time: 1_800_000_000 }],
  ])(
    'a guard with subject: %s refuses a token with typical claims of this kind if no option of its tenant determines the kind',
    async (subject, claims) => {
      const { tenant, getOutcome } = serveTenants()
      const token = tenant('acme').token({ claims: { ...claims } })
      expect(await getOutcome(token, { subject })).toBe('403 wrong_subject')
    },
  )
})

describe('a public platform that resolve returns', () => {
  function createSetup(more: object = {}) {
    const setup = serveTenants({ issuers: { match: (iss: string) => iss === GITHUB } })
    const { jwks, token } = setup.tenant('github')
    setup.resolveWith((iss) => ({ ...toOptions(iss), provider: 'github-actions', jwks, ...more }))
    const claims = {
      iss: GITHUB,
      sub: 'repo:acme/api:ref:refs/heads/main',
      client_id: undefined,
      scope: undefined,
      repository: 'acme/api',
      repository_id: '74',
      repository_owner: 'acme',
      ref: 'refs/heads/main',
      run_id: '1',
    }
    return { ...setup, token: token({ header: { typ: 'JWT' }, claims }) }
  }

  it('a guard without a restriction refuses tokens of a public platform with 403, and explains which restriction is missing', async () => {
    const { token, getOutcome, takeEvents } = createSetup()
    for (const requirements of [{}, { subject: 'machine' }, { issuer: GITHUB }] as const) {
      expect(await getOutcome(token, requirements)).toBe('403 wrong_issuer')
    }
    for (const event of takeEvents('refused')) {
      expect(event).toMatchObject({
        check: 'issuer',
        found: `${GITHUB} of the public platform github-actions`,
        advice: expect.stringContaining('At the route: set claims or clients') as string,
      })
    }
  })

  it('a guard with claims, check or scope grants only those tokens of a public platform that meet the requirement', async () => {
    const { token, getOutcome } = createSetup()
    const claims = (equals: string) => ({ claims: [{ claim: 'repository', equals }] })
    expect(await getOutcome(token, claims('acme/api'))).toBe('granted')
    expect(await getOutcome(token, claims('evil/api'))).toBe('403 wrong_claim')
    expect(await getOutcome(token, { check: () => true })).toBe('granted')
    expect(await getOutcome(token, { scope: 'read' })).toBe('403 insufficient_scope')
  })

  it('verify() accepts tokens of a public platform without requirements', async () => {
    const { token, server } = createSetup()
    expect(await server.verify(token)).toMatchObject({ kind: 'granted' })
  })

  it('a guard without a restriction refuses a token of a public platform even if the token is cached', async () => {
    const { token, server, getOutcome } = createSetup()
    for (let i = 0; i < 3; i++)
      expect(await server.verify(token)).toMatchObject({ kind: 'granted' })
    expect(await getOutcome(token)).toBe('403 wrong_issuer')
  })

  it('a guard without a restriction grants tokens of tenants that are not a public platform', async () => {
    const setup = serveTenants({
      issuers: { match: (iss: string) => iss === GITHUB || iss.startsWith(BASE) },
    })
    expect(await setup.getOutcomeOfNew('acme')).toBe('granted')
  })
})

describe('the requirement introspect with dynamic issuers', () => {
  it('a guard with introspect responds with 403 if resolve returns no introspection, and the event names the missing option', async () => {
    const { tenant, send, takeEvents } = serveTenants()
    const outcome = await send(tenant('acme').token(), { introspect: true })
    expect(outcome).toMatchObject({ status: 403, reason: 'wrong_issuer' })
    expect(takeEvents('refused')).toMatchObject([
      {
        expected: `the option introspection for ${ACME}`,
        found: 'nothing',
        advice: expect.stringContaining('return introspection from the function resolve') as string,
      },
    ])
  })

  it('a guard with introspect introspects the token at the endpoint that resolve returns', async () => {
    let active = true
    const called: string[] = []
    const setup: ReturnType<typeof serveTenants> = serveTenants({
      options: {
        fetch: async (url: string) => {
          called.push(url)
          return Response.json(
            url.endsWith('/jwks') ? setup.tenant('acme').jwks : { active, iss: ACME },
          )
        },
      },
    })
    setup.resolveWith((iss) => ({
      ...toOptions(iss),
      jwksUri: `${ACME}/jwks`,
      introspection: INTROSPECTION,
    }))
    const token = setup.tenant('acme').token()
    expect(await setup.getOutcome(token, { introspect: true })).toBe('granted')
    expect(called).toEqual([`${ACME}/jwks`, `${ACME}/introspect`])
    active = false
    expect(await setup.getOutcome(token, { introspect: true })).toBe('401 inactive')
    expect(setup.clock.pending()).toBe(0)
  })

  it('guard() with introspect throws a ConfigurationError only for static issuers without introspection', () => {
    const { server } = serveTenants({
      issuers: { static: [{ issuer: STATIC, audience: AUDIENCE }] },
    })
    expect(() => server.guard({ introspect: true, issuer: ACME })).not.toThrow()
    expect(readProblems(() => server.guard({ introspect: true }))).toHaveLength(1)
  })
})
