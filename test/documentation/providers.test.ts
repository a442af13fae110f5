import type { BearwardEvent } from '@bearward/core'
import type { Express, RequestHandler } from 'express'
import express from 'express'
import { describe, expect, it } from 'vitest'
import { ISSUER_PATTERNS } from '../../packages/core/src/subject/issuer-patterns.ts'
import { getProfile, PROFILES, type Provider } from '../../packages/core/src/subject/providers.ts'
import { filesBelow, read } from '../repository/files.ts'
import { createTestIssuer, type TestIssuer } from '../support/issuer.ts'
import { describeDocument, type Scenario, serve } from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

type Claims = Readonly<Record<string, unknown>>

/** Claims that test issuers write by default, and that providers do not write. */
const WITHOUT_DEFAULTS = { client_id: undefined, scope: undefined, jti: undefined }

const API = 'https://api.example.com'
const TENANT = '00000000-0000-0000-0000-000000000000'

/** Creates an issuer that signs tokens with the `typ` of a provider. They have only the given claims, `iss` and the times. */
function createProvider(
  issuer: string,
  typ: string | null = 'JWT',
): TestIssuer & { readonly sign: (claims: Claims) => string } {
  const created = createTestIssuer({ issuer })
  const defaults = { ...WITHOUT_DEFAULTS, aud: undefined, sub: undefined }
  return {
    ...created,
    sign: (claims) =>
      created.token({ header: { typ: typ ?? undefined }, claims: { ...defaults, ...claims } }),
  }
}

/**
 * Runs the program of a page with the keys of its issuers. Each of `marks` is a line of the program, and the issuer whose keys
 * are put after this line.
 */
async function startProgram(
  page: string,
  code: string,
  marks: readonly (readonly [line: string, issuer: TestIssuer])[],
) {
  const events: BearwardEvent[] = []
  Object.assign(globalThis, { [`events of ${page}`]: events })
  const publish = `onEvent: (event) => globalThis['events of ${page}'].push(event),`
  const replacements = marks.map(([line, { jwks }]) => [
    line,
    `${line}\n    jwks: ${JSON.stringify(jwks)},`,
  ])
  const module = await runSnippet(
    `providers-${page}`,
    adapt(code, {
      ...(Object.fromEntries(replacements) as Record<string, string>),
      'createBearward({': `createBearward({\n  ${publish}`,
      'app.listen(3000)': 'export { app }',
    }),
  )
  const call = await serve(module['app'] as Express)
  /** Returns the status and, for a refusal, the reason in the event. */
  return async (route: string, token: string) => {
    events.length = 0
    const [method, path] = route.split(' ') as [string, string]
    const { status, body } = await call(method, path, token)
    const refused = events.find(({ type }) => type === 'refused') as { reason: string } | undefined
    return refused === undefined ? { status, body } : { status, reason: refused.reason }
  }
}

const USER_ROUTE = 'GET /reports'
const MACHINE_ROUTE = 'POST /reindex'
const WRONG_SUBJECT = { status: 403, reason: 'wrong_subject' }

type Call = Awaited<ReturnType<typeof startProgram>>

/** Checks that each kind of subject passes only its own route. Both tokens must have all scopes of the routes. */
async function expectKinds(
  call: Call,
  tokens: { readonly machine: string; readonly user: string },
  ids: { readonly machine: string; readonly user: readonly [issuer: string, id: string] },
): Promise<void> {
  const [issuer, id] = ids.user
  expect(await call(USER_ROUTE, tokens.user)).toEqual({
    status: 200,
    body: JSON.stringify({ reportsOf: JSON.stringify([issuer, 'user', id]) }),
  })
  expect(await call(MACHINE_ROUTE, tokens.machine)).toEqual({
    status: 202,
    body: JSON.stringify({ requestedBy: ids.machine }),
  })
  expect(await call(USER_ROUTE, tokens.machine)).toEqual(WRONG_SUBJECT)
  expect(await call(MACHINE_ROUTE, tokens.user)).toEqual(WRONG_SUBJECT)
}

