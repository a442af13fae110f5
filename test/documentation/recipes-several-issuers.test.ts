import { createBearward } from '@bearward/express'
import type { Express } from 'express'
import { expect, it } from 'vitest'
import { createTestIssuer } from '../support/issuer.ts'
import { appInstead, describeDocument, serve } from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

const CUSTOMERS = { issuer: 'https://auth.example.com', audience: 'https://api.example.com' }
const STAFF = { issuer: 'https://login.example.com/realms/staff', audience: 'reports-api' }

describeDocument('docs/recipes/several-issuers.md', {
  async 'Several issuers'(code) {
    const customers = createTestIssuer(CUSTOMERS)
    const staff = createTestIssuer(STAFF)
    const adapted = adapt(code, {
      "audience: 'https://api.example.com'": `audience: 'https://api.example.com', jwks: ${JSON.stringify(customers.jwks)}`,
      "audience: 'reports-api'": `audience: 'reports-api', jwks: ${JSON.stringify(staff.jwks)}`,
      ...appInstead,
    })
    const call = await serve((await runSnippet('recipes-issuers', adapted))['app'] as Express)
    const importer = { client_id: undefined, azp: 'importer' }
    const ofCustomers = customers.token({ claims: { client_id: 'importer' } })
    const ofStaff = staff.token({ claims: importer })
    expect(await call('GET', '/reports', ofCustomers)).toEqual({
      status: 200,
      body: `{"reportsFor":"importer","issuer":"${CUSTOMERS.issuer}"}`,
    })
    expect((await call('GET', '/reports', ofStaff)).status).toBe(200)
    expect((await call('DELETE', '/reports/1', ofCustomers)).status).toBe(403)
    expect((await call('DELETE', '/reports/1', ofStaff)).status).toBe(204)
    // The same client id at another issuer is another client.
    expect((await call('POST', '/import', ofCustomers)).status).toBe(403)
    expect((await call('POST', '/import', ofStaff)).status).toBe(202)

    // The keys and the audience of one issuer are not accepted for another issuer.
    const crossed = createTestIssuer({ ...CUSTOMERS, audience: STAFF.audience })
    expect((await call('GET', '/reports', crossed.token())).status).toBe(401)
    const forged = staff.token({ claims: { iss: CUSTOMERS.issuer, aud: CUSTOMERS.audience } })
    expect((await call('GET', '/reports', forged)).status).toBe(401)
    const unknown = createTestIssuer({ ...CUSTOMERS, issuer: 'https://other.example.com' })
    expect((await call('GET', '/reports', unknown.token())).status).toBe(401)
  },
})

it('createBearward throws for two issuers of opaque tokens, and requireToken throws for a client without an issuer if there are two issuers', () => {
  const introspection = {
    clientId: 'api',
    clientAuthentication: { method: 'client_secret_basic', secret: 'a' },
  } as const
  const opaque = { tokenFormat: 'opaque', introspection } as const
  expect(() =>
    createBearward({
      issuers: [
        { ...CUSTOMERS, ...opaque },
        { ...STAFF, ...opaque },
      ],
    }),
  ).toThrow('only one issuer can introspect it')
  const { requireToken } = createBearward({ issuers: [CUSTOMERS, STAFF] })
  expect(() => requireToken({ clients: ['importer'] })).toThrow('must name the issuer')
})
