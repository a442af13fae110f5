import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { selfSignedCertificate } from '../../../../test/support/certificate.ts'
import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { createProof, generateProofKey, proving } from '../../../../test/support/proofs.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import {
  type BearwardEvent,
  createResourceServer,
  memoryReplay,
  type MtlsOptions,
  type RequestLike,
  type SocketLike,
} from '../../src/index.ts'
import { summarizeOutcome } from '../token/introspection/setup.ts'
import { withPollutedPrototype } from '../support/with-polluted-prototype.ts'

const clock = fakeClock()
const issuer = createTestIssuer({ now: clock.seconds })
const der = selfSignedCertificate(generateKey('ES256'))
const other = selfSignedCertificate(generateKey('ES256'))
const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
const x5t = createHash('sha256').update(der).digest('base64url')
const bound = issuer.token({ claims: { cnf: { 'x5t#S256': x5t } } })
const header = `:${der.toString('base64')}:`

const events: BearwardEvent[] = []

function create(mtls: MtlsOptions | undefined, more: object = {}) {
  events.length = 0
  return createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: issuer.jwks,
    clock,
    onEvent: (event) => events.push(event),
    ...(mtls && { mtls }),
    ...more,
  })
}

/** Returns the outcome of a request: `granted`, or the reason and the text `found` in the explanation of the refusal. */
async function decide(mtls: MtlsOptions, request: Partial<RequestLike> = {}, token = bound) {
  const outcome = await create(mtls).authorize({ ...requestWith(token), ...request })
  if (outcome.kind !== 'refused') return outcome.kind
  return `${outcome.reason}: ${outcome.explanation.found}`
}

const returning = (value: unknown): MtlsOptions => ({ certificate: () => value as undefined })

describe('a function in mtls.certificate', () => {
  it.each<[name: string, value: unknown]>([
    ['a Buffer', der],
    ['a Uint8Array', Uint8Array.from(der)],
    ['a view of a larger buffer', new Uint8Array([0, ...der, 0]).subarray(1, -1)],
    ['a PEM string', pem],
  ])(
    '8705-01: authorize grants a bound token if the function mtls.certificate returns %s',
    async (_name, value) => {
      expect(await decide(returning(value))).toBe('granted')
    },
  )

  it.each<[name: string, value: unknown, expected: string]>([
    ['undefined', undefined, 'no_certificate: nothing'],
    ['no bytes', new Uint8Array(), 'no_certificate: a malformed certificate'],
    ['an empty string', '', 'no_certificate: a malformed certificate'],
    [
      'the base64 of the certificate',
      der.toString('base64'),
      'no_certificate: a malformed certificate',
    ],
    ['two PEM certificates', pem + pem, 'no_certificate: a malformed certificate'],
    ['two certificates', Buffer.concat([der, der]), 'no_certificate: a malformed certificate'],
    ['another certificate', other, 'wrong_certificate: a certificate with a different thumbprint'],
  ])(
    'authorize refuses a bound token if the function mtls.certificate returns %s',
    async (_name, value, expected) => {
      expect(await decide(returning(value))).toBe(expected)
    },
  )

  it.each<[name: string, value: unknown]>([
    ['null', null],
    ['a promise', Promise.resolve(der)],
    ['an object', { raw: der }],
    ['a number', 7],
    ['a boolean', true],
    ['an array of bytes', [...der]],
  ])(
    'authorize throws a TypeError if the function mtls.certificate returns %s',
    async (_name, value) => {
      await expect(decide(returning(value))).rejects.toThrow(
        /^mtls\.certificate must return the bytes of a certificate in DER, a PEM string or undefined synchronously, not /,
      )
    },
  )

  it('authorize throws a TypeError if the function mtls.certificate returns a promise that is rejected later', async () => {
    const certificate = (async () => {
      throw new Error('late')
    }) as unknown as () => undefined
    await expect(decide({ certificate })).rejects.toThrow('synchronously, not an object')
  })

  it('authorize throws the error of the function mtls.certificate', async () => {
    const certificate = () => {
      throw new Error('of the application')
    }
    await expect(decide({ certificate })).rejects.toThrow('of the application')
  })

  it('authorize calls the function mtls.certificate once, with the request of the framework, and only for a bound token', async () => {
    const requests: object[] = []
    const certificate = (request: object) => {
      requests.push(request)
      return der
    }
    const raw = { framework: true }
    expect(await decide({ certificate }, { raw }, issuer.token())).toBe('granted')
    expect(requests).toEqual([])
    expect(await decide({ certificate }, { raw })).toBe('granted')
    expect(requests).toEqual([raw])
    expect(requests[0]).toBe(raw)
  })

  it('authorize does not call the function mtls.certificate for a token that is expired', async () => {
    let calls = 0
    const certificate = () => void calls++
    const expired = issuer.token({ claims: { exp: 1, cnf: { 'x5t#S256': x5t } } })
    expect(await decide({ certificate }, {}, expired)).toMatch(/^expired/)
    expect(calls).toBe(0)
  })
})