/** Tests the program of a page, and its other snippets by their headings. */
const describeProvider = (
  page: string,
  scenario: Scenario,
  others: Readonly<Record<string, Scenario>> = {},
) => describeDocument(`docs/providers/${page}.md`, { 'Protect the API': scenario, ...others })

/** Runs the snippet of Entra about several tenants: two of them are accepted, and a third is not. */
async function expectTenants(code: string): Promise<void> {
  const TENANTS = [1, 2, 3].map((number) => `00000000-0000-0000-0000-00000000000${number}`)
  const toIssuer = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`
  const audience = '00000000-0000-0000-0000-000000000000'
  const entra = createProvider(toIssuer(TENANTS[0]!))
  const mark = `audience: '${audience}',`
  const adapted = adapt(code, { [mark]: `${mark}\n  jwks: ${JSON.stringify(entra.jwks)},` })
  const { requireToken } = await runSnippet('providers-entra-tenants', adapted)
  const guard = (requireToken as () => RequestHandler)()
  const call = await serve(express().get('/', guard, (_request, response) => void response.end()))
  const statuses = TENANTS.map(async (tid) => {
    const claims = { ...entraUser, aud: audience, iss: toIssuer(tid), tid }
    return (await call('GET', '/', entra.sign(claims))).status
  })
  expect(await Promise.all(statuses)).toEqual([200, 200, 401])
}

describeProvider('auth0', async (code) => {
  const auth0 = createProvider('https://YOUR-TENANT.eu.auth0.com/')
  const call = await startProgram('auth0', code, [
    [`audience: '${API}', // the Identifier of the API`, auth0],
  ])
  const scope = 'read:reports write:index'
  const clientId = 'Zx81kQwP0aB7yT3nLs5dVf2gHj9mKc4r'
  const sub = `${clientId}@clients`
  const machine = { sub, aud: API, scope, gty: 'client-credentials', azp: clientId }
  const userId = 'auth0|65f1c0d2e3a4b5c6d7e8f901'
  const user = {
    sub: userId,
    aud: [API, 'https://YOUR-TENANT.eu.auth0.com/userinfo'],
    azp: 'spaQ2w3e4r5t6y7u8i9o0pAsDfGhJkLz',
    scope: `openid profile ${scope}`,
  }
  await expectKinds(
    call,
    { machine: auth0.sign(machine), user: auth0.sign(user) },
    { machine: clientId, user: [auth0.issuer, userId] },
  )
  const rfc9068 = createMachineOfRfc9068(sub, clientId, scope)
  expect(await call(MACHINE_ROUTE, auth0.sign(rfc9068))).toMatchObject({ status: 202 })
  // Without `audience`, Auth0 issues an encrypted token, or an opaque one.
  const malformed = { status: 401, reason: 'malformed_token' }
  expect(await call(USER_ROUTE, `${encode({ alg: 'dir', enc: 'A256GCM' })}..a.a.a`)).toEqual(
    malformed,
  )
  expect(await call(USER_ROUTE, 'k7tJ2cVxQw9dLs0a')).toEqual(malformed)
  const withPermission = { ...user, scope: 'openid', permissions: ['read:reports'] }
  expect(await call(USER_ROUTE, auth0.sign(withPermission))).toEqual({
    status: 403,
    reason: 'insufficient_scope',
  })
  await expect(
    runSnippet('providers-auth0-slash', code.replace('auth0.com/', 'auth0.com')),
  ).rejects.toThrow('issuer of Auth0 must end with a slash')
})

const createMachineOfRfc9068 = (sub: string, client_id: string, scope: string): Claims => ({
  sub,
  aud: API,
  scope,
  client_id,
})

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

