import { createHash, randomBytes } from 'node:crypto'
import type { Express } from 'express'
import { expect, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { listen } from '../support/servers.ts'
import {
  appInstead,
  describeDocument,
  issuerAddress,
  machineToken,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

describeDocument('docs/recipes/api-keys.md', {
  async 'API keys and tokens on one route'(code) {
    const key = randomBytes(32).toString('base64url')
    vi.stubEnv('PRINTER_KEY_SHA256', createHash('sha256').update(key).digest('hex'))
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const app = (await runSnippet('recipes-api-keys', adapted))['app'] as Express
    const { url } = closing(await listen(app))
    const call = async (headers: Record<string, string>) => {
      const response = await fetch(`${url}/reports`, { headers })
      return [response.status, response.headers.get('www-authenticate'), await response.json()]
    }
    const bearer = async (scope: string) => ({
      authorization: `Bearer ${await machineToken(scope)}`,
    })
    const asks = 'Bearer realm="api", scope="read:reports"'

    expect(await call({ 'x-api-key': key })).toEqual([200, null, { reportsFor: 'key:printer' }])
    expect(await call({ 'x-api-key': 'wrong' })).toMatchObject([401, asks, {}])
    expect(await call({ 'x-api-key': '' })).toMatchObject([401, asks, {}])
    const token = await bearer('read:reports')
    expect(await call(token)).toEqual([200, null, { reportsFor: 'client:reports-cron' }])
    expect((await call({ ...token, 'x-api-key': key }))[0]).toBe(400)
    expect((await call(await bearer('admin')))[0]).toBe(403)
    expect(await call({ authorization: 'Bearer ey.made.up' })).toMatchObject([
      401,
      expect.stringContaining('invalid_token'),
      { error: 'invalid_token' },
    ])
    expect(await call({})).toMatchObject([401, asks, { error: 'unauthorized' }])

    const other = adapt(adapted, { "scopes: ['read:reports']": "scopes: ['read:others']" })
    const without = (await runSnippet('recipes-api-keys-scope', other))['app'] as Express
    const server = closing(await listen(without))
    const refused = await fetch(`${server.url}/reports`, { headers: { 'x-api-key': key } })
    expect(refused.status).toBe(403)
  },
})
