import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { selfSignedCertificate } from '../../../../test/support/certificate.ts'
import { generateKey } from '../../../../test/support/keys.ts'
import { fc } from '../../../../test/support/property.ts'
import { readCertificateHeader } from '../../src/binding/certificate-header.ts'
import { isCertificate, readBase64, readPem } from '../../src/binding/certificate.ts'
import { LIMITS } from '../../src/limits.ts'

const der = selfSignedCertificate(generateKey('ES256'))
const other = selfSignedCertificate(generateKey('ES256'))
const base64 = der.toString('base64')

const toPem = (bytes: Buffer, lineEnd = '\n') =>
  [
    '-----BEGIN CERTIFICATE-----',
    ...bytes.toString('base64').match(/.{1,64}/g)!,
    '-----END CERTIFICATE-----',
    '',
  ].join(lineEnd)
const pem = toPem(der)
const encoded = encodeURIComponent(pem)

const sha256 = (bytes: Uint8Array, encoding: 'base64url' | 'hex' = 'base64url') =>
  createHash('sha256').update(bytes).digest(encoding)
const thumbprint = sha256(der)
const hex = sha256(der, 'hex')

/** Values that are malformed in every format. Exception: the format `pem-urlencoded` accepts the PEM with line ends. */
const GARBAGE: Readonly<Record<string, string>> = {
  'an empty value': '',
  'a space': ' ',
  'random text': 'garbage',
  'a NUL byte': '\0',
  '1 MB of letters': 'A'.repeat(1_048_576),
  '1 MB of commas': ','.repeat(1_048_576),
  '1 MB of percent signs': '%'.repeat(1_048_576),
  '1 MB of quotes': '"'.repeat(1_048_576),
  'an incomplete escape': '%',
  'an escape that is not UTF-8': '%ff',
  'a member name of Object.prototype': '__proto__',
  'the base64 alone': base64,
  'the PEM with line ends': pem,
}

describe('the format rfc9440', () => {
  const read = (value: string) => readCertificateHeader('rfc9440', value)

  it('8705-09: readCertificateHeader with the format rfc9440 returns the thumbprint of a byte sequence', () => {
    expect(read(`:${base64}:`)).toBe(thumbprint)
  })

  it.each(
    Object.entries({
      ...GARBAGE,
      'percent-encoded PEM': encoded,
      'one colon': ':',
      'two colons': '::',
      'a value without the first colon': `${base64}:`,
      'a value without the last colon': `:${base64}`,
      'a parameter': `:${base64}:;a=1`,
      'two certificates in a list': `:${base64}:, :${other.toString('base64')}:`,
      'the same certificate twice in a list': `:${base64}:,:${base64}:`,
      'two certificates in one sequence': `:${Buffer.concat([der, other]).toString('base64')}:`,
      base64url: `:${der.toString('base64url')}:`,
      'base64 without padding': `:${Buffer.concat([der, Buffer.alloc(1)])
        .toString('base64')
        .replace(/=+$/, '')}:`,
      'a space inside': `: ${base64}:`,
      'an embedded NUL': `:${base64.slice(0, 40)}\0${base64.slice(40)}:`,
      'a folded line': `:${base64.slice(0, 40)}\r\n ${base64.slice(40)}:`,
      'a PEM in base64': `:${Buffer.from(pem).toString('base64')}:`,
      'a quoted string': `"${base64}"`,
    }),
  )('8705-09: readCertificateHeader with the format rfc9440 rejects %s', (_name, value) => {
    expect(read(value)).toBeUndefined()
  })
})

describe('the format pem-urlencoded', () => {
  const read = (value: string) => readCertificateHeader('pem-urlencoded', value)
  /** The value that AWS sends: without escapes for `+`, `=` and `/`. */
  const ofAws = encoded.replaceAll('%2B', '+').replaceAll('%3D', '=').replaceAll('%2F', '/')

  it('8705-09: readCertificateHeader with the format pem-urlencoded returns the thumbprint of a percent-encoded PEM', () => {
    expect(read(encoded)).toBe(thumbprint)
    expect(read(ofAws)).toBe(thumbprint)
    expect(read(encodeURIComponent(toPem(der, '\r\n')))).toBe(thumbprint)
    expect(read(encodeURIComponent(toPem(der, ' ')))).toBe(thumbprint)
    expect(read(encodeURIComponent(toPem(der, '')))).toBe(thumbprint)
  })

  it('8705-09: readCertificateHeader with the format pem-urlencoded reads a plus sign as a character of base64', () => {
    let withPlus = der
    while (!withPlus.toString('base64').includes('+'))
      withPlus = selfSignedCertificate(generateKey('ES256'))
    const value = encodeURIComponent(toPem(withPlus)).replaceAll('%2B', '+')
    expect(read(value)).toBe(sha256(withPlus))
  })

  it.each(
    Object.entries({
      ...Object.fromEntries(
        Object.entries(GARBAGE).filter(([name]) => name !== 'the PEM with line ends'),
      ),
      'two certificates': encodeURIComponent(pem + toPem(other)),
      'the same certificate twice': encodeURIComponent(pem + pem),
      'two values with a comma': `${encoded},${encoded}`,
      'a private key': encodeURIComponent(pem.replaceAll('CERTIFICATE', 'PRIVATE KEY')),
      'a trusted certificate': encodeURIComponent(
        pem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE'),
      ),
      'text before the PEM': encodeURIComponent(`subject=/CN=a\n${pem}`),
      'text after the PEM': encodeURIComponent(`${pem}x`),
      'no content': encodeURIComponent('-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'),
      'an encoded NUL': encoded.replace('%0A', '%00'),
      'an embedded NUL': encoded.replace('%0A', '\0'),
      'an incomplete escape at the end': `${encoded}%`,
      'a PEM that is encoded twice': encodeURIComponent(encoded),
      'bytes after the certificate': encodeURIComponent(
        toPem(Buffer.concat([der, Buffer.alloc(3)])),
      ),
    }),
  )('8705-09: readCertificateHeader with the format pem-urlencoded rejects %s', (_name, value) => {
    expect(read(value)).toBeUndefined()
  })
})