const ENTRA_API = '00000000-0000-0000-0000-000000000001'
const entraMachine = {
  aud: ENTRA_API,
  azp: '2d4e6f80-1a3c-4b5d-8e7f-90a1b2c3d4e5',
  azpacr: '1',
  idtyp: 'app',
  oid: 'f0e1d2c3-b4a5-4968-8776-655443322110',
  roles: ['Index.Write', 'Reports.Read'],
  sub: 'f0e1d2c3-b4a5-4968-8776-655443322110',
  tid: TENANT,
  ver: '2.0',
}
const entraUser = {
  aud: ENTRA_API,
  azp: '75dbe77f-10a3-4e59-85fd-8c127544f17c',
  azpacr: '0',
  name: 'Ada Example',
  oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
  preferred_username: 'ada@example.com',
  scp: 'Reports.Read Index.Write',
  sub: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
  tid: TENANT,
  ver: '2.0',
}

async function expectEntra(page: string, code: string, issuer: string): Promise<Call> {
  const entra = createProvider(issuer)
  const call = await startProgram(page, code, [
    [`audience: '${ENTRA_API}', // Application (client) ID of this API`, entra],
  ])
  await expectKinds(
    call,
    { machine: entra.sign(entraMachine), user: entra.sign(entraUser) },
    { machine: entraMachine.azp, user: [issuer, entraUser.oid] },
  )
  const withoutType = entra.sign({ ...entraMachine, idtyp: undefined })
  expect(await call(MACHINE_ROUTE, withoutType)).toEqual(WRONG_SUBJECT)
  const { roles: _, ...withoutRole } = entraMachine
  expect(await call(MACHINE_ROUTE, entra.sign(withoutRole))).toEqual({
    status: 403,
    reason: 'insufficient_scope',
  })
  const ofUri = entra.sign({ ...entraMachine, aud: `api://${ENTRA_API}` })
  expect(await call(MACHINE_ROUTE, ofUri)).toEqual({ status: 401, reason: 'wrong_audience' })
  return call
}

describeProvider(
  'entra',
  async (code) => {
    const call = await expectEntra(
      'entra',
      code,
      `https://login.microsoftonline.com/${TENANT}/v2.0`,
    )
    const v1 = createProvider(`https://sts.windows.net/${TENANT}/`)
    const { azp: appid, ...claims } = entraMachine
    const token = v1.sign({ ...claims, appid, aud: `api://${ENTRA_API}`, ver: '1.0' })
    expect(await call(MACHINE_ROUTE, token)).toEqual({ status: 401, reason: 'unknown_issuer' })
  },
  { 'Several tenants': expectTenants },
)

describeProvider('external-id', async (code) => {
  const call = await expectEntra(
    'external-id',
    code,
    `https://${TENANT}.ciamlogin.com/${TENANT}/v2.0`,
  )
  const named = createProvider(`https://contoso.ciamlogin.com/${TENANT}/v2.0`)
  expect(await call(USER_ROUTE, named.sign(entraUser))).toEqual({
    status: 401,
    reason: 'unknown_issuer',
  })
  await expect(
    runSnippet('providers-external-id-provider', code.replace("provider: 'entra',", '')),
  ).rejects.toThrow("subject: 'user' cannot be determined")
})

