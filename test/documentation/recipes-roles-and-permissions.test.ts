import express, { type Express, type RequestHandler } from 'express'
import { expect } from 'vitest'
import { createTestIssuer } from '../support/issuer.ts'
import { appInstead, describeDocument, serve } from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

/** Claims that a test issuer adds by default, and that the tokens of these providers do not have. */
const NONE = { client_id: undefined, scope: undefined }

/** Returns the replacement that adds the keys of a test issuer after a line of the options. */
function withKeys(line: string, issuer: { jwks: object }): Record<string, string> {
  return { [line]: `${line} jwks: ${JSON.stringify(issuer.jwks)},` }
}

/** Starts an API with one route behind a guard of a snippet. Returns a function that sends a token and returns the status. */
async function behind(guard: unknown): Promise<(token: string) => Promise<number>> {
  const app = express()
    .use(guard as RequestHandler)
    .get('/', (_request, response) => void response.json('granted'))
  const call = await serve(app)
  return async (token) => (await call('GET', '/', token)).status
}

describeDocument('docs/recipes/roles-and-permissions.md', {
  async Keycloak(code) {
    const audience = 'reports-api'
    const keycloak = createTestIssuer({ issuer: 'https://auth.example.com/realms/acme', audience })
    const adapted = adapt(code, { ...withKeys("provider: 'keycloak',", keycloak), ...appInstead })
    const app = (await runSnippet('recipes-keycloak', adapted))['app'] as Express
    const call = await serve(app)
    const token = (claims: object) =>
      keycloak.token({
        claims: { ...NONE, azp: 'web', scope: 'reports.read reports.write', ...claims },
      })
    const read = async (claims: object) => (await call('GET', '/reports', token(claims))).status
    const write = async (claims: object) =>
      (await call('DELETE', '/reports/1', token(claims))).status

    expect(await read({ realm_access: { roles: ['offline_access', 'staff'] } })).toBe(200)
    expect(await read({ realm_access: { roles: ['offline_access'] } })).toBe(403)
    expect(await read({ realm_access: { roles: 'staff' } })).toBe(403)
    expect(await read({ realm_access: null })).toBe(403)
    expect(await read({})).toBe(403)
    expect(await read({ resource_access: { 'reports-api': { roles: ['staff'] } } })).toBe(403)
    expect(await write({ resource_access: { 'reports-api': { roles: ['editor'] } } })).toBe(204)
    expect(await write({ resource_access: { other: { roles: ['editor'] } } })).toBe(403)
    expect(await write({ realm_access: { roles: ['editor'] } })).toBe(403)
    expect(await read({ realm_access: { roles: ['staff'] }, scope: 'openid' })).toBe(403)
  },

  async Auth0(code) {
    const issuer = 'https://YOUR-TENANT.eu.auth0.com/'
    const auth0 = createTestIssuer({ issuer, audience: 'https://api.example.com' })
    const line = "audience: 'https://api.example.com',"
    const module = await runSnippet('recipes-auth0', adapt(code, withKeys(line, auth0)))
    const status = await behind(module['readers'])
    const token = (claims: object) =>
      auth0.token({ claims: { ...NONE, azp: 'web', sub: 'auth0|a-user-of-the-test', ...claims } })
    const scope = 'openid read:reports'
    expect(await status(token({ permissions: ['read:reports', 'write:reports'], scope }))).toBe(200)
    expect(await status(token({ permissions: ['read:reports'], scope: 'openid' }))).toBe(403)
    expect(await status(token({ permissions: ['write:reports'], scope }))).toBe(403)
    expect(await status(token({ permissions: 'read:reports', scope }))).toBe(403)
    expect(await status(token({ scope }))).toBe(403)
  },

  async 'Entra ID'(code) {
    const tenant = '00000000-0000-0000-0000-000000000000'
    const audience = '00000000-0000-0000-0000-000000000001'
    const issuer = `https://login.microsoftonline.com/${tenant}/v2.0`
    const entra = createTestIssuer({ issuer, audience })
    const adapted = adapt(code, withKeys(`audience: '${audience}',`, entra))
    const module = await runSnippet('recipes-entra', adapted)
    const token = (claims: object) =>
      entra.token({
        header: { typ: 'JWT' },
        claims: { ...NONE, azp: 'a-client', tid: tenant, ver: '2.0', ...claims },
      })
    const app = { idtyp: 'app', sub: 'the-object-of-app', oid: 'the-object-of-app' }
    const user = { sub: 'a-pairwise-sub', oid: 'the-object-of-user', scp: 'Reports.Write' }
    const applications = await behind(module['applications'])
    expect(await applications(token({ ...app, roles: ['Reports.Read.All'] }))).toBe(200)
    expect(await applications(token({ ...app, roles: ['Other'] }))).toBe(403)
    expect(await applications(token({ ...user, roles: ['Reports.Read.All'] }))).toBe(403)
    const editors = await behind(module['editors'])
    expect(await editors(token({ ...user, roles: ['Editor'] }))).toBe(200)
    expect(await editors(token(user))).toBe(403)
    expect(await editors(token({ ...user, scp: 'Reports.Read', roles: ['Editor'] }))).toBe(403)
    expect(await editors(token({ ...app, roles: ['Reports.Write', 'Editor'] }))).toBe(403)
  },

  async Cognito(code) {
    const issuer = 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE'
    const cognito = createTestIssuer({ issuer })
    const line = "allowedClients: ['WEB-APP-CLIENT-ID'],"
    const module = await runSnippet('recipes-cognito', adapt(code, withKeys(line, cognito)))
    const status = await behind(module['editors'])
    const token = (claims: object) =>
      cognito.token({
        header: { typ: undefined },
        claims: {
          aud: undefined,
          client_id: 'WEB-APP-CLIENT-ID',
          token_use: 'access',
          scope: 'openid reports/write',
          username: 'a-user-of-the-test',
          ...claims,
        },
      })
    expect(await status(token({ 'cognito:groups': ['staff', 'editors'] }))).toBe(200)
    expect(await status(token({ 'cognito:groups': ['staff'] }))).toBe(403)
    expect(await status(token({}))).toBe(403)
    expect(await status(token({ 'cognito:groups': ['editors'], token_use: 'id' }))).toBe(401)
  },
})
