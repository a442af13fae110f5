import { createServer as createHttpsServer } from 'node:https'
import type { Server } from 'node:http'
import { createResourceServer, type Requirements, type ResourceServerOptions } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { filesBelow, read } from '../repository/files.ts'
import { pairs } from '../support/certified.ts'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { generateKey } from '../support/keys.ts'
import { requestWith } from '../support/requests.ts'
import { listen } from '../support/servers.ts'
import { API } from './fixture.ts'

const ISSUER = 'https://auth.example.com'
const key = generateKey('ES256', 'k1')
const NOW = 1_800_000_000

/** Returns the log lines about one token. All lines are written before `authorize` resolves. */
async function linesFor(
  claims: Record<string, unknown>,
  requirements: Requirements,
  options: Partial<ResourceServerOptions> = {},
  [method, route]: readonly [string, string] = ['GET', '/reports'],
): Promise<readonly string[]> {
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  const { iss: issuer = ISSUER } = claims as { iss?: string }
  const server = createResourceServer({
    issuer,
    audience: API,
    jwks: { keys: [key.jwk] },
    logger: { info: write, warn: write },
    clock: () => NOW * 1000,
    ...options,
  } as ResourceServerOptions)
  const token = createTestIssuer({ issuer, audience: API, now: () => NOW }).token({ key, claims })
  await server.authorize({ ...requestWith(token), method, route }, requirements)
  return lines
}

/** Returns the log line that begins with `beginning`. The page breaks this log line into several lines. */
function lineOn(page: string, beginning: string): string {
  const blocks = [...read(page).matchAll(/^```text\n([^]*?)\n```$/gm)].map(([, text]) => text!)
  const block = blocks.find((text) => text.startsWith(beginning))
  if (block === undefined) throw new Error(`${page} has no text that begins with ${beginning}`)
  return block.replaceAll('\n', ' ')
}

/** Returns the line about a server with a self-signed certificate. */
async function lineAboutCertificate(): Promise<string> {
  const server = closing(await listen(createHttpsServer(pairs.server) as unknown as Server))
  const { port } = server
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  const issuer = `https://127.0.0.1:${port}`
  const logger = { info: write, warn: write }
  const { ready } = createResourceServer({ issuer, audience: API, logger })
  await expect(ready()).rejects.toThrow()
  return lines.join('\n').replaceAll(issuer, ISSUER)
}

const REALM = 'https://auth.example.com/realms/acme'

/** Examples of log lines by page: the beginning of the line, and a function that returns the written lines. */
const EXAMPLES: Readonly<Record<string, readonly [string, () => Promise<readonly string[]>]>> = {
  'docs/getting-started.md': [
    '[bearward] refused 401 wrong_audience',
    () => linesFor({ aud: 'https://other.example.com' }, { scope: 'read:reports' }),
  ],
  'docs/errors.md': [
    '[bearward] refused 401 expired',
    () => linesFor({ exp: NOW - 60 }, { scope: 'read:reports' }),
  ],
  'docs/machine-or-user.md': [
    '[bearward] refused 403 wrong_subject',
    () =>
      linesFor(
        { iss: REALM, client_id: undefined, azp: 'reports-cron' },
        { subject: 'machine' },
        { provider: 'keycloak' },
        ['POST', '/reindex'],
      ),
  ],
  'docs/recipes/proxies-and-private-ca.md': [
    '[bearward] keys_failed unreachable',
    async () => [await lineAboutCertificate()],
  ],
}

/** Pages whose log lines another test compares. */
const ELSEWHERE = ['docs/audience.md', 'docs/logging-and-metrics.md', 'docs/troubleshooting.md']

describe('examples of log lines', () => {
  it.each(Object.entries(EXAMPLES))(
    'the log line in %s equals a line that a resource server writes',
    async (page, [beginning, write]) => {
      expect(await write()).toContain(lineOn(page, beginning))
    },
  )

  it('EXAMPLES and ELSEWHERE name exactly the pages in docs/ that have a log line', () => {
    const pages = filesBelow('docs').filter(
      (path) => path.endsWith('.md') && /^\[bearward\]/m.test(read(path)),
    )
    expect(pages.sort()).toEqual([...Object.keys(EXAMPLES), ...ELSEWHERE].sort())
  })

  it('the event in docs/logging-and-metrics.md equals the event for a token with another audience', async () => {
    const events: string[] = []
    const onEvent = (event: object) => events.push(JSON.stringify(event))
    const claims = { aud: 'https://other.example.com', scope: 'read' }
    await linesFor(claims, {}, { logger: false, onEvent })
    expect(events.filter((text) => text.includes('refused'))).toEqual([
      /^```json\n(\{"type":"refused".*)\n```$/m.exec(read('docs/logging-and-metrics.md'))![1],
    ])
  })
})
