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

describeDocument('docs/recipes/other-frameworks.md', {
  async 'Web Request and Response'(code) {
    silence()
    const module = await runSnippet('recipes-web', adapt(code, issuerAddress()))
    const GET = module['GET'] as (request: Request) => Promise<Response>
    const call = (headers: HeadersInit) =>
      GET(new Request('https://api.example.com/reports', { headers }))
    const token = await machineToken('read:reports')

    const missing = await call({})
    expect(missing.status).toBe(401)
    expect(missing.headers.get('www-authenticate')).toContain('scope="read:reports"')
    expect(await missing.json()).toMatchObject({ error: 'unauthorized' })
    const lacking = await machineToken('admin')
    expect((await call({ authorization: `Bearer ${lacking}` })).status).toBe(403)
    const granted = await call({ authorization: `Bearer ${token}` })
    expect(await granted.json()).toEqual({ reportsFor: 'reports-cron' })
    const line: [string, string] = ['authorization', `Bearer ${token}`]
    expect((await call([line, line])).status).toBe(400)
    const basic: [string, string] = ['authorization', 'Basic YTpi']
    for (const lines of [
      [line, basic],
      [basic, line],
    ]) {
      expect([400, 401]).toContain((await call(lines)).status)
    }
  },

  async 'Metadata and CORS'(code) {
    silence()
    const module = await runSnippet('recipes-web-metadata', adapt(code, issuerAddress()))
    const handle = module['handle'] as (request: Request) => Promise<Response>
    const call = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
      handle(new Request(`https://localhost:3000${path}`, { method, headers }))
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
      'WWW-Authenticate, Retry-After',
    )
  },

  async 'Request of Node'(code) {
    silence()
    const local = { 'listen(3000)': "listen(0, '127.0.0.1')" }
    const adapted = adapt(code, { ...issuerAddress(), ...local })
    const server = (await runSnippet('recipes-node', adapted))['server'] as Server
    closing({ close: () => server.close() })
    if (!server.listening) await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const call = async (token?: string) =>
      fetch(`http://127.0.0.1:${port}/reports`, {
        headers: { connection: 'close', ...(token && { authorization: `Bearer ${token}` }) },
      })
    const token = await machineToken('read:reports')

    const missing = await call()
    expect(missing.status).toBe(401)
    expect(missing.headers.get('www-authenticate')).toContain('scope="read:reports"')
    expect((await call(await machineToken('admin'))).status).toBe(403)
    expect(await (await call(token)).json()).toEqual({ reportsFor: 'reports-cron' })

    const socket = connect(port, '127.0.0.1')
    const lines = ['GET / HTTP/1.1', 'Host: a', 'Connection: close', bearerLine(token)]
    socket.end(`${[...lines, bearerLine('another')].join('\r\n')}\r\n\r\n`)
    expect(await text(socket)).toContain('HTTP/1.1 400')
  },
})