describe('the format xfcc', () => {
  const read = (value: string) => readCertificateHeader('xfcc', value)
  const otherEncoded = encodeURIComponent(toPem(other))

  it.each(
    Object.entries({
      'Hash alone': `Hash=${hex}`,
      'Hash in upper case': `hash=${hex.toUpperCase()}`,
      'Hash in quotes': `Hash="${hex}"`,
      'Cert alone': `Cert="${encoded}"`,
      'Cert that is not encoded': `Cert="${pem}"`,
      'Cert without quotes': `CERT=${encoded}`,
      'Hash and Cert': `Hash=${hex};Cert="${encoded}"`,
      'all members': `By=spiffe://a/api;Hash=${hex};Cert="${encoded}";Chain="${encoded}${otherEncoded}";Subject="CN=a";URI=spiffe://a/b;URI=https://b;DNS=a.example;DNS=b.example`,
      'an escaped quote in Subject': String.raw`Hash=${hex};Subject="CN=\"a\";Hash=x";URI=`,
      'a backslash at the end of Subject': String.raw`Hash=${hex};Subject="CN=a\\";URI=b`,
      'a comma, a semicolon and an equals sign in quotes': `Subject="a,b;Hash=c";Hash=${hex}`,
      'a chain of other certificates': `Hash=${hex};Chain="${otherEncoded}"`,
    }),
  )(
    '8705-09: readCertificateHeader with the format xfcc returns the thumbprint of an element with %s',
    (_name, value) => {
      expect(read(value)).toBe(thumbprint)
    },
  )

  it.each(
    Object.entries({
      ...GARBAGE,
      'two elements': `Hash=${hex},Hash=${hex}`,
      'two elements of two proxies': `By=a;Hash=${sha256(other, 'hex')},By=b;Hash=${hex}`,
      'an element without certificate': 'By=a;Subject="";URI=b',
      'only a chain': `Chain="${encoded}"`,
      'Hash twice': `Hash=${hex};Hash=${hex}`,
      'Cert twice': `Cert="${encoded}";cert="${encoded}"`,
      'Hash and Cert of two certificates': `Hash=${hex};Cert="${otherEncoded}"`,
      'a malformed Hash, and Cert': `Hash=x;Cert="${encoded}"`,
      'an empty Hash, and Cert': `Hash=;Cert="${encoded}"`,
      'Hash, and a malformed Cert': `Hash=${hex};Cert="x"`,
      'Hash, and an empty Cert': `Hash=${hex};Cert=`,
      'Hash after URI': `URI=spiffe://a;Hash=${hex}`,
      'Cert after DNS': `DNS=a;Cert="${encoded}"`,
      'Hash in a quoted value': `Subject="x;Hash=${hex}"`,
      'Hash in an escaped value': String.raw`Subject="x\";Hash=${hex};Y=\""`,
      'a short Hash': `Hash=${hex.slice(1)}`,
      'a long Hash': `Hash=${hex}0`,
      'Hash in base64url': `Hash=${thumbprint}`,
      'Cert with two certificates': `Cert="${encoded}${otherEncoded}"`,
      'a quote that is not closed': `Hash=${hex};Subject="`,
      'a quote that is closed twice': `Hash="${hex}""`,
      'text after a quote': `Hash="${hex}"x`,
      'a semicolon at the end': `Hash=${hex};`,
      'a space after a semicolon': `By=a; Hash=${hex}`,
      'a comma at the end': `Hash=${hex},`,
      'a name without value': `Hash=${hex};Subject`,
      'a value without name': `=${hex}`,
      'an embedded NUL': `Hash=${hex.slice(0, 63)}\0`,
    }),
  )('8705-09: readCertificateHeader with the format xfcc rejects %s', async (_name, value) => {
    expect(await read(value)).toBeUndefined()
  })
})

