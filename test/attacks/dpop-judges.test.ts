import { createResourceServer, memoryReplay } from '@bearward/core'
import fc from 'fast-check'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeClock } from '../support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import {
  createProof,
  generateProofKey,
  type ProofKey,
  type ProofOverrides,
} from '../support/proofs.ts'
import { listen, type RunningServer } from '../support/servers.ts'

/** oauth4webapi reads the clock of the system, so the times of the proofs are far from every limit. */
const clock = fakeClock(Math.floor(Date.now() / 1000))
const NOW = clock.seconds()
const issuer = createTestIssuer({ now: clock.seconds, lifetime: 3600 })
const ORIGIN = 'https://api.example.com'
const PATH = '/reports/~7'
const URL_OF_API = ORIGIN + PATH
const ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256'] as const

const keys = ALGORITHMS.map((alg) => generateProofKey(alg))
const key = keys[0]!
const other = generateProofKey()

/** One request, about which two judges decide: Bearward and oauth4webapi. */
interface Case {
  readonly name: string
  readonly scheme: 'DPoP' | 'Bearer'
  readonly token: string
  /** The values of the header lines with proofs. */
  readonly proofs: readonly string[]
  /** Reason why the judges differ. `undefined` if the judges agree. */
  readonly deviation?: string | undefined
}

const bind = ({ thumbprint }: ProofKey) => issuer.token({ claims: { cnf: { jkt: thumbprint } } })
const bound = bind(key)

function prove(overrides: ProofOverrides = {}, own = key, token = bound): string {
  return createProof({ key: own, token, url: URL_OF_API, now: NOW }, overrides)
}

function toCase(name: string, overrides: ProofOverrides, deviation?: string, own = key): Case {
  const token = own === key ? bound : bind(own)
  return { name, scheme: 'DPoP', token, proofs: [prove(overrides, own, token)], deviation }
}

const NORMALIZED =
  'oauth4webapi compares addresses as WHATWG URLs, which keep the encoding of characters'
const LENIENT_URL =
  'oauth4webapi accepts texts that are not addresses by RFC 3986, and corrects them'
const MEDIA_TYPE = 'oauth4webapi accepts typ in any case, and with application/'
const EMPTY = 'oauth4webapi accepts an empty jti'
const NONCE_TYPE = 'oauth4webapi does not read the nonce of a proof'
const PARAMETERS = 'oauth4webapi ignores header parameters that change how a JWS is processed'
const TWICE = 'oauth4webapi accepts a JSON member that is written twice'
const BASE64URL = 'oauth4webapi accepts base64url whose last character has superfluous bits'
const LONG = 'oauth4webapi has no limit for the length of a proof'
const LONG_TARGET = 'oauth4webapi has no limit for the length of htu'
const STRAY = 'oauth4webapi requires a bound token if a request has a proof'
const KEY_USE = 'oauth4webapi does not read use and key_ops of a JWK'

