import { createBearward } from '@bearward/express'
import type { Express } from 'express'
import { expect, it } from 'vitest'
import { closing } from '../support/closing.ts'
import { createTestIssuer, type TestIssuer } from '../support/issuer.ts'
import { listen } from '../support/servers.ts'
import { appInstead, describeDocument, serve } from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

const CUSTOMERS = { issuer: 'https://auth.example.com', audience: 'https://api.example.com' }
const STAFF = { issuer: 'https://login.example.com/realms/staff', audience: 'reports-api' }

/** Starts an issuer that publishes its metadata and keys. */
async function startIssuer(): Promise<TestIssuer> {
  const { url } = closing(
    await listen((request, response) => {
      const metadata = { issuer: url, jwks_uri: `${url}/jwks` }
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(request.url === '/jwks' ? issuer.jwks : metadata))
    }),
  )
  const issuer = createTestIssuer({ issuer: url, audience: CUSTOMERS.audience })
  return issuer
}

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

  async 'A list of issuers that changes'(code) {
    const [acme, globex] = [await startIssuer(), await startIssuer()]
    const adapted = adapt(code, {
      "'https://auth.example.com'": `'${acme.issuer}'`,
      ...appInstead,
    })
    const module = await runSnippet('recipes-customers', adapted)
    const setCustomer = module['setCustomer'] as (name: string, issuer: string) => void
    const removeCustomer = module['removeCustomer'] as (name: string) => void
    const call = await serve(module['app'] as Express)
    const read = async (name: string, { token }: TestIssuer) =>
      (
        await call(
          'GET',
          `/customers/${name}/reports`,
          token({ claims: { scope: 'read:reports' } }),
        )
      ).status

    expect(await read('acme', acme)).toBe(200)
    expect(await read('globex', globex)).toBe(404)
    setCustomer('globex', globex.issuer)
    expect(await read('globex', globex)).toBe(200)
    expect(await read('acme', globex)).toBe(401)
    expect(await read('globex', acme)).toBe(401)
    setCustomer('acme', globex.issuer)
    expect(await read('acme', acme)).toBe(401)
    expect(await read('acme', globex)).toBe(200)
    removeCustomer('globex')
    expect(await read('globex', globex)).toBe(404)
    expect((await call('GET', '/customers/acme/reports')).status).toBe(401)
  },
})

it('createBearward throws for two issuers of opaque tokens, and requireToken throws for a client without an issuer', () => {
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
