import type { Logger, ResourceServerOptions } from '@bearward/core'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { FRAMEWORKS } from '../frameworks.ts'
import { closing } from '../support/closing.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { bearerLine } from '../support/requests.ts'
import { getWithLines } from '../support/servers.ts'

const issuer = createTestIssuer()
const OPTIONS = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks }
const UNREACHABLE = {
  ...OPTIONS,
  jwks: undefined,
  jwksUri: 'https://as.example.com/jwks',
  fetch: () => Promise.reject(new TypeError('fetch failed')),
}
const REFUSED =
  /^\[bearward\] refused 401 malformed_token: token: expected three parts, found one part/
const KEYS =
  /^\[bearward\] keys_failed unreachable: The keys of https:\/\/as\.example\.com could not be fetched: /

/** All adapters except the adapter for Fastify, which writes to the log of the request. The tests of its package cover that. */
const OTHERS = FRAMEWORKS.filter(({ adapter }) => adapter !== 'fastify')

describe.each(OTHERS)('the log on $name', (framework) => {
  let info: MockInstance
  let warn: MockInstance

  beforeEach(() => {
    info = vi.spyOn(console, 'info').mockImplementation(() => {})
    warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  })
  afterEach(() => vi.restoreAllMocks())

  async function send(options: Record<string, unknown>, token: string): Promise<number> {
    const routes = [{ requirements: {}, handle: async () => ({}) }]
    const mount = {
      options: options as unknown as ResourceServerOptions,
      routes,
      maxHeaderSize: 16_384,
    }
    const { port } = closing(await framework.start(mount))
    return (await getWithLines(port, '/', [bearerLine(token)])).status
  }

  it('a guard writes by default a 401 refusal with console.info, and a failed fetch and a 503 refusal with console.warn', async () => {
    expect(await send(OPTIONS, 'opaque')).toBe(401)
    expect(info.mock.calls).toEqual([[expect.stringMatching(REFUSED)]])
    expect(warn).not.toHaveBeenCalled()

    expect(await send(UNREACHABLE, issuer.token())).toBe(503)
    expect(info).toHaveBeenCalledTimes(1)
    const lines = warn.mock.calls.map(([line]) => line as string)
    expect(lines[0]).toMatch(KEYS)
    expect(lines.at(-1)).toMatch(/^\[bearward\] refused 503 keys_unavailable/)
  })

  it('a guard calls neither console.info nor console.warn for a granted request', async () => {
    expect(await send(OPTIONS, issuer.token())).toBe(200)
    expect([...info.mock.calls, ...warn.mock.calls]).toEqual([])
  })

  it.each([
    ['logger: false', { logger: false }],
    ['onEvent and no logger', { onEvent: () => {} }],
  ])('a guard with %s calls neither console.info nor console.warn', async (_option, more) => {
    expect(await send({ ...OPTIONS, ...more }, 'opaque')).toBe(401)
    expect(await send({ ...UNREACHABLE, ...more }, issuer.token())).toBe(503)
    expect([...info.mock.calls, ...warn.mock.calls]).toEqual([])
  })

  it('a guard writes a refusal to the logger of the application and not to the console, with and without onEvent', async () => {
    for (const more of [{}, { onEvent: () => {} }]) {
      const lines: string[] = []
      const logger: Logger = { info: (line) => lines.push(line), warn: (line) => lines.push(line) }
      expect(await send({ ...OPTIONS, ...more, logger }, 'opaque')).toBe(401)
      expect(lines).toEqual([expect.stringMatching(REFUSED)])
    }
    expect([...info.mock.calls, ...warn.mock.calls]).toEqual([])
  })
})