describeProvider('keycloak', async (code) => {
  const keycloak = createProvider('https://auth.example.com/realms/acme')
  const call = await startProgram('keycloak', code, [
    [`audience: '${API}', // Included Custom Audience`, keycloak],
  ])
  const machine = {
    jti: 'trrtcc:0b7f5a52-3d0c-4c55-9d1e-7a61f2b3c4d5',
    aud: [API, 'account'],
    sub: '6f1c2b1e-9d5b-4c8e-8f44-2a1f7c3d9e10',
    typ: 'Bearer',
    azp: 'reports-cron',
    acr: '1',
    realm_access: { roles: ['offline_access', 'uma_authorization'] },
    resource_access: { account: { roles: ['manage-account'] } },
    scope: 'profile email reports.read index.write',
    clientHost: '10.1.2.3',
    email_verified: false,
    preferred_username: 'service-account-reports-cron',
    clientAddress: '10.1.2.3',
    client_id: 'reports-cron',
  }
  const user = {
    jti: 'onrtac:0b7f5a52-3d0c-4c55-9d1e-7a61f2b3c4d5',
    aud: [API, 'account'],
    sub: 'c2a9f7d4-5e11-4f0a-b3c6-91d2e8f7a601',
    typ: 'Bearer',
    azp: 'web-app',
    sid: '6f1c2b1e-9d5b-4c8e-8f44-2a1f7c3d9e10',
    acr: '1',
    scope: 'openid profile reports.read index.write',
    preferred_username: 'ada',
  }
  await expectKinds(
    call,
    { machine: keycloak.sign(machine), user: keycloak.sign(user) },
    { machine: 'reports-cron', user: [keycloak.issuer, user.sub] },
  )
  const wrongAudience = { status: 401, reason: 'wrong_audience' }
  expect(await call(USER_ROUTE, keycloak.sign({ ...user, aud: 'account' }))).toEqual(wrongAudience)
  expect(await call(USER_ROUTE, keycloak.sign({ ...user, aud: undefined }))).toEqual(wrongAudience)
  const { clientHost: _, clientAddress: __, client_id: ___, ...withoutScope } = machine
  expect(await call(MACHINE_ROUTE, keycloak.sign(withoutScope))).toEqual(WRONG_SUBJECT)
  expect(await call(USER_ROUTE, keycloak.sign({ ...user, sub: undefined }))).toEqual(WRONG_SUBJECT)
  const internal = createProvider('http://keycloak:8080/realms/acme')
  expect(await call(USER_ROUTE, internal.sign(user))).toEqual({
    status: 401,
    reason: 'unknown_issuer',
  })
})

describeProvider('cognito', async (code) => {
  const cognito = createProvider(
    'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE',
    null,
  )
  const call = await startProgram('cognito', code, [
    ['audience: null, // access tokens of Cognito have no aud', cognito],
  ])
  const machine = {
    sub: 'SERVICE-CLIENT-ID',
    token_use: 'access',
    scope: 'reports/read reports/write',
    auth_time: 1767225600,
    version: 2,
    client_id: 'SERVICE-CLIENT-ID',
  }
  const user = {
    sub: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
    'cognito:groups': ['testers'],
    version: 2,
    client_id: 'WEB-APP-CLIENT-ID',
    origin_jti: '6f1c2b1e-9d5b-4c8e-8f44-2a1f7c3d9e10',
    event_id: 'c2a9f7d4-5e11-4f0a-b3c6-91d2e8f7a601',
    token_use: 'access',
    scope: 'openid reports/read reports/write',
    auth_time: 1767225595,
    username: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
  }
  await expectKinds(
    call,
    { machine: cognito.sign(machine), user: cognito.sign(user) },
    { machine: machine.client_id, user: [cognito.issuer, user.sub] },
  )
  const id = { ...user, token_use: 'id', aud: 'WEB-APP-CLIENT-ID', client_id: undefined }
  const reasons: readonly (readonly [Claims, string])[] = [
    [id, 'wrong_token_type'],
    [{ ...user, aud: API }, 'wrong_audience'],
    [{ ...user, client_id: 'another' }, 'untrusted_client'],
  ]
  for (const [claims, reason] of reasons)
    expect(await call(USER_ROUTE, cognito.sign(claims))).toEqual({ status: 401, reason })
  const byApi = { ...user, scope: 'aws.cognito.signin.user.admin' }
  expect(await call(USER_ROUTE, cognito.sign(byApi))).toEqual({
    status: 403,
    reason: 'insufficient_scope',
  })
  await expect(
    runSnippet('providers-cognito-clients', code.replace(/^ {2}allowedClients.*$/m, '')),
  ).rejects.toThrow('audience: null requires allowedClients')
  // With resource binding, the token has an audience.
  const bound = await startProgram(
    'cognito-binding',
    adapt(code, {
      'audience: null, // access tokens of Cognito have no aud': `audience: '${API}',`,
    }),
    [[`audience: '${API}',`, cognito]],
  )
  expect(await bound(USER_ROUTE, cognito.sign({ ...user, aud: API }))).toMatchObject({
    status: 200,
  })
  expect(await bound(USER_ROUTE, cognito.sign(user))).toEqual({
    status: 401,
    reason: 'wrong_audience',
  })
})

