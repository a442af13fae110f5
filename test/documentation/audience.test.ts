import { createBearward } from '@bearward/express'
import type { BearwardEvent } from '@bearward/core'
import express, { type Express, type RequestHandler } from 'express'
import { describe, expect, it, vi } from 'vitest'
import { read } from '../repository/files.ts'
import { createTestIssuer } from '../support/issuer.ts'
import { API, appInstead, describeDocument, type Scenario, serve } from './fixture.ts'
import { readTable } from './read-table.ts'
import { adapt, runSnippet } from './snippets.ts'

const PAGE = 'docs/audience.md'
const issuer = createTestIssuer({ issuer: 'https://auth.example.com', audience: API })
const named = "issuer: 'https://auth.example.com',"
const ownKeys = { [named]: `${named} jwks: ${JSON.stringify(issuer.jwks)},` }
const tokenFor = (aud: unknown): string => issuer.token({ claims: { aud, scope: 'read:reports' } })

const AUDIENCE: Readonly<Record<string, Scenario>> = {
  async 'Set the audience'(code) {
    vi.spyOn(console, 'info').mockImplementation(() => {})
    const module = await runSnippet('audience', adapt(code, { ...ownKeys, ...appInstead }))
    const call = await serve(module['app'] as Express)
    expect((await call('GET', '/reports', tokenFor(API))).status).toBe(200)
    expect((await call('GET', '/reports', tokenFor(`${API}/`))).status).toBe(200)
    expect((await call('GET', '/reports', tokenFor('https://other.example.com'))).status).toBe(401)
    expect((await call('GET', '/reports', tokenFor(undefined))).status).toBe(401)
  },

  async 'Tokens for several APIs'(code) {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    const { requireToken } = await runSnippet('audience-only', adapt(code, ownKeys))
    const guard = (requireToken as () => RequestHandler)()
    const call = await serve(express().get('/', guard, (_q, response) => void response.end()))
    expect((await call('GET', '/', tokenFor(API))).status).toBe(200)
    expect((await call('GET', '/', tokenFor([API, 'reports']))).status).toBe(200)
    const forTwo = tokenFor([API, 'https://other.example.com'])
    expect((await call('GET', '/', forTwo)).status).toBe(401)
    expect(info.mock.calls.flat().join()).toContain(`expected only ${API} or reports`)
  },

  async 'Tokens without an audience'(code) {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    let now = Date.parse('2027-01-31T23:59:00Z')
    Object.assign(globalThis, { 'clock of audience': () => now })
    const ofTest = createTestIssuer({
      issuer: 'https://auth.example.com',
      audience: API,
      now: () => now / 1000,
    })
    const options = `${named} jwks: ${JSON.stringify(ofTest.jwks)}, clock: globalThis['clock of audience'],`
    const adapted = adapt(code, { [named]: options, ...appInstead })
    const app = (await runSnippet('audience-missing', adapted))['app'] as Express
    const call = await serve(app)
    const get = async (aud: unknown, client = 'reports-cron') => {
      const claims = { aud, scope: 'read:reports', client_id: client }
      return (await call('GET', '/reports', ofTest.token({ claims }))).status
    }
    expect(await get(undefined)).toBe(200)
    expect(await get([])).toBe(200)
    expect(await get('https://other.example.com')).toBe(401)
    expect(await get(undefined, 'another-client')).toBe(401)
    expect(await get(API)).toBe(200)
    const [, shown] = /```text\n(\[bearward\] audience_missing[^]*?)```/.exec(read(PAGE))!
    expect(warn.mock.calls).toEqual([[shown!.trim().replaceAll('\n', ' ')]])

    now = Date.parse('2027-02-01T00:00:00Z')
    expect(await get(undefined)).toBe(401)
    expect(await get(API)).toBe(200)
    expect(info).toHaveBeenCalled()

    await runSnippet('audience-missing-later', adapted)
    expect(warn.mock.calls.at(-1)).toEqual([
      expect.stringContaining('The date has passed, so tokens without aud are refused now'),
    ])
  },
}

describeDocument(PAGE, AUDIENCE)

/** Returns the outcome of a token with this audience: `granted`, or the reason of the refusal. */
async function verify(options: object, aud: unknown): Promise<string> {
  const { verify: decide } = createBearward({
    issuer: issuer.issuer,
    jwks: issuer.jwks,
    logger: false,
    ...options,
  } as never)
  const outcome = await decide(tokenFor(aud))
  return outcome.kind === 'refused' ? outcome.reason : outcome.kind
}

describe('the page about the audience', () => {
  it.each(readTable(PAGE, 'resource'))(
    'a token for the resource %s with the aud %s is %s',
    async (resource, aud, result) => {
      const expected = result.startsWith('accepted') ? 'granted' : 'wrong_audience'
      expect(await verify({ resource }, aud)).toBe(expected)
      expect(await verify({ audience: resource }, aud)).toBe('wrong_audience')
      expect(await verify({ resource, audience: 'reports' }, aud)).toBe('wrong_audience')
    },
  )

  it('createBearward throws each message in docs/audience.md', () => {
    const base = { issuer: issuer.issuer, logger: false }
    const withoutAudience = {
      audience: null,
      allowedClients: ['cron'],
      tokenUse: { claim: 'token_use', value: 'access' },
    }
    const wrong: readonly object[] = [
      base,
      { ...base, ...withoutAudience, onlyAudience: true },
      { ...base, audience: API, audienceRequiredFrom: '2027-02-30' },
    ]
    const messages = readTable(PAGE, 'message').map(([message]) => message!)
    expect(messages).toHaveLength(wrong.length)
    for (const [index, options] of wrong.entries())
      expect(() => createBearward(options as never)).toThrow(messages[index])
  })

  it('the event audience_missing is published once an hour for each client', async () => {
    let now = Date.now()
    const ofTest = createTestIssuer({
      issuer: issuer.issuer,
      now: () => now / 1000,
      lifetime: 86_400,
    })
    const events: BearwardEvent[] = []
    const { verify: decide } = createBearward({
      issuer: issuer.issuer,
      jwks: ofTest.jwks,
      audience: API,
      audienceRequiredFrom: '2999-01-01',
      jwtProfile: 'rfc9068',
      clock: { now: () => now, monotonic: () => now },
      onEvent: (event) => events.push(event),
    })
    const token = (client: string) =>
      ofTest.token({ claims: { aud: undefined, client_id: client } })
    for (const client of ['a', 'b', 'a', 'b']) await decide(token(client))
    now += 3_600_000
    await decide(token('a'))
    const missing = events.filter(({ type }) => type === 'audience_missing')
    expect(missing.map((event) => 'clientId' in event && event.clientId)).toEqual(['a', 'b', 'a'])
  })
})