/** Differences from a valid proof, by name. The third element is the reason why the judges differ. */
const TABLE: readonly (readonly [name: string, overrides: ProofOverrides, deviation?: string])[] = [
  ...['jti', 'htm', 'htu', 'iat', 'ath'].flatMap((name) =>
    [undefined, null, 0, 1, true, [], {}, ['x'], 'x', ' '].map(
      (value) => [`${name} ${JSON.stringify(value)}`, { claims: { [name]: value } }] as const,
    ),
  ),
  ['an empty jti', { claims: { jti: '' } }, EMPTY],
  ...['typ', 'alg', 'jwk'].flatMap((name) =>
    [undefined, null, 0, true, [], {}, ['x'], 'x', ''].map(
      (value) => [`${name} ${JSON.stringify(value)}`, { header: { [name]: value } }] as const,
    ),
  ),
  ...['JWT', 'at+jwt', 'dpop', 'dpop+jwt ', 'dpop+jws'].map(
    (typ) => [`typ ${typ}`, { header: { typ } }] as const,
  ),
  ...['DPoP+JWT', 'application/dpop+jwt'].map(
    (typ) => [`typ ${typ}`, { header: { typ } }, MEDIA_TYPE] as const,
  ),
  ...['none', 'HS256', 'ES384', 'es256', 'RS256', 'PS256', 'EdDSA', 'Ed25519', 'ES256K'].map(
    (alg) => [`alg ${alg}`, { header: { alg } }] as const,
  ),
  ...[['alg'], [], ['exp'], null, 'b64'].map(
    (crit) => [`crit ${JSON.stringify(crit)}`, { header: { crit } }] as const,
  ),
  ...['b64', 'zip', 'enc', 'cty'].map(
    (name) => [`the parameter ${name}`, { header: { [name]: 'x' } }, PARAMETERS] as const,
  ),
  ...['kid', 'x5t', 'x5u', 'jku', 'x5c', 'x'].map(
    (name) => [`the parameter ${name}`, { header: { [name]: 'x' } }] as const,
  ),
  ['another key in the header', { header: { jwk: other.publicJwk } }],
  ['another key', { key: other }],
  ['a signature by another key', { signedBy: other }],
  ['a private key', { header: { jwk: key.privateKey.export({ format: 'jwk' }) } }],
  ...['kid', 'x5c', 'x5t', 'ext', 'x'].map(
    (name) =>
      [
        `the JWK member ${name}`,
        { header: { jwk: { ...key.publicJwk, [name]: name === 'ext' ? true : 'x' } } },
      ] as const,
  ),
  ['the JWK member use sig', { header: { jwk: { ...key.publicJwk, use: 'sig' } } }],
  ['the JWK member use enc', { header: { jwk: { ...key.publicJwk, use: 'enc' } } }, KEY_USE],
  ['the JWK member key_ops verify', { header: { jwk: { ...key.publicJwk, key_ops: ['verify'] } } }],
  [
    'the JWK member key_ops sign',
    { header: { jwk: { ...key.publicJwk, key_ops: ['sign'] } } },
    KEY_USE,
  ],
  ['the JWK member alg ES256', { header: { jwk: { ...key.publicJwk, alg: 'ES256' } } }],
  ...['x', 'y', 'crv', 'kty'].flatMap((name) =>
    [undefined, null, '', 'x', 'A'.repeat(43), 1].map(
      (value) =>
        [
          `the JWK member ${name} ${JSON.stringify(value)}`,
          { header: { jwk: { ...key.publicJwk, [name]: value } } },
        ] as const,
    ),
  ),
  ...['POST', 'get', 'Get', 'GET ', ' GET', 'GET,POST', '*'].map(
    (htm) => [`htm ${htm}`, { claims: { htm } }] as const,
  ),
  ...[
    URL_OF_API,
    `${URL_OF_API}?a=b`,
    `${URL_OF_API}#c`,
    `${URL_OF_API}?a=b#c`,
    `HTTPS://API.example.com${PATH}`,
    `https://api.example.com:443${PATH}`,
    `https://api.example.com:${PATH}`,
    `${ORIGIN}/./reports/~7`,
    `${ORIGIN}/a/../reports/~7`,
    `${ORIGIN}/../../reports/~7`,
    `${ORIGIN}/a/%2e%2E/reports/~7`,
    `${ORIGIN}/%2e/reports/~7`,
    `${URL_OF_API}/`,
    `${ORIGIN}/REPORTS/~7`,
    `${ORIGIN}//reports/~7`,
    `${ORIGIN}/%2Freports/~7`,
    `${ORIGIN}/reports%2F~7`,
    `http://api.example.com${PATH}`,
    `https://api.example.com:8443${PATH}`,
    `https://api.example.com.evil.example${PATH}`,
    `https://evil.example${PATH}`,
    `https://user@api.example.com${PATH}`,
    `https://user:pass@api.example.com${PATH}`,
    PATH,
    `//api.example.com${PATH}`,
    'x',
    '',
    `ftp://api.example.com${PATH}`,
    `wss://api.example.com${PATH}`,
    `${ORIGIN}/reports/~7;a`,
    `https://api.example.com:99999${PATH}`,
    `https://api.example.com:x${PATH}`,
    `${ORIGIN}/reports/~7%00`,
    `https://[::1]${PATH}`,
    `https://${PATH}`,
    `https://api.example.com.${PATH}`,
    `${ORIGIN}/reports/~7.`,
    `${ORIGIN}/reports/%`,
    `data:text/plain,x`,
    `${ORIGIN}/reports/%257E7`,
  ].map((htu) => [`htu ${htu}`, { claims: { htu } }] as const),
  ...[`${ORIGIN}/reports/%7E7`, `${ORIGIN}/%72eports/~7`, `${ORIGIN}/reports/~%37`].map(
    (htu) => [`htu ${htu}`, { claims: { htu } }, NORMALIZED] as const,
  ),
  ...[
    `https:/api.example.com${PATH}`,
    `https:api.example.com${PATH}`,
    `https:///api.example.com${PATH}`,
    `https://api.example.com\\reports/~7`,
    `${URL_OF_API} `,
    ` ${URL_OF_API}`,
    `${URL_OF_API}\n`,
    `\t${URL_OF_API}`,
    `${ORIGIN}/rep\torts/~7`,
    `https://\uff41pi.example.com${PATH}`,
    `https://api\u3002example.com${PATH}`,
    `https://%61pi.example.com${PATH}`,
    `https://@api.example.com${PATH}`,
    `https://:@api.example.com${PATH}`,
  ].map((htu) => [`htu ${JSON.stringify(htu)}`, { claims: { htu } }, LENIENT_URL] as const),
  [
    'an htu of 3,000 characters',
    { claims: { htu: `${ORIGIN}/${'x'.repeat(3000)}/..${PATH}` } },
    LONG_TARGET,
  ],
  ['a proof of 10,000 characters', { claims: { fill: 'x'.repeat(10_000) } }, LONG],
  ...[-250, -30, 0, 30, 250, 0.5, -400, -10_000, 400, 10_000].map(
    (age) => [`iat ${age} seconds from now`, { claims: { iat: NOW + age } }] as const,
  ),
  ...['1e400', '-1e400', '1e308', '-9223372036854775808', '-0'].map(
    (text) =>
      [
        `iat ${text}`,
        { edit: (json: string) => json.replace(/"iat":\d+/, `"iat":${text}`) },
      ] as const,
  ),
  ...[1, true, [], {}].map(
    (nonce) => [`nonce ${JSON.stringify(nonce)}`, { claims: { nonce } }, NONCE_TYPE] as const,
  ),
  ['nonce null', { claims: { nonce: null } }, NONCE_TYPE],
  ['a nonce', { claims: { nonce: 'x' } }],
  ...['exp', 'nbf'].flatMap((name) =>
    ['x', null, [], {}].map(
      (value) => [`${name} ${JSON.stringify(value)}`, { claims: { [name]: value } }] as const,
    ),
  ),
  ['exp in the future', { claims: { exp: NOW + 1000 } }],
  ['exp in the past', { claims: { exp: NOW - 1000 } }],
  ['nbf in the past', { claims: { nbf: NOW - 1000 } }],
  ['nbf in the future', { claims: { nbf: NOW + 1000 } }],
  ...['jti', 'htm', 'ath', 'x'].map(
    (name) =>
      [
        `two members ${name}`,
        {
          edit: (json: string) =>
            `{"${name}":"x",${name === 'x' ? '"x":"y",' : ''}${json.slice(1)}`,
        },
        TWICE,
      ] as const,
  ),
  ...['[]', 'null', '"x"', '1', '', '{', '{}', '\ufeff{}'].map(
    (text) => [`the payload ${text}`, { claims: text }] as const,
  ),
  ...['[]', 'null', '"x"', '', '{'].map(
    (text) => [`the header ${text}`, { header: text }] as const,
  ),
]