describeProvider('okta', async (code) => {
  const okta = createProvider('https://YOUR-ORG.okta.com/oauth2/default', null)
  const call = await startProgram('okta', code, [
    ["audience: 'api://default', // the Audience of this server", okta],
  ])
  const machine = {
    ver: 1,
    aud: 'api://default',
    cid: '0oar95zt9zIpYuz6A0h7',
    scp: ['index.write', 'reports.read'],
    sub: '0oar95zt9zIpYuz6A0h7',
  }
  const user = {
    ver: 1,
    aud: 'api://default',
    cid: '0oabv6kx4qq6h1U5l0h7',
    uid: '00ujmkLgagxeRrAg20g3',
    scp: ['openid', 'reports.read', 'index.write'],
    auth_time: 1767225570,
    sub: 'jane.roe@example.com',
  }
  await expectKinds(
    call,
    { machine: okta.sign(machine), user: okta.sign(user) },
    { machine: machine.cid, user: [okta.issuer, user.uid] },
  )
  const org = createProvider('https://YOUR-ORG.okta.com', 'application/okta-internal-at+jwt')
  expect(await call(USER_ROUTE, org.sign({ ...user, aud: org.issuer }))).toEqual({
    status: 401,
    reason: 'unknown_issuer',
  })
  expect(await call(MACHINE_ROUTE, okta.sign({ ...machine, cnf: { jkt: 'a' } }))).toEqual({
    status: 401,
    reason: 'unsupported_binding',
  })
  expect(await call(MACHINE_ROUTE, okta.sign({ ...machine, aud: API }))).toEqual({
    status: 401,
    reason: 'wrong_audience',
  })
  await expect(
    runSnippet('providers-okta-org', code.replace('/oauth2/default', '')),
  ).rejects.toThrow('issuer is the org authorization server of Okta')
})

const SERVICE_ACCOUNT = '000000000000000000000'
const googleMachine = {
  aud: API,
  azp: SERVICE_ACCOUNT,
  email: 'cron@acme-prod.iam.gserviceaccount.com',
  email_verified: true,
  sub: SERVICE_ACCOUNT,
}

describeProvider('google', async (code) => {
  const google = createProvider('https://accounts.google.com')
  const call = await startProgram('google', code, [[`audience: ['${API}', webApp],`, google]])
  const webApp = 'YOUR-CLIENT-ID.apps.googleusercontent.com'
  const user = {
    azp: webApp,
    aud: webApp,
    sub: '110169484474386276334',
    hd: 'example.com',
    email: 'ada@example.com',
    email_verified: true,
    name: 'Ada Example',
  }
  const forUsers = google.sign(user)
  expect(await call(USER_ROUTE, forUsers)).toEqual({
    status: 200,
    body: JSON.stringify({ reportsOf: JSON.stringify([google.issuer, 'user', user.sub]) }),
  })
  expect(await call(MACHINE_ROUTE, google.sign(googleMachine))).toEqual({
    status: 202,
    body: JSON.stringify({ requestedBy: SERVICE_ACCOUNT }),
  })
  const wrongSubject = { status: 403, reason: 'wrong_subject' }
  const wrongClient = { status: 403, reason: 'wrong_client' }
  expect(await call(MACHINE_ROUTE, forUsers)).toEqual(wrongSubject)
  expect(await call(USER_ROUTE, google.sign(googleMachine))).toEqual(wrongSubject)
  const stranger = { ...googleMachine, azp: '107517467455664443765', sub: '107517467455664443765' }
  expect(await call(MACHINE_ROUTE, google.sign(stranger))).toEqual(wrongClient)
  expect(await call(USER_ROUTE, google.sign({ ...user, hd: undefined }))).toEqual({
    status: 403,
    reason: 'check_failed',
  })
  for (const claim of ['at_hash', 'nonce']) {
    expect(await call(USER_ROUTE, google.sign({ ...user, [claim]: 'HK6E_P6Dh8Y93mRN' }))).toEqual({
      status: 401,
      reason: 'wrong_token_type',
    })
  }
  expect(await call(MACHINE_ROUTE, 'ya29.a0AfB_byC-opaque')).toEqual({
    status: 401,
    reason: 'malformed_token',
  })
  await expect(
    runSnippet('providers-google-open', adapt(code, { ', clients: [cron] }), (req': ' }), (req' })),
  ).rejects.toThrow('does not restrict callers')
})

