import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { bearerLine } from '../support/requests.ts'
import { describeDocument, issuerAddress, machineToken, useAuthorizationServer } from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

useAuthorizationServer()

const silence = () => vi.spyOn(console, 'info').mockImplementation(() => {})

/** Runs a program for `node:http`. Returns the address of its server. */
async function startServer(name: string, code: string): Promise<string> {
  const local = { 'listen(3000)': "listen(0, '127.0.0.1')" }
  const adapted = adapt(code, { ...issuerAddress(), ...local })
  const server = (await runSnippet(name, adapted))['server'] as Server
  closing({ close: () => server.close() })
  if (!server.listening) await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describeDocument('docs/recipes/other-frameworks.md', {
  async 'Request of Node'(code) {
    silence()
    const url = await startServer('recipes-node', code)
    const call = async (token?: string) =>
      fetch(`${url}/reports`, {
        headers: { connection: 'close', ...(token && { authorization: `Bearer ${token}` }) },
      })
    const token = await machineToken('read:reports')

    const missing = await call()
    expect(missing.status).toBe(401)
    expect(missing.headers.get('www-authenticate')).toContain('scope="read:reports"')
    expect((await call(await machineToken('admin'))).status).toBe(403)
    expect(await (await call(token)).json()).toEqual({ reportsFor: 'reports-cron' })

    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    const lines = ['GET / HTTP/1.1', 'Host: a', 'Connection: close', bearerLine(token)]
    socket.end(`${[...lines, bearerLine('another')].join('\r\n')}\r\n\r\n`)
    expect(await text(socket)).toContain('HTTP/1.1 400')
  },

  async 'Metadata and CORS'(code) {
    silence()
    const url = await startServer('recipes-node-metadata', code)
    const call = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      fetch(url + path, { method, headers: { connection: 'close', ...headers } })
    const wellKnown = '/.well-known/oauth-protected-resource'
    const origin = 'https://app.example.com'

    const document = await call(wellKnown)
    expect(document.status).toBe(200)
    expect(await document.json()).toMatchObject({ resource: 'https://api.example.com' })
    expect((await call(wellKnown, { origin }, 'OPTIONS')).status).toBe(204)
    expect((await call(wellKnown, {}, 'POST')).status).toBe(405)

    const asked = { origin, 'access-control-request-method': 'GET' }
    const preflight = await call('/reports', asked, 'OPTIONS')
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)

    const refused = await call('/reports', { origin })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin)
    expect(refused.headers.get('vary')).toBe('Origin')
    expect(refused.headers.get('www-authenticate')).toContain(
      `resource_metadata="https://api.example.com${wellKnown}"`,
    )
    const authorization = `Bearer ${await machineToken('read:reports')}`
    const granted = await call('/reports', { origin, authorization })
    expect(await granted.json()).toEqual({ reportsFor: 'reports-cron' })
    expect(granted.headers.get('access-control-expose-headers')).toBe(
      'WWW-Authenticate, Retry-After, DPoP-Nonce',
    )
  },
})
