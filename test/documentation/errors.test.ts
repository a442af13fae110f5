import { createBearward } from '@bearward/express'
import express from 'express'
import type { Server } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { filesBelow, read } from '../repository/files.ts'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { generateKey } from '../support/keys.ts'
import { listen } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { API, describeDocument, type Scenario } from './fixture.ts'
import { adapt, runSnippet } from './snippets.ts'

const ERRORS: Readonly<Record<string, Scenario>> = {
  async 'Errors at startup'(code) {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
    const refused = closing(await listen((_, response) => void response.writeHead(500).end()))
    const { start } = (await runSnippet(
      'errors-startup',
      adapt(code, { 'https://auth.example.com': refused.url, 'start({': 'void ({', '3000': '0' }),
    )) as { start: (options: object) => Server | undefined }
    const before = process.exitCode
    try {
      expect(start({ issuer: refused.url, audence: API })).toBeUndefined()
      expect(process.exitCode).toBe(1)
    } finally {
      process.exitCode = before
    }
    expect(printed.mock.calls[0]![0]).toContain('Did you mean audience?')

    const server = start({ issuer: refused.url, audience: API })!
    await until(() => warned.mock.calls.some(([error]) => error === 'bearward_keys_unavailable'))
    server.close()
    vi.restoreAllMocks()
  },
}

describeDocument('docs/errors.md', ERRORS)

describe('docs/errors.md', () => {
  const [response, line] = [...read('docs/errors.md').matchAll(/^```text\n([^]*?)^```$/gm)].map(
    ([, text]) => text!.trim(),
  )

  it('the example of a refusal in docs/errors.md equals the response and the log line of a guard', async () => {
    const lines: string[] = []
    const key = generateKey('ES256', 'k1')
    const now = Date.now()
    const { requireToken } = createBearward({
      issuer: 'https://auth.example.com',
      audience: API,
      jwks: { keys: [key.jwk] },
      clock: () => now,
      logger: { info: (text) => lines.push(text), warn: (text) => lines.push(text) },
    })
    const app = express().get('/reports', requireToken({ scope: 'read:reports' }))
    const { url } = closing(await listen(app))
    const claims = { exp: Math.floor(now / 1000) - 60 }
    const issuer = createTestIssuer({ issuer: 'https://auth.example.com', audience: API })
    const token = issuer.token({ key, claims })
    const answer = await fetch(`${url}/reports`, { headers: { authorization: `Bearer ${token}` } })

    const headers = ['Cache-Control', 'Content-Type', 'WWW-Authenticate'].map(
      (name) => `${name}: ${answer.headers.get(name)}`,
    )
    const status = `HTTP/1.1 ${answer.status} ${answer.statusText}`
    expect([status, ...headers, '', await answer.text()].join('\n')).toBe(response)
    expect(lines.map((text) => text.replace(/found 6[01] s/, 'found 60 s'))).toEqual([
      line!.replaceAll('\n', ' '),
    ])
  })

  it('docs/errors.md quotes six error messages, and each of them is in the source of the core', () => {
    const table = read('docs/errors.md').split('## Errors while requests')[1]!.split('\n## ')[0]!
    const quoted = [...table.matchAll(/^\| `([^`]+)` \| [A-Z`]/gm)].map(([, text]) => text!)
    expect(quoted.length).toBe(6)
    const source = filesBelow('packages/core/src').map(read).join('\n')
    const thrown = source.replaceAll('${member}', 'kind')
    expect(quoted.filter((text) => !thrown.includes(text))).toEqual([])
  })
})