describeProvider('firebase', async (code) => {
  const firebase = createProvider('https://securetoken.google.com/YOUR-PROJECT')
  const google = createProvider('https://accounts.google.com')
  const marks = [
    ["audience: 'YOUR-PROJECT',", firebase],
    [`audience: '${API}',`, google],
  ] as const
  const call = await startProgram('firebase', code, marks)
  const user = {
    name: 'Ada Example',
    aud: 'YOUR-PROJECT',
    auth_time: 1767225570,
    user_id: 'MWhfgdkelqbZFaO5CNtpt2eiY682',
    sub: 'MWhfgdkelqbZFaO5CNtpt2eiY682',
    email: 'ada@example.com',
    email_verified: true,
    firebase: { identities: { email: ['ada@example.com'] }, sign_in_provider: 'password' },
  }
  expect(await call(USER_ROUTE, firebase.sign(user))).toEqual({
    status: 200,
    body: JSON.stringify({ reportsOf: JSON.stringify([firebase.issuer, 'user', user.sub]) }),
  })
  expect(await call(MACHINE_ROUTE, google.sign(googleMachine))).toEqual({
    status: 202,
    body: JSON.stringify({ requestedBy: SERVICE_ACCOUNT }),
  })
  const wrongIssuer = { status: 403, reason: 'wrong_issuer' }
  expect(await call(MACHINE_ROUTE, firebase.sign(user))).toEqual(wrongIssuer)
  expect(await call(USER_ROUTE, google.sign(googleMachine))).toEqual(wrongIssuer)
  const custom = createProvider('firebase-adminsdk@acme-prod.iam.gserviceaccount.com')
  const claims = {
    sub: custom.issuer,
    uid: user.sub,
    aud: 'https://identitytoolkit.googleapis.com/',
  }
  const unknownIssuer = { status: 401, reason: 'unknown_issuer' }
  expect(await call(USER_ROUTE, custom.sign(claims))).toEqual(unknownIssuer)
  const cookie = createProvider('https://session.firebase.google.com/YOUR-PROJECT')
  expect(await call(USER_ROUTE, cookie.sign(user))).toEqual(unknownIssuer)
  const anonymous = {
    ...user,
    provider_id: 'anonymous',
    firebase: { identities: {}, sign_in_provider: 'anonymous' },
  }
  expect(await call(USER_ROUTE, firebase.sign(anonymous))).toMatchObject({ status: 200 })
  const check = ", check: ({ claims }) => claims.provider_id !== 'anonymous' })"
  const withoutAnonymous = await startProgram(
    'firebase-anonymous',
    adapt(code, { "subject: 'user' })": `subject: 'user'${check}` }),
    marks,
  )
  expect(await withoutAnonymous(USER_ROUTE, firebase.sign(anonymous))).toEqual({
    status: 403,
    reason: 'check_failed',
  })
  expect(await withoutAnonymous(USER_ROUTE, firebase.sign(user))).toMatchObject({ status: 200 })
  await expect(
    runSnippet('providers-firebase-machine', adapt(code, { 'issuer: google, subject': 'subject' })),
  ).rejects.toThrow("subject: 'machine' cannot be determined")
})