/** Texts in place of a valid proof. */
const TEXTS: readonly (readonly [name: string, create: (proof: string) => readonly string[]])[] = [
  ['no proof', () => []],
  ['an empty proof', () => ['']],
  ['two proofs', (proof) => [proof, proof]],
  ['a proof and garbage', (proof) => [proof, 'x']],
  ['two joined proofs', (proof) => [`${proof}, ${proof}`]],
  ['two parts', (proof) => [proof.slice(0, proof.lastIndexOf('.'))]],
  ['four parts', (proof) => [`${proof}.AA`]],
  ['an empty signature', (proof) => [proof.slice(0, proof.lastIndexOf('.') + 1)]],
  ['a comma', (proof) => [`${proof},`]],
  ['JSON', (proof) => [JSON.stringify({ proof })]],
  ['the token', () => [bound]],
  ['dots', () => ['..']],
  ['spaces around the proof', (proof) => [`  ${proof}\t`]],
]

/** Claims and header parameters, with random values. Both judges ignore most of the names. */
const RANDOM = fc.sample(
  fc.tuple(
    fc.constantFrom('header', 'claims'),
    fc.constantFrom(
      'jti',
      'htm',
      'htu',
      'iat',
      'ath',
      'typ',
      'alg',
      'jwk',
      'x',
      '__proto__',
      'sub',
    ),
    fc.jsonValue(),
  ),
  { seed: 9449, numRuns: 200 },
)

