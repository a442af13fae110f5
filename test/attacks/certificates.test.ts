import { X509Certificate } from 'node:crypto'
import type { BearwardEvent, CertificateHeaderOptions } from '@bearward/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FRAMEWORKS } from '../frameworks.ts'
import { pairs, toThumbprint } from '../support/certified.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../support/issuer.ts'
import { bearerLine } from '../support/requests.ts'
import { getWithLines, type RunningServer } from '../support/servers.ts'
import { watchProcess } from '../support/watch-process.ts'

const victim = new X509Certificate(pairs.client.cert)
const attacker = new X509Certificate(pairs.other.cert)
const toBase64 = (certificate: X509Certificate) => certificate.raw.toString('base64')
const toEncoded = (certificate: X509Certificate) => encodeURIComponent(certificate.toString())
const toHex = (certificate: X509Certificate) =>
  certificate.fingerprint256.replaceAll(':', '').toLowerCase()

const issuer = createTestIssuer()
/** A stolen token. It is bound to the certificate of the victim, and the attacker does not have the private key of the victim. */
const stolen = issuer.token({ claims: { cnf: { 'x5t#S256': toThumbprint(victim) } } })

type Format = CertificateHeaderOptions['format']

const HEADERS: Readonly<Record<Format, string>> = {
  rfc9440: 'Client-Cert',
  'pem-urlencoded': 'X-SSL-Client-Cert',
  xfcc: 'X-Forwarded-Client-Cert',
}

/** The values of the victim and of the attacker. The proxy writes the value of the attacker, who is its client. */
const VALUES: Readonly<Record<Format, readonly [victim: string, attacker: string]>> = {
  rfc9440: [`:${toBase64(victim)}:`, `:${toBase64(attacker)}:`],
  'pem-urlencoded': [toEncoded(victim), toEncoded(attacker)],
  xfcc: [`Hash=${toHex(victim)}`, `Hash=${toHex(attacker)}`],
}

interface CertificateAttack {
  readonly name: string
  readonly format: Format
  /** The values of the header lines that reach the API. */
  readonly values: readonly string[]
  readonly reason: 'no_certificate' | 'wrong_certificate'
}

/** Attacks that a trusted proxy does not stop. */
const THROUGH_PROXY: readonly CertificateAttack[] = [
  ...(Object.keys(VALUES) as Format[]).flatMap((format): readonly CertificateAttack[] => {
    const [own, other] = VALUES[format]
    return [
      {
        name: 'the certificate of another client',
        format,
        values: [other],
        reason: 'wrong_certificate',
      },
      {
        name: 'a line before the line of the proxy',
        format,
        values: [own, other],
        reason: 'no_certificate',
      },
      {
        name: 'a line after the line of the proxy',
        format,
        values: [other, own],
        reason: 'no_certificate',
      },
      {
        name: 'an empty line in addition to the line of the proxy',
        format,
        values: ['', own],
        reason: 'no_certificate',
      },
      {
        name: 'a value before the value of the proxy',
        format,
        values: [`${own}, ${other}`],
        reason: 'no_certificate',
      },
      {
        name: 'a value after the value of the proxy',
        format,
        values: [`${other},${own}`],
        reason: 'no_certificate',
      },
      { name: 'a NUL in the value', format, values: [`${own}\0`], reason: 'no_certificate' },
      { name: 'no value', format, values: [''], reason: 'no_certificate' },
    ]
  }),
  {
    name: 'a PEM with two certificates',
    format: 'pem-urlencoded',
    values: [VALUES['pem-urlencoded'].join('')],
    reason: 'no_certificate',
  },
  {
    name: 'a PEM with the certificate of the victim in a comment',
    format: 'pem-urlencoded',
    values: [encodeURIComponent(`${toBase64(victim)}\n`) + VALUES['pem-urlencoded'][1]],
    reason: 'no_certificate',
  },
  ...(
    [
      ['Hash in a URI name', `Hash=${toHex(attacker)};URI=x;Hash=${toHex(victim)}`],
      ['Cert in a URI name', `Hash=${toHex(attacker)};URI=x;Cert="${toEncoded(victim)}"`],
      ['Cert in a URI name, without Hash', `By=a;URI=x;Cert="${toEncoded(victim)}"`],
      ['an element in a DNS name', `Hash=${toHex(attacker)};DNS=x,Hash=${toHex(victim)}`],
      ['Cert that contradicts Hash', `Hash=${toHex(attacker)};Cert="${toEncoded(victim)}"`],
      [
        'Hash that is closed by a quote',
        `Subject="CN=a";Hash="${toHex(victim)}"";Hash=${toHex(attacker)}`,
      ],
      [
        'an element of the client before the element of the proxy',
        `Hash=${toHex(victim)};URI=a,By=b;Hash=${toHex(attacker)}`,
      ],
      ['only a chain', `Chain="${toEncoded(victim)}"`],
    ] as const
  ).map(([name, value]): CertificateAttack => ({
    name: `XFCC with ${name}`,
    format: 'xfcc',
    values: [value],
    reason: 'no_certificate',
  })),
  {
    name: 'XFCC with a Subject that contains the Hash of the victim',
    format: 'xfcc',
    values: [`Subject="CN=a;Hash=${toHex(victim)}";Hash=${toHex(attacker)}`],
    reason: 'wrong_certificate',
  },
]

