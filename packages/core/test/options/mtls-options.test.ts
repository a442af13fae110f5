import { describe, expect, it } from 'vitest'
import { AUDIENCE, ISSUER } from '../../../../test/support/issuer.ts'
import { readOptions } from '../../src/options/read-options.ts'
import { getProblems } from '../support/get-problems.ts'

const api = { issuer: ISSUER, audience: AUDIENCE }
const problemsOf = (mtls: unknown) => getProblems({ ...api, mtls })
const read = (mtls: object) => readOptions({ ...api, mtls }).settings.mtls!

const header = { header: 'Client-Cert', format: 'rfc9440', trustedProxies: ['10.0.0.1'] }
const HOW =
  "'tls', an object such as { header: 'client-cert', format: 'rfc9440', trustedProxies: ['10.0.0.0/8'] }, or a function"

describe('the option mtls', () => {
  it('readOptions accepts every form of mtls.certificate, and adds the default of mode', () => {
    expect(readOptions(api).settings.mtls).toBeUndefined()
    expect(read({ certificate: 'tls' })).toEqual({ certificate: 'tls', mode: 'accept' })
    const certificate = () => undefined
    expect(read({ certificate, mode: 'required' })).toEqual({ certificate, mode: 'required' })
    expect(read({ certificate: { ...header, trustedProxies: ['unix', '10.0.0.0/8'] } })).toEqual({
      certificate: {
        header: 'client-cert',
        format: 'rfc9440',
        trustedProxies: ['unix', { bits: '400001010', zone: undefined }],
      },
      mode: 'accept',
    })
  })

  it.each<[name: string, mtls: unknown, problem: string]>([
    ['true', true, "mtls must be an object such as { certificate: 'tls' }, not a boolean."],
    ["'tls'", 'tls', "mtls must be an object such as { certificate: 'tls' }, not a string."],
    ['{}', {}, `mtls.certificate is missing: ${HOW}.`],
    ['certificate: true', { certificate: true }, `mtls.certificate must be ${HOW}, not a boolean.`],
    ['certificate: null', { certificate: null }, `mtls.certificate must be ${HOW}, not null.`],
    ['certificate: TLS', { certificate: 'TLS' }, `mtls.certificate must be ${HOW}, not a string.`],
    [
      'certificate: []',
      { certificate: [] },
      `mtls.certificate must be ${HOW}, not an empty array.`,
    ],
    [
      'a wrong mode',
      { certificate: 'tls', mode: 'require' },
      "mtls.mode must be 'accept' or 'required'.",
    ],
    [
      'a misspelt option',
      { certificate: 'tls', moed: 'required' },
      'mtls.moed is not an option. The options are: certificate, mode.',
    ],
  ])('createResourceServer rejects mtls: %s', (_name, mtls, problem) => {
    expect(problemsOf(mtls)).toEqual([problem])
  })

  it.each<[name: string, more: object, problem: string]>([
    [
      'without a header',
      { header: undefined },
      'mtls.certificate.header is missing: set the name of the header.',
    ],
    [
      'with the header Authorization',
      { header: 'Authorization' },
      'mtls.certificate.header must be the name of a header with a client certificate, such as client-cert.',
    ],
    [
      'with the header Client-Cert-Chain',
      { header: 'Client-Cert-Chain' },
      'mtls.certificate.header must be the name of a header with a client certificate, such as client-cert.',
    ],
    [
      'with a header that has a space',
      { header: 'client cert' },
      'mtls.certificate.header must be the name of a header with a client certificate, such as client-cert.',
    ],
    [
      'without a format',
      { format: undefined },
      'mtls.certificate.format is missing: set the format in which the proxy writes the certificate.',
    ],
    [
      'with an unknown format',
      { format: 'pem' },
      "mtls.certificate.format must be 'rfc9440', 'pem-urlencoded' or 'xfcc'.",
    ],
    [
      'without trusted proxies',
      { trustedProxies: undefined },
      'mtls.certificate.trustedProxies is missing: set the addresses of the proxies.',
    ],
    [
      'with an empty list of trusted proxies',
      { trustedProxies: [] },
      "mtls.certificate.trustedProxies must be an array with at least one address, range or 'unix', such as ['10.0.0.0/8'], not an empty array.",
    ],
    [
      'with a string as trusted proxies',
      { trustedProxies: '10.0.0.1' },
      "mtls.certificate.trustedProxies must be an array with at least one address, range or 'unix', such as ['10.0.0.0/8'], not a string.",
    ],
    [
      'with a trusted proxy that is not a string',
      { trustedProxies: ['10.0.0.1', 1] },
      "mtls.certificate.trustedProxies must be an array with at least one address, range or 'unix', such as ['10.0.0.0/8'], not an array whose entry 1 is invalid.",
    ],
    [
      'with a host name as trusted proxy',
      { trustedProxies: ['proxy'] },
      'mtls.certificate.trustedProxies contains "proxy", which is not an address or a range.',
    ],
    [
      'with all IPv4 addresses',
      { trustedProxies: ['10.0.0.1', '0.0.0.0/0'] },
      'mtls.certificate.trustedProxies contains "0.0.0.0/0", which contains all addresses: every client could send a certificate.',
    ],
    [
      'with all IPv6 addresses',
      { trustedProxies: ['::/0'] },
      'mtls.certificate.trustedProxies contains "::/0", which contains all addresses: every client could send a certificate.',
    ],
    [
      'with a range that has host bits',
      { trustedProxies: ['10.0.0.1/8'] },
      'mtls.certificate.trustedProxies contains "10.0.0.1/8", which is not the first address of its range: set the bits after the prefix length to 0.',
    ],
    [
      'with a misspelt option',
      { trustedProxys: ['10.0.0.1'] },
      'mtls.certificate.trustedProxys is not an option. Did you mean trustedProxies?',
    ],
  ])(
    'createResourceServer rejects an mtls.certificate for a header: %s',
    (_name, more, problem) => {
      expect(problemsOf({ certificate: { ...header, ...more } })).toEqual([problem])
    },
  )
})
