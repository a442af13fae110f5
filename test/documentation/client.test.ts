import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ERRORS, type TokenSource } from '@bearward/client'
import { createBearward } from '@bearward/express'
import express from 'express'
import { jwtVerify } from 'jose'
import { expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { generateKey } from '../support/keys.ts'
import { scriptedServer } from '../support/scripted-server.ts'
import { listen } from '../support/servers.ts'
import { read } from '../repository/files.ts'
import {
  API,
  authorizationServer,
  describeDocument,
  issuerAddress,
  machine,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

/** Starts the API that the snippets call. Returns a function that writes its address into a snippet. */
async function startReportsApi(): Promise<(code: string) => string> {
  const { requireToken } = createBearward({ issuer: authorizationServer.issuer, audience: API })
  const app = express()
  app.get('/reports', requireToken({ scope: 'read:reports' }), (_request, response) => {
    response.json(['a report'])
  })
  const { url } = closing(await listen(app))
  vi.stubEnv('CLIENT_SECRET', machine.secret)
  return (code) =>
    adapt(code, {
      ...issuerAddress(),
      [`${API}/reports`]: `${url}/reports`,
      [`  resource: '${API}',`]: `  resource: '${API}', allowedOrigins: ['${url}'],`,
    })
}

describeDocument('docs/client.md', {
  async 'Calling a protected API'(code) {
    const toAdapted = await startReportsApi()
    const module = await runSnippet('client-page-service', toAdapted(code))
    expect(await (module['reports'] as () => Promise<unknown>)()).toEqual(['a report'])
    vi.stubEnv('CLIENT_SECRET', undefined)
    await expect(runSnippet('client-page-unset', toAdapted(code))).rejects.toThrow(
      'clientAuthentication.secret is missing',
    )
  },

  async 'Use another HTTP client'(code) {
    vi.stubEnv('CLIENT_SECRET', machine.secret)
    const module = await runSnippet('client-page-token', adapt(code, issuerAddress()))
    expect(await (module['headers'] as () => Promise<unknown>)()).toEqual({
      Authorization: expect.stringMatching(/^Bearer ey/) as unknown,
    })
  },

  async 'Handle errors'(code) {
    const logged = vi.spyOn(console, 'log').mockImplementation(() => {})
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const failed = vi.spyOn(console, 'error').mockImplementation(() => {})
    const toAdapted = await startReportsApi()
    await runSnippet('client-page-errors', toAdapted(code))
    expect(logged.mock.calls).toEqual([[200, '["a report"]']])
    expect(failed).not.toHaveBeenCalled()

    vi.stubEnv('CLIENT_SECRET', 'a wrong one')
    await runSnippet('client-page-errors-refused', toAdapted(code))
    expect(warned.mock.calls.map(([error]) => error as unknown)).toEqual(['invalid_client'])
    expect(failed.mock.calls.flat()).toEqual([expect.stringContaining('invalid_client')])
    expect(process.exitCode).toBe(2)
    process.exitCode = undefined
  },

  async 'Authenticate with a private key'(code) {
    const { privateKey, jwk } = generateKey('ES256')
    const folder = mkdtempSync(join(tmpdir(), 'bearward-'))
    const file = join(folder, 'key.pem')
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const server = closing(
      await scriptedServer('/token', { access_token: 'a', token_type: 'bearer' }, (url) => ({
        '/.well-known/openid-configuration': { issuer: url, token_endpoint: `${url}/token` },
      })),
    )
    const adapted = adapt(code, {
      'https://auth.example.com': server.url,
      '/run/secrets/reports-cron.pem': file,
    })
    const { api } = await runSnippet('client-page-key', adapted)
    expect(await (api as TokenSource).getToken()).toMatchObject({ type: 'Bearer' })
    const assertion = server.requests[0]!.form.get('client_assertion')!
    await jwtVerify(assertion, jwk, { audience: server.url, issuer: machine.id })
    rmSync(folder, { recursive: true })
  },

  async 'Bind tokens to a key (DPoP)'(code) {
    vi.stubEnv('CLIENT_SECRET', machine.secret)
    const { api } = await runSnippet('client-page-dpop', adapt(code, issuerAddress()))
    const source = api as TokenSource
    expect(await source.getToken()).toMatchObject({ type: 'DPoP' })
    expect(await source.headers({ url: API })).toEqual({
      Authorization: expect.stringMatching(/^DPoP ey/) as unknown,
      DPoP: expect.stringMatching(/^ey/) as unknown,
    })
  },

  async 'Test your code'(code) {
    await runSnippet('client-page-test', code)
  },
})

it('the table in docs/client.md lists each value of error.fault, and no other value', () => {
  const documented = [...read('docs/client.md').matchAll(/^\| `'(\w+)'` \|/gm)].map(
    ([, fault]) => fault,
  )
  expect(new Set(documented)).toEqual(new Set(Object.values(ERRORS).map(({ fault }) => fault)))
})