/** Positions and characters that are changed in a valid proof. */
const CHANGES = fc.sample(
  fc.tuple(
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    fc.constantFrom(...Array.from('AQgwBCxyz019-_.')),
  ),
  { seed: 60, numRuns: 200 },
)

function getCases(): readonly Case[] {
  const valid = prove()
  const unbound = issuer.token()
  return [
    ...keys.map((own) => toCase(`a valid proof by ${own.alg}`, {}, undefined, own)),
    ...keys.flatMap((own) => [
      toCase(`a proof by ${own.alg} for POST`, { claims: { htm: 'POST' } }, undefined, own),
      toCase(`a proof by ${own.alg} for another token`, { claims: { ath: 'x' } }, undefined, own),
      toCase(`a proof by ${own.alg} with another signature`, { signedBy: other }, undefined, own),
      toCase(
        `a proof by ${own.alg} with the private key`,
        { header: { jwk: own.privateKey.export({ format: 'jwk' }) } },
        undefined,
        own,
      ),
    ]),
    ...TABLE.map((row) => toCase(...row)),
    ...TEXTS.map(([name, create]): Case => ({
      name,
      scheme: 'DPoP',
      token: bound,
      proofs: create(prove()),
    })),
    ...RANDOM.map(([part, name, value]) =>
      toCase(
        `${part} ${name} ${JSON.stringify(value)}`,
        { [part]: { [name]: value } },
        value === '' && name === 'jti' ? EMPTY : undefined,
      ),
    ),
    ...CHANGES.map(([place, character]): Case => {
      const proof = prove()
      // A change of the last character may change only its superfluous bits.
      const at = Math.floor(place * (proof.length - 1))
      const changed = proof.slice(0, at) + character + proof.slice(at + 1)
      return {
        name: `the character ${at} is ${character}`,
        scheme: 'DPoP',
        token: bound,
        proofs: [changed],
      }
    }),
    {
      name: 'superfluous bits in the signature',
      scheme: 'DPoP',
      token: bound,
      proofs: [setSuperfluousBits(prove())],
      deviation: BASE64URL,
    },
    { name: 'a bound token as a Bearer token', scheme: 'Bearer', token: bound, proofs: [] },
    {
      name: 'a bound token as a Bearer token with a proof',
      scheme: 'Bearer',
      token: bound,
      proofs: [valid],
    },
    {
      name: 'an unbound token with the scheme DPoP',
      scheme: 'DPoP',
      token: unbound,
      proofs: [prove({}, key, unbound)],
    },
    { name: 'an unbound Bearer token', scheme: 'Bearer', token: unbound, proofs: [] },
    {
      name: 'an unbound Bearer token with a proof',
      scheme: 'Bearer',
      token: unbound,
      proofs: [prove({}, key, unbound)],
      deviation: STRAY,
    },
  ]
}