/** Header lines that make a client look like a proxy. */
const CLAIMS_OF_PROXY = [
  'X-Forwarded-For: 10.0.0.1',
  'X-Real-IP: 10.0.0.1',
  'Forwarded: for=10.0.0.1',
]

const ON_SOCKETS = FRAMEWORKS.filter(({ adapter }) => adapter !== 'fetch')

describe.each(ON_SOCKETS.map((framework) => [framework.name, framework] as const))(
  'attacks with certificates in headers on %s',
  (_name, framework) => {
    const process = watchProcess()
    const events: BearwardEvent[] = []
    const servers = new Map<string, RunningServer>()
    let handled = 0

    beforeAll(async () => {
      for (const format of Object.keys(HEADERS) as Format[]) {
        for (const proxy of ['127.0.0.1', '10.0.0.1']) {
          const certificate = { header: HEADERS[format], format, trustedProxies: [proxy] }
          const server = await framework.start({
            options: {
              issuer: ISSUER,
              audience: AUDIENCE,
              jwks: issuer.jwks,
              mtls: { certificate },
              onEvent: (event) => events.push(event),
            },
            routes: [{ requirements: {}, handle: async () => ({ handled: ++handled }) }],
            maxHeaderSize: 4 * 1024 * 1024,
          })
          servers.set(`${format} ${proxy}`, server)
        }
      }
    })
    afterAll(() => Promise.all([...servers.values()].map((server) => server.close())))

    async function send(
      format: Format,
      proxy: string,
      values: readonly string[],
      more: readonly string[] = [],
    ) {
      events.length = handled = 0
      const lines = values.map((value) => `${HEADERS[format]}: ${value}`)
      const { port } = servers.get(`${format} ${proxy}`)!
      const response = await getWithLines(port, '/', [bearerLine(stolen), ...lines, ...more])
      const reasons = events.flatMap((event) => (event.type === 'refused' ? event.reason : []))
      return {
        status: response.status,
        handled,
        reasons,
        text: response.body + JSON.stringify(events),
      }
    }

    it.each(Object.keys(VALUES) as Format[])(
      'a guard grants a request if the proxy sends the certificate of the token in the format %s',
      async (format) => {
        const sent = await send(format, '127.0.0.1', [VALUES[format][0]])
        expect(sent).toMatchObject({ status: 200, handled: 1, reasons: [] })
      },
    )

    it.each(
      THROUGH_PROXY.map((attack) => {
        // The HTTP parser refuses a NUL.
        const isParsed = !attack.values.join('').includes('\0')
        const response = isParsed
          ? `a guard responds with 401 ${attack.reason}`
          : 'the HTTP parser responds with 400'
        const refused = isParsed
          ? { status: 401, reasons: [attack.reason] }
          : { status: 400, reasons: [] }
        return [response, `${attack.name} (${attack.format})`, { ...attack, refused }] as const
      }),
    )('%s: %s', async (_response, _attack, { format, values, refused }) => {
      const sent = await send(format, '127.0.0.1', values)
      expect(sent).toMatchObject({ handled: 0, ...refused })
      for (const secret of [toBase64(victim).slice(0, 30), toHex(victim)])
        expect(sent.text).not.toContain(secret)
    })

    it.each(Object.keys(VALUES) as Format[])(
      'a guard ignores a header in the format %s from a client that is not the proxy, and responds with 401',
      async (format) => {
        for (const more of [[], CLAIMS_OF_PROXY]) {
          const sent = await send(format, '10.0.0.1', [VALUES[format][0]], more)
          expect(sent).toMatchObject({ status: 401, handled: 0, reasons: ['no_certificate'] })
        }
      },
    )

    it.each(Object.keys(VALUES) as Format[])(
      'a guard responds with 401 to a header of 1 MB in the format %s, and causes no uncaught error',
      async (format) => {
        for (const letter of ['A', '%', ',', '"', ':', '\\', '=']) {
          const values = [letter.repeat(1_048_576)]
          expect(await send(format, '127.0.0.1', values)).toMatchObject({
            status: 401,
            handled: 0,
            reasons: ['no_certificate'],
          })
        }
        expect(await process.faults()).toEqual([])
      },
    )
  },
)