describeProvider('github-actions', async (code) => {
  const github = createProvider('https://token.actions.githubusercontent.com')
  const call = await startProgram('github-actions', code, [
    ["audience: 'https://deploy.example.com',", github],
  ])
  const run = {
    sub: 'repo:octo-org/octo-repo:environment:production',
    environment: 'production',
    aud: 'https://deploy.example.com',
    ref: 'refs/heads/main',
    repository: 'octo-org/octo-repo',
    repository_owner: 'octo-org',
    actor_id: '12',
    repository_visibility: 'private',
    repository_id: '000000000',
    repository_owner_id: '65',
    run_id: '8217',
    run_number: '10',
    run_attempt: '2',
    runner_environment: 'github-hosted',
    actor: 'octocat',
    workflow: 'deploy',
    event_name: 'workflow_dispatch',
    ref_type: 'branch',
  }
  expect(await call('POST /deployments', github.sign(run))).toEqual({
    status: 202,
    body: '{"requestedBy":"8217"}',
  })
  expect(await call('GET /status', github.sign(run))).toEqual({
    status: 200,
    body: JSON.stringify({ askedBy: run.sub }),
  })
  const checkFailed = { status: 403, reason: 'check_failed' }
  const { environment: _, ...withoutEnvironment } = run
  const branch = { ...withoutEnvironment, sub: 'repo:octo-org/octo-repo:ref:refs/heads/main' }
  expect(await call('GET /status', github.sign(branch))).toMatchObject({ status: 200 })
  expect(await call('POST /deployments', github.sign(branch))).toEqual(checkFailed)
  const foreign = { ...run, repository_id: '75' }
  for (const route of ['GET /status', 'POST /deployments'])
    expect(await call(route, github.sign(foreign))).toEqual(checkFailed)
  const byDefault = { ...run, aud: 'https://github.com/octo-org' }
  expect(await call('GET /status', github.sign(byDefault))).toEqual({
    status: 401,
    reason: 'wrong_audience',
  })
  expect(await call('GET /status', `ghs_${'a'.repeat(36)}`)).toEqual({
    status: 401,
    reason: 'malformed_token',
  })
  const enterprise = createProvider('https://github.example.com/_services/token')
  const server = await startProgram(
    'github-actions-server',
    adapt(code, {
      "'https://token.actions.githubusercontent.com',": `'${enterprise.issuer}', provider: 'github-actions',`,
      "subject: 'machine',": '',
    }),
    [["audience: 'https://deploy.example.com',", enterprise]],
  )
  expect(await server('POST /deployments', enterprise.sign(run))).toMatchObject({ status: 202 })
  expect(await server('POST /deployments', enterprise.sign(foreign))).toEqual(checkFailed)
  await expect(
    runSnippet('providers-github-actions-user', code.replace("'machine'", "'user'")),
  ).rejects.toThrow("subject: 'user' cannot be determined")
  await expect(
    runSnippet('providers-github-actions-open', code.replace(/^ {2}check: .*$/m, '')),
  ).rejects.toThrow('does not restrict callers')
})

