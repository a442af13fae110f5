import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it, vi } from 'vitest'
import { closing } from '../support/closing.ts'
import { bearerLine } from '../support/requests.ts'
import { listen } from '../support/servers.ts'
import {
  describeDocument,
  expectReportsAt,
  machineToken,
  type Scenario,
  useAuthorizationServer,
} from './fixture.ts'
import { adapt, readSnippets } from './snippets.ts'
import { startSnippetAsWorker } from './workers.ts'

const PAGE = 'docs/cloudflare-workers.md'

useAuthorizationServer()

/** Returns a scenario that runs a snippet in workerd. */
const runWorker =
  (name: string): Scenario =>
  async (code) => {
    const { url, output } = closing(await startSnippetAsWorker(name, code))
    await expectReportsAt(`${url}/reports`)
    expect(output()).toContain('[bearward] refused 401 no_credentials')
  }

describeDocument(PAGE, {
  'Cloudflare Workers': runWorker('workers'),

  async 'Arguments of fetch'(code) {
    const received: string[] = []
    const log = closing(
      await listen(async (request, response) => {
        received.push(await text(request))
        response.end()
      }),
    )
    const worker = await startSnippetAsWorker('workers-ctx.mts', code, { AUDIT_LOG: log.url })
    const { url } = closing(worker)
    await expectReportsAt(`${url}/reports`)
    await vi.waitFor(() => expect(received).toEqual([`reports-cron ${url}/reports`]))
  },

  Configuration: runWorker('workers-env'),
  Hono: runWorker('workers-hono'),
  Classes: runWorker('workers-class'),
  'Size of the bundle': runWorker('workers-small'),
})

describe(PAGE, () => {
  const first = readSnippets(PAGE)[0]!.code

  it('a Worker refuses two Authorization lines with 400 or 401', async () => {
    const { port } = closing(await startSnippetAsWorker('workers-lines', first))
    const line = bearerLine(await machineToken('read:reports'))
    const socket = connect(port, '127.0.0.1')
    socket.end(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${line}\r\n${line}\r\n\r\n`)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 40[01]/)
  })

  it('a Worker with a mistake in the options, or with ready() at module scope, does not start', async () => {
    const wrong = adapt(first, { 'issuer: env.ISSUER': 'isuer: env.ISSUER' })
    await expect(startSnippetAsWorker('workers-wrong', wrong)).rejects.toThrow(
      'isuer is not an option. Did you mean issuer?',
    )
    const eager = adapt(first, {
      '{ protect } =': '{ protect, ready } =',
      'export default': 'await ready()\nexport default',
    })
    await expect(startSnippetAsWorker('workers-ready', eager)).rejects.toThrow(
      'within global scope',
    )
  })
})
