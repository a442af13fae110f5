import { X509Certificate } from 'node:crypto'
import { memoryReplay, type ReplayStore } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { forwardedCertificate } from '../contract/forwarded-certificate.ts'
import { clientThumbprint, pairs } from '../support/certified.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { boundTo, createProof, generateProofKey } from '../support/proofs.ts'
import { noteSecret } from '../support/secrets.ts'
import { ALL, clock, METADATA_URL, RESOURCE, TOKENS, tokenWith } from './fixture.ts'
import { LIST, PURGE } from './messages.ts'
import { MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const key = generateProofKey()
const bound = tokenWith(ALL, { claims: boundTo(key) })
const boundReader = tokenWith('notes:read', { claims: boundTo(key) })

const prove = (token: string, now: number, method = 'POST') =>
  createProof({ key, token, method, url: RESOURCE, now })

const withProof = (token: string, proof: string) => [
  `Authorization: DPoP ${token}`,
  `DPoP: ${proof}`,
]

/** The options that the DPoP extension of MCP requires: proofs may be five minutes old. */
const accepting = (own = clock, replay: ReplayStore = memoryReplay({ clock: own })) => ({
  clock: own,
  publicUrl: 'https://notes.example.com',
  dpop: { maxAge: 300, replay },
})

describe.each(MCP_FRAMEWORKS)('bound tokens at the guard for $name', (framework) => {
  it('the guard records the use of a DPoP proof once for each request, and refuses a second use of the proof', async () => {
    const own = fakeClock(clock.seconds())
    const store = memoryReplay({ clock: own })
    let uses = 0
    const replay: ReplayStore = {
      firstUse(proof) {
        uses++
        return store.firstUse(proof)
      },
    }
    const server = await start(framework, { bearward: accepting(own, replay) })
    const lines = withProof(bound, prove(bound, own.seconds()))
    expect((await server.send({ body: PURGE, lines })).status).toBe(200)
    expect(uses).toBe(1)
    const again = await server.send({ body: PURGE, lines })
    expect(again.status).toBe(401)
    expect(server.takeReasons()).toEqual(['proof_used'])
    expect(again.challenge('resource_metadata')).toBe(METADATA_URL)
    expect(server.seen).toHaveLength(1)
    expect(uses).toBe(2)
  })

  it('the guard with dpop.maxAge 300 grants a proof of five minutes, and refuses an older one', async () => {
    const own = fakeClock(clock.seconds())
    const token = tokenWith(ALL, { claims: { ...boundTo(key), exp: clock.seconds() + 3600 } })
    const server = await start(framework, { bearward: accepting(own) })
    const statusOf = async (age: number) => {
      const lines = withProof(token, prove(token, own.seconds() - age))
      return (await server.send({ body: PURGE, lines })).status
    }
    expect(await statusOf(299)).toBe(200)
    expect(await statusOf(306)).toBe(401)
    expect(server.takeReasons()).toEqual(['invalid_proof'])
  })

  it('the guard refuses a bound token without a proof, with another proof, or with the scheme Bearer', async () => {
    const server = await start(framework, { bearward: accepting() })
    const other = generateProofKey()
    const foreign = createProof({
      key: other,
      token: bound,
      method: 'POST',
      url: RESOURCE,
      now: clock.seconds(),
    })
    noteSecret(foreign)
    for (const lines of [
      [`Authorization: DPoP ${bound}`],
      withProof(bound, foreign),
      withProof(bound, prove(bound, clock.seconds(), 'GET')),
      withProof(bound, prove(TOKENS.admin, clock.seconds())),
      [`Authorization: Bearer ${bound}`],
      [`Authorization: Bearer ${bound}`, `DPoP: ${prove(bound, clock.seconds())}`],
    ]) {
      expect((await server.send({ body: LIST, lines })).status).toBe(401)
    }
    expect(server.seen).toEqual([])
  })

  it('the guard refuses a proved token without the scope of a tool, and grants a token that is not bound', async () => {
    const server = await start(framework, { bearward: accepting() })
    const lines = withProof(boundReader, prove(boundReader, clock.seconds()))
    const refused = await server.send({ body: PURGE, lines })
    expect(refused.status).toBe(403)
    const challenges = refused.rawHeaders.filter(([name]) => /^www-authenticate$/i.test(name))
    const text = challenges.map(([, value]) => value).join(', ')
    expect(text).toContain(`DPoP realm=`)
    expect(text).toContain(`scope="${ALL}"`)
    expect((await server.send({ body: PURGE, token: TOKENS.admin })).status).toBe(200)
    expect(server.seen).toHaveLength(1)
  })

  it('the guard sends a nonce of DPoP in refusals and in responses of handlers', async () => {
    const own = fakeClock(clock.seconds())
    const { dpop, ...more } = accepting(own)
    const nonce = { secrets: ['a-secret-of-32-characters-or-more'] }
    const server = await start(framework, { bearward: { ...more, dpop: { ...dpop, nonce } } })
    const first = await server.send({
      body: PURGE,
      lines: withProof(bound, prove(bound, own.seconds())),
    })
    expect(first.status).toBe(401)
    const received = first.header('DPoP-Nonce')!
    expect(received).toMatch(/^[\w.-]+$/)
    own.advance(100)
    const proof = createProof({
      key,
      token: bound,
      method: 'POST',
      url: RESOURCE,
      now: own.seconds(),
      nonce: received,
    })
    const second = await server.send({ body: PURGE, lines: withProof(bound, proof) })
    expect(second.status).toBe(200)
    expect(second.header('DPoP-Nonce')).toMatch(/^[\w.-]+$/)
  })

  it('the guard grants a token that is bound to the certificate of the client, and refuses it without the certificate', async () => {
    const server = await start(framework, {
      bearward: { mtls: { certificate: forwardedCertificate } },
    })
    const token = tokenWith(ALL, { claims: { cnf: { 'x5t#S256': clientThumbprint } } })
    const header = (pem: string) =>
      `X-Test-Certificate: ${new X509Certificate(pem).raw.toString('base64')}`
    const statusOf = async (...lines: readonly string[]) =>
      (await server.send({ body: PURGE, token, lines })).status
    expect(await statusOf(header(pairs.client.cert))).toBe(200)
    expect(await statusOf()).toBe(401)
    expect(await statusOf(header(pairs.other.cert))).toBe(401)
    expect(server.seen).toHaveLength(1)
  })
})