describe("mtls.certificate: 'tls'", () => {
  const tls: MtlsOptions = { certificate: 'tls' }
  const withSocket = (socket: SocketLike | undefined) => decide(tls, { socket })

  it('8705-01: authorize reads the certificate of the socket', async () => {
    expect(await withSocket({ getPeerCertificate: () => ({ raw: der }) })).toBe('granted')
    const both = {
      getPeerCertificate: () => ({ raw: other }),
      getPeerX509Certificate: () => ({ raw: der }),
    }
    expect(await withSocket(both)).toBe('granted')
    expect(await withSocket({ getPeerCertificate: () => ({ raw: other }) })).toBe(
      'wrong_certificate: a certificate with a different thumbprint',
    )
  })

  it('authorize calls the functions of the socket as methods', async () => {
    class Socket {
      readonly certificate = { raw: der }
      getPeerCertificate() {
        return this.certificate
      }
    }
    expect(await withSocket(new Socket())).toBe('granted')
  })

  it.each<[name: string, certificate: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['an empty object', {}],
    ['an object without bytes', { raw: undefined }],
    ['an object with a text', { raw: der.toString('base64') }],
    ['false', false],
  ])(
    '8705-15: authorize refuses a bound token if the certificate of the socket is %s',
    async (_name, certificate) => {
      expect(await withSocket({ getPeerCertificate: () => certificate })).toBe(
        'no_certificate: nothing',
      )
    },
  )

  it('authorize refuses a bound token if the request has no socket, or if the connection has no TLS', async () => {
    expect(await withSocket(undefined)).toBe('no_certificate: a request without a connection')
    expect(await decide(tls)).toBe('no_certificate: a request without a connection')
    expect(await withSocket({ remoteAddress: '127.0.0.1' })).toBe(
      'no_certificate: a connection without TLS',
    )
  })

  it('8705-07: authorize does not read the certificate of the CA that issued the client certificate', async () => {
    const peer = { raw: other, issuerCertificate: { raw: der } }
    expect(await withSocket({ getPeerCertificate: () => peer })).toBe(
      'wrong_certificate: a certificate with a different thumbprint',
    )
  })

  it('authorize ignores a socket and certificates on Object.prototype', async () => {
    const server = create(tls)
    const socket = { getPeerCertificate: () => ({ raw: der }) }
    const pollution = { socket, raw: der, getPeerCertificate: () => ({ raw: der }) }
    const outcomes = withPollutedPrototype(pollution, () =>
      [{}, { socket: {} }, { socket: { getPeerCertificate: () => ({}) } }].map((more) =>
        server.authorize({ ...requestWith(bound), ...more }),
      ),
    )
    for (const outcome of outcomes)
      expect(await outcome).toMatchObject({ reason: 'no_certificate' })
  })
})

