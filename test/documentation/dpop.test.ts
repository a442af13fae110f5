import { randomBytes } from 'node:crypto'
import express, { type Express, type RequestHandler } from 'express'
import { describe, expect, it, vi } from 'vitest'
import { LIMITS } from '../../packages/core/src/limits.ts'
import { REPLAY_BREAKER } from '../../packages/core/src/binding/dpop/replay-check.ts'
import { DPOP } from '../../packages/core/src/options/dpop-options.ts'
import { read } from '../repository/files.ts'
import { closing } from '../support/closing.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { boundTo, createProof, generateProofKey, type ProofOverrides } from '../support/proofs.ts'
import { listen } from '../support/servers.ts'
import { API, appInstead, describeDocument, type Scenario } from './fixture.ts'
import { readTable } from './read-table.ts'
import { adapt, runSnippet } from './snippets.ts'

const PAGE = 'docs/dpop.md'
const issuer = createTestIssuer({ issuer: 'https://auth.example.com', audience: API })
const audience = `audience: '${API}',`
const ownKeys = { [audience]: `${audience} jwks: ${JSON.stringify(issuer.jwks)},` }
const key = generateProofKey()
const scope = { scope: 'read:reports' }
const bound = issuer.token({ claims: { ...scope, ...boundTo(key) } })
const unbound = issuer.token({ claims: scope })

const prove = (path: string, overrides: ProofOverrides = {}, nonce?: string) =>
  createProof(
    {
      key,
      token: bound,
      url: API + path,
      method: path === '/payments' ? 'POST' : 'GET',
      now: Math.floor(Date.now() / 1000),
      nonce,
    },
    overrides,
  )

/** Sends a request with these credentials, and returns the response. */
const send = (url: string, path: string, authorization: string, proof?: string) =>
  fetch(url + path, {
    method: path === '/payments' ? 'POST' : 'GET',
    headers: { authorization, ...(proof !== undefined && { dpop: proof }) },
  })

const DPOP_PAGE: Readonly<Record<string, Scenario>> = {
  async 'Tokens bound to a key (DPoP)'(code) {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    const app = (await runSnippet('dpop', adapt(code, { ...appInstead, ...ownKeys })))[
      'app'
    ] as Express
    const { url } = closing(await listen(app))
    const granted = await send(url, '/reports', `DPoP ${bound}`, prove('/reports'))
    expect(await granted.json()).toEqual({ provedBy: ['dpop'] })
    const bearer = await send(url, '/reports', `Bearer ${unbound}`)
    expect(await bearer.json()).toEqual({ provedBy: [] })
    expect((await send(url, '/payments', `Bearer ${unbound}`)).status).toBe(401)
    expect((await send(url, '/payments', `DPoP ${bound}`, prove('/payments'))).status).toBe(202)

    info.mockClear()
    const used = prove('/reports')
    await send(url, '/reports', `DPoP ${bound}`, used)
    for (const [authorization, proof] of [
      [`Bearer ${bound}`, prove('/reports')],
      [`DPoP ${bound}`, undefined],
      [`DPoP ${bound}`, prove('/reports', { key: generateProofKey() })],
      [`DPoP ${bound}`, prove('/payments')],
      [`DPoP ${bound}`, used],
      [`DPoP ${unbound}`, prove('/reports')],
    ] as const)
      expect((await send(url, '/reports', authorization, proof)).status).toBe(401)
    const reasons = info.mock.calls.flat().map((line) => /refused 401 (\w+)/.exec(String(line))![1])
    // The next snippet shows nonces.
    const rows = readTable(PAGE, 'request').filter(([request]) => !request!.includes('nonce'))
    const documented = rows.flatMap(([, result]) => /401 (\w+)/.exec(result!)?.[1] ?? [])
    expect(reasons).toEqual(documented)
  },
  async 'Forward authentication'(code) {
    const { requireToken } = await runSnippet('dpop-forward', adapt(code, ownKeys))
    const app = express().use((requireToken as () => RequestHandler)())
    app.use((_request, response) => void response.sendStatus(204))
    const { url } = closing(await listen(app))
    const ask = async (original: object) =>
      (
        await fetch(`${url}/verify`, {
          headers: { authorization: `DPoP ${bound}`, dpop: prove('/payments'), ...original },
        })
      ).status
    const original = { 'x-original-method': 'POST', 'x-original-uri': '/payments?x=1' }
    expect(await ask(original)).toBe(204)
    expect(await ask({ ...original, 'x-original-method': 'GET' })).toBe(401)
    expect(await ask({ ...original, 'x-original-uri': '/reports' })).toBe(401)
    expect(await ask({})).toBe(500)
    expect(await ask({ ...original, 'x-original-uri': '.evil.example/payments' })).toBe(500)
  },
  async Nonces(code) {
    vi.stubEnv('DPOP_NONCE_SECRET', randomBytes(32).toString('base64'))
    const { requireToken } = await runSnippet('dpop-nonces', adapt(code, ownKeys))
    const app = express().use((requireToken as () => RequestHandler)())
    app.use((_request, response) => void response.send('in'))
    const { url } = closing(await listen(app))
    const first = await send(url, '/reports', `DPoP ${bound}`, prove('/reports'))
    expect(first.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"')
    const nonce = first.headers.get('dpop-nonce')!
    const second = await send(url, '/reports', `DPoP ${bound}`, prove('/reports', {}, nonce))
    expect(second.status).toBe(200)
  },
}

describeDocument(PAGE, DPOP_PAGE)

describe('docs/dpop.md', () => {
  it('the tables of docs/dpop.md name all options and their values', () => {
    const options = readTable(PAGE, 'option of dpop')
    expect(options.map(([name]) => name)).toEqual(Object.keys(DPOP.table!))
    for (const [name, value] of options) {
      const { default: usual, required } = DPOP.table![name!]!
      const shown = required
        ? 'required'
        : usual === undefined
          ? 'none'
          : Array.isArray(usual)
            ? usual.join(', ')
            : typeof usual === 'string'
              ? `'${usual}'`
              : JSON.stringify(usual)
      expect([name, value]).toEqual([name, shown])
    }
    expect(readTable(PAGE, 'value of `whenReplayUnknown`').map(([value]) => value)).toEqual([
      "'refuse'",
      "'nonce'",
      "'allow'",
    ])
  })

  it('docs/dpop.md states the limits and times that the code uses', () => {
    const text = read(PAGE).replace(/\s+/g, ' ')
    const { failures, pause } = REPLAY_BREAKER
    for (const sentence of [
      `After ${failures} failures in a row, the store gets no calls for ${pause.first} s. Then one request tries it again. If this fails, the pause doubles, up to ${pause.last} s.`,
      `less than ${LIMITS.freshNonce} s old`,
      `at most ${LIMITS.proofLength} characters`,
      `${LIMITS.rsaBits.min} to ${LIMITS.proofRsaBits} bits`,
      `accepted for \`lifetime\` seconds (${String(DPOP.table!['nonce']!.table!['lifetime']!.default)})`,
    ])
      expect(text).toContain(sentence)
  })
})
