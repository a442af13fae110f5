import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { type BearwardEvent, REASONS } from '@bearward/core'
import { createBearward } from '@bearward/express'
import type { Express } from 'express'
import express from 'express'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { introspectionServer } from '../support/introspection-server.ts'
import { createTestIssuer, type TestIssuer } from '../support/issuer.ts'
import { listen } from '../support/servers.ts'
import { read } from '../repository/files.ts'
import { describeDocument, type Scenario } from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

const API = 'https://api.example.com'

type Claims = Readonly<Record<string, unknown>>
type Send = (method: string, path: string, token?: string) => Promise<Answer>

interface Answer {
  readonly status: number
  readonly body: string
  /** `reason` of the event `refused`. `undefined` if the request was granted. */
  readonly reason: string | undefined
  /** `found` of the event `refused`. `undefined` if the request was granted. */
  readonly found: string | undefined
}

beforeEach(() => {
  // The programs log to the console.
  vi.spyOn(console, 'info').mockImplementation(() => {})
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Serves the program of a page. A token is sent as a bearer token, or in the header with this name. */
async function serveProgram(program: Express, header?: string): Promise<Send> {
  const { url } = closing(await listen(program))
  return async (method, path, token) => {
    const carrier = header === undefined ? 'authorization' : header
    const value = header === undefined ? `Bearer ${token}` : token!
    return ask(url + path, method, token === undefined ? {} : { [carrier]: value })
  }
}

/** Sends a request, and reads the event about its refusal. */
async function ask(url: string, method: string, headers: Record<string, string>): Promise<Answer> {
  const refused: Extract<BearwardEvent, { type: 'refused' }>[] = []
  const onMessage = (message: unknown) => {
    const event = message as BearwardEvent
    if (event.type === 'refused') refused.push(event)
  }
  subscribe('bearward', onMessage)
  const response = await fetch(url, { method, headers })
  unsubscribe('bearward', onMessage)
  expect(refused.length).toBeLessThan(2)
  const { status } = response
  return {
    status,
    body: await response.text(),
    reason: refused[0]?.reason,
    found: refused[0]?.found,
  }
}

/** Checks both routes of a program. Each kind of subject passes only its own route. A request without a token gets 401. */
async function expectKinds(
  send: Send,
  { machine, user, id }: { machine: string; user: string; id: string },
): Promise<void> {
  expect(await send('POST', '/reindex', machine)).toMatchObject({ status: 202 })
  expect(await send('GET', '/reports', user)).toMatchObject({
    status: 200,
    body: JSON.stringify({ reportsOf: id }),
  })
  expect((await send('GET', '/reports', machine)).status).toBe(403)
  expect((await send('POST', '/reindex', user)).status).toBe(403)
  expect((await send('POST', '/reindex')).status).toBe(401)
  expect((await send('GET', '/reports')).status).toBe(401)
}

/** Returns the replacement that puts the keys of an issuer after a line of a program, or in the place of the line. */
const withKeys = (
  line: string,
  { jwks }: TestIssuer,
  keepsLine = true,
): Record<string, string> => ({
  [line]: `${keepsLine ? line : ''} jwks: ${JSON.stringify(jwks)},`,
})

/** Runs the program of a page, and returns its app. */
async function runProgram(
  name: string,
  code: string,
  replacements: Readonly<Record<string, string>>,
): Promise<Express> {
  const adapted = adapt(code, { ...replacements, 'app.listen(3000)': 'export { app }' })
  return (await runSnippet(`providers-${name}`, adapted))['app'] as Express
}

/** Overrides that remove the claims which a test issuer adds by default. Not every provider writes them. */
const PLAIN: Claims = { client_id: undefined, scope: undefined, sub: undefined }

/** Signs a token with exactly these claims, besides `iss`, `aud`, `jti` and the times. */
const sign = (issuer: TestIssuer, claims: Claims, header: Claims = { typ: 'JWT' }): string =>
  issuer.token({ header, claims: { ...PLAIN, ...claims } })

const ZITADEL_SERVICE = { sub: '259242039378444290', client_id: 'reports-cron' }
const ZITADEL_USER = { sub: '259241944654282754', client_id: '000000000000000002@portal' }
const PROJECT = '000000000000000000'

/** Scenarios for the snippets of docs/providers/zitadel.md. */
const ZITADEL: Readonly<Record<string, Scenario>> = {
  async 'Protect the routes'(code) {
    vi.stubEnv('CLIENT_SECRET', 'a-secret-of-the-test')
    const server = closing(await introspectionServer({ active: false }))
    const { url } = server
    const active = { active: true, iss: url, aud: [PROJECT], token_type: 'Bearer' }
    const names = { username: 'ada@acme.example', given_name: 'Ada', family_name: 'Example' }
    const service = {
      username: 'reports-cron',
      name: 'Reports',
      preferred_username: 'reports-cron',
    }
    const tokens: Readonly<Record<string, object>> = {
      'token-of-a-service': { ...active, ...ZITADEL_SERVICE, ...service },
      'token-of-a-user': { ...active, ...ZITADEL_USER, ...names },
      'token-without-profile': { ...active, ...ZITADEL_USER },
    }
    server.answer(({ form }) => tokens[form.get('token')!] ?? { active: false })
    const program = await runProgram('zitadel', code, { 'https://auth.example.com': url })
    const send = await serveProgram(program)

    await expectKinds(send, {
      machine: 'token-of-a-service',
      user: 'token-of-a-user',
      id: ZITADEL_USER.sub,
    })
    const withoutProfile = await send('GET', '/reports', 'token-without-profile')
    expect(withoutProfile).toMatchObject({ status: 403, reason: 'wrong_subject' })
    const withoutAudience = await send('POST', '/reindex', 'token-without-audience')
    expect(withoutAudience).toMatchObject({ status: 401, reason: 'inactive' })
  },

  async 'JWT access tokens'(code) {
    const zitadel = createTestIssuer({ issuer: 'https://auth.example.com', algorithms: ['RS256'] })
    const keys = withKeys("provider: 'zitadel',", zitadel)
    const send = await serveProgram(await runProgram('zitadel-jwt', code, keys))
    const machine = sign(zitadel, { ...ZITADEL_SERVICE, aud: [PROJECT] })
    const aud = [ZITADEL_USER.client_id, PROJECT]

    await expectKinds(send, {
      machine,
      user: sign(zitadel, { ...ZITADEL_USER, aud }),
      id: ZITADEL_USER.sub,
    })
    expect((await send('POST', '/reindex', 'an-opaque-token')).reason).toBe('malformed_token')
    const elsewhere = sign(zitadel, { ...ZITADEL_SERVICE, aud: ['1'] })
    expect((await send('POST', '/reindex', elsewhere)).reason).toBe('wrong_audience')
    const unlisted = sign(zitadel, { ...ZITADEL_SERVICE, client_id: 'other', aud: [PROJECT] })
    expect((await send('POST', '/reindex', unlisted)).reason).toBe('wrong_subject')
  },
}

/** Scenarios for the snippets of docs/providers/authentik.md. */
const AUTHENTIK: Readonly<Record<string, Scenario>> = {
  async 'Protect the routes'(code) {
    const application = 'https://auth.example.com/application/o'
    const cron = createTestIssuer({ issuer: `${application}/reports-cron/`, algorithms: ['RS256'] })
    const web = createTestIssuer({ issuer: `${application}/reports-web/`, algorithms: ['RS256'] })
    const program = await runProgram('authentik', code, {
      ...withKeys("audience: 'client-id-of-cron',", cron),
      ...withKeys("audience: 'client-id-of-web',", web),
    })
    const send = await serveProgram(program)
    const acr = 'goauthentik.io/providers/oauth2/default'
    const common = { acr, auth_time: 1_767_225_600, uid: 'c7Qp0sLx' }
    const service = {
      ...common,
      sub: '3f9a6d0b2f7c4e1d8a5b6c7d8e9f0a1b',
      aud: 'client-id-of-cron',
      azp: 'client-id-of-cron',
      preferred_username: 'ak-reports-cron-client_credentials',
    }
    const ada = {
      ...common,
      sub: '9b1c2d3e4f5061728394a5b6c7d8e9f0',
      aud: 'client-id-of-web',
      azp: 'client-id-of-web',
      amr: ['pwd', 'mfa'],
      sid: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
      preferred_username: 'ada',
    }
    const machine = sign(cron, service)
    const user = sign(web, ada)

    await expectKinds(send, { machine, user, id: ada.sub })
    const withNonce = await send('GET', '/reports', sign(web, { ...ada, nonce: 'n' }))
    expect(withNonce.status).toBe(200)
    const idToken = sign(web, { ...ada, azp: undefined, uid: undefined })
    expect(await send('GET', '/reports', idToken)).toMatchObject({
      reason: 'wrong_token_type',
      found: 'none of them',
    })
    const withoutAmr = await send('GET', '/reports', sign(web, { ...ada, amr: undefined }))
    expect(withoutAmr.reason).toBe('wrong_subject')
    const secret = createTestIssuer({ issuer: web.issuer, algorithms: ['HS256'] })
    expect((await send('GET', '/reports', sign(secret, ada))).reason).toBe('unsupported_algorithm')
    expect((await send('GET', '/reports', 'a.b.c.d.e')).reason).toBe('malformed_token')
  },
}

const HYDRA_CRON = '6f1c2b1e-9d5b-4c8e-8f44-2a1f7c3d9e10'

/** Scenarios for the snippets of docs/providers/hydra.md. */
const HYDRA: Readonly<Record<string, Scenario>> = {
  async 'Protect the routes'(code) {
    const hydra = createTestIssuer({ issuer: 'https://auth.example.com', algorithms: ['RS256'] })
    const keys = withKeys("provider: 'hydra',", hydra)
    const send = await serveProgram(await runProgram('hydra', code, keys))
    const service = { aud: [API], client_id: HYDRA_CRON, sub: HYDRA_CRON, scp: ['admin'], ext: {} }
    const web = '1b2f6f0e-6b0a-4b1f-9b1e-0d7a2c3b4d5e'
    const ada = { ...service, client_id: web, sub: 'user:ada', scp: ['read:reports', 'admin'] }

    await expectKinds(send, {
      machine: sign(hydra, service),
      user: sign(hydra, ada),
      id: 'user:ada',
    })
    const withoutAudience = await send('POST', '/reindex', sign(hydra, { ...service, aud: [] }))
    expect(withoutAudience).toMatchObject({ reason: 'wrong_audience', found: 'nothing' })
    const opaque = await send(
      'POST',
      '/reindex',
      'ory_at_JGhESDjKfHMQ8Wcy0cC3.hIQxGmX37ydn8WmKAnlD3U',
    )
    expect(opaque.reason).toBe('malformed_token')
    const slash = await send(
      'POST',
      '/reindex',
      sign(hydra, { ...service, iss: `${hydra.issuer}/` }),
    )
    expect(slash.reason).toBe('unknown_issuer')
    const withoutScope = await send('POST', '/reindex', sign(hydra, { ...service, scp: [] }))
    expect(withoutScope.reason).toBe('insufficient_scope')
  },
}

/** Scenarios for the snippets of docs/providers/spring-authorization-server.md. */
const SPRING: Readonly<Record<string, Scenario>> = {
  async 'Protect the routes'(code) {
    const spring = createTestIssuer({ issuer: 'https://auth.example.com', algorithms: ['RS256'] })
    const keys = withKeys("provider: 'spring-as',", spring)
    const send = await serveProgram(await runProgram('spring', code, keys))
    const withoutTyp = (claims: Claims) => sign(spring, claims, { typ: undefined })
    const service = {
      sub: 'client-cron',
      client_id: 'client-cron',
      aud: API,
      scope: ['reports:admin', 'reports:read'],
    }
    const id = JSON.stringify(['https://auth.example.com', 'user', 'ada'])
    const ada = { ...service, sub: 'ada', client_id: 'client-web' }

    await expectKinds(send, { machine: withoutTyp(service), user: withoutTyp(ada), id })
    const uncustomized = { ...service, aud: 'client-cron', client_id: undefined }
    const atDefaults = await send('POST', '/reindex', withoutTyp(uncustomized))
    expect(atDefaults).toMatchObject({ reason: 'wrong_audience', found: '"client-cron"' })
    const withoutClient = withoutTyp({ ...service, client_id: undefined })
    expect((await send('POST', '/reindex', withoutClient)).reason).toBe('wrong_subject')
    expect((await send('POST', '/reindex', 'a-reference')).reason).toBe('malformed_token')
  },
}

/** Scenarios for the snippets of docs/providers/lemonldap-ng.md. */
const LEMONLDAP: Readonly<Record<string, Scenario>> = {
  async 'Protect the routes'(code) {
    const portal = createTestIssuer({ issuer: 'https://auth.example.com/', algorithms: ['RS256'] })
    const keys = withKeys("provider: 'lemonldap-ng',", portal)
    const send = await serveProgram(await runProgram('lemonldap', code, keys))
    const typed = (claims: Claims) => sign(portal, claims, { typ: 'at+JWT' })
    const sid = '0h4Xq8hGZ0wV8m6k1o9Lr7iPTk3bS2yD5cN1aE4fJ6g'
    const service = { sub: 'reports-cron', client_id: 'reports-cron', scope: 'admin', sid }
    const machine = { ...service, aud: ['reports-cron', API] }
    const ada = {
      sub: 'ada',
      client_id: 'portal',
      aud: ['portal', API],
      scope: 'openid read:reports admin',
      sid,
    }

    await expectKinds(send, { machine: typed(machine), user: typed(ada), id: 'ada' })
    expect(
      (await send('POST', '/reindex', typed({ ...machine, aud: ['reports-cron'] }))).reason,
    ).toBe('wrong_audience')
    const unlisted = typed({ ...machine, sub: 'other', client_id: 'other' })
    expect(await send('POST', '/reindex', unlisted)).toMatchObject({
      reason: 'wrong_subject',
      found: 'unknown (conflict, sub_is_client_id, trace_of_user)',
    })
    const older = typed({ ...machine, sid: undefined })
    expect((await send('POST', '/reindex', older)).status).toBe(202)
    const withoutSlash = typed({ ...machine, iss: 'https://auth.example.com' })
    expect((await send('POST', '/reindex', withoutSlash)).reason).toBe('unknown_issuer')
  },
}

/** Scenarios for the snippets of docs/providers/better-auth.md. */
const BETTER_AUTH: Readonly<Record<string, Scenario>> = {
  async 'Protect the routes'(code) {
    const issuer = 'https://auth.example.com/api/auth'
    const betterAuth = createTestIssuer({ issuer, algorithms: ['EdDSA'] })
    const keys = withKeys("provider: 'better-auth',", betterAuth)
    const send = await serveProgram(await runProgram('better-auth', code, keys))
    const typed = (claims: Claims) => sign(betterAuth, claims, { typ: 'at+jwt' })
    const cron = 'kQwPaByTnLsdVfgHjmKcrZxQweRtyUio'
    const web = 'aSdFgHjKlZxCvBnMqWeRtYuIoPaSdFgH'
    const service = { sub: cron, aud: API, client_id: cron, azp: cron, scope: 'admin read:reports' }
    const ada = {
      sub: 'n7Xc1QmPz0RkT5uVw2yN8aLdE3f2HgJk',
      aud: [API, `${issuer}/oauth2/userinfo`],
      client_id: web,
      azp: web,
      scope: 'openid read:reports admin',
      sid: 'Zx81kQwP0aB7yT3nLs5dVf2gHj9mKc4r',
    }

    await expectKinds(send, { machine: typed(service), user: typed(ada), id: ada.sub })
    expect((await send('POST', '/reindex', 'an-opaque-token')).reason).toBe('malformed_token')
    const bound = typed({ ...service, cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } })
    expect((await send('POST', '/reindex', bound)).reason).toBe('unsupported_binding')
    const root = typed({ ...service, iss: 'https://auth.example.com' })
    expect((await send('POST', '/reindex', root)).reason).toBe('unknown_issuer')
    const idToken = { sub: ada.sub, aud: API, nonce: 'n', sid: ada.sid }
    expect(
      (await send('GET', '/reports', sign(betterAuth, idToken, { typ: undefined }))).reason,
    ).toBe('wrong_token_type')
  },
}

/** Scenarios for the snippets of docs/providers/adfs.md. */
const ADFS: Readonly<Record<string, Scenario>> = {
  async 'Protect the routes'(code) {
    const issuer = 'http://adfs.example.com/adfs/services/trust'
    const adfs = createTestIssuer({ issuer, algorithms: ['RS256'] })
    const address = "jwksUri: 'https://adfs.example.com/adfs/discovery/keys',"
    const send = await serveProgram(await runProgram('adfs', code, withKeys(address, adfs, false)))
    const common = {
      aud: API,
      apptype: 'Confidential',
      auth_time: '2026-11-02T07:30:55.566Z',
      ver: '1.0',
      scp: 'openid',
    }
    const service = { ...common, appid: '00000000-0000-0000-0000-000000000002' }
    const portal = { ...common, appid: '00000000-0000-0000-0000-000000000001' }
    const ada = { ...portal, upn: 'ada@example.com' }

    await expectKinds(send, {
      machine: sign(adfs, service),
      user: sign(adfs, ada),
      id: 'ada@example.com',
    })
    expect((await send('GET', '/reports', sign(adfs, portal))).reason).toBe('check_failed')
    const withoutResource = sign(adfs, { ...service, aud: 'urn:microsoft:userinfo' })
    expect((await send('POST', '/reindex', withoutResource)).reason).toBe('wrong_audience')
    const idToken = sign(adfs, { ...ada, iss: 'https://adfs.example.com/adfs' })
    expect((await send('GET', '/reports', idToken)).reason).toBe('unknown_issuer')
    expect((await send('POST', '/reindex', sign(adfs, portal))).reason).toBe('wrong_subject')
  },
}

/** Scenarios for the snippets of docs/providers/cloudflare-access.md. */
const CLOUDFLARE: Readonly<Record<string, Scenario>> = {
  async 'Protect the routes'(code) {
    const issuer = 'https://YOUR-TEAM.cloudflareaccess.com'
    const access = createTestIssuer({ issuer, algorithms: ['RS256'] })
    const certs = "jwksUri: 'https://YOUR-TEAM.cloudflareaccess.com/cdn-cgi/access/certs',"
    const program = await runProgram('cloudflare', code, withKeys(certs, access, false))
    const header = 'cf-access-jwt-assertion'
    const send = await serveProgram(program, header)
    const aud = ['the-application-audience-tag']
    const common_name = 'e367826f93b8d71185e03fe518aff3b4.access'
    const service = { type: 'app', aud, common_name, sub: '' }
    const ada = {
      type: 'app',
      aud,
      email: 'ada@example.com',
      identity_nonce: '6ei69kawdKzMIAPF',
      sub: '7335d417-61da-459d-899c-0a01c76a2f94',
      country: 'US',
    }
    const machine = sign(access, service)

    await expectKinds(send, { machine, user: sign(access, ada), id: ada.sub })
    const ofSession = await send('GET', '/reports', sign(access, { ...ada, type: 'org' }))
    expect(ofSession.reason).toBe('wrong_token_type')
    const certificate = sign(access, { ...service, common_name: 'Ada Example' })
    expect((await send('POST', '/reindex', certificate)).reason).toBe('wrong_subject')
    const elsewhere = sign(access, { ...service, aud: ['another-tag'] })
    expect((await send('POST', '/reindex', elsewhere)).reason).toBe('wrong_audience')
    await expectOneHeader(program, header, machine)
  },
}

/** Scenarios for the snippets of docs/providers/google-iap.md. */
const GOOGLE_IAP: Readonly<Record<string, Scenario>> = {
  async 'Protect the routes'(code) {
    const iap = createTestIssuer({ issuer: 'https://cloud.google.com/iap' })
    const address = "jwksUri: 'https://www.gstatic.com/iap/verify/public_key-jwk',"
    const program = await runProgram('google-iap', code, withKeys(address, iap, false))
    const header = 'x-goog-iap-jwt-assertion'
    const send = await serveProgram(program, header)
    const aud = '/projects/PROJECT_NUMBER/global/backendServices/SERVICE_ID'
    const service = {
      aud,
      azp: aud,
      email: 'reports-cron@YOUR-PROJECT.iam.gserviceaccount.com',
      identity_source: 'GOOGLE',
      sub: 'accounts.google.com:110532853671892060667',
    }
    const ada = {
      aud,
      email: 'ada@example.com',
      hd: 'example.com',
      sub: 'accounts.google.com:123456789012345678901',
    }
    const machine = sign(iap, service)

    await expectKinds(send, { machine, user: sign(iap, ada), id: ada.sub })
    const unlisted = { ...service, email: 'other@YOUR-PROJECT.iam.gserviceaccount.com' }
    expect((await send('POST', '/reindex', sign(iap, unlisted))).reason).toBe('wrong_subject')
    const gmail = { ...ada, email: 'ada@gmail.com', hd: undefined, identity_source: 'GOOGLE' }
    expect((await send('GET', '/reports', sign(iap, gmail))).reason).toBe('wrong_subject')
    const project = sign(iap, { ...service, aud: aud.replace('PROJECT_NUMBER', 'YOUR-PROJECT') })
    expect((await send('POST', '/reindex', project)).reason).toBe('wrong_audience')
    await expectOneHeader(program, header, machine)
  },
}

/**
 * Checks that a program reads the token only from the header `header`. The program refuses every request with `Authorization`,
 * and ignores `Proxy-Authorization`.
 */
async function expectOneHeader(program: Express, header: string, token: string): Promise<void> {
  const { url } = closing(await listen(program))
  const authorization = `Bearer ${token}`
  const reasonFor = async (headers: Record<string, string>) =>
    (await ask(`${url}/reindex`, 'POST', headers)).reason
  expect(await reasonFor({ [header]: token, authorization })).toBe('multiple_credentials')
  expect(await reasonFor({ authorization })).toBe('unsupported_scheme')
  expect(await reasonFor({})).toBe('no_credentials')
  expect(await reasonFor({ [header]: token, 'proxy-authorization': authorization })).toBeUndefined()
}

const PAGES: Readonly<Record<string, Readonly<Record<string, Scenario>>>> = {
  zitadel: ZITADEL,
  authentik: AUTHENTIK,
  hydra: HYDRA,
  'spring-authorization-server': SPRING,
  'lemonldap-ng': LEMONLDAP,
  'better-auth': BETTER_AUTH,
  adfs: ADFS,
  'cloudflare-access': CLOUDFLARE,
  'google-iap': GOOGLE_IAP,
}

for (const [name, scenarios] of Object.entries(PAGES)) {
  describeDocument(`docs/providers/${name}.md`, scenarios)
}

describe('pages of providers', () => {
  it.each(Object.keys(PAGES))(
    'the table of mistakes in docs/providers/%s.md has only reasons of REASONS',
    (name) => {
      const page = read(`docs/providers/${name}.md`)
      const table = page.slice(page.indexOf('| reason in the log |')).split('\n\n')[0]!
      const rows = table.split('\n').slice(2)
      const reasons = rows.flatMap((row) =>
        [...row.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, reason]) => reason!),
      )
      expect(rows.length).toBeGreaterThan(3)
      expect(reasons.filter((reason) => !Object.hasOwn(REASONS, reason))).toEqual([])
    },
  )

  it('a guard for authentik grants an introspected token that has a nonce', async () => {
    const claims = { sub: 'ada', aud: 'client-id-of-web', azp: 'client-id-of-web', nonce: 'n' }
    const session = { sid: '0f1e2d3c', amr: ['pwd'], preferred_username: 'ada' }
    const named = { client_id: 'client-id-of-web', scope: 'openid profile' }
    const server = closing(await introspectionServer({ active: false }))
    const { url: issuer } = server
    server.answer({ active: true, iss: issuer, ...claims, ...session, ...named })
    const { requireToken } = createBearward({
      issuer,
      audience: 'client-id-of-web',
      provider: 'authentik',
      tokenFormat: 'opaque',
      introspection: {
        clientId: 'reports-api',
        clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret-of-the-test' },
      },
    })
    const guarded = express().use(requireToken({ subject: 'user' }))
    const send = await serveProgram(guarded.use((_, response) => void response.sendStatus(204)))
    const token = sign(createTestIssuer({ issuer }), claims)
    expect((await send('GET', '/', token)).status).toBe(204)
  })
})