describe('a header in mtls.certificate', () => {
  const byHeader = (trustedProxies: readonly string[]): MtlsOptions => ({
    certificate: { header: 'Client-Cert', format: 'rfc9440', trustedProxies },
  })
  const at = (remoteAddress: string | undefined, headers: RequestLike['headers']) => ({
    socket: { remoteAddress },
    headers: { ...headers, ...(requestWith(bound).headers as object) } as RequestLike['headers'],
  })

  it('8705-08: authorize reads the header with the certificate only if the peer is a trusted proxy', async () => {
    const mtls = byHeader(['10.0.0.0/8', '::1'])
    const sent = { 'client-cert': header }
    const ignored = 'no_certificate: a header of a peer that is not one of trustedProxies'
    expect(await decide(mtls, at('10.1.2.3', sent))).toBe('granted')
    expect(await decide(mtls, at('::ffff:10.1.2.3', sent))).toBe('granted')
    expect(await decide(mtls, at('::1', sent))).toBe('granted')
    expect(await decide(mtls, at('11.1.2.3', sent))).toBe(ignored)
    expect(await decide(mtls, at(undefined, sent))).toBe(ignored)
    expect(await decide(mtls, { ...at('', sent), socket: undefined })).toBe(ignored)
    expect(await decide(mtls, at('10.1.2.3', {}))).toBe('no_certificate: nothing')
    expect(await decide(mtls, at('11.1.2.3', {}))).toBe('no_certificate: nothing')
  })

  it('8705-09: authorize refuses several values of the header with the certificate, even if they are equal', async () => {
    const mtls = byHeader(['10.0.0.1'])
    const several = 'no_certificate: several header lines'
    expect(await decide(mtls, at('10.0.0.1', { 'client-cert': [header, header] }))).toBe(several)
    expect(
      await decide(mtls, at('10.0.0.1', { 'Client-Cert': header, 'client-cert': header })),
    ).toBe(several)
    const headers = new Headers(requestWith(bound).headers as Record<string, string>)
    headers.append('client-cert', header)
    const socket = { remoteAddress: '10.0.0.1' }
    expect(await decide(mtls, { headers, socket })).toBe('granted')
    headers.append('client-cert', header)
    expect(await decide(mtls, { headers, socket })).toBe('no_certificate: a malformed certificate')
  })

  it('8705-08: authorize never reads Client-Cert-Chain', async () => {
    const sent = { 'client-cert-chain': header }
    expect(await decide(byHeader(['10.0.0.1']), at('10.0.0.1', sent))).toBe(
      'no_certificate: nothing',
    )
  })

  it('authorize publishes certificate_ignored at most once a minute, and the event does not contain the value of the header', async () => {
    const server = create(byHeader(['10.0.0.1']))
    const ignore = async (remoteAddress: string) =>
      server.authorize({ ...requestWith(bound), ...at(remoteAddress, { 'client-cert': header }) })
    const getIgnored = () => events.filter(({ type }) => type === 'certificate_ignored')
    await ignore('11.0.0.1')
    await ignore('::1')
    const first = { type: 'certificate_ignored', header: 'client-cert', peer: 'ipv4' }
    expect(getIgnored()).toEqual([first])
    clock.advance(59)
    await ignore('::1')
    expect(getIgnored()).toEqual([first])
    clock.advance(1)
    await ignore('::1')
    expect(getIgnored()).toEqual([first, { ...first, peer: 'ipv6' }])
    expect(JSON.stringify(events)).not.toContain(der.toString('base64').slice(0, 20))
  })

  it('authorize writes a log line about an ignored header with a certificate', async () => {
    const lines: string[] = []
    const write = (line: string) => void lines.push(line)
    const server = create(byHeader(['10.0.0.1']), { logger: { info: write, warn: write } })
    await server.authorize({ ...requestWith(bound), ...at('11.0.0.1', { 'client-cert': header }) })
    expect(lines[0]).toBe(
      '[bearward] certificate_ignored: The header client-cert with a client certificate was ignored: the peer (ipv4) is not one of trustedProxies. If the peer is your proxy, add its address to mtls.certificate.trustedProxies.',
    )
  })
})