describeProvider('kubernetes', async (code) => {
  const cluster = createProvider('https://oidc.example.com/clusters/prod', null)
  const call = await startProgram('kubernetes', code, [[`audience: '${API}',`, cluster]])
  const createClaims = (namespace: string, name: string) => ({
    aud: [API],
    'kubernetes.io': {
      namespace,
      node: { name: 'node-1', uid: '6f1c2b1e-9d5b-4c8e-8f44-2a1f7c3d9e10' },
      pod: { name: `${name}-7d9f-x1`, uid: 'c2a9f7d4-5e11-4f0a-b3c6-91d2e8f7a601' },
      serviceaccount: { name, uid: '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798' },
      warnafter: 1767229207,
    },
    sub: `system:serviceaccount:${namespace}:${name}`,
  })
  const cron = createClaims('prod', 'reports-cron')
  expect(await call(MACHINE_ROUTE, cluster.sign(cron))).toEqual({
    status: 202,
    body: JSON.stringify({ requestedBy: cron.sub }),
  })
  expect(await call(USER_ROUTE, cluster.sign(createClaims('prod', 'billing')))).toEqual({
    status: 200,
    body: '{"askedBy":"system:serviceaccount:prod:billing"}',
  })
  const checkFailed = { status: 403, reason: 'check_failed' }
  expect(await call(MACHINE_ROUTE, cluster.sign(createClaims('prod', 'billing')))).toEqual(
    checkFailed,
  )
  expect(await call(USER_ROUTE, cluster.sign(createClaims('test', 'billing')))).toEqual(checkFailed)
  const byDefault = { ...cron, aud: ['https://kubernetes.default.svc.cluster.local'] }
  expect(await call(MACHINE_ROUTE, cluster.sign(byDefault))).toEqual({
    status: 401,
    reason: 'wrong_audience',
  })
  const legacy = createProvider('kubernetes/serviceaccount', null)
  expect(await call(MACHINE_ROUTE, legacy.sign({ sub: cron.sub }))).toEqual({
    status: 401,
    reason: 'unknown_issuer',
  })
  await expect(
    runSnippet('providers-kubernetes-user', code.replace("'machine'", "'user'")),
  ).rejects.toThrow("subject: 'user' cannot be determined")
  await expect(
    runSnippet(
      'providers-kubernetes-clients',
      adapt(code, {
        'const onlyCron = requireToken({': "const onlyCron = requireToken({ clients: ['a'],",
      }),
    ),
  ).rejects.toThrow('usually contain no client id')
})

/** Values of `provider` for pages whose names differ from it. Several pages can have the same value. */
const PROVIDERS_OF_PAGES: Readonly<Record<string, Provider | undefined>> = {
  'spring-authorization-server': 'spring-as',
  'external-id': 'entra',
}

describe('docs/providers/index.md', () => {
  const page = read('docs/providers/index.md')

  it('docs/providers/index.md links each page of a provider once', () => {
    const linked = [...page.matchAll(/\]\(([\w-]+)\.md\)/g)].map(([, name]) => name!)
    expect(new Set(linked).size).toBe(linked.length)
    const written = filesBelow('docs/providers').map((path) => path.slice(15, -3))
    expect(written.filter((name) => name !== 'index' && !linked.includes(name))).toEqual([])
  })

  it('docs/providers/index.md lists each provider either as a page or in the table', () => {
    const onPages = [...page.matchAll(/\]\(([\w-]+)\.md\)/g)].map(
      ([, name]) => PROVIDERS_OF_PAGES[name!] ?? name!,
    )
    const inTable = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name!)
    expect([...new Set([...onPages, ...inTable])].sort()).toEqual(Object.keys(PROFILES).sort())
    expect(inTable.filter((name) => onPages.includes(name))).toEqual([])
  })

  it('the table in docs/providers/index.md agrees with the rules and the issuer pattern of each provider', () => {
    const rows = [...page.matchAll(/^\| `([\w-]+)` \| (.*) \| (.*) \| (.*) \|$/gm)]
    expect(rows.length).toBeGreaterThan(10)
    for (const [, name, ...cells] of rows) {
      const { rules } = getProfile(name as Provider)
      const describeKind = (kind: 'machine' | 'user') => {
        const forms = rules
          .filter((rule) => rule.kind === kind && rule.level !== 'convention')
          .map(({ form }) => form)
        if (forms.length === 0) return 'no'
        const [only] = new Set(forms)
        if (only === undefined || new Set(forms).size > 1) return 'yes'
        return only === 'jwt' ? 'JWT only' : 'introspection only'
      }
      const recognized = Object.hasOwn(ISSUER_PATTERNS, name!) ? 'yes' : 'no'
      expect([name, ...cells]).toEqual([
        name,
        describeKind('machine'),
        describeKind('user'),
        recognized,
      ])
    }
  })
})
