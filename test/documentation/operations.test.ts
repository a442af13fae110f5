import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Express } from 'express'
import { expect, vi } from 'vitest'
import { adapt, runSnippet } from './snippets.ts'
import {
  appInstead,
  authorizationServer,
  describeDocument,
  issuerAddress,
  machineToken,
  type Scenario,
  serve,
  useAuthorizationServer,
} from './fixture.ts'

useAuthorizationServer()

/** Runs the first program of the page. Returns its server, and a function that returns the status of a path. */
async function run(name: string, code: string) {
  const module = await runSnippet(name, adapt(code, { 'listen(3000)': "listen(0, '127.0.0.1')" }))
  const server = module['server'] as Server
  if (!server.listening) await once(server, 'listening')
  const getStatus = async (path: string, token?: string) => {
    const { port } = server.address() as AddressInfo
    const headers: Record<string, string> = { connection: 'close' }
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`
    return (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status
  }
  return { server, getStatus }
}

/** Calls the handler of SIGTERM that a program has added last, and waits until its server is closed. */
async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.once('close', resolve))
  const handler = process.rawListeners('SIGTERM').at(-1) as () => void
  handler.call(process)
  await closed
}

/** Scenarios for the snippets of docs/operations.md. */
const OPERATIONS: Readonly<Record<string, Scenario>> = {
  async Operations(code) {
    const { server, getStatus } = await run('operations', adapt(code, issuerAddress()))
    expect(await getStatus('/livez')).toBe(200)
    expect(await getStatus('/readyz')).toBe(200)
    expect(await getStatus('/reports')).toBe(401)
    expect(await getStatus('/reports', await machineToken('read:reports'))).toBe(200)
    await stop(server)

    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const address = { "'https://auth.example.com'": "'http://127.0.0.1:1'" }
    const unreachable = await run('operations-outage', adapt(code, address))
    expect(warned.mock.calls.flat().join()).toContain('http://127.0.0.1:1')
    expect(await unreachable.getStatus('/livez')).toBe(200)
    expect(await unreachable.getStatus('/readyz')).toBe(503)
    await stop(unreachable.server)
  },

  async 'Try a new requirement'(code) {
    const logged = vi.spyOn(console, 'info').mockImplementation(() => {})
    const adapted = adapt(code, { ...issuerAddress(), ...appInstead })
    const call = await serve((await runSnippet('operations-trial', adapted))['app'] as Express)
    expect((await call('GET', '/reports', await machineToken('admin'))).status).toBe(200)
    expect(logged.mock.calls.flat().join()).toContain(
      `refused 403 insufficient_scope: scope: expected read:reports, found "admin"`,
    )
    expect(logged.mock.calls.flat().join()).toContain(authorizationServer.issuer)
    expect((await call('GET', '/reports')).status).toBe(401)
  },
}

describeDocument('docs/operations.md', OPERATIONS)