describe('the option mtls', () => {
  it('8705-10: authorize refuses a bound token if mtls is not set', async () => {
    const outcome = await create(undefined).authorize(requestWith(bound))
    expect(outcome).toMatchObject({ reason: 'unsupported_binding' })
  })

  it('verify without a request refuses a bound token', async () => {
    const server = create(returning(der))
    expect(await server.verify(bound)).toMatchObject({ reason: 'unsupported_binding' })
    expect(await server.verify(issuer.token())).toMatchObject({ kind: 'granted' })
  })

  it("8705-12: verify and authorize with mode 'required' refuse an unbound token", async () => {
    const server = create({ ...returning(der), mode: 'required' })
    const unbound = issuer.token()
    expect(await server.verify(unbound)).toMatchObject({ reason: 'unbound_token' })
    expect(await server.authorize(requestWith(unbound))).toMatchObject({
      reason: 'unbound_token',
      status: 401,
    })
    expect(await server.authorize(requestWith(bound))).toMatchObject({ kind: 'granted' })
  })

  it('8705-01: bindings of a granted token contain mtls only if its certificate was checked', async () => {
    const server = create(returning(der))
    expect(await server.authorize(requestWith(bound))).toMatchObject({
      token: { bindings: ['mtls'] },
    })
    expect(await server.authorize(requestWith(issuer.token()))).toMatchObject({
      token: { bindings: [] },
    })
  })

  it("8705-12: a guard with bound: 'mtls' refuses an unbound token", async () => {
    const guard = create(returning(der)).guard({ bound: 'mtls' })
    expect(await guard(requestWith(bound))).toMatchObject({ kind: 'granted' })
    expect(await guard(requestWith(issuer.token()))).toMatchObject({ reason: 'unbound_token' })
  })

  it('verify checks the certificate of the request that it gets', async () => {
    const request = requestWith('another')
    expect(await create(returning(der)).verify(bound, { request })).toMatchObject({
      kind: 'granted',
      token: { bindings: ['mtls'] },
    })
    expect(await create(returning(other)).verify(bound, { request })).toMatchObject({
      reason: 'wrong_certificate',
    })
  })

  it('8705-11: authorize requires a DPoP proof and a certificate for a token that is bound to both', async () => {
    const key = generateProofKey()
    const token = issuer.token({ claims: { cnf: { 'x5t#S256': x5t, jkt: key.thumbprint } } })
    const publicUrl = 'https://api.example.com'
    const prove = () => createProof({ key, token, url: `${publicUrl}/`, now: clock.seconds() })
    const decideBoth = async (certificate: Uint8Array, proofs: readonly string[]) => {
      const dpop = { replay: memoryReplay({ clock }) }
      const server = create(returning(certificate), { dpop, publicUrl })
      const outcome = await server.authorize(proving(token, proofs))
      return outcome.kind === 'granted' ? outcome.token.bindings : summarizeOutcome(outcome)
    }
    expect(await decideBoth(der, [prove()])).toEqual(['dpop', 'mtls'])
    expect(await decideBoth(other, [prove()])).toBe('401 wrong_certificate')
    expect(await decideBoth(der, [])).toBe('401 no_proof')
  })

  it('two guards of one request both check the certificate', async () => {
    let certificate: Uint8Array = der
    const server = create({ certificate: () => certificate })
    const request = requestWith(bound)
    expect(await server.guard()(request)).toMatchObject({ kind: 'granted' })
    certificate = other
    expect(await server.guard()(request)).toMatchObject({ reason: 'wrong_certificate' })
  })

  it('authorize checks the certificate for a cached token', async () => {
    let certificate: Uint8Array | undefined = der
    const server = create({ certificate: () => certificate })
    expect(await server.authorize(requestWith(bound))).toMatchObject({ kind: 'granted' })
    certificate = undefined
    expect(await server.authorize(requestWith(bound))).toMatchObject({ reason: 'no_certificate' })
  })
})