describe('readCertificateHeader', () => {
  const FORMATS = ['rfc9440', 'pem-urlencoded', 'xfcc'] as const
  const write = {
    rfc9440: (bytes: Buffer) => `:${bytes.toString('base64')}:`,
    'pem-urlencoded': (bytes: Buffer) => encodeURIComponent(toPem(bytes)),
    xfcc: (bytes: Buffer) => `Cert="${encodeURIComponent(toPem(bytes))}"`,
  }

  /** Returns bytes of this length that have the outer form of a certificate. */
  const ofLength = (length: number) => {
    const bytes = Buffer.alloc(length, 1)
    bytes.set([0x30, 0x82, (length - 4) >> 8, (length - 4) & 255, 0x30])
    return bytes
  }

  it.each(FORMATS)(
    'readCertificateHeader rejects a value of %s that is too long',
    async (format) => {
      const short = write[format](ofLength(8000))
      expect(short.length).toBeLessThanOrEqual(LIMITS.certificateHeader)
      expect(await readCertificateHeader(format, short)).toBe(sha256(ofLength(8000)))
      const long = write[format](ofLength(12_300))
      expect(long.length).toBeGreaterThan(LIMITS.certificateHeader)
      expect(await readCertificateHeader(format, long)).toBeUndefined()
    },
  )

  it.each(FORMATS)(
    'readCertificateHeader returns undefined or a thumbprint for a randomly changed value of %s',
    async (format) => {
      const value = write[format](der)
      const changes = fc.record({
        at: fc.nat(value.length),
        removed: fc.nat(3),
        added: fc.string({
          unit: fc.constantFrom(...'A+/=%0:;,"\\\0\r\n- '.split('')),
          maxLength: 3,
        }),
      })
      await fc.assert(
        fc.asyncProperty(changes, async ({ at, removed, added }) => {
          const changed = value.slice(0, at) + added + value.slice(at + removed)
          const read = await readCertificateHeader(format, changed)
          if (read === undefined || read === thumbprint) return
          // Changed bytes can still have the form of a certificate. Their thumbprint then differs from the thumbprint of the unchanged certificate.
          expect(read).toMatch(/^[\w-]{43}$/)
        }),
        { numRuns: 300 },
      )
    },
  )

  it('readCertificateHeader returns undefined for random values, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...FORMATS),
        fc.string({ unit: 'binary', maxLength: 200 }),
        async (format, value) => {
          expect(await readCertificateHeader(format, value)).toBeUndefined()
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('isCertificate', () => {
  it('isCertificate accepts an ASN.1 sequence that has a sequence as its first element and ends at the last byte', () => {
    expect(isCertificate(der)).toBe(true)
    expect(isCertificate(Uint8Array.of(0x30, 0x02, 0x30, 0x00))).toBe(true)
    const medium = Buffer.concat([Buffer.of(0x30, 0x81, 0x80, 0x30), Buffer.alloc(127)])
    expect(isCertificate(medium)).toBe(true)
    const large = Buffer.concat([Buffer.of(0x30, 0x83, 1, 0, 0, 0x30), Buffer.alloc(65_535)])
    expect(isCertificate(large)).toBe(true)
  })

  it.each<[name: string, bytes: readonly number[]]>([
    ['no bytes', []],
    ['one byte', [0x30]],
    ['an empty sequence', [0x30, 0x00]],
    ['a set', [0x31, 0x02, 0x30, 0x00]],
    ['a sequence of an integer', [0x30, 0x02, 0x02, 0x00]],
    ['an indefinite length', [0x30, 0x80, 0x30, 0x00, 0x00, 0x00]],
    ['a length of four bytes', [0x30, 0x84, 0, 0, 0, 2, 0x30, 0x00]],
    ['a length that is not the shortest form', [0x30, 0x81, 0x02, 0x30, 0x00]],
    ['a length with a leading zero', [0x30, 0x82, 0x00, 0x02, 0x30, 0x00]],
    ['bytes after the end', [0x30, 0x02, 0x30, 0x00, 0x00]],
    ['a missing byte', [0x30, 0x03, 0x30, 0x00]],
    ['a length without its bytes', [0x30, 0x82]],
  ])('8705-09: isCertificate rejects %s', (_name, bytes) => {
    expect(isCertificate(Uint8Array.from(bytes))).toBe(false)
  })

  it('readPem and readBase64 return the bytes of a certificate', () => {
    expect(readPem(pem)).toEqual(der)
    expect(readBase64(base64)).toEqual(der)
    expect(readPem('')).toBeUndefined()
    expect(readBase64('')).toBeUndefined()
    expect(readBase64('MAA=')).toBeUndefined()
    // The surplus bits of the last character before the padding must be zero.
    expect(readBase64('MAIwAA==')).toEqual(Buffer.of(0x30, 0x02, 0x30, 0x00))
    expect(readBase64('MAIwAB==')).toBeUndefined()
  })
})