/** Returns the proof with another last character. Lenient decoders read the same signature. */
function setSuperfluousBits(proof: string): string {
  const last = BASE64URL_ALPHABET.indexOf(proof.at(-1)!)
  return proof.slice(0, -1) + BASE64URL_ALPHABET[last + 1]!
}

const BASE64URL_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

describe('the decisions about DPoP proofs', () => {
  let keyServer: RunningServer
  let fetches = 0

  beforeAll(async () => {
    keyServer = await listen((_request, response) => {
      fetches++
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(issuer.jwks))
    })
  })
  afterAll(() => keyServer.close())

  it('9449-60: createResourceServer and oauth4webapi make the same decision about every proof, or the difference has a reason', async () => {
    const server = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwks: issuer.jwks,
      machineSubject: 'client_id',
      jwtProfile: 'rfc9068',
      publicUrl: ORIGIN,
      // oauth4webapi accepts an iat that is at most 300 seconds before or after now.
      dpop: { replay: memoryReplay({ clock }), maxAge: 1, clockTolerance: 299 },
      clock,
    })
    const authorizationServer = { issuer: ISSUER, jwks_uri: `${keyServer.url}/jwks` }

    async function decide({ scheme, token, proofs }: Case): Promise<boolean> {
      const lines = [
        'Authorization',
        `${scheme} ${token}`,
        ...proofs.flatMap((text) => ['DPoP', text.trim()]),
      ]
      const outcome = await server.authorize({
        method: 'GET',
        url: PATH,
        headers: {},
        rawHeaders: lines,
      })
      return outcome.kind === 'granted'
    }

    async function decideAsReference({ scheme, token, proofs }: Case): Promise<boolean> {
      const headers = new Headers({ Authorization: `${scheme} ${token}` })
      for (const text of proofs) headers.append('DPoP', text)
      const request = new Request(URL_OF_API, { headers })
      try {
        await oauth.validateJwtAccessToken(authorizationServer, request, AUDIENCE, {
          signingAlgorithms: [...ALGORITHMS],
          [oauth.clockTolerance]: 299,
          [oauth.allowInsecureRequests]: true,
        })
        return true
      } catch {
        return false
      }
    }

    const cases = getCases()
    const faults: unknown[] = []
    const reasons = new Set<string>()
    let granted = 0
    for (const one of cases) {
      const [ours, theirs] = [await decide(one), await decideAsReference(one)]
      if (ours) granted++
      if (ours !== theirs && one.deviation !== undefined) reasons.add(one.deviation)
      else if (ours !== theirs || one.deviation !== undefined)
        faults.push({ name: one.name, ours, theirs, deviation: one.deviation })
    }
    expect(faults).toEqual([])
    expect(cases.length).toBeGreaterThanOrEqual(500)
    // The judges grant some requests, and each reason for a difference occurs in a case.
    expect(granted).toBeGreaterThan(50)
    expect([...reasons].sort()).toEqual(
      [
        KEY_USE,
        BASE64URL,
        EMPTY,
        LENIENT_URL,
        LONG,
        LONG_TARGET,
        MEDIA_TYPE,
        NONCE_TYPE,
        NORMALIZED,
        PARAMETERS,
        STRAY,
        TWICE,
      ].sort(),
    )
    expect(fetches).toBe(1)
  })
})
